"""The rest of an answer's body, read from the connection's socket itself."""

import os
from collections.abc import Callable
from typing import Protocol


class Tapped(Protocol):
    """The exchange whose body it is."""

    def drawn(self, size: int) -> None:
        """Note that so many bytes of the body were read."""
        ...

    def resting(self) -> None:
        """Note that nobody reads for now: the store's time stands still."""
        ...

    def untapped(self, *, clean: bool) -> None:
        """End the tapping; `clean` says that nothing is behind the body."""
        ...


class Tap:
    """See the gateway's `message.Tap`. Made by `Exchange.tap`.

    The descriptor is one of its own, for an event loop lets nobody else wait
    for that of a transport.
    """

    def __init__(
        self, exchange: Tapped, descriptor: int, ahead: bytes, left: int
    ) -> None:
        self._exchange = exchange
        self.descriptor = os.dup(descriptor)
        self.ahead = ahead
        self.left = left
        self.failed: Callable[[Exception], None] | None = None

    def read_into(self, buffer: memoryview) -> int:
        """See `message.Tap.read_into`."""
        if self.left < len(buffer):
            buffer = buffer[: self.left]
        size = os.readv(self.descriptor, (buffer,))
        if not size:
            raise ConnectionError("the store broke off: it ended amid a body")
        self.left -= size
        self._exchange.drawn(size)
        return size

    def rest(self) -> None:
        """See `message.Tap.rest`."""
        self._exchange.resting()

    def close(self) -> None:
        """See `message.Tap.close`."""
        if self.descriptor < 0:
            return
        descriptor, self.descriptor = self.descriptor, -1
        try:
            # What follows a body must be found now: its reader knows no more.
            clean = not self.left and _is_empty(descriptor)
        finally:
            os.close(descriptor)
        self._exchange.untapped(clean=clean)


def _is_empty(descriptor: int) -> bool:
    try:
        os.read(descriptor, 1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
