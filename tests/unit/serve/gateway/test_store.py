"""What the store is asked, what not again, and that each write is counted."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from securecart.names.credentials import Credentials
from securecart.names.errors import ServiceError
from securecart.s3 import Versioning
from securecart.serve.gateway import health
from securecart.serve.gateway.folders import read_slot
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.kept_answers import MOST_BYTES, KeptAnswers
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.store import Store
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, Any]], Any]

TARGET, PAGE = "/docs/ada/report", "/docs?list-type=2&prefix=ada%2F"
BUCKET = "/docs?versioning"
PLAIN = Versioning.NEVER


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
        self.abandoned = 0

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
        self.abandoned += 1


class Shortcut:
    """The way round it, for as much as a test lets it have."""

    def __init__(self, generations: Generations) -> None:
        self.generations = generations
        self.body: bytes | None = b"text"
        self.written: HttpResponse | None = HttpResponse(200, (("etag", '"direct"'),))
        self.failure: BaseException | None = None
        self.asked: list[HttpRequest] = []
        self.under_way: list[bool] = []
        self.exchange: Exchange | None = None
        self.answered = 0
        self.abandoned = 0

    async def read(
        self, request: HttpRequest, versioning: Versioning
    ) -> Exchange | None:
        assert versioning is PLAIN
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        if self.body is None:
            return None
        self.exchange = Exchange(200, self.body, len(self.body))
        return self.exchange

    async def write(self, request: HttpRequest) -> HttpResponse | None:
        self.asked.append(request)
        self.under_way.append(not quiet(self.generations))
        if self.failure is not None:
            raise self.failure
        return self.written

    def abandon(self) -> None:
        self.abandoned += 1


def quiet(generations: Generations, target: str = TARGET) -> bool:
    """Say whether what is read there now may be kept."""
    slot = read_slot("GET", target)
    assert slot is not None
    return generations.look(slot) is not None


class Scene:
    """A store, and one who counts what it does."""

    def __init__(self, *, direct: bool = False) -> None:
        self.generations = Generations.private()
        self.upstream = Upstream(self.generations)
        self.shortcut = Shortcut(self.generations)
        self.counted: list[Word] = []
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
            shortcut=cast("Any", self.shortcut) if direct else None,
            count=self.counted.append,
        )


@pytest.fixture
def scene() -> Scene:
    """A store that has not been asked."""
    return Scene()


@pytest.fixture
def direct() -> Scene:
    """One that there is a way round."""
    return Scene(direct=True)


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


def test_what_is_plain_goes_round_s3(run: Run, direct: Scene) -> None:
    """As it would have been asked for there, but unsigned."""

    async def act() -> None:
        sent = [("content-type", "text/plain")]
        written = await direct.store.put(TARGET, sent, b"text", plain=True)
        assert written.headers == (("etag", '"direct"'),)
        expected = HttpRequest("PUT", TARGET, tuple(sent), b"text")
        assert direct.shortcut.asked == [expected]
        found = await direct.store.ask("HEAD", TARGET, versioning=PLAIN)
        assert isinstance(found, HttpResponse)
        assert direct.shortcut.asked[1:] == [HttpRequest("HEAD", TARGET, ())]
        assert direct.counted == [Word.DIRECT_WRITES, Word.DIRECT_READS]
        assert direct.upstream.asked == []

    run(act())


def test_what_is_not_plain_goes_by_s3(run: Run, direct: Scene) -> None:
    """Nobody else is asked: a version may be overwritten so, or another be read."""

    async def act() -> None:
        await direct.store.put(TARGET, (), b"text", plain=False)
        await direct.store.ask("GET", TARGET)
        await direct.store.ask("GET", PAGE)
        await direct.store.head(TARGET)
        await direct.store.call("GET", BUCKET)
        await direct.store.call("PUT", TARGET, body=b"text")
        exchange = await direct.store.open("PUT", TARGET)
        exchange.close()
        assert direct.shortcut.asked == []
        assert direct.counted == []

    run(act())


def test_what_is_declined_goes_by_s3(run: Run, direct: Scene) -> None:
    """Nothing was done, so each write is counted to its end."""

    async def act() -> None:
        direct.shortcut.body = direct.shortcut.written = None
        head = await direct.store.put(TARGET, (), b"text", plain=True)
        assert ("etag", '"direct"') not in head.headers
        found = await direct.store.ask("GET", TARGET, versioning=PLAIN)
        assert cast("Any", found).body == b"text"
        assert direct.upstream.asked == ["PUT", "GET"]
        assert len(direct.shortcut.asked) == 2
        assert direct.counted == []
        assert quiet(direct.generations)

    run(act())


def test_a_refusal_by_s3_of_what_was_declined_is_told(run: Run, direct: Scene) -> None:
    """In its words."""

    async def act() -> None:
        direct.shortcut.written = None
        direct.upstream.status, direct.upstream.body = 412, b"<Error/>"
        with pytest.raises(ServiceError):
            await direct.store.put(TARGET, (), b"text", plain=True)
        assert cast("Any", direct.upstream.exchange).closed

    run(act())


def test_a_write_round_s3_is_counted_while_it_is_under_way(
    run: Run, direct: Scene
) -> None:
    """So what was kept of its folder is asked for anew."""

    async def act() -> None:
        assert cast("Any", await direct.store.ask("GET", TARGET, versioning=PLAIN)).body
        await direct.store.ask("GET", PAGE)
        await direct.store.put(TARGET, (), b"more", plain=True)
        assert direct.shortcut.under_way == [True]
        assert quiet(direct.generations)
        direct.shortcut.body = b"more"
        found = await direct.store.ask("GET", TARGET, versioning=PLAIN)
        assert cast("Any", found).body == b"more"
        await direct.store.ask("GET", PAGE)
        assert direct.upstream.asked == ["GET", "GET"]

    run(act())


@pytest.mark.parametrize(
    "failure", [ConnectionError(), TimeoutError(), asyncio.CancelledError()]
)
def test_a_write_round_s3_that_may_have_been_done_is_not_done_again(
    run: Run, direct: Scene, failure: BaseException
) -> None:
    """Nobody knows, so nothing of it is kept for a while."""

    async def act() -> None:
        direct.shortcut.failure = failure
        with pytest.raises(type(failure)):
            await direct.store.put(TARGET, (), b"text", plain=True)
        assert direct.upstream.asked == []
        assert direct.counted == []
        assert not quiet(direct.generations)

    run(act())


def test_what_is_read_round_s3_is_kept(run: Run, direct: Scene) -> None:
    """Small ones: large ones are streamed, and closed by who asked."""

    async def act() -> None:
        for _ in range(3):
            found = await direct.store.ask("GET", TARGET, versioning=PLAIN)
            assert cast("Any", found).body == b"text"
        assert len(direct.shortcut.asked) == 1
        assert cast("Any", direct.shortcut.exchange).closed
        direct.shortcut.body = bytes(MOST_BYTES + 1)
        for _ in range(2):
            answered = await direct.store.ask(
                "GET", "/docs/ada/large", versioning=PLAIN
            )
            assert answered is cast("Any", direct.shortcut.exchange)
            assert not cast("Any", answered).closed
        direct.shortcut.failure = TimeoutError()
        with pytest.raises(TimeoutError):
            await direct.store.ask("GET", "/docs/ada/large", versioning=PLAIN)
        assert direct.upstream.asked == []

    run(act())


def test_an_answer_kept_of_s3s_is_given_to_whoever_asks(
    run: Run, direct: Scene
) -> None:
    """By either way it is the same document."""

    async def act() -> None:
        await direct.store.ask("GET", TARGET)
        await direct.store.ask("GET", TARGET, versioning=PLAIN)
        assert direct.shortcut.asked == []

    run(act())


def test_an_outage_is_one_of_both_ways(
    run: Run, direct: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody goes round it, and what is under way there is given up too."""
    monkeypatch.setattr(health, "ABANDON_SECONDS", -1.0)

    async def act() -> None:
        direct.upstream.failure = ConnectionRefusedError()
        await direct.store.health.look()
        with pytest.raises(ConnectionError):
            await direct.store.put(TARGET, (), b"text", plain=True)
        with pytest.raises(ConnectionError):
            await direct.store.ask("GET", TARGET, versioning=PLAIN)
        assert direct.shortcut.asked == []
        await direct.store.health.look()
        assert (direct.upstream.abandoned, direct.shortcut.abandoned) == (1, 1)

    run(act())


@pytest.mark.parametrize("way", ["upstream", "shortcut"])
def test_a_store_that_answers_by_either_way_is_not_down(
    run: Run, direct: Scene, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the list of its buckets is long in coming."""
    monkeypatch.setattr(health, "SILENCE_SECONDS", 0.01)

    async def act() -> None:
        answer = asyncio.get_running_loop().call_soon

        async def hang(_: HttpRequest) -> None:
            answer(setattr, getattr(direct, way), "answered", 1)
            await asyncio.sleep(1)

        monkeypatch.setattr(direct.upstream, "open", hang)
        await direct.store.health.look()
        assert direct.store.health.up
        await direct.store.health.look()
        assert not direct.store.health.up

    run(act())
