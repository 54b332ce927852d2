"""The pool of connections, against a server that misbehaves."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.wire.http import HttpRequest

pytestmark = pytest.mark.slow

Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GET = HttpRequest("GET", "/b/k", (("host", "store"),))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def scene(
    path: Path,
    served: Served,
    act: Callable[[StorePool], Awaitable[None]],
    **bounds: float,
) -> int:
    """Run a server and a pool; answer how many connections were made."""
    made = 0

    async def counted(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal made
        made += 1
        await served(reader, writer)

    async def main() -> None:
        pool = StorePool(path, UpstreamLimits(**bounds))  # type: ignore[arg-type] # whole numbers are floats too
        server = await asyncio.start_unix_server(closing(counted), path)
        try:
            await act(pool)
        finally:
            pool.close()
            server.close()
            await asyncio.sleep(0.01)

    asyncio.run(main())
    return made


def closing(served: Served) -> Served:
    """Close what was served, or what the other side has closed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await served(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return serve


def answering(*answers: bytes) -> Served:
    """Answer one request after the other, and then close."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()

    return serve


async def whole(pool: StorePool, request: HttpRequest = GET) -> bytes:
    """Make a request and answer the body."""
    exchange = await pool.open(request)
    try:
        await exchange.head()
        body = b""
        while piece := await exchange.read():
            body += piece
        return body
    finally:
        exchange.close()


def test_a_connection_is_used_again(tmp_path: Path) -> None:
    """One after the other, over one socket."""

    async def act(pool: StorePool) -> None:
        for _ in range(5):
            assert await whole(pool) == b"hello"

    assert scene(tmp_path / "s", answering(*[OK] * 5), act) == 1


def test_chunks_and_continues_are_read(tmp_path: Path) -> None:
    """As Go's server sends listings."""
    chunked = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    )

    async def act(pool: StorePool) -> None:
        assert await whole(pool) == b"hello"
        assert await whole(pool) == b"hello"

    assert scene(tmp_path / "s", answering(chunked, OK), act) == 1


def test_heads_have_no_bodies(tmp_path: Path) -> None:
    """Whatever length they announce."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"

    async def act(pool: StorePool) -> None:
        request = HttpRequest("HEAD", "/b/k", (("host", "store"),))
        assert await whole(pool, request) == b""
        assert await whole(pool) == b"hello"

    assert scene(tmp_path / "s", answering(head, OK), act) == 1


def test_a_stale_connection_is_replaced_once_for_what_is_safe(tmp_path: Path) -> None:
    """A server that closes after an answer, unseen until we write."""

    async def act(pool: StorePool) -> None:
        assert await whole(pool) == b"hello"
        assert await whole(pool) == b"hello"
        request = HttpRequest("DELETE", "/b/k", (("host", "store"),))
        with pytest.raises(ConnectionError):
            await whole(pool, request)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    assert scene(tmp_path / "s", serve, act) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nothing", "short", "too-large", "no-http", "bad-chunk"],
)
def test_a_broken_answer_is_a_connection_error(tmp_path: Path, answer: bytes) -> None:
    """Never a shorter body."""

    async def act(pool: StorePool) -> None:
        with pytest.raises(ConnectionError):
            await whole(pool)

    scene(tmp_path / "s", answering(answer), act)


def test_what_follows_an_answer_spoils_the_connection(tmp_path: Path) -> None:
    """No answer is ever taken for another request's."""

    async def act(pool: StorePool) -> None:
        assert await whole(pool) == b"hello"
        await asyncio.sleep(0.05)
        assert await whole(pool) == b"hello"

    assert (
        scene(tmp_path / "s", answering(OK + OK.replace(b"hello", b"wrong")), act) == 2
    )


def test_a_body_ends_where_its_length_says(tmp_path: Path) -> None:
    """Also in a later piece, and what follows it there is nobody's answer."""

    async def act(pool: StorePool) -> None:
        assert await whole(pool) == b"hello world"
        assert await whole(pool) == b"hello"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if not served:
            served.append(True)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello")
            await asyncio.sleep(0.05)
            writer.write(b" world" + OK)
            await reader.read()
        else:
            writer.write(OK)
            await reader.read()

    served: list[bool] = []
    assert scene(tmp_path / "s", serve, act) == 2


def test_a_store_that_hangs_is_given_up(tmp_path: Path) -> None:
    """After the time it has."""

    async def act(pool: StorePool) -> None:
        with pytest.raises(TimeoutError):
            await whole(pool)

    async def serve(
        reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()

    scene(tmp_path / "s", serve, act, stall_seconds=0.2)


def test_connections_are_bounded_and_waited_for(tmp_path: Path) -> None:
    """In turn; and not for ever."""

    async def act(pool: StorePool) -> None:
        answers = await asyncio.gather(*[whole(pool) for _ in range(20)])
        assert answers == [b"hello"] * 20
        held = [await pool.open(GET) for _ in range(2)]
        with pytest.raises(BlockingIOError):
            await whole(pool)
        assert (pool.busy, pool.waiting) == (2, 0)
        for each in held:
            each.close()
        assert await whole(pool) == b"hello"

    made = scene(
        tmp_path / "s", answering(*[OK] * 50), act, connections=2, waiting_seconds=0.2
    )
    assert made <= 5


def test_who_finds_too_many_waiting_is_turned_away_at_once(tmp_path: Path) -> None:
    """And those who wait get their turn all the same."""

    async def act(pool: StorePool) -> None:
        held = await pool.open(GET)
        waiting = [asyncio.create_task(whole(pool)) for _ in range(3)]
        await asyncio.sleep(0)
        assert pool.waiting == 3
        async with asyncio.timeout(0.1):
            with pytest.raises(BlockingIOError):
                await whole(pool)
        held.close()
        assert await asyncio.gather(*waiting) == [b"hello"] * 3

    scene(tmp_path / "s", answering(*[OK] * 50), act, connections=1, waiting=3)


def test_what_is_under_way_can_be_given_up(tmp_path: Path) -> None:
    """All of it fails at once, and its connections are free again."""

    async def act(pool: StorePool) -> None:
        under_way = [asyncio.create_task(whole(pool)) for _ in range(4)]
        await asyncio.sleep(0.05)
        assert pool.busy == 4
        pool.abandon()
        for each in under_way:
            with pytest.raises(ConnectionError):
                await each
        assert pool.busy == 0

    async def serve(
        reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()

    scene(tmp_path / "s", serve, act)


def test_a_store_that_is_not_there_comes_back_by_itself(tmp_path: Path) -> None:
    """Each request looks anew."""
    path = tmp_path / "s"

    async def main() -> None:
        pool = StorePool(path)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await whole(pool)
        server = await asyncio.start_unix_server(closing(answering(OK)), path)
        assert await whole(pool) == b"hello"
        server.close()
        pool.close()
        await asyncio.sleep(0.01)

    asyncio.run(main())


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_that_is_called_off_is_never_complete(
    tmp_path: Path,
    chunked: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    """Closing before the end breaks the connection."""
    seen = bytearray()

    async def serve(
        reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            seen.extend(data)

    async def act(pool: StorePool) -> None:
        request = HttpRequest("PUT", "/b/k", (("host", "store"),))
        exchange = await pool.open(
            request, length=None if chunked else 10, chunked=chunked
        )
        await exchange.send(b"123456789")
        await asyncio.sleep(0.05)
        exchange.close()
        await asyncio.sleep(0.05)

    scene(tmp_path / "s", serve, act)
    assert seen.endswith(b"9\r\n123456789\r\n" if chunked else b"\r\n\r\n123456789")


def test_a_header_that_would_break_the_head_is_refused(tmp_path: Path) -> None:
    """Before a byte is sent."""

    async def act(pool: StorePool) -> None:
        for value in ("a\r\nX: b", "a\nb", "a\0b"):
            with pytest.raises(ValueError, match="line break"):
                await pool.open(HttpRequest("GET", "/", (("x", value),)))

    assert scene(tmp_path / "s", answering(), act) == 0
