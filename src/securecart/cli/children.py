"""Our own processes under `securecart up`: started, watched, stopped.

A child ends when its parent does, however the parent ends: it holds the
reading end of a pipe, the lifeline, whose writing end only the parent has.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PROGRAM: tuple[str, ...] = (sys.executable, "-m", "securecart")
"""What the children are started as."""

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 30.0
"""A child that ran this long starts again with the first pause."""
_STOP_SECONDS = 15.0
"""How long a child may take before it is killed: the gateway drains for ten."""
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


class Child:
    """One process that is started again, with back-off, when it ends.

    Without a `log` it writes where we do.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        descriptors: Sequence[int],
        log: Path | None,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._descriptors = tuple(descriptors)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and keep it started until `stop`."""
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask it to drain and end; kill it if it does not."""
        if self._watch is not None:
            self._watch.cancel()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        opened = contextlib.nullcontext() if self._log is None else _open_log(self._log)
        with opened as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self._descriptors,
                start_new_session=True,  # Ctrl-C goes to the parent, which drains.
            )

    async def _keep_running(self) -> None:
        back_off = BackOff()
        loop = asyncio.get_running_loop()
        while self._process is not None:
            started = loop.time()
            await self._process.wait()
            await asyncio.sleep(back_off.pause(loop.time() - started))
            await self._spawn()


def make_room(path: Path) -> None:
    """Begin a log anew that is long, under those who append to it."""
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        # Others may have it open, and go on at its end: copied, not moved.
        old = path.with_name(f"{path.name}.old")
        old.touch(mode=0o600)
        shutil.copyfile(path, old)
        os.truncate(path, 0)


def _open_log(path: Path) -> BinaryIO:
    """Open a log to append to, 0600."""
    make_room(path)
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "ab")
