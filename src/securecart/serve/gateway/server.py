"""The listening side: accepts, sweeps out the slow, drains when it stops."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import format_datetime

from securecart.names.clock import Clock
from securecart.serve.gateway.acceptor import Acceptor
from securecart.serve.gateway.connection import Connection
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Application
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.monitoring import Monitoring
from securecart.serve.gateway.readiness import Readiness
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.upstream import Upstream

_SWEEP_SECONDS = 1.0
_MONITORING = Limits(connections=32)


class GatewayServer:
    """An application behind listening sockets, as one of several workers."""

    def __init__(
        self,
        application: Application,
        *,
        readiness: Readiness,
        upstream: Upstream,
        meter: Meter,
        clock: Clock,
        limits: Limits,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve `application`; `forget` is called every second."""
        self.application = application
        self.readiness = readiness
        self._upstream = upstream
        self._meter = meter
        self._clock = clock
        self._limits = limits
        self._forget = forget
        self._connections: set[Connection] = set()
        self._date = ""
        self._date_second = 0

    async def serve(
        self,
        sockets: Sequence[socket.socket],
        monitoring: Sequence[socket.socket] = (),
    ) -> None:
        """Serve on sockets that listen, until cancelled; then drain.

        Draining lets requests under way finish within `grace_seconds`, and
        says so at `monitoring` meanwhile, which other workers share too.
        """
        # Whoever accepted before it knows anything would turn clients away; they
        # are better off with another worker, or waiting for this one.
        await self.readiness.begin()
        loop = asyncio.get_running_loop()
        acceptor = Acceptor(sockets, self.connection, self._meter)
        monitors = await self._monitor(monitoring)
        self._meter.note(Word.STARTED_AT, int(time.time()))
        watching = asyncio.create_task(self.readiness.watch())
        try:
            acceptor.open()
            while True:
                self._sample()
                await asyncio.sleep(_SWEEP_SECONDS)
                self.sweep(loop.time())
                self._forget()
        finally:
            self.readiness.draining = True
            acceptor.close()
            await self._drain()
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            for monitor in monitors:
                monitor.close()

    def connection(self) -> Connection:
        """Answer the protocol for a newly accepted socket."""
        return Connection(
            self.application,
            self._limits,
            self._connections,
            self._http_date,
            self._meter,
        )

    def sweep(self, now: float) -> None:
        """Break off every connection whose time is up."""
        for connection in tuple(self._connections):
            connection.sweep(now)

    async def _monitor(
        self, sockets: Sequence[socket.socket]
    ) -> Sequence[asyncio.Server]:
        application = Monitoring(self._meter.scoreboard, self.readiness)
        # What is asked of the monitors is none of what they tell.
        unheard = Meter.alone()
        connections: set[Connection] = set()

        def connection() -> Connection:
            return Connection(
                application, _MONITORING, connections, self._http_date, unheard
            )

        loop = asyncio.get_running_loop()
        return [await loop.create_server(connection, sock=each) for each in sockets]

    def _sample(self) -> None:
        """Note what is of the moment; a second is soon enough."""
        note = self._meter.note
        note(Word.STORE_UP, self.readiness.store.up)
        note(Word.STORE_BUSY, self._upstream.busy)
        note(Word.STORE_IDLE, self._upstream.idle)
        note(Word.STORE_WAITING, self._upstream.waiting)

    async def _drain(self) -> None:
        for connection in tuple(self._connections):
            connection.drain()
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limits.grace_seconds
        while (serving := self._serving()) and loop.time() < end:
            # The slow are swept out as ever; nobody else would.
            await asyncio.wait(serving, timeout=_SWEEP_SECONDS)
            self.sweep(loop.time())
        for connection in tuple(self._connections):
            connection.abort()

    def _serving(self) -> list[asyncio.Task[None]]:
        tasks = (connection.served for connection in self._connections)
        return [task for task in tasks if not task.done()]

    def _http_date(self) -> str:
        """The `Date` header's value, made once a second."""
        now = self._clock()
        second = int(now.timestamp())
        if second != self._date_second:
            self._date_second = second
            self._date = format_datetime(now, usegmt=True)
        return self._date
