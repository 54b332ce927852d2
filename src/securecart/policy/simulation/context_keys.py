"""The condition keys that a policy asks for.

Source: AWS IAM API Reference, "GetContextKeysForCustomPolicy".
"""

from collections.abc import Iterator

from securecart.policy.conditions.condition import Absence
from securecart.policy.document import Policy, Statement
from securecart.policy.explain.bound import spelled
from securecart.policy.variables import Piece, Variable, read_pieces


def context_keys(policy: Policy, action: str | None = None) -> tuple[str, ...]:
    """Answer each key once, in the policy's own letters and order.

    Keys of conditions and of variables alike; with an action, in lower case,
    those alone of the statements that speak of it.
    """
    keys = dict.fromkeys(
        key
        for statement in policy.statements
        if action is None or statement.actions.cover(action)
        for key in _keys(statement)
    )
    return tuple(spelled(key, policy.text) for key in keys)


def _keys(statement: Statement) -> Iterator[str]:
    if statement.resources is not None:
        for pattern in statement.resources.patterns:
            yield from _variables(pattern.tail.pieces)
    for condition in statement.conditions:
        yield condition.key
        if not isinstance(condition, Absence):
            for text in condition.values:
                read = read_pieces(text, variables=condition.variables, wild=True)
                yield from _variables(read)


def _variables(pieces: tuple[Piece, ...]) -> Iterator[str]:
    return (piece.key for piece in pieces if isinstance(piece, Variable))
