"""A store that goes away: refused fast, and served again as soon as it is back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.names.credentials import Credentials
from securecart.serve.gateway import health
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.store import Store

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
_AT_ONCE_SECONDS = 1.0
"""Less than the store may be silent, also where the processor is shared."""
_NOTICED_SECONDS = health.CALM_SECONDS + health.SILENCE_SECONDS + 0.5
_BACK_SECONDS = 1.0


class FakeStore:
    """A server that answers, is silent, or is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.talks = asyncio.Event()
        self.talks.set()
        self.asked = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def kill(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        self.path.unlink(missing_ok=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await self.talks.wait()
                writer.write(OK)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)


def scene(path: Path, act: Callable[[FakeStore, Store], Awaitable[None]]) -> None:
    """Run a store, a pool and the watch over it."""

    async def main() -> None:
        fake = FakeStore(path)
        await fake.start()
        limits = UpstreamLimits(connections=8, waiting=4, waiting_seconds=0.2)
        pool = StorePool(path, limits)
        store = Store(
            pool,
            Credentials("STORE", "store-secret"),
            region="us-east-1",
            clock=lambda: datetime.now(UTC),
            lane=Generations.private().lane(),
        )
        watching = asyncio.create_task(store.health.watch())
        try:
            await act(fake, store)
        finally:
            watching.cancel()
            pool.close()
            await fake.kill()
            await asyncio.sleep(0.01)

    asyncio.run(main())


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def _asked(store: Store) -> str:
    try:
        await store.call("GET", "/b/k")
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    return "ok"


def test_requests_to_a_silent_store_do_not_pile_up(tmp_path: Path) -> None:
    """Its connections fill, more are told to slow down, then all are refused."""

    async def act(fake: FakeStore, store: Store) -> None:
        assert await _asked(store) == "ok"
        fake.talks.clear()
        # The watch has a connection too.
        under_way = [asyncio.create_task(_asked(store)) for _ in range(8)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        told = await asyncio.gather(*(_asked(store) for _ in range(20)))
        assert set(told) == {"BlockingIOError"}
        assert time.monotonic() - began < _AT_ONCE_SECONDS
        await _until(lambda: not store.health.up, _NOTICED_SECONDS)
        began = time.monotonic()
        told = await asyncio.gather(*(_asked(store) for _ in range(1000)))
        assert set(told) == {"ConnectionError"}
        assert time.monotonic() - began < _AT_ONCE_SECONDS
        fake.talks.set()
        await _until(lambda: store.health.up, _BACK_SECONDS)
        # What was under way when it stopped ends well.
        assert await asyncio.gather(*under_way) == ["ok"] * 8
        assert await _asked(store) == "ok"

    scene(tmp_path / "s", act)


def test_what_waits_for_a_store_that_stays_silent_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sooner than its clients would give up."""
    monkeypatch.setattr(health, "ABANDON_SECONDS", 0.5)

    async def act(fake: FakeStore, store: Store) -> None:
        fake.talks.clear()
        under_way = [asyncio.create_task(_asked(store)) for _ in range(3)]
        await _until(lambda: not store.health.up, _NOTICED_SECONDS)
        async with asyncio.timeout(3):
            told = await asyncio.gather(*under_way)
        assert set(told) <= {"ConnectionError", "ConnectionAbortedError"}

    scene(tmp_path / "s", act)


def test_a_store_that_died_is_found_again_within_a_second(tmp_path: Path) -> None:
    """Meanwhile nobody waits."""

    async def act(fake: FakeStore, store: Store) -> None:
        assert await _asked(store) == "ok"
        await fake.kill()
        await _until(lambda: not store.health.up, _NOTICED_SECONDS)
        assert await _asked(store) == "ConnectionError"
        await fake.start()
        await _until(lambda: store.health.up, _BACK_SECONDS)
        assert await _asked(store) == "ok"

    scene(tmp_path / "s", act)
