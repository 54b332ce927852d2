"""Taking connections from a listening socket that several workers share.

The kernel hands a connection to whoever asks first, and it is often the same
process that does: a few connections that stay open then keep one worker busy
and the others idle. So a worker that has more than another leaves a new one
to it for a moment, and takes it if nobody else has.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence

from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.scoreboard import Word

_log = logging.getLogger(__name__)

_YIELD_SECONDS = 0.001
"""What a connection waits at most for a worker with fewer: one that is free
takes it within a fifth of this, and a client on this machine hardly notices."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_EXHAUSTED_SECONDS = 0.1
"""Until descriptors or memory may be had again; asyncio's own waits a second."""


class Acceptor:
    """Accepts on sockets until closed, one connection a turn of the loop."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        factory: Callable[[], asyncio.Protocol],
        meter: Meter,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets = tuple(sockets)
        self._factory = factory
        self._meter = meter
        self._later: dict[socket.socket, asyncio.TimerHandle] = {}
        self._starting: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to accept."""
        self._meter.note(Word.ACCEPTING, 1)
        for each in self._sockets:
            each.setblocking(False)  # noqa: FBT003 - the standard library's signature
            self._watch(each)

    def close(self) -> None:
        """Accept no more, and let go of the sockets."""
        self._meter.note(Word.ACCEPTING, 0)
        for timer in self._later.values():
            timer.cancel()
        self._later.clear()
        for each in self._sockets:
            self._loop.remove_reader(each)
            each.close()

    def _watch(self, listening: socket.socket) -> None:
        self._later.pop(listening, None)
        self._loop.add_reader(listening, self._ready, listening)

    def _pause(
        self, listening: socket.socket, seconds: float, then: Callable[..., None]
    ) -> None:
        self._loop.remove_reader(listening)
        self._later[listening] = self._loop.call_later(seconds, then, listening)

    def _ready(self, listening: socket.socket) -> None:
        """Take what waits, unless another worker has fewer connections."""
        if self._has_more():
            self._pause(listening, _YIELD_SECONDS, self._take_what_is_left)
        else:
            self._take(listening)

    def _take_what_is_left(self, listening: socket.socket) -> None:
        self._watch(listening)
        self._take(listening)

    def _has_more(self) -> bool:
        rows = self._meter.scoreboard.rows
        own = rows[self._meter.worker][Word.CONNECTIONS] + len(self._starting)
        return any(
            row[Word.CONNECTIONS] < own
            for index, row in enumerate(rows)
            if row[Word.ACCEPTING] and index != self._meter.worker
        )

    def _take(self, listening: socket.socket) -> None:
        try:
            accepted, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # Another worker has it, or the client has gone.
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            _log.warning("no connection can be accepted: %s", error)
            self._pause(listening, _EXHAUSTED_SECONDS, self._watch)
            return
        accepted.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._meter.add(Word.ACCEPTED)
        starting = self._loop.create_task(self._start(accepted))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)

    async def _start(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._factory, accepted)
        except OSError:
            accepted.close()  # It was reset meanwhile.
