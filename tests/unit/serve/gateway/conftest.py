"""A connection without a socket: an event loop, a transport in memory."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from securecart.names.errors import ServiceError
from securecart.serve.gateway.connection import Connection
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Answer, Incoming
from securecart.serve.gateway.meter import Meter

T = TypeVar("T")
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all: making one needs a socket pair, which tests may not."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture
def run(loop: asyncio.AbstractEventLoop) -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine to its end."""
    return loop.run_until_complete


class MemoryTransport(asyncio.Transport):
    """Keeps what is written; `wire` is fed to the protocol by the test."""

    def __init__(self, protocol: asyncio.Protocol, peer: str = "127.0.0.1") -> None:
        super().__init__({"peername": (peer, 50000)})
        self.protocol = protocol
        self.sent = b""
        self.closed = False
        self.ended = False
        self.reading = True
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.sent += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()


class Recorder:
    """An application that answers by a function and keeps what it saw."""

    def __init__(
        self, answer: Callable[[Incoming], Coroutine[Any, Any, Answer]]
    ) -> None:
        self._answer = answer
        self.seen: list[Incoming] = []
        self.refused: list[str] = []

    async def answer(self, incoming: Incoming) -> Answer:
        self.seen.append(incoming)
        return await self._answer(incoming)

    def refuse(self, error: ServiceError) -> Answer:
        self.refused.append(error.code)
        return Answer(400, body=error.code.encode())


class Client:
    """What is at the other end of a connection in memory."""

    def __init__(
        self,
        answer: Callable[[Incoming], Coroutine[Any, Any, Answer]],
        limits: Limits | None = None,
    ) -> None:
        self.application = Recorder(answer)
        self.limits = limits or Limits()
        self.connections: set[Connection] = set()
        self.connection = Connection(
            self.application,
            self.limits,
            self.connections,
            lambda: DATE,
            Meter.alone(),
        )
        self.transport = MemoryTransport(self.connection)

    async def send(self, data: bytes, *, step: int | None = None) -> None:
        """Feed bytes, whole or in steps, and let the server act on them."""
        for start in range(0, len(data), step or max(len(data), 1)):
            self.connection.data_received(data[start : start + (step or len(data))])
            await settle()

    async def sweep(self, later: float) -> None:
        """Let that many seconds pass."""
        self.connection.sweep(asyncio.get_running_loop().time() + later)
        await settle()

    def received(self) -> bytes:
        """Take what the server has sent."""
        sent, self.transport.sent = self.transport.sent, b""
        return sent


async def settle() -> None:
    """Let every coroutine that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def empty(_: Incoming) -> Answer:
    """Answer 200 without looking at the body."""
    return Answer(200, (("x-amz-request-id", "1"),))


async def echo(incoming: Incoming) -> Answer:
    """Answer with the request's body."""
    pieces = []
    while piece := await incoming.body.read():
        pieces.append(piece)
    return Answer(200, body=b"".join(pieces))


@pytest.fixture
def client() -> type[Client]:
    """Answer the class, so that tests choose the application."""
    return Client


@pytest.fixture
def applications() -> dict[str, Callable[[Incoming], Coroutine[Any, Any, Answer]]]:
    """Answer the two applications that most tests need."""
    return {"empty": empty, "echo": echo}
