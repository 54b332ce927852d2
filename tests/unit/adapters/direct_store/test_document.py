"""A document out of its chunks: all of it, or a connection that broke off."""

import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import CipherContext

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.document import Document
from securecart.adapters.direct_store.sse_s3 import DataKeys
from securecart.wire.http import HttpResponse

Run = Callable[[Coroutine[Any, Any, Any]], Any]

HEAD = HttpResponse(200, (("content-length", "10"),))
FIRST, SECOND = b"hello, ", b"you"


class Exchange:
    """A chunk as it comes, in pieces of a test's own choosing."""

    def __init__(self, pieces: list[bytes], head: HttpResponse) -> None:
        self.pieces = pieces
        self.told = head
        self.closed = 0
        self.tapped: Tap | None = None

    async def head(self) -> HttpResponse:
        return self.told

    async def read(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def tap(self) -> Any:
        if self.tapped is not None:
            self.tapped.begin(self)
        return self.tapped

    def close(self) -> None:
        self.closed += 1


class Tap:
    """What is left of a chunk, with some of it read already."""

    descriptor = 7

    def __init__(self) -> None:
        self.ahead = b""
        self.rests = b""
        self.failed: Callable[[Exception], None] | None = None
        self.calls: list[str] = []

    @property
    def left(self) -> int:
        return len(self.rests)

    def begin(self, exchange: Exchange) -> None:
        self.ahead, *rest = exchange.pieces
        self.rests = b"".join(rest)
        exchange.pieces.clear()

    def read_into(self, buffer: memoryview) -> int:
        piece, self.rests = self.rests[: len(buffer)], self.rests[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def rest(self) -> None:
        self.calls.append("rest")

    def close(self) -> None:
        self.calls.append("close")


class Volumes:
    """A volume server; a test changes what it has."""

    def __init__(self, *contents: bytes) -> None:
        keys = DataKeys(bytes(32), os.urandom)
        self.keys = keys
        self.chunks: list[Chunk] = []
        self.exchanges: list[Exchange] = []
        self.opened: list[str] = []
        self.missing: Chunk | None = None
        for at, content in enumerate(contents):
            data_key, described = keys.new()
            sealed = data_key.cipher().update(content)
            pieces = [sealed[at : at + 2] for at in range(0, len(sealed), 2)]
            length = ("content-length", str(len(content)))
            self.exchanges.append(Exchange(pieces, HttpResponse(200, (length,))))
            self.chunks.append(Chunk(f"3,{at}10badcafe", 0, len(content), described))

    async def open(self, chunk: Chunk) -> Any:
        if chunk is self.missing:
            raise ConnectionRefusedError
        self.opened.append(chunk.file_id)
        return self.exchanges[self.chunks.index(chunk)]

    def document(self) -> Document:
        return Document(HEAD, tuple(self.chunks), self, self._cipher_of)

    def _cipher_of(self, chunk: Chunk) -> CipherContext:
        return self.keys.open(chunk.data_key).cipher()


async def whole(document: Document) -> bytes:
    """Read it to its end."""
    pieces: list[bytes] = []
    await read_into(document, pieces)
    return b"".join(pieces)


async def read_into(document: Document, pieces: list[bytes]) -> None:
    """Read it, and keep what came even where it breaks off."""
    while piece := await document.read():
        pieces.append(piece)


async def begin_and_read(document: Document, pieces: list[bytes]) -> None:
    """As the gateway does."""
    await document.begin()
    await read_into(document, pieces)


@pytest.fixture
def volumes() -> Volumes:
    """Two chunks of a document."""
    return Volumes(FIRST, SECOND)


def test_it_comes_chunk_after_chunk(run: Run, volumes: Volumes) -> None:
    """Each connection is given back before the next chunk is asked for."""

    async def act() -> None:
        document = volumes.document()
        await document.begin()
        assert await document.head() == HEAD
        assert len(volumes.opened) == 1
        assert await whole(document) == FIRST + SECOND
        assert [each.closed for each in volumes.exchanges] == [1, 1]
        document.close()
        assert await document.read() == b""
        assert document.tap() is None
        assert [each.closed for each in volumes.exchanges] == [1, 1]

    run(act())


def test_of_no_chunk_there_is_only_a_head(run: Run) -> None:
    """As for HEAD."""

    async def act() -> None:
        document = Volumes().document()
        await document.begin()
        assert await document.head() == HEAD
        assert document.tap() is None
        assert await document.read() == b""
        document.close()

    run(act())


def test_closing_gives_the_connection_back_once(run: Run, volumes: Volumes) -> None:
    """Amid a chunk, too; and nothing more is asked for."""

    async def act() -> None:
        document = volumes.document()
        await document.begin()
        await document.read()
        document.close()
        document.close()
        assert [each.closed for each in volumes.exchanges] == [1, 0]
        assert await document.read() == b""
        assert len(volumes.opened) == 1

    run(act())


def test_the_rest_of_a_chunk_is_tapped(run: Run, volumes: Volumes) -> None:
    """Whatever was read before, and the next chunk is read behind it."""

    async def act() -> None:
        document = volumes.document()
        await document.begin()
        assert document.tap() is None  # Where the connection has none.
        tap = volumes.exchanges[0].tapped = Tap()
        read = await document.read()
        opening = document.tap()
        assert opening is not None
        assert opening.descriptor == 7
        read += opening.ahead
        buffer = memoryview(bytearray(64))
        assert opening.left == len(FIRST) - len(read) > 0
        while opening.left:
            size = opening.read_into(buffer[:17])
            read += bytes(buffer[:size])
        assert read == FIRST
        failures: list[Exception] = []
        opening.failed = failures.append
        assert opening.failed is tap.failed is not None
        opening.rest()
        opening.close()
        assert tap.calls == ["rest", "close"]
        assert await whole(document) == SECOND
        document.close()

    run(act())


def a_failure(volumes: Volumes) -> None:
    """Something else than the chunk."""
    volumes.exchanges[-1].told = HttpResponse(500, volumes.exchanges[-1].told.headers)


def gone(volumes: Volumes) -> None:
    """A chunk that was deleted: as long, by chance, as the answer that says so."""
    volumes.exchanges[-1].told = HttpResponse(404, volumes.exchanges[-1].told.headers)


def a_part(volumes: Volumes) -> None:
    """Some of it."""
    volumes.exchanges[-1].told = HttpResponse(206, volumes.exchanges[-1].told.headers)


def another_length(volumes: Volumes) -> None:
    """Another chunk than was written."""
    volumes.exchanges[-1].told = HttpResponse(200, (("content-length", "4"),))


def no_length(volumes: Volumes) -> None:
    """An answer whose end only the connection's end tells."""
    volumes.exchanges[-1].told = HttpResponse(200)


def two_lengths(volumes: Volumes) -> None:
    """One of them right."""
    lengths = tuple(("content-length", each) for each in ("3", "4"))
    volumes.exchanges[-1].told = HttpResponse(200, lengths)


def no_end(volumes: Volumes) -> None:
    """A chunk that ends early."""
    volumes.exchanges[-1].pieces.pop()


def another_key(volumes: Volumes) -> None:
    """A data key of another store's."""
    _, described = DataKeys(bytes(31) + b"1", os.urandom).new()
    last = volumes.chunks[-1]
    volumes.chunks[-1] = Chunk(last.file_id, last.offset, last.size, described)


def nothing(volumes: Volumes) -> None:
    """No volume server."""
    volumes.missing = volumes.chunks[-1]


DEFECTS = [
    a_failure,
    gone,
    a_part,
    another_length,
    no_length,
    two_lengths,
    no_end,
    another_key,
    nothing,
]


@pytest.mark.parametrize("spoil", DEFECTS)
@pytest.mark.parametrize("contents", [[SECOND], [FIRST, SECOND]])
def test_what_is_not_the_chunk_breaks_it_off(
    run: Run, spoil: Callable[[Volumes], None], contents: list[bytes]
) -> None:
    """Where it is the first, before anything was answered; nothing of it is told."""

    async def act() -> None:
        volumes = Volumes(*contents)
        spoil(volumes)
        document = volumes.document()
        read: list[bytes] = []
        with pytest.raises(ConnectionError):
            await begin_and_read(document, read)
        expected = b"".join(contents[:-1])
        expected += SECOND[:2] if spoil is no_end else b""
        assert b"".join(read) == expected
        document.close()
        opened = len(volumes.opened)
        assert [each.closed for each in volumes.exchanges][:opened] == [1] * opened

    run(act())
