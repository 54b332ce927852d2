"""The parts of `up`: forked from one process, which keeps them running.

`up` imports what all of them need, forks that process while it has no thread
and has read no key, and sets up what they find when they begin.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from socket import socket

from securecart.cli.children import Lifeline, be_named, make_room, print_to
from securecart.cli.listening import adopt
from securecart.cli.logs import log_to_stderr
from securecart.cli.place import Place
from securecart.cli.prefork import Part, keep_running, require_one_thread
from securecart.cli.serve_idp import serve_idp
from securecart.cli.serve_portal import serve_portal
from securecart.cli.worker import load_what_is_shared, worker_parts
from securecart.cli.workers import worker_options
from securecart.names.clock import Clock

MONITORING = "monitoring"
_PARENT = "parts"
"""The name of the process that keeps them, and of its log."""
_STOP_SECONDS = 15.0
"""How long it may take before it is killed: it kills who is not drained sooner."""


class Parts:
    """The process that keeps the parts, as `up` sees it."""

    def __init__(self, pid: int, lifeline: int) -> None:
        self._pid = pid
        self._lifeline = lifeline
        self._ended: asyncio.Task[object] | None = None

    def begin(self) -> None:
        """Have it start the parts: all that they need is there."""
        os.write(self._lifeline, b"\n")

    def ended(self) -> asyncio.Task[object]:
        """Answer what is done once it has ended, as it does when stopped."""
        if self._ended is None:
            waiting = asyncio.to_thread(os.waitpid, self._pid, 0)
            self._ended = asyncio.create_task(waiting)
        return self._ended

    async def stop(self) -> None:
        """Have all parts drain and end; kill the process if they do not."""
        ended = self.ended()
        for how in (signal.SIGTERM, signal.SIGKILL):
            if not ended.done():
                with suppress(ProcessLookupError):
                    os.kill(self._pid, how)
                await asyncio.wait({ended}, timeout=_STOP_SECONDS)
        os.close(self._lifeline)


def fork_parts(
    place: Place, sockets: Mapping[str, tuple[int, ...]], held: int, clock: Clock
) -> Parts | None:
    """Fork the process that keeps the parts, which waits for `Parts.begin`.

    Answers None in that process, and in every part, once it has ended. They
    have `sockets`, descriptors by part, from now on, and not `held`.

    Raises:
        RuntimeError: this process has threads.
    """
    require_one_thread()
    load_what_is_shared()
    lifeline = Lifeline.open()
    pid = os.fork()
    if pid:
        os.close(lifeline.reading)
        for each in sockets.values():
            _close(each)
        return Parts(pid, lifeline.writing)
    os.setsid()  # Ctrl-C goes to `up`, which stops all in order.
    _close((lifeline.writing, held))
    be_named(_PARENT)
    log = _log(place, _PARENT)
    make_room(log)
    _read_nothing()
    print_to(log)
    log_to_stderr()
    # Nothing comes, but an end, if `up` ends before it is ready for them.
    if os.read(lifeline.reading, 1):
        keep_running(_parts(place, sockets, clock), lifeline.reading)
    return None


def _parts(
    place: Place, sockets: Mapping[str, tuple[int, ...]], clock: Clock
) -> list[Part]:
    options = worker_options(
        place, sockets=sockets["aws"], monitoring=sockets.get(MONITORING, ())
    )
    return [
        *worker_parts(options, log=_log(place, "aws"), clock=clock),
        *(
            Part(
                name,
                partial(_serve, serve, place, sockets[name], clock),
                sockets=sockets[name],
                log=_log(place, name),
            )
            for name, serve in (("portal", serve_portal), ("idp", serve_idp))
            if name in sockets
        ),
    ]


def _serve(
    serve: Callable[[Place, Sequence[socket], Clock], None],
    place: Place,
    descriptors: tuple[int, ...],
    clock: Clock,
) -> None:
    serve(place, adopt(descriptors), clock)


def _log(place: Place, name: str) -> Path:
    return place.data / "logs" / f"{name}.log"


def _read_nothing() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(nothing, 0)
    os.close(nothing)


def _close(descriptors: Sequence[int]) -> None:
    for each in descriptors:
        os.close(each)
