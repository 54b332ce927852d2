"""What every worker counts, in memory that all of them share.

Each worker writes to a row of its own and reads everybody's, so nothing is
locked: an aligned word is written whole. The rows outlive a worker that dies,
which is why counters never fall, and they say who has fewer connections.

Source: the name and the idea are Apache's (`mod_status`, "scoreboard").
"""

import mmap
from enum import IntEnum

_BYTES_OF_WORD = 8


class Word(IntEnum):
    """The single words at the front of a row; the rest is `Meter`'s tables.

    Those up to `STARTED_AT` are of the moment, the rest only grow.
    """

    ACCEPTING = 0
    CONNECTIONS = 1
    UNDER_WAY = 2
    STORE_UP = 3
    STORE_BUSY = 4
    STORE_IDLE = 5
    STORE_WAITING = 6
    STARTED_AT = 7
    ACCEPTED = 8
    BYTES_IN = 9
    BYTES_OUT = 10
    ALLOWED = 11
    DENIED = 12
    SLOWED_SESSION = 13
    SLOWED_STORE = 14
    STORE_DOWN = 15
    SYNCS = 16
    SYNC_FAILURES = 17
    SYNCED_WRITES = 18
    SYNC_MICROSECONDS = 19
    KEPT_HITS = 20
    KEPT_MISSES = 21
    DIRECT_READS = 22
    DIRECT_WRITES = 23


MOMENTARY = tuple(Word)[: Word.STARTED_AT + 1]
"""What a worker that is gone has none of."""


class Scoreboard:
    """Rows of unsigned 64-bit words, one for each worker."""

    def __init__(self, memory: mmap.mmap, workers: int, words: int) -> None:
        self._memory = memory
        view = memoryview(memory).cast("Q")
        self.rows = tuple(
            view[index * words : (index + 1) * words] for index in range(workers)
        )

    @classmethod
    def create(cls, workers: int, words: int) -> "Scoreboard":
        """Make one for so many workers: this process, and those forked from it."""
        return cls(mmap.mmap(-1, workers * words * _BYTES_OF_WORD), workers, words)

    def clear(self, worker: int) -> None:
        """Forget what was of the moment; a worker begins so, and ends so."""
        row = self.rows[worker]
        for word in MOMENTARY:
            row[word] = 0
