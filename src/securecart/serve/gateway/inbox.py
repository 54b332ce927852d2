"""The bytes that a client has sent and nobody has taken yet."""

import asyncio
from collections import deque


class Inbox:
    """A bounded queue between a transport and the coroutine that reads it.

    Reading from the transport pauses while more than `high` bytes wait.
    """

    def __init__(self, transport: asyncio.ReadTransport, high: int) -> None:
        self._transport = transport
        self._high = high
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._failure: Exception | None = None
        self.ended = False

    @property
    def empty(self) -> bool:
        """Nothing waits to be taken."""
        return not self._pieces

    def feed(self, data: bytes) -> None:
        """Add what the transport read."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > self._high and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def end(self) -> None:
        """Say that nothing more will come."""
        self.ended = True
        self._wake()

    def fail(self, failure: Exception) -> None:
        """Have the reader that waits, or the next one, raise."""
        self._failure = failure
        self._wake()

    async def take(self) -> bytes:
        """Answer the oldest piece, empty once the client has ended."""
        while not self._pieces:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if self.ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        piece = self._pieces.popleft()
        self._size -= len(piece)
        if self._paused and self._size <= self._high // 2:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
        return piece

    def give_back(self, data: bytes) -> None:
        """Put what belongs to the next reader in front."""
        if data:
            self._pieces.appendleft(data)
            self._size += len(data)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
