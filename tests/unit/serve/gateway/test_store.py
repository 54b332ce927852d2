"""What the store is asked, what not again, and that each write is counted."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from securecart.names.credentials import Credentials
from securecart.names.errors import ServiceError
from securecart.serve.gateway.folders import read_slot
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.kept_answers import MOST_BYTES, KeptAnswers
from securecart.serve.gateway.store import Store
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, Any]], Any]

TARGET, PAGE = "/docs/ada/report", "/docs?list-type=2&prefix=ada%2F"
BUCKET = "/docs?versioning"


class Exchange:
    """An answer that is there at once."""

    answered = False

    def __init__(self, status: int, body: bytes, length: int) -> None:
        self._head = HttpResponse(status, (("content-length", str(length)),))
        self._pieces = [body] if body else []
        self.failure: Exception | None = None
        self.closed = False

    async def send(self, data: bytes) -> None:
        self._pieces.append(data)

    async def end(self) -> None:
        self._pieces = []

    async def head(self) -> HttpResponse:
        return self._head

    async def read(self) -> bytes:
        if self.failure is not None:
            raise self.failure
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        self.closed = True


class Upstream:
    """Has one object; notes what it is asked, and what is seen meanwhile."""

    def __init__(self, generations: Generations) -> None:
        self.generations = generations
        self.body = b"text"
        self.status = 200
        self.length: int | None = None
        self.failure: BaseException | None = None
        self.broken: Exception | None = None
        self.asked: list[str] = []
        self.under_way: list[bool] = []
        self.exchange: Exchange | None = None
        self.answered = 0

    async def open(
        self,
        request: HttpRequest,
        *,
        length: int | None = None,  # noqa: ARG002 - the port's signature
        chunked: bool = False,  # noqa: ARG002
    ) -> Exchange:
        self.asked.append(request.method)
        self.under_way.append(not quiet(self.generations))
        if self.failure is not None:
            raise self.failure
        announced = len(self.body) if self.length is None else self.length
        body = b"" if request.method == "HEAD" else self.body
        self.exchange = Exchange(self.status, body, announced)
        self.exchange.failure = self.broken
        return self.exchange

    def abandon(self) -> None:
        """Nothing is ever under way."""


def quiet(generations: Generations, target: str = TARGET) -> bool:
    """Say whether what is read there now may be kept."""
    slot = read_slot("GET", target)
    assert slot is not None
    return generations.look(slot) is not None


class Scene:
    """A store, and one who counts what it does."""

    def __init__(self) -> None:
        self.generations = Generations.private()
        self.upstream = Upstream(self.generations)
        self.kept = KeptAnswers(
            self.generations, most_bytes=2**20, count=lambda _word: None
        )
        self.store = Store(
            cast("Any", self.upstream),
            Credentials("STORE", "secret"),
            region="us-east-1",
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            lane=self.generations.lane(),
            kept=self.kept,
        )


@pytest.fixture
def scene() -> Scene:
    """A store that has not been asked."""
    return Scene()


def test_what_is_known_is_not_asked_again(run: Run, scene: Scene) -> None:
    """However it was asked for, until it is written."""

    async def act() -> None:
        for _ in range(3):
            assert cast("Any", await scene.store.ask("GET", TARGET)).body == b"text"
            assert (await scene.store.call("GET", TARGET)).body == b"text"
            assert (await scene.store.call("GET", PAGE)).body == b"text"
            assert (await scene.store.head(TARGET)).status == 200
        assert scene.upstream.asked == ["GET", "GET", "HEAD"]
        await scene.store.call("PUT", TARGET)
        scene.upstream.body = b"other"
        assert (await scene.store.call("GET", TARGET)).body == b"other"
        assert (await scene.store.call("GET", PAGE)).body == b"other"

    run(act())


def test_large_ones_are_streamed_and_errors_told_each_time(
    run: Run, scene: Scene
) -> None:
    """Nothing of them stays."""

    async def act() -> None:
        scene.upstream.body = bytes(MOST_BYTES + 1)
        for _ in range(2):
            answered = await scene.store.ask("GET", TARGET)
            assert answered is cast("Any", scene.upstream.exchange)
            assert not cast("Any", answered).closed
        scene.upstream.status, scene.upstream.body = 404, b"<Error/>"
        for _ in range(2):
            with pytest.raises(ServiceError):
                await scene.store.call("GET", TARGET)
        assert len(scene.upstream.asked) == 4
        assert scene.kept.size == 0

    run(act())


def test_an_answer_that_breaks_off_is_none(run: Run, scene: Scene) -> None:
    """The connection is given back, and the next asks anew."""

    async def act() -> None:
        scene.upstream.broken = ConnectionError("it broke off")
        with pytest.raises(ConnectionError):
            await scene.store.ask("GET", TARGET)
        assert cast("Any", scene.upstream.exchange).closed
        scene.upstream.broken = None
        await scene.store.ask("GET", TARGET)
        assert len(scene.upstream.asked) == 2

    run(act())


def test_an_outage_is_told_of_what_is_kept_too(run: Run, scene: Scene) -> None:
    """And when it is over, what was under way may still be done."""

    async def act() -> None:
        await scene.store.ask("GET", TARGET)
        scene.upstream.failure = ConnectionRefusedError()
        await scene.store.health.look()
        with pytest.raises(ConnectionError):
            await scene.store.ask("GET", TARGET)
        scene.upstream.failure = None
        assert quiet(scene.generations)
        await scene.store.health.look()
        assert not quiet(scene.generations)
        asked = len(scene.upstream.asked)
        await scene.store.ask("GET", TARGET)
        await scene.store.ask("GET", TARGET)
        assert len(scene.upstream.asked) == asked + 2

    run(act())


def test_a_write_is_counted_from_before_it_is_sent_until_it_is_answered(
    run: Run, scene: Scene
) -> None:
    """Whole, and whether it was done or refused."""

    async def act() -> None:
        for status in (200, 412):
            scene.upstream.status = status
            exchange = await scene.store.open("PUT", TARGET, length=4)
            await exchange.send(b"more")
            await exchange.head()
            assert not quiet(scene.generations)
            while await exchange.read():
                pass
            assert not quiet(scene.generations)
            exchange.close()
            exchange.close()
            assert quiet(scene.generations)
        assert scene.upstream.under_way == [True, True]

    run(act())


def test_a_batch_is_counted_by_its_keys(run: Run, scene: Scene) -> None:
    """Others' folders stay kept."""

    async def act() -> None:
        await scene.store.call("GET", TARGET)
        await scene.store.call("POST", "/docs?delete", keys=["bob/1"])
        await scene.store.call("GET", TARGET)
        await scene.store.call("POST", "/docs?delete", keys=["bob/1", "ada/1"])
        await scene.store.call("GET", TARGET)
        assert scene.upstream.asked == ["GET", "POST", "POST", "GET"]
        assert quiet(scene.generations)

    run(act())


def test_a_buckets_settings_are_writes_of_everything(run: Run, scene: Scene) -> None:
    """And followed by a quiet time."""

    async def act() -> None:
        await scene.store.call("GET", TARGET)
        await scene.store.call("PUT", BUCKET)
        assert not quiet(scene.generations)

    run(act())


@pytest.mark.parametrize("status", [200, 500, 503])
def test_who_does_not_read_the_answer_does_not_know(
    run: Run, scene: Scene, status: int
) -> None:
    """Nor who is told of a failure: it may yet be done."""

    async def act() -> None:
        scene.upstream.status = status
        exchange = await scene.store.open("PUT", TARGET)
        await exchange.head()
        if status >= 500:
            while await exchange.read():
                pass
        exchange.close()
        assert not quiet(scene.generations)

    run(act())


def test_an_upload_that_is_called_off_may_yet_be_done(run: Run, scene: Scene) -> None:
    """The store keeps nothing of it; but nothing is kept here on that word."""

    async def act() -> None:
        exchange = await scene.store.open("PUT", TARGET, length=10)
        exchange.close()
        assert not quiet(scene.generations)

    run(act())


@pytest.mark.parametrize(
    "failure", [ConnectionError(), TimeoutError(), asyncio.CancelledError()]
)
def test_a_write_that_could_not_be_sent_may_have_been(
    run: Run, scene: Scene, failure: BaseException
) -> None:
    """Who knows how far it came."""

    async def act() -> None:
        scene.upstream.failure = failure
        with pytest.raises(type(failure)):
            await scene.store.call("PUT", TARGET)
        assert not quiet(scene.generations)

    run(act())


def test_a_write_that_waited_in_vain_was_not_sent(run: Run, scene: Scene) -> None:
    """Every connection was taken."""

    async def act() -> None:
        scene.upstream.failure = BlockingIOError()
        with pytest.raises(BlockingIOError):
            await scene.store.call("PUT", TARGET)
        assert quiet(scene.generations)

    run(act())
