"""Forks workers that do nothing; what happens is printed, a line each.

Run with the options as `WorkerOptions` has them in JSON; a worker whose index
is in `STUBBORN` does not end when it is asked to.
"""

import os
import signal
import sys
import time

from securecart.cli import prefork
from securecart.cli.children import hold_on
from securecart.cli.logs import log_to_stderr
from securecart.cli.worker_options import WorkerOptions
from securecart.serve.gateway.scoreboard import Word

_STOP_SECONDS = 1.0


def _tell(line: str) -> None:
    # At once, or what several processes tell would stand in one line.
    os.write(1, f"{line}\n".encode())


def _run() -> None:
    vars(prefork)["_STOP_SECONDS"] = _STOP_SECONDS
    log_to_stderr()
    worker = prefork.fork_workers(WorkerOptions.from_json(sys.argv[1]))
    if worker is None:
        _tell("ended")
        return
    if str(worker.index) in os.environ.get("STUBBORN", ""):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    row = worker.scoreboard.rows[worker.index]
    found = f"{row[Word.CONNECTIONS]} {row[Word.ACCEPTED]}"
    row[Word.CONNECTIONS], row[Word.ACCEPTED] = 5, row[Word.ACCEPTED] + 7
    _tell(f"{worker.index} {os.getpid()} {found}")
    assert worker.options.lifeline is not None
    hold_on(worker.options.lifeline)
    time.sleep(60)


if __name__ == "__main__":
    _run()
