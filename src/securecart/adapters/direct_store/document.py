"""A document as it comes from the volume server, chunk after chunk, opened."""

import threading
from collections.abc import Callable
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import CipherContext

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.sse_s3 import NotOpened
from securecart.adapters.upstream import Exchange, Tap
from securecart.wire.http import HttpResponse

_OK = 200
_BLOCK_BYTES = 16
_SCRATCH_BYTES = 256 * 1024


class Chunks(Protocol):
    """The volume server."""

    async def open(self, chunk: Chunk) -> Exchange:
        """Ask for a chunk.

        Raises:
            BlockingIOError, ConnectionError, TimeoutError: it is not to be had.
        """
        ...


class _Scratch(threading.local):
    """For each event loop: what is read is opened before the next is read."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_SCRATCH_BYTES))


_scratch = _Scratch()


class Document:
    """The gateway's `Reading` of an object; whoever has it closes it."""

    def __init__(
        self,
        head: HttpResponse,
        chunks: tuple[Chunk, ...],
        volumes: Chunks,
        cipher_of: Callable[[Chunk], CipherContext],
    ) -> None:
        self._head = head
        self._coming = iter(chunks)
        self._volumes = volumes
        self._cipher_of = cipher_of
        self._exchange: Exchange | None = None
        self._cipher: CipherContext | None = None
        self._left = 0

    async def begin(self) -> None:
        """Ask for the first chunk; if this fails nothing has happened yet.

        Raises:
            BlockingIOError, ConnectionError, TimeoutError: it is not to be had.
        """
        await self._next()

    async def head(self) -> HttpResponse:
        """Answer status and headers."""
        return self._head

    async def read(self) -> bytes:
        """Answer the next piece, empty at the end.

        Raises:
            ConnectionError, TimeoutError: the store broke off.
        """
        while self._exchange is not None and self._cipher is not None:
            if self._left:
                piece = await self._exchange.read()
                if not piece:
                    raise ConnectionError("the store ended amid a chunk")
                self._left -= len(piece)
                return self._cipher.update(piece)
            await self._exchange.read()
            await self._next()
        return b""

    def tap(self) -> "OpeningTap | None":
        """See the gateway's `TappedStream`: the rest of the chunk at hand."""
        if self._exchange is None or self._cipher is None:
            return None
        tap = self._exchange.tap()
        if tap is None:
            return None
        self._left = 0
        return OpeningTap(tap, self._cipher)

    def close(self) -> None:
        """Give the connection back, or drop it amid a chunk."""
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    async def _next(self) -> None:
        """Go on to the next chunk, if there is one."""
        self.close()
        chunk = next(self._coming, None)
        if chunk is None:
            return
        try:
            self._cipher = self._cipher_of(chunk)
        except NotOpened as error:
            raise ConnectionError(f"a chunk cannot be opened: {error}") from error
        exchange = await self._volumes.open(chunk)
        self._exchange, self._left = exchange, chunk.size
        head = await exchange.head()
        sizes = [value for name, value in head.headers if name == "content-length"]
        if head.status != _OK or sizes != [str(chunk.size)]:
            raise ConnectionError(f"a chunk is not there: {head.status}")


class OpeningTap:
    """A tap behind which everything is opened: see the gateway's `message.Tap`."""

    def __init__(self, tap: Tap, cipher: CipherContext) -> None:
        self._tap = tap
        self._cipher = cipher
        self.descriptor = tap.descriptor
        self.ahead = cipher.update(tap.ahead)

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return self._tap.left

    @property
    def failed(self) -> Callable[[Exception], None] | None:
        """Whom to tell of what happened to the socket."""
        return self._tap.failed

    @failed.setter
    def failed(self, failed: Callable[[Exception], None] | None) -> None:
        self._tap.failed = failed

    def read_into(self, buffer: memoryview) -> int:
        """Read what is there, opened.

        Raises:
            BlockingIOError: nothing is there yet.
            ConnectionError: the store broke off.
        """
        # The cipher wants a block's room behind what it writes.
        scratch = _scratch.view[: len(buffer) - _BLOCK_BYTES + 1]
        size = self._tap.read_into(scratch)
        return self._cipher.update_into(scratch[:size], buffer)

    def rest(self) -> None:
        """See `message.Tap.rest`."""
        self._tap.rest()

    def close(self) -> None:
        """See `message.Tap.close`."""
        self._tap.close()
