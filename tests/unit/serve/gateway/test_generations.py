"""What is given again is what the store would answer, however things interleave."""

import mmap
from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from securecart.serve.gateway.generations import (
    EVERYTHING,
    FRONT_BYTES,
    LANE_BYTES,
    LANES,
    QUIET_SECONDS,
    SLOTS,
    Generations,
    Held,
    Lane,
    LanesFull,
    Seen,
)

SECOND = 1_000_000_000
FOLDER, OTHER = 7, SLOTS - 1


class Machine:
    """Memory that processes share, who holds what of it, and the time."""

    def __init__(self) -> None:
        self.now = 1000 * SECOND
        self.memory = mmap.mmap(-1, FRONT_BYTES + LANES * LANE_BYTES)
        self.held = Held()

    def process(self) -> Generations:
        """One more process that sees all of it."""
        return Generations(self.memory, self.held, clock=lambda: self.now)


@pytest.fixture
def machine() -> Machine:
    """One on which nobody has written."""
    return Machine()


def test_nothing_is_kept_while_a_write_is_under_way(machine: Machine) -> None:
    """In its folder; others are none of its concern."""
    writer, reader = machine.process().lane(), machine.process()
    writer.begin((FOLDER,))
    assert reader.look(FOLDER) is None
    assert reader.look(OTHER) is not None
    writer.end((FOLDER,), known=True)
    assert reader.look(FOLDER) is not None


def test_a_write_since_changes_what_is_seen(machine: Machine) -> None:
    """As soon as it begins, by whichever process, also one that came later."""
    reader = machine.process()
    machine.process().lane()
    for writer in (machine.process().lane(), machine.process().lane()):
        seen = reader.look(FOLDER)
        assert seen == reader.begun(FOLDER)
        writer.begin((FOLDER,))
        assert reader.begun(FOLDER) != seen
        writer.end((FOLDER,), known=True)
        assert reader.begun(FOLDER) != seen


def test_who_joins_later_is_seen_too(machine: Machine) -> None:
    """What was seen without their lane is not what is seen with it."""
    reader = machine.process()
    seen = reader.look(FOLDER)
    machine.process().lane()
    assert reader.begun(FOLDER) != seen


def test_what_touches_everything_touches_each_folder(machine: Machine) -> None:
    """And is followed by a quiet time, however well it ended."""
    writer, reader = machine.process().lane(), machine.process()
    seen = reader.look(FOLDER)
    writer.begin((EVERYTHING,))
    assert reader.begun(FOLDER) != seen
    assert reader.look(FOLDER) is None
    writer.end((EVERYTHING,), known=True)
    machine.now += int((QUIET_SECONDS - 1) * SECOND)
    assert reader.look(FOLDER) is None
    machine.now += 2 * SECOND
    assert reader.look(FOLDER) is not None


def test_after_a_write_that_nobody_knows_of_nothing_is_kept(machine: Machine) -> None:
    """For the quiet time: the store may still carry it out."""
    writer, reader = machine.process().lane(), machine.process()
    writer.begin((FOLDER,))
    writer.end((FOLDER,), known=False)
    machine.now += int((QUIET_SECONDS - 1) * SECOND)
    assert reader.look(FOLDER) is None
    assert reader.look(OTHER) is not None
    machine.now += 2 * SECOND
    assert reader.look(FOLDER) is not None


def test_what_a_dead_process_left_is_ended_by_the_next(machine: Machine) -> None:
    """Until then nothing is kept there; then not for the quiet time."""
    reader = machine.process()
    machine.process().lane().begin((FOLDER,))
    machine.now += int(QUIET_SECONDS * SECOND)
    assert reader.look(FOLDER) is None
    machine.held.let_go(0)
    machine.process().lane()
    assert reader.look(FOLDER) is None
    machine.now += int((QUIET_SECONDS + 1) * SECOND)
    assert reader.look(FOLDER) is not None


def test_all_lanes_of_the_dead_are_mended_and_one_is_taken(machine: Machine) -> None:
    """Those that live are left alone."""
    lanes = [machine.process().lane() for _ in range(3)]
    for slot, lane in enumerate(lanes, 1):
        lane.begin((slot,))
    machine.held.let_go(0)
    machine.held.let_go(2)
    machine.process().lane()
    machine.now += int((QUIET_SECONDS + 1) * SECOND)
    reader = machine.process()
    assert [reader.look(slot) is None for slot in (1, 2, 3)] == [False, True, False]
    assert len(reader.begun(FOLDER)) == 2 * len(lanes)


def test_a_quiet_time_of_before_the_machine_started_is_over(machine: Machine) -> None:
    """The clock began anew, and no write is left of then."""
    writer = machine.process().lane()
    writer.begin((FOLDER,))
    writer.end((FOLDER,), known=False)
    machine.now = 5 * SECOND
    assert machine.process().look(FOLDER) is not None


def test_a_new_lane_begins_even(machine: Machine) -> None:
    """Though a power failure lost that it was in use, and kept what was counted."""
    machine.process().lane().begin((FOLDER,))
    machine.held.let_go(0)
    machine.memory[:8] = bytes(8)
    machine.process().lane()
    assert machine.process().look(FOLDER) is None
    machine.now += int((QUIET_SECONDS + 1) * SECOND)
    assert machine.process().look(FOLDER) is not None


def test_there_are_only_so_many_lanes(machine: Machine) -> None:
    """Who gets none must not write."""
    for _ in range(LANES):
        machine.process().lane()
    with pytest.raises(LanesFull):
        machine.process().lane()


@dataclass
class Write:
    """One that is under way, or whose outcome is not known."""

    folder: int
    value: int
    late_until: int | None = None


@dataclass
class Process:
    """A worker: what it writes, and what it has kept or is reading."""

    generations: Generations
    lane: Lane
    index: int
    writing: list[Write] = field(default_factory=list)
    asking: list[tuple[int, Seen]] = field(default_factory=list)
    answered: list[tuple[int, Seen, int]] = field(default_factory=list)
    kept: dict[int, tuple[Seen, int]] = field(default_factory=dict)


FOLDERS = (FOLDER, OTHER)
processes = st.integers(0, 1)
folders = st.sampled_from(FOLDERS)


class Interleaved(RuleBasedStateMachine):
    """Two workers over one store, which does things when it likes.

    A write takes effect once between its beginning and its end; where that is
    not known, or its process died, up to a quiet time later, or never.
    """

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine()
        self.store = dict.fromkeys(FOLDERS, 0)
        self.written = 0
        self.late: list[Write] = []
        self.workers = [self._started(index) for index in range(2)]

    def _started(self, index: int) -> Process:
        generations = self.machine.process()
        return Process(generations, generations.lane(), index)

    def _carried_out(self, write: Write) -> None:
        touched = FOLDERS if write.folder == EVERYTHING else (write.folder,)
        for folder in touched:
            self.store[folder] = write.value

    @rule(of=processes, folder=st.sampled_from((*FOLDERS, *FOLDERS, EVERYTHING)))
    def begin(self, of: int, folder: int) -> None:
        """Send a write."""
        self.written += 1
        worker = self.workers[of]
        worker.lane.begin((folder,))
        worker.writing.append(Write(folder, self.written))

    @rule(of=processes)
    def carry_out(self, of: int) -> None:
        """The store does it, before it says so."""
        for write in self.workers[of].writing[:1]:
            self._carried_out(write)

    @rule(of=processes)
    def acknowledge(self, of: int) -> None:
        """The store says that it has done it."""
        worker = self.workers[of]
        if worker.writing:
            write = worker.writing.pop(0)
            self._carried_out(write)
            worker.lane.end((write.folder,), known=True)

    @rule(of=processes)
    def lose(self, of: int) -> None:
        """The connection breaks; who knows what became of it."""
        worker = self.workers[of]
        if worker.writing:
            write = worker.writing.pop(0)
            worker.lane.end((write.folder,), known=False)
            self._is_late(write)

    @rule(of=processes)
    def die(self, of: int) -> None:
        """A worker is killed, and started again."""
        worker = self.workers[of]
        self.machine.held.let_go(worker.index)
        self.workers[of] = self._started(worker.index)
        for write in worker.writing:
            self._is_late(write)

    def _is_late(self, write: Write) -> None:
        write.late_until = self.machine.now + int(QUIET_SECONDS * SECOND)
        self.late.append(write)

    @rule()
    def catch_up(self) -> None:
        """The store carries out what was given up."""
        if self.late:
            self._carried_out(self.late.pop(0))

    @rule(seconds=st.sampled_from((1, 30, 61)))
    def wait(self, seconds: int) -> None:
        """Time passes; what is late is late no longer than it may be."""
        self.machine.now += seconds * SECOND
        self.late = [
            write for write in self.late if (write.late_until or 0) > self.machine.now
        ]

    @rule(of=processes, folder=folders)
    def ask(self, of: int, folder: int) -> None:
        """Ask the store, having looked before."""
        worker = self.workers[of]
        seen = worker.generations.look(folder)
        if seen is not None:
            worker.asking.append((folder, seen))

    @rule(of=processes)
    def answer(self, of: int) -> None:
        """The store answers with what it has at this moment, which is kept later."""
        worker = self.workers[of]
        worker.answered += [
            (folder, seen, self.store[folder]) for folder, seen in worker.asking
        ]
        worker.asking = []

    @rule(of=processes)
    def keep(self, of: int) -> None:
        """Keep what has been answered."""
        worker = self.workers[of]
        for folder, seen, value in worker.answered:
            worker.kept[folder] = (seen, value)
        worker.answered = []

    @invariant()
    def what_is_given_again_is_what_the_store_has(self) -> None:
        """At any moment; what is not given again is read, and kept if it may be."""
        for worker in self.workers:
            for folder in FOLDERS:
                seen, value = worker.kept.get(folder, (None, 0))
                if worker.generations.begun(folder) == seen:
                    assert value == self.store[folder]
                elif (seen := worker.generations.look(folder)) is not None:
                    worker.kept[folder] = (seen, self.store[folder])


TestInterleaved = Interleaved.TestCase
