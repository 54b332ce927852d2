"""What is known of a request before it comes."""

from collections.abc import Sequence
from dataclasses import dataclass

from securecart.names.principal import Principal
from securecart.policy.context import (
    comes_from_the_principal,
    joined_context,
    owned_context,
)
from securecart.policy.variables import Context, Variable
from securecart.policy.wildcard import Wild

Piece = str | Wild | Variable


@dataclass(frozen=True, slots=True)
class Known:
    """The condition keys that are the same in every request of a principal.

    `keys` are those that are present; of the others that `settles` speaks
    of it is known that they are absent. `bounded` says that the principal has
    a permissions boundary.
    """

    principal: Principal
    bounded: bool
    resource_account: str
    keys: Context

    @classmethod
    def of(
        cls, principal: Principal, resource_account: str, *, bounded: bool
    ) -> "Known":
        """Gather them."""
        keys = owned_context(principal, resource_account)
        return cls(principal, bounded, resource_account, keys)

    def settles(self, key: str) -> bool:
        """Whether no request has a say about the key."""
        return key in self.keys or comes_from_the_principal(key)

    def bind(self, pieces: Sequence[Piece]) -> tuple[Piece, ...] | None:
        """Put in the values that are known; None if one is known to be missing.

        Literal texts that come to stand side by side are joined. A variable
        that a request must settle stays.
        """
        bound: list[Piece] = []
        for piece in pieces:
            value: Piece | None = piece
            if isinstance(piece, Variable) and self.settles(piece.key):
                value = piece.value(self.keys)
            if value is None:
                return None
            if isinstance(value, str) and bound and isinstance(bound[-1], str):
                bound[-1] += value
            else:
                bound.append(value)
        return tuple(bound)

    def join(self, request_context: Context) -> Context:
        """The whole context of a request, for what needs all of it."""
        return joined_context(request_context, self.keys)
