"""How often each folder of the store was written to, in memory that processes share.

What the store answered may be given again as long as nothing was written
where it comes from. That is counted here, by all who write to the store: one
**slot** for each folder (a bucket, and the first segment of a key; some share
one, which costs them answers and nothing else), and one, `EVERYTHING`, for
what is in no folder, or was not understood. Each writer counts in a **lane** of
its own and reads everybody's, so nothing is locked: an aligned word is written
whole. A lane has three words for each slot:

- `begun`, raised before the first byte of a write goes out;
- `ended`, raised after the last byte of its answer has come;
- `quiet`, until when nothing may be kept (nanoseconds of CLOCK_MONOTONIC, which
  all processes of a machine share).

Why what is kept is what the store would answer. A reader looks (`look`) before
it asks the store, keeps the answer only if every write that it saw begun had
ended, and keeps it together with what it saw. Later the answer is given again
only if `begun` of its slot and of `EVERYTHING` are what they were, in every
lane. They never fall, so then no write began between the two moments; none was
under way at the first; so between them the store had one state, which is the
one that was read: the answer is right at the second moment, as if the store
had been asked then. A write that was acknowledged had begun before, and who
was told of it, and asks, finds `begun` raised: system calls are in between. A
write that goes on unseen while a lane is looked at has raised `begun` by the
time that it reaches the store, and so makes what was seen wrong for ever.

There is one more case: a write whose outcome nobody knows. Its connection was
cut, its time was up, its process died; the store may still carry it out. Then
`quiet` is set for `QUIET_SECONDS` before `ended` is raised, so that nothing
that is read in between is ever kept. A process that dies leaves `begun` and
`ended` apart, which keeps that slot from being kept until whoever next takes a
lane has found the dead one's (nobody holds it) and done both in its place.
"""

import mmap
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

EVERYTHING = 0
"""The slot of what is written in no folder: every answer depends on it."""
SLOTS = 4096
"""1,200 people's folders rarely share one; a lane takes 96 KiB."""
LANES = 512
"""More than twice the most workers (64), and those that keep house."""
QUIET_SECONDS = 60.0
"""As long as an exchange with the store may be silent: see `UpstreamLimits`."""

_WORD = 8
_FRONT = 512
"""Words before the first lane, a page; the first says how many lanes there are."""
_LANE = 3 * SLOTS
_SECOND = 1_000_000_000
FRONT_BYTES = _FRONT * _WORD
LANE_BYTES = _LANE * _WORD

Seen = list[int]
"""`begun` of a slot and of `EVERYTHING`, of each lane."""


class LanesFull(Exception):
    """More processes write to the store than can count."""


class Holding(Protocol):
    """Which lanes are held, across processes; a holder that dies lets go."""

    def alone(self) -> AbstractContextManager[None]:
        """Keep others from taking a lane meanwhile."""
        ...

    def take(self, lane: int) -> bool:
        """Hold a lane, unless somebody does; say whether it is ours now.

        Raises:
            OSError: the disk has no room for it.
        """
        ...

    def let_go(self, lane: int) -> None:
        """Hold it no longer."""
        ...


class Held:
    """Lanes of memory that only one process has: whoever asks first gets one."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def alone(self) -> AbstractContextManager[None]:
        """See `Holding.alone`."""
        return nullcontext()

    def take(self, lane: int) -> bool:
        """See `Holding.take`."""
        if lane in self._held:
            return False
        self._held.add(lane)
        return True

    def let_go(self, lane: int) -> None:
        """See `Holding.let_go`."""
        self._held.discard(lane)


class Generations:
    """The counters of all lanes, as one reader sees them."""

    def __init__(
        self,
        memory: mmap.mmap,
        holding: Holding,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Read and count in `memory`: `FRONT_BYTES`, and `LANES` of `LANE_BYTES`.

        `clock` answers nanoseconds, the same to all processes.
        """
        self._words = memoryview(memory).cast("Q")
        self._holding = holding
        self._quiet = int(quiet_seconds * _SECOND)
        self._clock = clock

    @classmethod
    def private(
        cls,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> "Generations":
        """Make some for a process that alone writes to its store."""
        memory = mmap.mmap(-1, FRONT_BYTES + LANES * LANE_BYTES)
        return cls(memory, Held(), quiet_seconds=quiet_seconds, clock=clock)

    def lane(self) -> "Lane":
        """Take a lane that nobody holds, and mend those whose holders died.

        Raises:
            LanesFull: all are held.
            OSError: the disk has no room for one more.
        """
        words, holding = self._words, self._holding
        with holding.alone():
            used, ours = words[0], None
            for lane in range(used):
                if not holding.take(lane):
                    continue
                self._mend(lane)
                if ours is None:
                    ours = lane
                else:
                    holding.let_go(lane)
            if ours is None:
                if used == LANES or not holding.take(used):
                    raise LanesFull
                ours = used
                self._mend(ours)  # A power failure may have kept half of it.
                # Before it counts anything, so that everybody looks there.
                words[0] = used + 1
        return self._lane(ours)

    def begun(self, slot: int) -> Seen:
        """Answer what was ever begun in a slot, and in that of everything."""
        words = self._words
        end = _FRONT + words[0] * _LANE
        return (
            words[_FRONT + slot : end : _LANE].tolist()
            + words[_FRONT:end:_LANE].tolist()
        )

    def look(self, slot: int) -> Seen | None:
        """Answer `begun`, before the store is asked; None: keep nothing of it.

        A write is under way, or what became of one is not known.
        """
        seen = self.begun(slot)
        if seen != self._row(slot, SLOTS, len(seen)):
            return None
        until = self._row(slot, 2 * SLOTS, len(seen))
        now = self._clock()
        # What is further off than it can be was set before the machine started.
        if any(now < each <= now + self._quiet for each in until):
            return None
        return seen

    def _row(self, slot: int, table: int, count: int) -> list[int]:
        """Answer other words of the same lanes, in the order of `begun`."""
        words, start = self._words, _FRONT + table
        end = start + count // 2 * _LANE
        return (
            words[start + slot : end : _LANE].tolist() + words[start:end:_LANE].tolist()
        )

    def _lane(self, index: int) -> "Lane":
        return Lane(self._words, _FRONT + index * _LANE, self._quiet, self._clock)

    def _mend(self, index: int) -> None:
        """End what a dead process left under way, as what nobody knows of."""
        start = _FRONT + index * _LANE
        begun = self._words[start : start + SLOTS]
        ended = self._words[start + SLOTS : start + 2 * SLOTS]
        if begun == ended:
            return
        lane = self._lane(index)
        for slot in range(SLOTS):
            if begun[slot] != ended[slot]:
                lane.quiet(slot)
                ended[slot] = begun[slot]


class Lane:
    """One writer's counters; for one thread alone."""

    def __init__(
        self, words: memoryview, start: int, quiet: int, clock: Callable[[], int]
    ) -> None:
        self._words = words
        self._start = start
        self._quiet = quiet
        self._clock = clock

    def begin(self, slots: Iterable[int]) -> None:
        """Count a write, before anything of it is sent."""
        for slot in slots:
            self._words[self._start + slot] += 1

    def end(self, slots: Iterable[int], *, known: bool) -> None:
        """Count it as ended; `known` says that it has had all of its effect.

        What touches everything never has at once: a bucket's settings are kept
        by the store in several places, and it takes a moment until all know.
        """
        for slot in slots:
            if not known or slot == EVERYTHING:
                self.quiet(slot)
            self._words[self._start + SLOTS + slot] += 1

    def quiet(self, slot: int) -> None:
        """Let nothing be kept in a slot for a while."""
        self._words[self._start + 2 * SLOTS + slot] = self._clock() + self._quiet
