"""A policy's text with its variables replaced by what the request gives."""

import re
from dataclasses import dataclass
from typing import Self

from securecart.policy.variables import Context, Piece, Variable
from securecart.policy.wildcard import Wild


@dataclass(frozen=True, slots=True)
class Bound:
    """What one value of a policy stands for in one request.

    `text` is what the policy says, `value` the same with variables replaced,
    None where one of them, in `missing`, has nothing to give. A `*` that a
    variable brought along is no wildcard; it is written as policies do, `${*}`.
    """

    text: str
    value: str | None
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, pieces: tuple[Piece, ...], context: Context) -> Self:
        """Put the values in."""
        variables = [piece for piece in pieces if isinstance(piece, Variable)]
        missing = [v.key for v in variables if v.value(context) is None]
        if missing:
            return cls(text, None, tuple(spelled(key, text) for key in missing))
        if not variables:
            return cls(text, text)
        return cls(text, "".join(_written(piece, context) for piece in pieces))


def spelled(key: str, text: str) -> str:
    """A condition key in the letters that the author of a policy's text chose."""
    found = re.search(re.escape(key), text, re.IGNORECASE | re.ASCII)
    return found[0] if found else key


def _written(piece: Piece, context: Context) -> str:
    if isinstance(piece, Wild):
        return piece.value
    literal = piece if isinstance(piece, str) else piece.value(context)
    return re.sub(r"[*?]", r"${\g<0>}", literal or "")
