"""A long body from the store's socket to the client's, a bufferful at a time.

Between two transports each piece would be an object, two queues and a turn of
a coroutine, at the cost of what the kernel takes for it. Here it is a read and
a write, of one buffer that stays in the processor's cache. To move the bytes
within the kernel, by splice(2), was measured to take more: what came through a
Unix socket is copied there too, page by page, and by then is in no cache.

Nothing is read before what was read has been taken: so the client's slowness
fills the store's socket, and holds one bufferful here.
"""

import asyncio
import os
import threading
from collections.abc import Callable

from securecart.serve.gateway.message import Tap

RELAYED_BYTES = 256 * 1024
"""Left of a body, for this to be worth its beginning: some 40 µs."""
_BUFFER_BYTES = 256 * 1024
"""More than fits into a Unix socket at once (208 KiB), and less than a
processor's own cache."""


class ClientGone(Exception):
    """The client closed the connection between or within requests."""


class _Buffer(threading.local):
    """One for each event loop: what is read is gone before the next is read."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_BUFFER_BYTES))


_buffer = _Buffer()


class Relay:
    """Moves what a tap has to a socket; `moved` is told of each step's bytes."""

    def __init__(self, tap: Tap, sink: int, moved: Callable[[int], None]) -> None:
        self._tap = tap
        self._moved = moved
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._view = _buffer.view
        self._unsent = memoryview(b"")
        self._sink = sink

    async def run(self, first: bytes) -> None:
        """Send `first`, then all of the tap.

        Raises:
            ClientGone: the client closed the connection.
            ConnectionError, TimeoutError: the store broke off, or hangs.
        """
        tap = self._tap
        tap.failed = self.fail
        self._unsent = memoryview(first + tap.ahead)
        try:
            # Its own, for a loop lets nobody else wait for that of a transport.
            self._sink = os.dup(self._sink)
            try:
                self._loop.add_writer(self._sink, self._push)
                await self._done
            finally:
                self._loop.remove_writer(self._sink)
                self._loop.remove_reader(tap.descriptor)
                os.close(self._sink)
        finally:
            tap.close()

    def fail(self, error: Exception) -> None:
        """Break off; what has not been sent is dropped."""
        if not self._done.done():
            self._done.set_exception(error)

    def _pull(self) -> None:
        """Move what the store has sent."""
        try:
            size = self._tap.read_into(self._view)
        except BlockingIOError:
            return
        except OSError as error:
            self.fail(error)
            return
        sent = self._send(self._view[:size])
        if sent == size:
            self._end_if_whole()
        elif not self._done.done():
            # The buffer is for others meanwhile.
            self._unsent = memoryview(bytes(self._view[sent:size]))
            self._loop.remove_reader(self._tap.descriptor)
            self._tap.rest()
            self._loop.add_writer(self._sink, self._push)

    def _push(self) -> None:
        """Go on with what the client had no room for."""
        self._unsent = self._unsent[self._send(self._unsent) :]
        if self._unsent or self._done.done():
            return
        self._loop.remove_writer(self._sink)
        if not self._end_if_whole():
            self._loop.add_reader(self._tap.descriptor, self._pull)

    def _send(self, data: memoryview) -> int:
        try:
            sent = os.write(self._sink, data)
        except BlockingIOError:
            return 0
        except OSError:
            self.fail(ClientGone())
            return 0
        self._moved(sent)
        return sent

    def _end_if_whole(self) -> bool:
        if self._tap.left:
            return False
        if not self._done.done():
            self._done.set_result(None)
        return True
