"""What the gateway counts as it works: some additions a request, no lock.

The tables stand behind the single words of the worker's row of the
scoreboard: for each operation its answers by class of status, how long they
took by bucket, and the microseconds in all.
"""

from bisect import bisect_left
from collections.abc import Mapping

from securecart.s3 import OPERATIONS
from securecart.serve.gateway.scoreboard import Scoreboard, Word

UNKNOWN = "UnknownOperation"
"""A request that was refused before its operation was known."""
PREFLIGHT = "Preflight"
SERVICES = ("iam", "kms", "sts")
"""Counted as a whole: their operations are named behind the hand-over."""
ROWS: tuple[tuple[str, str], ...] = (
    *(("s3", name) for name in sorted({each.name for each in OPERATIONS})),
    *(("s3", name) for name in (PREFLIGHT, UNKNOWN)),
    *((name, "any") for name in SERVICES),
)
"""Service and operation of each table."""

CLASSES = ("2xx", "3xx", "4xx", "5xx")
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds, at most; the last bucket is for all that took longer."""

_FIRST_TABLE = len(Word)
BUCKETS_AT = len(CLASSES)
SUM_AT = BUCKETS_AT + len(BUCKETS) + 1
TABLE_WORDS = SUM_AT + 1
ROW_WORDS = _FIRST_TABLE + len(ROWS) * TABLE_WORDS

TABLES: Mapping[tuple[str, str], int] = {
    row: _FIRST_TABLE + index * TABLE_WORDS for index, row in enumerate(ROWS)
}
"""Where in a row each table begins."""
_UNKNOWN_TABLE = TABLES["s3", UNKNOWN]


class Meter:
    """One worker's counters; for its event loop's thread alone."""

    def __init__(self, scoreboard: Scoreboard, worker: int = 0) -> None:
        scoreboard.clear(worker)
        self.scoreboard = scoreboard
        self.worker = worker
        self._row = scoreboard.rows[worker]

    @classmethod
    def alone(cls) -> "Meter":
        """Answer the meter of a process that works alone."""
        return cls(Scoreboard.create(1, ROW_WORDS))

    def answered(
        self, service: str, operation: str, status: int, seconds: float
    ) -> None:
        """Count an answer, ready after so many seconds."""
        row = self._row
        table = TABLES.get((service, operation), _UNKNOWN_TABLE)
        row[table + status // 100 - 2] += 1
        row[table + BUCKETS_AT + bisect_left(BUCKETS, seconds)] += 1
        row[table + SUM_AT] += int(seconds * 1e6)

    def add(self, word: Word, amount: int = 1) -> None:
        """Raise a counter."""
        self._row[word] += amount

    def lower(self, word: Word) -> None:
        """Lower what is of the moment by one."""
        self._row[word] -= 1

    def note(self, word: Word, value: int) -> None:
        """Set what is of the moment."""
        self._row[word] = value
