"""The journal from its end: the latest refused requests, a bounded look each time.

A day's file may hold gigabytes, so it is read backwards and in blocks. Files
only grow, so the place where a look ended stays good.
"""

import os
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from securecart.adapters.journal import day_of
from securecart.trail import NoSuchPlace, Outcome, TrailPage, outcome_of, parse_record
from securecart.trail.record import MAX_LENGTH

_BLOCK: Final = 2**20
"""Bytes read at once: the longest record takes eight."""
_MOST_READ: Final = 2 * MAX_LENGTH
"""Bytes of one look: some 10,000 records, in a tenth of a second."""
_DEPTH: Final = 3
"""Year, month and day."""
_PLACE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,15})\Z")


@dataclass(frozen=True, slots=True)
class _Place:
    """Before a byte of a day's file."""

    day: date
    offset: int

    @classmethod
    def parse(cls, text: str) -> "_Place":
        found = _PLACE.match(text)
        if found is None:
            raise NoSuchPlace(f"{text[:40]!r} is no place in the journal")
        try:
            return cls(date.fromisoformat(found[1]), int(found[2]))
        except ValueError:
            raise NoSuchPlace(f"{found[1]} is no day") from None

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.offset}"


_END: Final = _Place(date.max, 0)


class JournalTail:
    """Reads what `JournalFiles` wrote, while it is written."""

    def __init__(self, directory: Path, *, account: str) -> None:
        self._directory = directory
        self._name = f"securecart-{account}.jsonl"

    def newest(self, most: int, *, before: str | None = None) -> TrailPage:
        """Answer up to `most` refused requests before a page's `older`.

        Raises:
            NoSuchPlace: if `before` is none.
        """
        refused = []
        read = 0
        start = _END if before is None else _Place.parse(before)
        with closing(self._backwards(start)) as lines:
            for place, line in lines:
                record = parse_record(line)
                if record is not None and outcome_of(record) is Outcome.DENIED:
                    refused.append(record)
                read += len(line) + 1
                if len(refused) == most or read >= _MOST_READ:
                    return TrailPage(tuple(refused), str(place))
        return TrailPage(tuple(refused), None)

    def _backwards(self, start: _Place) -> Generator[tuple[_Place, bytes], None, None]:
        """Yield each line before a place, and where it begins."""
        for folder in _latest_first(self._directory, _DEPTH):
            path = folder / self._name
            day = day_of(path)
            if day is None or day > start.day:
                continue
            try:
                file = path.open("rb")
            except (FileNotFoundError, NotADirectoryError):
                # No journal, or one that was archived a moment ago.
                continue
            with file:
                end = os.fstat(file.fileno()).st_size
                if day == start.day:
                    end = min(end, start.offset)
                for begin, line in _lines_backwards(file, end):
                    yield _Place(day, begin), line


def _latest_first(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders `depth` levels down, whose names sort as days do."""
    if depth == 0:
        yield folder
        return
    try:
        below = sorted(folder.iterdir(), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return
    for each in below:
        yield from _latest_first(each, depth - 1)


def _lines_backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield each line before `end`, and where it begins, the last one first."""
    rest = b""
    while end:
        begin = max(0, end - _BLOCK)
        file.seek(begin)
        block = file.read(end - begin) + rest
        rest, *lines = block.split(b"\n")
        stop = begin + len(block)
        for line in reversed(lines):
            yield stop - len(line), line
            stop -= len(line) + 1
        if begin == 0 or len(rest) > MAX_LENGTH:
            # A line longer than any record is damage: it goes piece by piece.
            yield begin, rest
            rest = b""
        end = begin
