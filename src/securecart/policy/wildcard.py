"""Matching `*` and `?` without ever backtracking.

A pattern is cut at its stars into chunks. The first chunk is held to the
start of the text, the last to its end, and each one between is taken at the
leftmost place after its forerunner: leftmost is always best, so no choice is
ever taken back. Time is bounded by the product of the two lengths whatever
the pattern. `*` crosses `/` and `?` is any one code point, newlines too.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Protocol


class Wild(Enum):
    """A wildcard, kept apart from text that merely looks like one."""

    ANY = "*"
    ONE = "?"


class _Chunk(Protocol):
    """What stands between two stars: a text of fixed length."""

    length: int

    def stands_at(self, text: str, position: int) -> bool: ...

    def find(self, text: str, start: int, end: int) -> int: ...


class _Literal:
    """A chunk without `?`."""

    __slots__ = ("_text", "length")

    def __init__(self, text: str) -> None:
        self._text = text
        self.length = len(text)

    def stands_at(self, text: str, position: int) -> bool:
        return text.startswith(self._text, position)

    def find(self, text: str, start: int, end: int) -> int:
        return text.find(self._text, start, end)


class _Gapped:
    """A chunk with `?` in it; the expression has no repetition to backtrack."""

    __slots__ = ("_expression", "length")

    def __init__(self, pieces: list[str | Wild]) -> None:
        self.length = sum(
            1 if piece is Wild.ONE else len(str(piece)) for piece in pieces
        )
        self._expression = re.compile(
            "".join("." if p is Wild.ONE else re.escape(str(p)) for p in pieces),
            re.DOTALL,
        )

    def stands_at(self, text: str, position: int) -> bool:
        return self._expression.match(text, position) is not None

    def find(self, text: str, start: int, end: int) -> int:
        found = self._expression.search(text, start, end)
        return found.start() if found else -1


class Glob:
    """A pattern made of literal text and wildcards; matches a whole text.

    `pieces` are its parts in their order, as they were given.
    """

    __slots__ = ("_first", "_last", "_middle", "pieces")

    def __init__(self, pieces: Iterable[str | Wild]) -> None:
        self.pieces = tuple(pieces)
        chunks: list[list[str | Wild]] = [[]]
        for piece in self.pieces:
            if piece is Wild.ANY:
                chunks.append([])
            elif piece:
                chunks[-1].append(piece)
        self._first = _chunk(chunks[0])
        self._last = _chunk(chunks[-1]) if len(chunks) > 1 else None
        self._middle = tuple(_chunk(chunk) for chunk in chunks[1:-1] if chunk)

    def matches(self, text: str) -> bool:
        """Whether the pattern accounts for the text from start to end."""
        start = self._first.length
        if self._last is None:
            return start == len(text) and self._first.stands_at(text, 0)
        end = len(text) - self._last.length
        if start > end or not (
            self._first.stands_at(text, 0) and self._last.stands_at(text, end)
        ):
            return False
        for chunk in self._middle:
            found = chunk.find(text, start, end)
            if found < 0:
                return False
            start = found + chunk.length
        return True


def _chunk(pieces: list[str | Wild]) -> _Chunk:
    if Wild.ONE in pieces:
        return _Gapped(pieces)
    return _Literal("".join(str(piece) for piece in pieces))


def wildcards(text: str) -> Iterable[str | Wild]:
    """Read every `*` and `?` of a text as a wildcard."""
    for part in re.split(r"([*?])", text):
        if part:
            yield Wild(part) if part in "*?" else part
