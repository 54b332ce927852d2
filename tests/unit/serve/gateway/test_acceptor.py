"""Who takes a connection, of workers that listen on one socket."""

import asyncio
import errno
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from securecart.serve.gateway import acceptor
from securecart.serve.gateway.acceptor import Acceptor
from securecart.serve.gateway.meter import ROW_WORDS, Meter
from securecart.serve.gateway.scoreboard import Scoreboard, Word

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class _Accepted:
    closed = False

    def setblocking(self, _flag: bool) -> None:  # noqa: FBT001 - a socket's own
        pass

    def close(self) -> None:
        self.closed = True


class _Listening(_Accepted):
    """A queue of connections."""

    def __init__(self) -> None:
        self.queue: deque[_Accepted | OSError] = deque()

    def accept(self) -> tuple[_Accepted, None]:
        if not self.queue:
            raise BlockingIOError
        found = self.queue.popleft()
        if isinstance(found, OSError):
            raise found
        return found, None


class _Loop:
    """The part of a loop that an acceptor uses; sockets are ready when told."""

    def __init__(self, real: asyncio.AbstractEventLoop) -> None:
        self._real = real
        self.watched: dict[Any, tuple[Callable[..., None], Any]] = {}
        self.made = 0

    def add_reader(self, each: Any, ready: Callable[..., None], argument: Any) -> None:
        self.watched[each] = ready, argument

    def remove_reader(self, each: Any) -> None:
        self.watched.pop(each, None)

    def call_later(self, *arguments: Any) -> asyncio.TimerHandle:
        return self._real.call_later(*arguments)

    def create_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._real.create_task(work)

    async def connect_accepted_socket(self, factory: Any, _accepted: Any) -> None:
        self.made += 1
        factory()

    def ready(self, listening: _Listening) -> None:
        if listening in self.watched:
            ready, argument = self.watched[listening]
            ready(argument)


class _Worker:
    """An acceptor, and the connections that it made."""

    def __init__(self, scoreboard: Scoreboard, index: int, socket: _Listening) -> None:
        self.meter = Meter(scoreboard, index)
        self.socket = socket
        self.acceptor = Acceptor([cast("Any", socket)], self._made, self.meter)
        self.loop = _Loop(asyncio.get_running_loop())
        vars(self.acceptor)["_loop"] = self.loop
        self.acceptor.open()

    def _made(self) -> asyncio.Protocol:
        self.meter.add(Word.CONNECTIONS)
        return asyncio.Protocol()

    @property
    def connections(self) -> int:
        return int(self.meter.scoreboard.rows[self.meter.worker][Word.CONNECTIONS])

    async def ready(self) -> None:
        self.loop.ready(self.socket)
        for _ in range(3):
            await asyncio.sleep(0)


def _workers(count: int) -> tuple[_Listening, list[_Worker]]:
    scoreboard = Scoreboard.create(count, ROW_WORDS)
    listening = _Listening()
    return listening, [_Worker(scoreboard, each, listening) for each in range(count)]


def test_connections_that_stay_open_are_spread(run: Run) -> None:
    """Also where the kernel wakes the same worker first every time."""

    async def act() -> None:
        listening, workers = _workers(4)
        for _ in range(16):
            listening.queue.append(_Accepted())
            for worker in workers:
                await worker.ready()
            await asyncio.sleep(0.005)
        assert [each.connections for each in workers] == [4, 4, 4, 4]

    run(act())


def test_a_worker_that_hangs_is_waited_for_only_a_moment(run: Run) -> None:
    """Whoever has more takes it then."""

    async def act() -> None:
        listening, (busy, _hung) = _workers(2)
        busy.meter.add(Word.CONNECTIONS, 5)
        listening.queue.append(_Accepted())
        await busy.ready()
        assert listening.queue
        await asyncio.sleep(0.02)
        assert not listening.queue
        assert busy.connections == 6

    run(act())


def test_a_worker_that_is_gone_is_not_waited_for(run: Run) -> None:
    """Its parent clears its row; one that drains says so itself."""

    async def act() -> None:
        listening, (left, gone) = _workers(2)
        left.meter.add(Word.CONNECTIONS, 5)
        gone.acceptor.close()
        listening.queue.append(_Accepted())
        await left.ready()
        assert not listening.queue

    run(act())


def test_without_descriptors_it_tries_again_later(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of turning round and round, or never again."""

    async def act() -> None:
        monkeypatch.setattr(acceptor, "_EXHAUSTED_SECONDS", 0.01)
        listening, (worker,) = _workers(1)
        listening.queue += [OSError(errno.EMFILE, "Too many"), _Accepted()]
        await worker.ready()
        assert not worker.loop.watched
        await asyncio.sleep(0.02)
        await worker.ready()
        assert worker.connections == 1

    run(act())


def test_once_closed_nothing_is_taken(run: Run) -> None:
    """What was put off does not come back either."""

    async def act() -> None:
        listening, (worker, _other) = _workers(2)
        worker.meter.add(Word.CONNECTIONS, 5)
        listening.queue.append(_Accepted())
        await worker.ready()
        worker.acceptor.close()
        await asyncio.sleep(0.01)
        assert listening.queue
        assert listening.closed

    run(act())
