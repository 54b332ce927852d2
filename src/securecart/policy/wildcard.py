"""Matching `*` and `?` without ever backtracking.

A pattern is cut at its stars into chunks. The first chunk is held to the
start of the text, the last to its end, and each one between is taken at the
leftmost place after its forerunner: leftmost is always best, so no choice is
ever taken back. What is longer than the text is not looked for at all, so
that the text alone bounds the time, however long the pattern. `*` crosses `/`
and `?` is any one code point, newlines too.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Protocol

_TRIES = 16
"""Places that are tried one by one: ordinary patterns need one or two."""


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
    """A chunk with `?` in it: literal runs, each at its distance from the start."""

    __slots__ = ("_anchor", "_runs", "length")

    def __init__(self, pieces: list[str | Wild]) -> None:
        runs = list[tuple[int, str]]()
        self.length = 0
        for piece in pieces:
            if piece is Wild.ONE:
                self.length += 1
            else:
                runs.append((self.length, str(piece)))
                self.length += len(str(piece))
        self._runs = tuple(runs)
        self._anchor = max(runs, key=lambda run: len(run[1]), default=(0, ""))

    def stands_at(self, text: str, position: int) -> bool:
        return all(
            text.startswith(run, position + distance) for distance, run in self._runs
        )

    def find(self, text: str, start: int, end: int) -> int:
        """Try where the longest run stands, and after some tries many at once.

        The stretches that are searched at once double, so that the work is
        in proportion to the text that is left behind.
        """
        distance, anchor = self._anchor
        for _ in range(_TRIES):
            found = text.find(anchor, start + distance, end) - distance
            if found < start or found + self.length > end:
                return -1
            if self.stands_at(text, found):
                return found
            start = found + 1
        stretch = self.length + _TRIES
        while start + self.length <= end:
            stop = min(start + stretch, end)
            found = self._find_at_once(text, start, stop)
            if found >= 0:
                return found
            start = stop - self.length + 1
            stretch *= 2
        return -1

    def _find_at_once(self, text: str, start: int, end: int) -> int:
        """Strike out, for each character, the places where it does not fit.

        Places are the bits of one number: as many operations as the text and
        the chunk have characters, each over all places at once.
        """
        wanted = {character for _, run in self._runs for character in run}
        bits = {character: bytearray((end - start) // 8 + 1) for character in wanted}
        for i, character in enumerate(text[start:end]):
            if character in bits:
                bits[character][i >> 3] |= 1 << (i & 7)
        standing = {
            character: int.from_bytes(found, "little")
            for character, found in bits.items()
        }
        left = (1 << (end - start - self.length + 1)) - 1
        for distance, run in self._runs:
            for i, character in enumerate(run, distance):
                left &= standing[character] >> i
                if not left:
                    return -1
        return start + (left & -left).bit_length() - 1


class Glob:
    """A pattern made of literal text and wildcards; matches a whole text.

    `pieces` are its parts in their order, as they were given.
    """

    __slots__ = ("_first", "_last", "_least", "_middle", "pieces")

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
        between = sum(chunk.length for chunk in self._middle)
        self._least = self._first.length + between

    @property
    def literal(self) -> str | None:
        """The one text that matches; None where there are wildcards."""
        if any(isinstance(piece, Wild) for piece in self.pieces):
            return None
        return "".join(str(piece) for piece in self.pieces)

    def matches(self, text: str) -> bool:
        """Whether the pattern accounts for the text from start to end."""
        start = self._first.length
        if self._last is None:
            return start == len(text) and self._first.stands_at(text, 0)
        end = len(text) - self._last.length
        if self._least > end or not (
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
    """Read every `*` and `?` of a text as a wildcard; many stars are one."""
    for part in re.split(r"(\*+|\?)", text):
        if part:
            yield Wild(part[0]) if part[0] in "*?" else part
