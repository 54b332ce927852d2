"""A policy's text with its wildcards and variables, ready to be matched."""

from securecart.policy.variables import Context, Variable, read_pieces
from securecart.policy.wildcard import Glob


class Pattern:
    """Matches a text, after its variables took their values as plain text.

    Patterns without variables are compiled once; the others are put together
    for each request, since a value may hold `*` and must not become one.
    `text` is what the policy says, `pieces` the same cut into its parts.
    """

    __slots__ = ("_glob", "pieces", "text")

    def __init__(self, text: str, *, variables: bool, wild: bool = True) -> None:
        """Compile.

        Raises:
            ValueError: if a variable is malformed.
        """
        self.text = text
        self.pieces = read_pieces(text, variables=variables, wild=wild)
        fixed = [p for p in self.pieces if not isinstance(p, Variable)]
        self._glob = Glob(fixed) if len(fixed) == len(self.pieces) else None

    @property
    def has_variables(self) -> bool:
        """Whether what this matches depends on the request."""
        return self._glob is None

    def matches(self, text: str, context: Context) -> bool | None:
        """Whether the whole text matches; None if a variable has no value."""
        if self._glob is not None:
            return self._glob.matches(text)
        bound = [
            piece.value(context) if isinstance(piece, Variable) else piece
            for piece in self.pieces
        ]
        pieces = [piece for piece in bound if piece is not None]
        if len(pieces) != len(bound):
            return None
        # Most are a variable and nothing else.
        return pieces[0] == text if len(pieces) == 1 else Glob(pieces).matches(text)
