"""Processes of one installation count in one place, and may die at any moment."""

import os
import random
import signal
import time
from pathlib import Path

from securecart.cli.generations import join_generations, open_lanes
from securecart.cli.installation import prepare_installation
from securecart.serve.gateway.generations import QUIET_SECONDS, Generations

_PROCESSES = 40
_AT_ONCE = 4
_WRITES = 200
_SLOTS = range(1, 9)


def test_what_one_process_writes_another_sees(tmp_path: Path) -> None:
    """Whichever opened it first, and also a lane that was taken for one run."""
    installation = prepare_installation(tmp_path, account=None, region="us-east-1")
    reader, writer = (join_generations(installation) for _ in range(2))
    lanes = open_lanes(installation)
    for lane in (writer.lane(), Generations(lanes.memory, lanes).lane()):
        seen = reader.look(1)
        assert seen is not None
        lane.begin((1,))
        assert reader.look(1) is None
        lane.end((1,), known=True)
        assert reader.begun(1) != seen
    lanes.close()
    assert len(reader.begun(1)) == len(join_generations(installation).begun(1))


def test_no_count_is_lost_and_the_dead_are_ended(tmp_path: Path) -> None:
    """However many come and go, or are killed in the middle of a write."""
    installation = prepare_installation(tmp_path, account=None, region="us-east-1")
    running: set[int] = set()
    ends: list[int] = []
    for number in range(_PROCESSES):
        child = os.fork()
        if not child:
            os._exit(_written(join_generations(installation), random.Random(number)))  # noqa: S311 - the same each time
        running.add(child)
        while len(running) >= _AT_ONCE or (number == _PROCESSES - 1 and running):
            ended, status = os.wait()
            running.discard(ended)
            ends.append(os.waitstatus_to_exitcode(status))
    assert set(ends) == {0, -signal.SIGKILL}
    last = join_generations(installation)
    last.lane()
    assert len(last.begun(1)) <= 2 * (_AT_ONCE + 1)
    # Those that were killed have left a folder quiet each, and none under way.
    assert any(last.look(slot) is None for slot in _SLOTS)
    lanes = open_lanes(installation)
    past = time.monotonic_ns() + int((QUIET_SECONDS + 1) * 1e9)
    later = Generations(lanes.memory, lanes, clock=lambda: past)
    assert all(later.look(slot) is not None for slot in _SLOTS)


def _written(generations: Generations, chance: random.Random) -> int:
    """Write as one process; answer whether another counted in its lane."""
    lane = generations.lane()
    counted = dict.fromkeys(_SLOTS, 0)
    before = {slot: sum(generations.begun(slot)) for slot in _SLOTS}
    for _ in range(_WRITES):
        slot = chance.choice(_SLOTS)
        lane.begin((slot,))
        counted[slot] += 1
        if chance.random() < 0.3 / _WRITES:
            os.kill(os.getpid(), signal.SIGKILL)
        lane.end((slot,), known=True)
    lost = any(
        sum(generations.begun(slot)) < before[slot] + counted[slot] for slot in _SLOTS
    )
    return 1 if lost else 0
