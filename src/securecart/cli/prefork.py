"""The parent of our processes: forks each, and another for one that ends.

It has imported and loaded whatever they need, so they share the memory of it
and start in no time. Nothing else is in it: no key, no database, no event
loop, no thread. What a part has of these it opens itself.

Source: Python documentation, `gc.freeze`; the name is Apache's ("prefork").
"""

import ctypes
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from securecart.cli.children import (
    BackOff,
    Lifeline,
    be_named,
    hold_on,
    make_room,
    print_to,
)

_STOP_SECONDS = 13.0
"""How long parts may take before they are killed: the gateway drains for ten,
and `up`, which asked this process to stop, waits for fifteen (`parts.py`)."""
_M_ARENA_MAX = -8
"""See mallopt(3)."""
_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM})
_HEARD = _STOPPING | {signal.SIGCHLD}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A process that is wanted, and started again when it ends.

    `run` is what it does, once forked, until it gets a SIGTERM. `sockets` are
    descriptors: others' it does not keep. Without a `log` it prints where its
    parent does. `ended` is called in the parent, each time it has ended.
    """

    name: str
    """What `top` and `ps -o comm` tell it by: up to 15 characters."""
    run: Callable[[], None]
    sockets: tuple[int, ...] = ()
    log: Path | None = None
    ended: Callable[[], None] = lambda: None


def keep_running(parts: Sequence[Part], lifeline: int | None = None) -> None:
    """Fork all parts and keep them running, until asked to stop.

    Returns in the parent once all have ended, and in a part when it has run.
    They end when the parent does, and it does when whoever started it is gone,
    however that ends: each has the reading end of a `Lifeline`, and `lifeline`
    is the parent's own.

    Raises:
        RuntimeError: this process has threads.
    """
    require_one_thread()
    _share_one_heap()
    own = Lifeline.open()
    with _told_of_signals() as told:
        part = _Parent(parts, lifeline, told).run()
    if part is None:
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    not_its = {socket for each in parts for socket in each.sockets}
    not_its |= {own.writing} if lifeline is None else {own.writing, lifeline}
    for descriptor in not_its - {*part.sockets}:
        os.close(descriptor)
    be_named(part.name)
    if part.log is not None:
        print_to(part.log)
    hold_on(own.reading)
    part.run()


def require_one_thread() -> None:
    """See that this process may fork.

    Raises:
        RuntimeError: it has threads. What one of them had locked would stay
            locked in a child.
    """
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        raise RuntimeError(f"cannot fork: there are {threads} threads")


def _share_one_heap() -> None:
    """Have all threads of a part allocate from one heap, not each from its own.

    What a thread is done with others then use: some 2 MB less for each thread
    of the API. They wait for the interpreter's lock anyway, hardly for the heap.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc's alone has it, and such heaps.
        mallopt(_M_ARENA_MAX, 1)


@dataclass(slots=True)
class _Place:
    """A part's: it runs, or is due to start."""

    part: Part
    pid: int | None = None
    since: float = 0.0
    """When it started, or is to start, by the monotonic clock."""
    back_off: BackOff = field(default_factory=BackOff)

    def wait(self) -> None:
        """Let some time pass before the next start."""
        now = time.monotonic()
        ran = 0.0 if self.pid is None else now - self.since
        self.pid, self.since = None, now + self.back_off.pause(ran)


class _Parent:
    """What the parent does; `told` is read when a signal came, and says which."""

    def __init__(self, parts: Sequence[Part], lifeline: int | None, told: int) -> None:
        self._lifeline = lifeline
        self._told = told
        self._places = [_Place(part) for part in parts]

    def run(self) -> Part | None:
        """Answer None when asked to stop, and in a part which it is."""
        while not self._asked_to_stop():
            self._bury()
            for place in self._places:
                if place.pid is None and place.since <= time.monotonic():
                    if place.part.log is not None:
                        make_room(place.part.log)
                    if _fork(place):
                        return place.part
        self._stop()
        return None

    def _asked_to_stop(self) -> bool:
        """Wait until there is something to do; say whether it is to stop."""
        starts = [each.since for each in self._places if each.pid is None]
        seconds = min(starts) - time.monotonic() if starts else None
        lifeline = self._lifeline
        ready = _wait(seconds, self._told, *([] if lifeline is None else [lifeline]))
        return lifeline in ready or not _STOPPING.isdisjoint(_signals(self._told))

    def _bury(self) -> None:
        """See who has ended."""
        for place in self._places:
            if place.pid is None:
                continue
            ended, status = os.waitpid(place.pid, os.WNOHANG)
            if ended:
                place.part.ended()
                code = os.waitstatus_to_exitcode(status)
                _log.warning(
                    "a part ended", extra={"part": place.part.name, "status": code}
                )
                place.wait()

    def _stop(self) -> None:
        """Let all drain, and end; kill who does not."""
        # Refused from now on: who balances the load sees it at once.
        for each in {each for place in self._places for each in place.part.sockets}:
            os.close(each)
        end = time.monotonic() + _STOP_SECONDS
        running = {each.pid for each in self._places if each.pid is not None}
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        while running:
            running -= {pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]}
            if running and not _wait(end - time.monotonic(), self._told):
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                return
            _signals(self._told)


def _fork(place: _Place) -> bool:
    """Start the part of a place; say whether this is it.

    To a part no signal is delivered yet: it would be told as the parent is.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    try:
        pid = os.fork()
    except OSError:
        _log.exception("a part cannot be started", extra={"part": place.part.name})
        place.wait()
    else:
        if pid == 0:
            return True
        place.pid, place.since = pid, time.monotonic()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    return False


def _wait(seconds: float | None, *descriptors: int) -> set[int]:
    """Wait until one of them can be read; answer which can."""
    poll = select.poll()
    for each in descriptors:
        poll.register(each, select.POLLIN)
    milliseconds = None if seconds is None else max(0, seconds) * 1000
    return {each for each, _ in poll.poll(milliseconds)}


def _signals(told: int) -> bytes:
    """The numbers of the signals that came meanwhile."""
    try:
        return os.read(told, 4096)
    except BlockingIOError:
        return b""


@contextmanager
def _told_of_signals() -> Iterator[int]:
    """Answer a descriptor that has a byte for each signal, its number.

    One that comes just before a wait so ends the wait. Source: Python
    documentation, `signal.set_wakeup_fd`.
    """
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    before = {each: signal.signal(each, lambda *_: None) for each in _HEARD}
    try:
        yield reading
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(-1)
        os.close(reading)
        os.close(writing)
