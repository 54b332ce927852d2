"""Forks workers that do nothing; what happens is printed, a line each.

Run with how many there are to be, and the descriptor of a lifeline; one whose
index is in `STUBBORN` does not end when it is asked to.
"""

import os
import signal
import sys
import time
from functools import partial

from securecart.cli import prefork
from securecart.cli.logs import log_to_stderr
from securecart.serve.gateway import ROW_WORDS, Scoreboard
from securecart.serve.gateway.scoreboard import Word

_STOP_SECONDS = 1.0


def _tell(line: str) -> None:
    # At once, or what several processes tell would stand in one line.
    os.write(1, f"{line}\n".encode())


def _work(index: int, scoreboard: Scoreboard) -> None:
    if str(index) in os.environ.get("STUBBORN", ""):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    row = scoreboard.rows[index]
    found = f"{row[Word.CONNECTIONS]} {row[Word.ACCEPTED]}"
    row[Word.CONNECTIONS], row[Word.ACCEPTED] = 5, row[Word.ACCEPTED] + 7
    _tell(f"{index} {os.getpid()} {found}")
    time.sleep(60)


def _run(workers: int, lifeline: int) -> None:
    vars(prefork)["_STOP_SECONDS"] = _STOP_SECONDS
    log_to_stderr()
    scoreboard = Scoreboard.create(workers, ROW_WORDS)
    parts = [
        prefork.Part(
            f"worker {index}",
            partial(_work, index, scoreboard),
            ended=partial(scoreboard.clear, index),
        )
        for index in range(workers)
    ]
    prefork.keep_running(parts, lifeline)
    _tell("ended")  # A part that is told to end does not come here.


if __name__ == "__main__":
    _run(int(sys.argv[1]), int(sys.argv[2]))
