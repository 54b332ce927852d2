"""The pool: opens, keeps, bounds and retires connections to one store."""

import asyncio
import socket
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from securecart.adapters.upstream.connection import StoreConnection
from securecart.adapters.upstream.exchange import Exchange
from securecart.wire.http import HttpRequest

_SWEEP_SECONDS = 1.0
_RECEIVED_BYTES = 131072
"""Held by the kernel for a connection by TCP; it takes twice that, as much as a
Unix socket. Left to itself it holds up to 6 MB, which the event loop then reads at
one go, before anybody can say that it is enough."""
_REPEATABLE = frozenset({"GET", "HEAD"})
"""RFC 9110, 9.2.1: safe, so that doing them twice is doing them once."""


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """Bounds of a pool.

    Attributes:
        connections: at once. SeaweedFS gained nothing beyond 64 clients on
            two cores; more only queue inside it.
        waiting: requests at once for one of them to come free; more are
            turned away at once.
        waiting_seconds: before they are turned away too. A client that is
            told to slow down does better than one that waits.
        connect_seconds: a local socket connects at once or not at all.
        stall_seconds: without progress. Completing an upload of 10,000 parts
            is the longest silence.
    """

    connections: int = 128
    waiting: int = 256
    waiting_seconds: float = 2
    connect_seconds: float = 3
    stall_seconds: float = 60


class StorePool:
    """Connections to one address: a socket's path, or host and port."""

    def __init__(
        self,
        address: Path | tuple[str, int],
        limits: UpstreamLimits = UpstreamLimits(),
    ) -> None:
        self._address = address
        self._limits = limits
        self._idle: deque[StoreConnection] = deque()
        self._busy: set[StoreConnection] = set()
        self._opening = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self.answered = 0
        self._sweeper: asyncio.TimerHandle | None = None

    async def open(
        self, request: HttpRequest, *, length: int | None = None, chunked: bool = False
    ) -> Exchange:
        """Send a request.

        `length` announces a body of that size, `chunked` one of any size;
        either follows by `send`. With neither, the request's own body goes,
        and a safe request that meets a connection which the store had already
        closed is sent again, once, on a fresh one.

        Raises:
            ConnectionError: the store is not there.
            BlockingIOError: every connection is taken, and stayed so.
            TimeoutError: no connection was made in time.
        """
        data = _request_bytes(request, length, chunked=chunked)
        unsent = None if chunked else length or 0
        connection = self._at_rest()
        reused = connection is not None
        if connection is None:
            reused, connection = await self._connection(fresh=False)
        exchange = connection.begin(request.method, data, unsent)
        streams = chunked or length is not None
        if not reused or streams or request.method not in _REPEATABLE:
            return exchange
        try:
            await exchange.head()
        except ConnectionError:
            exchange.close()
            _, connection = await self._connection(fresh=True)
            return connection.begin(request.method, data, unsent)
        except BaseException:
            exchange.close()
            raise
        return exchange

    @property
    def busy(self) -> int:
        """How many connections are in use."""
        return len(self._busy)

    @property
    def idle(self) -> int:
        """How many are open and at rest."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """How many requests wait for one."""
        return len(self._waiters)

    def abandon(self) -> None:
        """Fail everything that is under way: the store is given up."""
        for connection in tuple(self._busy):
            connection.drop()

    def close(self) -> None:
        """Drop every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in (*self._idle, *self._busy):
            connection.drop()
        self._idle.clear()

    def _at_rest(self) -> StoreConnection | None:
        """Take a connection that may be used at once, if there is one."""
        if len(self._busy) + self._opening >= self._limits.connections:
            return None
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                self._busy.add(connection)
                return connection
        return None

    async def _connection(self, *, fresh: bool) -> tuple[bool, StoreConnection]:
        """Take a connection; say also whether it was used before."""
        await self._turn()
        if not fresh and (found := self._at_rest()) is not None:
            return True, found
        self._opening += 1
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                connection = await self._connect()
        except (FileNotFoundError, PermissionError) as error:
            raise ConnectionError(
                f"the store's socket is not there: {error}"
            ) from error
        finally:
            self._opening -= 1
            self._next()
        self._busy.add(connection)
        self._sweep_later()
        return False, connection

    async def _connect(self) -> StoreConnection:
        loop = asyncio.get_running_loop()

        def factory() -> StoreConnection:
            return StoreConnection(self._released, self._limits.stall_seconds)

        if isinstance(self._address, Path):
            _, made = await loop.create_unix_connection(factory, str(self._address))
        else:
            transport, made = await loop.create_connection(factory, *self._address)
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_BYTES
            )
        return made

    async def _turn(self) -> None:
        """Wait until one more exchange may run."""
        while len(self._busy) + self._opening >= self._limits.connections:
            if len(self._waiters) >= self._limits.waiting:
                raise BlockingIOError("too many wait for the store already")
            turn = asyncio.get_running_loop().create_future()
            self._waiters.append(turn)
            try:
                async with asyncio.timeout(self._limits.waiting_seconds):
                    await turn
            except BaseException as error:
                if turn.done() and not turn.cancelled():
                    self._next()
                else:
                    self._waiters.remove(turn)
                if isinstance(error, TimeoutError):
                    raise BlockingIOError("no connection came free") from None
                raise

    def _next(self) -> None:
        while self._waiters:
            turn = self._waiters.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _released(self, connection: StoreConnection, reusable: bool) -> None:  # noqa: FBT001 - a callback's one argument
        self._busy.discard(connection)
        if reusable:
            self.answered += 1
            self._idle.append(connection)
        elif connection in self._idle:
            self._idle.remove(connection)
        self._next()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(
                _SWEEP_SECONDS, self._sweep
            )

    def _sweep(self) -> None:
        self._sweeper = None
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._busy):
            connection.sweep(now)
        if self._busy or self._idle:
            self._sweep_later()


def _request_bytes(request: HttpRequest, length: int | None, *, chunked: bool) -> bytes:
    """Answer the head, and the body where it is whole.

    Raises:
        ValueError: a header would break the head.
    """
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    size = len(request.body) if length is None else length
    if chunked:
        lines.append("transfer-encoding: chunked")
    elif size or request.method in {"PUT", "POST"}:
        lines.append(f"content-length: {size}")
    head = "\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count("\n") != breaks or head.count("\r") != breaks or "\0" in head:
        raise ValueError("a header has a line break")
    return f"{head}\r\n\r\n".encode("latin-1") + request.body
