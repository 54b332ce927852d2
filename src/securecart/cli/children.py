"""What a process of ours has of its parent: a lifeline, a log, and patience.

A child ends when its parent does, however the parent ends: it holds the
reading end of a pipe, the lifeline, whose writing end only the parent has.
"""

import contextlib
import os
import shutil
import signal
import threading
from dataclasses import dataclass
from pathlib import Path

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 30.0
"""A child that ran this long starts again with the first pause."""
_LOG_BYTES = 2**20
"""A log that is longer makes room at the next start; one older is kept."""


@dataclass(frozen=True, slots=True)
class Lifeline:
    """A pipe that breaks when the parent is gone."""

    reading: int
    writing: int

    @classmethod
    def open(cls) -> "Lifeline":
        """Make the pipe; the writing end is not inherited."""
        reading, writing = os.pipe()
        return cls(reading, writing)


def hold_on(lifeline: int) -> None:
    """In a child: ask this process to stop once the parent is gone."""

    def wait() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def be_named(name: str) -> None:
    """Be told apart, by `top` and `ps -o comm`, from who has the same command line."""
    Path("/proc/self/comm").write_text(name)


class BackOff:
    """How long one that ended is left alone: longer each time, up to a bound."""

    def __init__(self) -> None:
        self._next = _FIRST_PAUSE_SECONDS

    def pause(self, ran: float) -> float:
        """Answer the seconds until its next start, after a run of so many."""
        pause = _FIRST_PAUSE_SECONDS if ran > _STEADY_SECONDS else self._next
        self._next = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        return pause


def make_room(log: Path) -> None:
    """Begin a log anew that is long, under those who append to it."""
    # A full disk must not end the watch over the processes.
    with contextlib.suppress(OSError):
        if log.stat().st_size > _LOG_BYTES:
            # Others may have it open, and go on at its end: copied, not moved.
            old = log.with_name(f"{log.name}.old")
            old.touch(mode=0o600)
            shutil.copyfile(log, old)
            os.truncate(log, 0)


def print_to(log: Path) -> None:
    """Append to a log, 0600, whatever this process prints from now on."""
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    opened = os.open(log, flags, 0o600)
    for standard in (1, 2):
        os.dup2(opened, standard)
    os.close(opened)
