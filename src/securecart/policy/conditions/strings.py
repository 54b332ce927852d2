"""StringEquals, StringEqualsIgnoreCase, StringLike and their negations."""

from securecart.policy.casing import ascii_lower
from securecart.policy.conditions.test import Test
from securecart.policy.pattern import Pattern
from securecart.policy.variables import Context, Variable, read_pieces


def equals(value: str, *, variables: bool) -> Test:
    """Exactly the same text; `*` and `?` are ordinary characters."""
    return Pattern(value, variables=variables, wild=False).matches


def like(value: str, *, variables: bool) -> Test:
    """The same text but for wildcards."""
    return Pattern(value, variables=variables).matches


def equals_ignoring_case(value: str, *, variables: bool) -> Test:
    """The same text but for the case of the letters A to Z."""
    pieces = read_pieces(value, variables=variables, wild=False)

    def test(actual: str, context: Context) -> bool | None:
        bound = [
            piece.value(context) if isinstance(piece, Variable) else str(piece)
            for piece in pieces
        ]
        wanted = "".join(text for text in bound if text is not None)
        if None in bound:
            return None
        return ascii_lower(wanted) == ascii_lower(actual)

    return test
