"""Attack a whole installation: `python tests/adversary/run.py --seconds N`.

Prints how many requests there were, by operation, spelling, form of signature
and answer. Ends with 1 if anything leaked, with the evidence of each.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.adversary.aftermath import changes, state_of, unrecorded  # noqa: E402
from tests.adversary.controls import controlled  # noqa: E402
from tests.adversary.people import Company, assumed, move_in  # noqa: E402
from tests.adversary.signing import REGION  # noqa: E402
from tests.adversary.soak import Count, Plan, Soak  # noqa: E402
from tests.installation import (  # noqa: E402
    Running,
    free_ports,
    in_background,
    stop,
    wait_ready,
)

from securecart.names.credentials import Credentials  # noqa: E402

PROGRAM = Path(__file__).with_name("installed.py")
PEOPLE = 13
"""Ten whose names are alike, one of whom nobody has heard, two who signed in."""
_AGO = timedelta(hours=1)
_SHORTEST_SECONDS = 900


@dataclass
class Place:
    """An installation, as it runs, and what can be done to it."""

    running: Running
    clock: Path
    begin: Callable[[str], Running]
    """Start it, with a hole or, named so, with none."""

    def make(self, hole: str) -> None:
        """Have it start again with a hole in it; or with none."""
        assert stop(self.running.process) == 0
        self.running = self.begin(hole)


@contextmanager
def installation(directory: Path) -> Iterator[Place]:
    """Run one, and stop it."""
    clock = directory / "seconds"
    clock.write_text("0")
    data = directory / "data"
    command = [sys.executable, str(PROGRAM), "up", "--data-dir", str(data)]
    for name, number in free_ports().items():
        command += [f"--{name}-port", str(number)]

    def begin(hole: str) -> Running:
        switches = {"TEST_CLOCK": str(clock), "TEST_HOLE": hole}
        return wait_ready(data, in_background(command, data, switches))

    place = Place(begin(""), clock, begin)
    try:
        yield place
    finally:
        stop(place.running.process)


def move_in_at(place: Place, people: int) -> Company:
    """Have people move in, one of whom lost a session of an hour ago."""
    assert place.running.ready["region"] == REGION
    company = move_in(place.running, people)
    company.expired = _expired(place.running, place.clock)
    return company


def _expired(running: Running, clock: Path) -> Credentials:
    """A session that began and ended while the clock was another."""
    clock.write_text(str(-_AGO.total_seconds()))
    try:
        admin = Credentials(**running.ready["admin"])
        at = datetime.now(UTC) - _AGO
        made, _ = assumed(running, admin, "ab", at=at, seconds=_SHORTEST_SECONDS)
    finally:
        clock.write_text("0")
    return made


def attacked(
    company: Company,
    plan: Plan,
    *,
    seconds: float,
    most: int | None = None,
    seed: int = 0,
) -> Count:
    """Attack, and look at what is left."""
    before = state_of(company)
    count = Soak(company, plan, seed=seed).run(seconds, most)
    count.leaks += changes(company, before, state_of(company))
    count.leaks += unrecorded(company, count.request_ids)
    return count


def main() -> int:
    """Run for the seconds that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--hole", default="", help="one of holes.toml")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        installation(Path(directory)) as place,
    ):
        found = move_in_at(place, chosen.people)
        if chosen.hole:
            place.make(chosen.hole)
        controls = controlled(found)
        count = attacked(found, Plan(), seconds=chosen.seconds, seed=chosen.seed)
    for problem in (*controls.failed, *count.leaks):
        sys.stderr.write(f"{problem}\n")
    told = [f"seed {chosen.seed}", str(controls), *count.lines(), ""]
    sys.stdout.write("\n".join(told))
    return 1 if count.leaks or controls.failed else 0


if __name__ == "__main__":
    sys.exit(main())
