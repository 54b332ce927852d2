"""One connection: requests in, answers out, within every limit."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Answer, Incoming

Run = Callable[[Coroutine[Any, Any, None]], None]
Handler = Callable[[Incoming], Coroutine[Any, Any, Answer]]
GET = b"GET /b/k HTTP/1.1\r\nHost: a\r\n\r\n"
OK = (
    b"HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
    b"x-amz-request-id: 1\r\ncontent-length: 0\r\n\r\n"
)


@pytest.fixture
def empty(applications: dict[str, Handler]) -> Handler:
    """Answer 200 without looking at the body."""
    return applications["empty"]


@pytest.fixture
def echo(applications: dict[str, Handler]) -> Handler:
    """Answer with the request's body."""
    return applications["echo"]


@pytest.mark.parametrize("step", [None, 1, 7])
def test_requests_are_answered_one_after_the_other(
    run: Run, client: Any, empty: Handler, step: int | None
) -> None:
    """Pipelined or byte by byte, on one connection."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(GET + GET + GET, step=step)
        assert peer.received() == OK * 3
        assert not peer.transport.closed
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_a_pipelined_request_waits_for_the_answer_before_it(
    run: Run, client: Any
) -> None:
    """Two are never under way on one connection."""

    async def scene() -> None:
        gate = asyncio.Event()

        async def slow(_: Incoming) -> Answer:
            await gate.wait()
            return Answer(200)

        peer = client(slow)
        await peer.send(GET + GET)
        assert len(peer.application.seen) == 1
        gate.set()
        await peer.send(b"")
        await asyncio.sleep(0.01)
        assert len(peer.application.seen) == 2
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


@pytest.mark.parametrize("step", [None, 1])
def test_a_body_is_read_by_length_and_by_chunks(
    run: Run, client: Any, echo: Handler, step: int | None
) -> None:
    """And what follows it is the next request."""

    async def scene() -> None:
        peer = client(echo)
        await peer.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nwor\r\n2\r\nld\r\n0\r\n\r\n" + GET,
            step=step,
        )
        answers = peer.received()
        assert answers.count(b"HTTP/1.1 200 OK") == 3
        assert answers.index(b"hello") < answers.index(b"world")
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_continue_is_said_only_when_the_body_is_wanted(
    run: Run, client: Any, echo: Handler
) -> None:
    """So a caller who is refused never sends it."""

    async def scene() -> None:
        expecting = (
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        peer = client(echo)
        await peer.send(expecting)
        assert peer.received() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await peer.send(b"ok")
        assert peer.received().endswith(b"\r\n\r\nok")
        peer.transport.close()

        async def refuse(_: Incoming) -> Answer:
            return Answer(403)

        peer = client(refuse)
        await peer.send(expecting)
        answer = peer.received()
        assert b"100 Continue" not in answer
        assert answer.startswith(b"HTTP/1.1 403")
        assert b"connection: close" in answer
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_a_small_refused_body_is_read_past(
    run: Run, client: Any, empty: Handler
) -> None:
    """So that the connection can be kept."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        await peer.send(GET)
        assert peer.received() == OK * 2
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_a_large_refused_body_ends_the_connection(
    run: Run, client: Any, empty: Handler
) -> None:
    """The answer is sent first, and our half closed, before the rest is dropped."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n"
            + b"x" * 9999
        )
        assert b"connection: close" in peer.received()
        assert peer.transport.ended
        assert not peer.transport.closed
        await peer.send(b"x" * peer.limits.linger_bytes)
        assert peer.transport.closed
        assert len(peer.application.seen) == 1

    run(scene())


def test_a_malformed_head_is_answered_and_closes(
    run: Run, client: Any, empty: Handler
) -> None:
    """What follows it is never read as a request."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET
        )
        assert peer.application.refused == ["BadRequest"]
        assert peer.application.seen == []
        assert b"connection: close" in peer.received()
        assert peer.transport.ended
        await peer.sweep(peer.limits.linger_seconds + 1)
        assert peer.transport.closed

    run(scene())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\nHost: a\n\n", "BadRequest"),
        (b"GET /" + b"a" * 40000, "RequestHeaderSectionTooLarge"),
    ],
)
def test_a_head_that_can_never_be_one_is_refused_at_once(
    run: Run, client: Any, empty: Handler, data: bytes, code: str
) -> None:
    """Without waiting for the blank line that ends it."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(data)
        assert peer.application.refused == [code]
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_a_slow_head_is_refused(run: Run, client: Any, empty: Handler) -> None:
    """Byte by byte does not win time: the limit is for the whole of it."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(b"GET / HT")
        await peer.sweep(peer.limits.head_seconds - 1)
        assert peer.received() == b""
        await peer.send(b"TP/1.1\r\n")
        await peer.sweep(peer.limits.head_seconds + 1)
        assert peer.application.refused == ["RequestTimeout"]
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_a_stalled_body_ends_the_request(run: Run, client: Any) -> None:
    """With the error that S3 has for it."""

    async def scene() -> None:
        codes = []

        async def read(incoming: Incoming) -> Answer:
            try:
                while await incoming.body.read():
                    pass
            except Exception as error:
                codes.append(type(error).__name__)
                raise
            return Answer(200)

        peer = client(read)
        await peer.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi")
        await peer.sweep(peer.limits.stall_seconds + 1)
        assert codes == ["RequestTimeout"]

    run(scene())


def test_a_client_that_goes_away_ends_the_body(run: Run, client: Any) -> None:
    """As an incomplete one, never as a whole."""

    async def scene() -> None:
        codes = []

        async def read(incoming: Incoming) -> Answer:
            try:
                while await incoming.body.read():
                    pass
            except Exception as error:
                codes.append(type(error).__name__)
                raise
            return Answer(200)

        peer = client(read)
        await peer.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi")
        peer.transport.close()
        await peer.send(b"")
        await asyncio.sleep(0.01)
        assert codes == ["IncompleteBody"]

    run(scene())


def test_an_idle_connection_is_closed(run: Run, client: Any, empty: Handler) -> None:
    """Without a word, as HTTP has it."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(GET)
        peer.received()
        await peer.sweep(peer.limits.idle_seconds - 1)
        assert not peer.transport.closed
        await peer.sweep(peer.limits.idle_seconds + 1)
        assert peer.transport.closed
        assert peer.received() == b""

    run(scene())


def test_a_body_nobody_reads_stops_the_client(run: Run, client: Any) -> None:
    """Back-pressure: no more than the limit is ever held."""

    async def scene() -> None:
        gate = asyncio.Event()

        async def late(incoming: Incoming) -> Answer:
            await gate.wait()
            while await incoming.body.read():
                pass
            return Answer(200)

        peer = client(late, Limits(buffer_bytes=100))
        await peer.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n")
        await peer.send(b"x" * 50)
        assert peer.transport.reading
        await peer.send(b"x" * 60)
        assert not peer.transport.reading
        gate.set()
        await asyncio.sleep(0.01)
        assert peer.transport.reading
        peer.transport.close()
        await asyncio.sleep(0.01)

    run(scene())


class Pieces:
    """A stream of given pieces."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = list(pieces)
        self.closed = False

    async def read(self) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    def close(self) -> None:
        self.closed = True


def test_a_client_that_does_not_read_stops_the_stream(run: Run, client: Any) -> None:
    """Back-pressure the other way; and one who never reads is cut off."""

    async def scene() -> None:
        stream = Pieces(b"ab", b"cd", b"ef")

        async def streaming(_: Incoming) -> Answer:
            peer.connection.pause_writing()
            return Answer(200, body=stream, length=6)

        peer = client(streaming)
        await peer.send(GET)
        assert peer.received().endswith(b"\r\n\r\nab")
        assert stream.pieces == [b"cd", b"ef"]
        peer.connection.resume_writing()
        await asyncio.sleep(0.01)
        assert peer.received() == b"cdef"
        assert stream.closed

        stream = Pieces(b"ab", b"cd")
        await peer.send(GET)
        await peer.sweep(peer.limits.stall_seconds + 1)
        assert peer.transport.closed
        assert stream.closed

    run(scene())


@pytest.mark.parametrize(
    "pieces", [(b"ab",), (b"ab", ConnectionError("gone")), (b"abcdefgh",)]
)
def test_a_broken_stream_is_never_passed_off_as_whole(
    run: Run, client: Any, pieces: tuple[bytes | Exception, ...]
) -> None:
    """The connection breaks off, so that the client notices."""

    async def scene() -> None:
        async def streaming(_: Incoming) -> Answer:
            return Answer(200, body=Pieces(*pieces), length=6)

        peer = client(streaming)
        await peer.send(GET)
        assert peer.transport.closed

    run(scene())


@pytest.mark.parametrize("value", ["two\nlines", "\u20ac"])
def test_a_stream_is_closed_also_where_its_head_cannot_be_written(
    run: Run, client: Any, value: str
) -> None:
    """A connection to the store, and a place in the session's count, hang on it."""

    async def scene() -> None:
        stream = Pieces(b"x")

        async def answer(_: Incoming) -> Answer:
            return Answer(200, (("x-amz-meta-a", value),), stream, 1)

        peer = client(answer)
        await peer.send(GET)
        assert stream.closed
        assert peer.received() == b""
        assert peer.transport.closed

    run(scene())


def test_a_stream_without_a_length_is_chunked(run: Run, client: Any) -> None:
    """As listings come from the store."""

    async def scene() -> None:
        async def streaming(_: Incoming) -> Answer:
            return Answer(200, body=Pieces(b"ab", b"c"))

        peer = client(streaming)
        await peer.send(GET)
        assert peer.received().endswith(
            b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        )
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_head_has_the_length_but_not_the_body(run: Run, client: Any) -> None:
    """Also where an error would have a body: the next answer begins at once."""

    async def scene() -> None:
        async def document(_: Incoming) -> Answer:
            return Answer(404, body=b"<Error/>")

        peer = client(document)
        await peer.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = peer.received()
        assert b"content-length: 8\r\n" in answer
        assert answer.endswith(b"\r\n\r\n")
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_draining_finishes_what_is_under_way(run: Run, client: Any) -> None:
    """And closes then; an idle connection closes at once."""

    async def scene() -> None:
        gate = asyncio.Event()

        async def slow(_: Incoming) -> Answer:
            await gate.wait()
            return Answer(200)

        busy, idle = client(slow), client(slow)
        await busy.send(GET + GET)
        await idle.send(b"")
        busy.connection.drain()
        idle.connection.drain()
        await asyncio.sleep(0)
        assert idle.transport.closed
        assert not busy.transport.closed
        gate.set()
        await busy.send(b"")
        await asyncio.sleep(0.01)
        assert b"connection: close" in busy.received()
        assert len(busy.application.seen) == 1
        busy.transport.close()
        await asyncio.sleep(0)

    run(scene())


def test_connections_are_bounded(run: Run, client: Any, empty: Handler) -> None:
    """One too many is closed before it is read."""

    async def scene() -> None:
        peer = client(empty, Limits(connections=0))
        assert peer.transport.closed
        await asyncio.sleep(0)

    run(scene())


def test_loopback_counts_as_secure(run: Run, client: Any, empty: Handler) -> None:
    """Plain HTTP that never leaves the machine is as good as TLS."""

    async def scene() -> None:
        peer = client(empty)
        await peer.send(GET)
        assert peer.application.seen[0].request.secure
        assert peer.application.seen[0].request.source_ip == "127.0.0.1"
        peer.transport.close()
        await asyncio.sleep(0)

    run(scene())
