"""One of the store's processes."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from securecart.adapters.seaweedfs import leash
from securecart.adapters.seaweedfs.errors import StartFailed
from securecart.adapters.seaweedfs.private import FILE_MODE

_START_SECONDS = 30.0
"""A store of 10,000 objects starts in under half a second; this is for a cold
disk. Whoever is not ready then will not be."""

_POLL_SECONDS = 0.005
"""Between two looks whether a starting process answers."""

_STOP_SECONDS = 5.0
"""A clean stop takes some milliseconds; whoever takes longer is killed."""

_LOG_BYTES = 1024 * 1024
"""A log past this size becomes `<name>.log.1` and a new one begins."""

_TAIL_BYTES = 2000
"""How much of the log an error shows."""

_PORT_TAKEN = b"address already in use"
"""What Go calls EADDRINUSE."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: everything but the moment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    stop_signal: signal.Signals


class Process:
    """A program that runs, or ran: started, watched, stopped."""

    def __init__(
        self, program: Program, answers: Callable[[], Awaitable[bool]]
    ) -> None:
        self.program = program
        self._answers = answers
        self._running: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._running
        return running.pid if running and running.returncode is None else None

    async def start(self) -> None:
        """Start, and return when it answers.

        Raises:
            StartFailed: if it ends, or does not answer in time.
        """
        program = self.program
        self.bound_log()
        log = os.open(program.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, FILE_MODE)
        try:
            self._log_start = os.fstat(log).st_size
            self._running = await asyncio.create_subprocess_exec(
                *_leashed(program.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=program.environment,
                cwd=program.directory,
                # Ctrl-C is for us to hear; we stop them in the right order.
                start_new_session=True,
                umask=0o077,
            )
        except OSError as error:
            raise self._failure(f"cannot be started ({error.strerror})") from error
        finally:
            os.close(log)
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._answers():
                    if self._running.returncode is not None:
                        raise self._failure("ended while starting")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise self._failure(f"did not answer in {_START_SECONDS:.0f} s") from None

    async def ended(self) -> None:
        """Return when the process is gone."""
        if self._running is not None:
            await self._running.wait()

    async def stop(self) -> None:
        """Stop it its own way; kill it if that takes too long."""
        running = self._running
        if running is None or running.returncode is not None:
            return
        running.send_signal(self.program.stop_signal)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await running.wait()
        except TimeoutError:
            running.kill()
            await running.wait()

    def bound_log(self) -> None:
        """Begin a new log when this one is long; the last one is kept."""
        log = self.program.log
        # A full disk must not end the watch over the processes.
        with suppress(OSError):
            if log.stat().st_size > _LOG_BYTES:
                # The process goes on writing to the end of the file that it has
                # open, wherever that is: so copy and empty it, do not move it.
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)
                self._log_start = 0

    def _failure(self, what: str) -> StartFailed:
        with self.program.log.open("rb") as log:
            log.seek(self._log_start)
            written = log.read()
        tail = written[-_TAIL_BYTES:].decode(errors="replace").strip()
        return StartFailed(
            f"the object store's {self.program.name} {what}; the end of "
            f"{self.program.log}:\n{tail}",
            port_taken=_PORT_TAKEN in written,
        )


def _leashed(command: Sequence[str]) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command)
