"""The listening side: accepts, sweeps out the slow, drains when it stops."""

import asyncio
import socket
from collections.abc import Sequence
from email.utils import format_datetime

from securecart.names.clock import Clock
from securecart.serve.gateway.connection import Connection
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Application

_SWEEP_SECONDS = 1.0
_BACKLOG = 1024
"""What Linux caps at `somaxconn` (4,096 on current kernels)."""


class GatewayServer:
    """An application behind listening sockets."""

    def __init__(
        self, application: Application, *, clock: Clock, limits: Limits
    ) -> None:
        self.application = application
        self._clock = clock
        self._limits = limits
        self._connections: set[Connection] = set()
        self._date = ""
        self._date_second = 0

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Serve on sockets that are bound, until cancelled; then drain.

        Draining lets requests under way finish within `grace_seconds`.
        """
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(self.connection, sock=each, backlog=_BACKLOG)
            for each in sockets
        ]
        try:
            while True:
                await asyncio.sleep(_SWEEP_SECONDS)
                self.sweep(loop.time())
        finally:
            for server in servers:
                server.close()
            await self._drain()

    def connection(self) -> Connection:
        """Answer the protocol for a newly accepted socket."""
        return Connection(
            self.application, self._limits, self._connections, self._http_date
        )

    def sweep(self, now: float) -> None:
        """Break off every connection whose time is up."""
        for connection in tuple(self._connections):
            connection.sweep(now)

    async def _drain(self) -> None:
        for connection in tuple(self._connections):
            connection.drain()
        serving = [connection.served for connection in self._connections]
        if serving:
            await asyncio.wait(serving, timeout=self._limits.grace_seconds)
        for connection in tuple(self._connections):
            connection.abort()

    def _http_date(self) -> str:
        """The `Date` header's value, made once a second."""
        now = self._clock()
        second = int(now.timestamp())
        if second != self._date_second:
            self._date_second = second
            self._date = format_datetime(now, usegmt=True)
        return self._date
