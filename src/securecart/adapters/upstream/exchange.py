"""One request to the store, and its answer."""

import asyncio
import re
from collections import deque
from typing import Protocol

from httptools import HttpParserError, HttpResponseParser

from securecart.adapters.upstream.tap import Tap
from securecart.wire.http import HttpResponse

_HEAD_BYTES = 64 * 1024
"""Go's server keeps its own below 1 MB; the store's are below 4 kB."""

_BUFFER_BYTES = 1024 * 1024
"""Held for a slow client before reading pauses: four reads of uvloop's."""

_INFORMATIONAL = range(100, 200)

_PLAIN = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2}) [\x20-\x7e]*\r\n"
    rb"((?:[A-Za-z0-9-]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*)\r\n"
)
"""A whole head such as the store writes nearly always; the parser is for others,
which may come in pieces, and for bodies whose end only chunks tell."""
_HEADER = re.compile(r"([^:]+):[ \t]*([^\r]*)\r\n")
_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
_DECIDING = frozenset({"connection", "content-length", "transfer-encoding"})
_BODILESS = frozenset({204, 304})


class Line(Protocol):
    """The connection under an exchange."""

    def write(self, data: bytes) -> None:
        """Send, without waiting."""
        ...

    async def flushed(self) -> None:
        """Wait until there is room for more."""
        ...

    def pause(self) -> None:
        """Stop reading."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...

    def touch(self) -> None:
        """Note progress: the time allowed starts again."""
        ...

    def rest(self) -> None:
        """Let no time be up before the next progress."""
        ...

    def descriptor(self) -> int | None:
        """Answer the socket's, None where there is none to be had."""
        ...

    def finish(self, *, reusable: bool) -> None:
        """End the exchange."""
        ...


class Exchange:
    """Made by `StorePool.open`; whoever opened it closes it.

    `unsent` is how much of the request's body is still to come, in bytes;
    None for a chunked one, which ends with `end`.
    """

    def __init__(self, line: Line, method: str, unsent: int | None) -> None:
        self._line = line
        self._bodiless = method == "HEAD"
        self._unsent = unsent
        self._parser: HttpResponseParser | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._left = 0
        self._head: HttpResponse | None = None
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._complete = False
        self._closed = False
        self._keep_alive = False
        self._failure: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._tap: Tap | None = None

    @property
    def answered(self) -> bool:
        """The store has answered, or failed: sending more is pointless."""
        return self._head is not None or self._failure is not None

    async def send(self, data: bytes) -> None:
        """Send a piece of the body, waiting while the store takes no more.

        Raises:
            ConnectionError: the store broke off.
            TimeoutError: it takes nothing any more.
        """
        if self._unsent is None:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        else:
            self._unsent -= len(data)
        self._line.write(data)
        await self._line.flushed()
        if self._failure is not None:
            raise self._failure

    async def end(self) -> None:
        """Send the last chunk of a chunked body.

        Raises:
            ConnectionError: the store broke off.
            TimeoutError: it takes nothing any more.
        """
        self._unsent = 0
        self._line.write(b"0\r\n\r\n")
        await self._line.flushed()

    async def head(self) -> HttpResponse:
        """Answer status and headers; the body is read with `read`.

        Raises:
            ConnectionError: the store broke off, or sent what is not HTTP.
            TimeoutError: it did not answer in time.
        """
        while self._head is None:
            await self._wait()
        return self._head

    async def read(self) -> bytes:
        """Answer the next piece of the answer's body, empty at its end.

        Raises:
            ConnectionError: the store broke off.
            TimeoutError: it stopped sending.
        """
        while not self._pieces:
            if self._complete:
                return b""
            await self._wait()
        piece = self._pieces.popleft()
        self._size -= len(piece)
        if self._paused and self._size <= _BUFFER_BYTES // 2:
            self._paused = False
            self._line.resume()
        return piece

    def tap(self) -> Tap | None:
        """Hand out the rest of a body whose length is known: see `message.Stream`.

        Until the tap is closed nothing is read here.
        """
        if self._failure is not None or self._complete or not self._left:
            return None
        descriptor = self._line.descriptor()
        if descriptor is None:
            return None
        try:
            self._tap = Tap(self, descriptor, b"".join(self._pieces), self._left)
        except OSError:  # Descriptors have run out; in pieces it needs none.
            return None
        self._pieces.clear()
        self._size = 0
        self._line.pause()
        self._line.touch()
        return self._tap

    def close(self) -> None:
        """Give the connection back, or drop it if anything is left on it.

        Dropping it before all of the body was sent is how an upload is
        called off: the store then keeps nothing of it.
        """
        if self._closed:
            return
        self._closed = True
        # The parser calls back, so it holds us: without this all of an answer
        # would stay until the collector comes round.
        self._parser = None
        self._line.finish(
            reusable=self._complete and self._keep_alive and self._unsent == 0
        )

    # What the tap calls

    def drawn(self, size: int) -> None:
        """See `tap.Tapped.drawn`."""
        self._line.touch()
        self._left -= size
        if not self._left:
            self.on_message_complete()

    def resting(self) -> None:
        """See `tap.Tapped.resting`."""
        self._line.rest()

    def untapped(self, *, clean: bool) -> None:
        """See `tap.Tapped.untapped`."""
        self._tap = None
        self._keep_alive = self._keep_alive and clean
        self._paused = False
        self._line.resume()

    # What the connection calls

    def received(self, data: bytes) -> None:
        """Read bytes of the store's."""
        if self._complete:
            self.failed(ConnectionError("the store sent more than its answer"))
            return
        if self._left:
            self._body(data)
            return
        if self._parser is None:
            if self._plain(data):
                return
            self._parser = HttpResponseParser(self)
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            # Once the answer is complete it stands, but nothing may follow it.
            self.failed(ConnectionError(f"the store sent no HTTP: {error}"))

    def _plain(self, data: bytes) -> bool:
        """Read a head that has one reading, whole; say whether it was one."""
        found = _PLAIN.match(data, 0, _HEAD_BYTES)
        if found is None:
            return False
        status, end = int(found[1]), found.end()
        headers = tuple(
            [
                (name.lower(), value)
                for name, value in _HEADER.findall(found[2].decode("latin-1"))
            ]
        )
        deciding = [each for each in headers if each[0] in _DECIDING]
        if len(deciding) != 1 or status in _BODILESS:
            return False
        name, length = deciding[0]
        if name != "content-length" or not _LENGTH.fullmatch(length):
            return False
        self._head = HttpResponse(status, headers)
        self._keep_alive = True
        self._left = 0 if self._bodiless else int(length)
        if self._left and end < len(data):
            self._body(data[end:])
            return True
        if not self._left:
            self._complete = True
            # Behind an answer nothing is expected.
            self._keep_alive = end == len(data)
        self._wake()
        return True

    def _body(self, data: bytes) -> None:
        """Take the rest of a body whose length is known, as it was read.

        The parser would copy each piece, to say of it what is known already.
        """
        if len(data) > self._left:
            data = data[: self._left]
            self._keep_alive = False
        self._left -= len(data)
        self._queue(data)
        if not self._left:
            self.on_message_complete()

    def failed(self, error: OSError) -> None:
        """Fail whoever waits, now and later."""
        if not self._complete and self._failure is None:
            self._failure = error
        self._keep_alive = False
        if self._tap is not None and self._tap.failed is not None:
            self._tap.failed(error)
        self._wake()

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > _HEAD_BYTES:
            self.failed(ConnectionError("the store's head is too large"))
            return
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Release the head, unless it is a `100 Continue` nobody asked for."""
        parser = self._parser
        if parser is None:
            return
        status = parser.get_status_code()
        headers, self._headers = self._headers, []
        if status in _INFORMATIONAL or self._failure is not None:
            return
        if self._head is not None:
            # A second answer to one request: it could be taken for the next's.
            self._keep_alive = False
            return
        self._head = HttpResponse(
            status,
            tuple(
                [
                    (name.decode("latin-1").lower(), value.decode("latin-1"))
                    for name, value in headers
                ]
            ),
        )
        self._keep_alive = parser.should_keep_alive()
        if self._bodiless:
            self._complete = True
        else:
            self._left = _length(self._head)
        self._wake()

    def on_body(self, piece: bytes) -> None:
        """Queue what came with the head, or a chunk."""
        if self._complete or self._failure is not None:
            self._keep_alive = False
            return
        if self._left:
            self._left -= len(piece)
        self._queue(piece)

    def _queue(self, piece: bytes) -> None:
        """Add a piece; pause the store when too much waits."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > _BUFFER_BYTES and not self._paused:
            self._paused = True
            self._line.pause()
        self._wake()

    def on_message_complete(self) -> None:
        """Note the end of the answer."""
        if self._head is not None and self._failure is None:
            self._complete = True
            self._wake()

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._line.touch()
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _length(head: HttpResponse) -> int:
    """Answer a body's announced size; the parser has refused two readings of it."""
    for name, value in head.headers:
        if name == "content-length":
            return int(value)
    return 0
