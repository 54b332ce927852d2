"""The generation is asked for once a turn, and a later request sees a change."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from securecart.adapters.sql.turns import EntitiesByTurns
from securecart.names.entities import EntityReader, EntityWriter, InMemoryEntities


class Counted:
    """Entities that count how often they are asked, and change when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.now = 1
        self.read_as_of = 0
        self._entities = InMemoryEntities()

    def reading(self) -> AbstractContextManager[EntityReader]:
        return self._entities.reading()

    def writing(self) -> AbstractContextManager[EntityWriter]:
        return self._entities.writing()

    def generation(self) -> int:
        self.asked += 1
        return self.now

    def as_of(self, generation: int) -> EntityReader:
        self.read_as_of = generation
        with self.reading() as reader:
            return reader


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all: making one needs a socket pair, which tests may not."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_one_turn_asks_once(loop: asyncio.AbstractEventLoop) -> None:
    """However many caches ask, in however many tasks."""
    counted = Counted()
    entities = EntitiesByTurns(counted)

    async def ask() -> None:
        assert [entities.generation() for _ in range(3)] == [1, 1, 1]

    async def both() -> None:
        await asyncio.gather(ask(), ask())

    loop.run_until_complete(both())
    assert counted.asked == 1


def test_the_next_turn_asks_again(loop: asyncio.AbstractEventLoop) -> None:
    """A change holds for whatever is decided after it has been waited."""
    counted = Counted()
    entities = EntitiesByTurns(counted)

    async def ask() -> None:
        assert entities.generation() == 1
        counted.now = 2
        await asyncio.sleep(0)
        assert entities.generation() == 2

    loop.run_until_complete(ask())


def test_what_arrives_in_a_turn_is_decided_in_the_next(
    loop: asyncio.AbstractEventLoop,
) -> None:
    """Bytes read just after the question wake their reader behind the forgetting."""
    counted = Counted()
    entities = EntitiesByTurns(counted)

    async def ask() -> None:
        arrived: asyncio.Future[None] = loop.create_future()

        async def decide() -> int:
            await arrived
            return entities.generation()

        deciding = loop.create_task(decide())
        await asyncio.sleep(0)
        assert entities.generation() == 1
        counted.now = 2
        arrived.set_result(None)
        assert await deciding == 2

    loop.run_until_complete(ask())


def test_a_request_in_a_thread_asks_once_until_it_writes(
    loop: asyncio.AbstractEventLoop,
) -> None:
    """The next request there asks again, and so does whoever changed something."""
    counted = Counted()
    entities = EntitiesByTurns(counted)

    def answer() -> None:
        for now in (1, 5):
            counted.now = now
            with entities.request():
                assert entities.generation() == now
                counted.now += 1
                with entities.reading():
                    assert counted.read_as_of == now
                with entities.writing():
                    pass
                with entities.reading():
                    assert counted.read_as_of == now + 1
        counted.now = 9
        assert entities.generation() == 9

    with ThreadPoolExecutor(1) as executor:
        executor.submit(answer).result()
    assert counted.asked == 5
    loop.run_until_complete(asyncio.sleep(0))


def test_a_request_in_the_loop_s_thread_has_the_loop_s_turn(
    loop: asyncio.AbstractEventLoop,
) -> None:
    """Many that arrived together ask once between them, and the next ones again."""
    counted = Counted()
    entities = EntitiesByTurns(counted)

    async def answer() -> list[int]:
        found = list[int]()
        for _ in range(3):
            with entities.request():
                found.append(entities.generation())
            counted.now += 1
        return found

    async def ask() -> None:
        assert await answer() == [1, 1, 1]
        await asyncio.sleep(0)
        assert await answer() == [4, 4, 4]

    loop.run_until_complete(ask())
    assert counted.asked == 2


def test_other_threads_always_ask(loop: asyncio.AbstractEventLoop) -> None:
    """They have no turns."""
    counted = Counted()
    entities = EntitiesByTurns(counted)

    async def ask() -> None:
        assert entities.generation() == 1
        counted.now = 2
        with ThreadPoolExecutor(1) as executor:
            assert executor.submit(entities.generation).result() == 2

    loop.run_until_complete(ask())


def test_without_a_loop_nothing_is_kept() -> None:
    """As while a process starts."""
    counted = Counted()
    entities = EntitiesByTurns(counted)
    assert entities.generation() == 1
    counted.now = 2
    assert entities.generation() == 2
