"""Long bodies, from the store's socket to the client's, over real sockets."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

import pytest
import uvloop

from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.names.errors import ServiceError
from securecart.serve.gateway.connection import Connection
from securecart.serve.gateway.limits import MIB, Limits
from securecart.serve.gateway.message import Answer, Incoming
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.sessions import CountedStream
from securecart.wire.http import HttpRequest

pytestmark = pytest.mark.slow

Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Runner = Callable[..., None]
SIZE = 8 * MIB
BODY = os.urandom(SIZE)
REQUEST = b"GET /b/k HTTP/1.1\r\nHost: a\r\n\r\n"
SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
ENOUGH = 10.0
"""Seconds; nothing here takes one."""


def head(size: int) -> bytes:
    """Answer the head of a store's answer of that size."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size


class Gateway:
    """A gateway of one application, between a client and a scripted store."""

    def __init__(self, pool: StorePool, limits: Limits) -> None:
        self.pool = pool
        self.limits = limits
        self.meter = Meter.alone()
        self.connections: set[Connection] = set()
        self.left = 0

    async def answer(self, incoming: Incoming) -> Answer:
        request = HttpRequest("GET", incoming.request.target, (("host", "store"),))
        exchange = await self.pool.open(request)
        found = await exchange.head()
        length = int(dict(found.headers)["content-length"])
        return Answer(200, (), CountedStream(exchange, self._leave), length)

    def refuse(self, error: ServiceError) -> Answer:
        return Answer(400, body=error.code.encode())

    def make(self) -> Connection:
        return Connection(self, self.limits, self.connections, lambda: "d", self.meter)

    @property
    def bytes_out(self) -> int:
        return self.meter.scoreboard.rows[0][Word.BYTES_OUT]

    def _leave(self) -> None:
        self.left += 1


class Scene:
    """What a test acts on."""

    def __init__(self, gateway: Gateway, port: int) -> None:
        self.gateway = gateway
        self.port = port

    async def connect(
        self, **options: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, **options)

    async def until(self, condition: Callable[[], bool]) -> None:
        deadline = monotonic() + ENOUGH
        while not condition():
            assert monotonic() < deadline
            await asyncio.sleep(0.01)

    async def until_ended(self, count: int) -> None:
        await self.until(lambda: self.gateway.left == count)


def scene(
    path: Path,
    served: Served,
    act: Callable[[Scene], Awaitable[None]],
    *,
    run: Runner,
    limits: Limits | None = None,
    bounds: UpstreamLimits | None = None,
) -> int:
    """Run store, gateway and a client; answer how often the store was connected."""
    made = 0

    async def counted(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal made
        made += 1
        try:
            await served(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        pool = StorePool(path, bounds or UpstreamLimits())
        gateway = Gateway(pool, limits or Limits())
        store = await asyncio.start_unix_server(counted, path)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(gateway.make, "127.0.0.1", 0)
        try:
            async with asyncio.timeout(3 * ENOUGH):
                await act(Scene(gateway, server.sockets[0].getsockname()[1]))
        finally:
            for connection in tuple(gateway.connections):
                connection.abort()
            pool.close()
            server.close()
            store.close()
            await asyncio.sleep(0.05)

    before = descriptors()
    run(main())
    # Whatever happened, each descriptor that was doubled was closed.
    assert descriptors() <= before
    return made


def descriptors() -> int:
    """Answer how many this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Runner:
    """Run on either event loop: they differ in whose descriptors they watch."""
    runner: Runner = request.param
    runner(asyncio.sleep(0))  # The first of uvloop's keeps a pipe for signals.
    return runner


async def request_of(reader: asyncio.StreamReader) -> None:
    """Read the next request's head."""
    await reader.readuntil(b"\r\n\r\n")


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """Read one whole answer; answer its body."""
    told = await reader.readuntil(b"\r\n\r\n")
    length = int(told.partition(b"content-length: ")[2].split(b"\r\n")[0])
    return await reader.readexactly(length)


def test_a_long_body_arrives_whole_and_another_request_may_follow(
    tmp_path: Path, run: Runner
) -> None:
    """On both connections; and each byte is counted once."""

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (head(SIZE) + BODY, SMALL, head(SIZE) + BODY):
            await request_of(reader)
            writer.write(answer)
            await writer.drain()
        await reader.read()

    async def act(scene: Scene) -> None:
        reader, writer = await scene.connect()
        # The third is there before the second was answered.
        for requests, bodies in ((1, [BODY]), (2, [b"hello", BODY])):
            writer.write(REQUEST * requests)
            for body in bodies:
                assert await read_answer(reader) == body
        heads = b"HTTP/1.1 200 OK\r\ndate: d\r\ncontent-length: \r\n\r\n"
        sizes = (str(SIZE), "5", str(SIZE))
        await scene.until_ended(len(sizes))
        assert scene.gateway.bytes_out == sum(
            len(heads) + len(each) + int(each) for each in sizes
        )
        writer.close()

    assert scene(tmp_path / "s", store, act, run=run) == 1


def test_a_body_that_breaks_off_is_not_passed_off_as_whole(
    tmp_path: Path, run: Runner
) -> None:
    """The client's connection is cut, and the store's is used no more."""

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(head(SIZE) + BODY[: SIZE // 2])
        await writer.drain()

    async def act(scene: Scene) -> None:
        for _ in range(2):
            reader, writer = await scene.connect()
            writer.write(REQUEST)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await read_answer(reader)
            writer.close()
        assert scene.gateway.pool.busy == 0
        assert scene.gateway.left == 2

    assert scene(tmp_path / "s", store, act, run=run) == 2


def test_a_client_that_does_not_read_holds_the_store_up(
    tmp_path: Path, run: Runner
) -> None:
    """Within what sockets hold; and what it reads later is the body."""
    size = 8 * SIZE
    sent = 0

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        writer.write(head(size))
        for _ in range(8):
            for start in range(0, SIZE, MIB):
                writer.write(BODY[start : start + MIB])
                await writer.drain()
                sent += MIB
        await reader.read()

    async def act(scene: Scene) -> None:
        reader, writer = await scene.connect(limit=64 * 1024)
        writer.write(REQUEST)
        seen = -1
        while seen != sent or not sent:
            seen = sent
            await asyncio.sleep(0.3)
        assert sent < size // 2
        body = await read_answer(reader)
        assert body == BODY * 8
        await scene.until_ended(1)
        writer.close()

    scene(tmp_path / "s", store, act, run=run)


def test_slow_clients_are_not_sent_what_is_for_others(
    tmp_path: Path, run: Runner
) -> None:
    """One buffer serves them all: what waits for one of them is not in it."""
    bodies = {f"/b/{each}": bytes([each]) * SIZE for each in range(1, 5)}

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(head(SIZE) + bodies[asked.split()[1].decode()])
        await writer.drain()
        await reader.read()

    async def act(scene: Scene) -> None:
        made = {}
        for target in bodies:
            made[target] = await scene.connect(limit=64 * 1024)
            made[target][1].write(REQUEST.replace(b"/b/k", target.encode()))
        await asyncio.sleep(0.2)
        for target, (reader, writer) in made.items():
            assert await read_answer(reader) == bodies[target]
            writer.close()

    scene(tmp_path / "s", store, act, run=run)


def test_a_client_that_reads_nothing_any_more_is_broken_off(
    tmp_path: Path, run: Runner
) -> None:
    """After the time for a stall, as with every other body."""

    async def act(scene: Scene) -> None:
        _, writer = await scene.connect(limit=1024)
        writer.write(REQUEST)
        await scene.until(lambda: scene.gateway.bytes_out > 0)
        await asyncio.sleep(0.5)
        now = asyncio.get_running_loop().time()
        (connection,) = scene.gateway.connections
        connection.sweep(now + scene.gateway.limits.stall_seconds - 5)
        await asyncio.sleep(0.05)
        assert scene.gateway.left == 0
        connection.sweep(now + scene.gateway.limits.stall_seconds + 1)
        await scene.until_ended(1)
        assert scene.gateway.pool.busy == scene.gateway.pool.idle == 0
        assert not scene.gateway.connections
        writer.close()

    scene(tmp_path / "s", endless, act, run=run)


def test_a_client_that_goes_away_ends_what_the_store_does(
    tmp_path: Path, run: Runner
) -> None:
    """Whether it closes or resets, and while bytes are moving or at rest."""

    async def act(scene: Scene) -> None:
        for number, abort in enumerate((True, False), 1):
            reader, writer = await scene.connect()
            writer.write(REQUEST)
            await reader.readexactly(MIB)
            if abort:
                writer.transport.abort()
            else:
                writer.close()
            await scene.until_ended(number)
            assert scene.gateway.pool.busy == scene.gateway.pool.idle == 0

    assert scene(tmp_path / "s", endless, act, run=run) == 2


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send more than any socket holds."""
    await request_of(reader)
    writer.write(head(100 * SIZE))
    for _ in range(100):
        writer.write(BODY)
        await writer.drain()


def test_what_follows_a_body_is_no_answer(tmp_path: Path, run: Runner) -> None:
    """A connection with something behind a body is not used again."""

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(head(SIZE) + BODY + SMALL)
        await writer.drain()
        await reader.read()

    async def act(scene: Scene) -> None:
        reader, writer = await scene.connect()
        # The second follows at once, before the loop looks at any socket again.
        writer.write(REQUEST * 2)
        for _ in range(2):
            assert await read_answer(reader) == BODY
        writer.close()

    assert scene(tmp_path / "s", store, act, run=run) == 2


def test_a_store_that_stops_amid_a_body_is_given_up(
    tmp_path: Path, run: Runner
) -> None:
    """After its own time for a stall; the client is cut."""

    async def store(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(head(SIZE) + BODY[: SIZE // 2])
        await writer.drain()
        await reader.read()

    async def act(scene: Scene) -> None:
        reader, writer = await scene.connect()
        writer.write(REQUEST)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await read_answer(reader)
        writer.close()
        assert scene.gateway.pool.busy == 0

    scene(
        tmp_path / "s",
        store,
        act,
        run=run,
        bounds=UpstreamLimits(stall_seconds=0.5),
    )
