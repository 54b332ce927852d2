"""The command `securecart`, on a clock that a test can move.

The product has no such switch. This script puts the clock where the
composition root takes it as an argument; what `up` forks has it, too.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from securecart.cli import up
from securecart.cli.main import main

_OFFSET = Path(os.environ["TEST_CLOCK"])
"""A file with the seconds that the clock is ahead."""


def moved_clock() -> datetime:
    """The present moment, and as much later as the test says."""
    return datetime.now(UTC) + timedelta(seconds=float(_OFFSET.read_text()))


if __name__ == "__main__":
    up.run = partial(up.run, clock=moved_clock)
    main()
