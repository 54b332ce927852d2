"""The journal as files: one a day (UTC), appended to by several processes.

`<directory>/2026/11/23/securecart-<account>.jsonl`, files 0600, directories
0700. Every record is one `write` on a descriptor opened with O_APPEND, which
Linux keeps whole beside others' (open(2), "O_APPEND").
"""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from securecart.names.clock import Clock
from securecart.trail.journal import JournalUnavailable
from securecart.trail.record import MAX_LENGTH, parse_record

_FILE_MODE = 0o600
_DIRECTORY_MODE = 0o700
_MAX_LINE = 2 * MAX_LENGTH
"""Bytes read as one line; a record is never near it."""


class JournalFiles:
    """Implements `trail.Journal`; safe between threads and processes."""

    def __init__(self, directory: Path, *, account: str, clock: Clock) -> None:
        self._directory = directory
        self._name = f"securecart-{account}.jsonl"
        self._clock = clock
        self._lock = Lock()
        self._day: date | None = None
        self._descriptor = -1

    def append(self, record: bytes) -> None:
        """See `Journal.append`."""
        try:
            with self._lock:
                written = os.write(self._today(), record)
        except OSError as error:
            raise JournalUnavailable from error
        if written != len(record):
            raise JournalUnavailable

    def close(self) -> None:
        """Close the day's file; a later record opens it again."""
        with self._lock:
            if self._day is not None:
                os.close(self._descriptor)
                self._day = None

    def _today(self) -> int:
        day = self._clock().date()
        if self._day is not None:
            # A file that somebody removed would swallow records silently.
            if day == self._day and os.fstat(self._descriptor).st_nlink:
                return self._descriptor
            os.close(self._descriptor)
            self._day = None
        folder = _folder(self._directory, day)
        for parent in (*reversed(folder.parents[:3]), folder):
            parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        self._descriptor = os.open(
            folder / self._name,
            os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW,
            _FILE_MODE,
        )
        self._day = day
        _end_torn_line(self._descriptor)
        return self._descriptor


class JournalReader:
    """Reads what `JournalFiles` wrote, in the order of the days.

    `unreadable` counts the lines that were torn by a crash, after reading.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.unreadable = 0

    def records(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the records of the days from `since` to `until`, oldest first.

        Records of those days' other hours come too; `trail.matches` is what
        asks for the moment.
        """
        # A record is filed under the day of its writing, moments after it.
        first = since.date() if since else date.min
        last = (until + timedelta(days=1)).date() if until else date.max
        for path in sorted(self._directory.glob("*/*/*/securecart-*.jsonl")):
            day = day_of(path)
            if day is not None and first <= day <= last:
                yield from self._records_of(path)

    def _records_of(self, path: Path) -> Iterator[dict[str, Any]]:
        with path.open("rb") as file:
            while line := file.readline(_MAX_LINE):
                found = parse_record(line)
                if found is not None:
                    yield found
                elif line != b"\n":
                    self.unreadable += 1


def _folder(directory: Path, day: date) -> Path:
    return directory / f"{day.year:04}" / f"{day.month:02}" / f"{day.day:02}"


def day_of(path: Path) -> date | None:
    """Tell the day of a file by the folders that it lies in; None for no day."""
    try:
        return date.fromisoformat("-".join(path.parts[-4:-1]))
    except ValueError:
        return None


def _end_torn_line(descriptor: int) -> None:
    """Begin a line of our own where a crash left half of another's.

    What looks torn may be another process's write that is still under way;
    then an empty line follows it, which readers skip.
    """
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")
