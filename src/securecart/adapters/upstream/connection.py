"""One connection to the store: at most one exchange at a time."""

import asyncio
from collections.abc import Callable
from typing import cast

from securecart.adapters.upstream.exchange import Exchange


class StoreConnection(asyncio.Protocol):
    """The protocol of one connected socket; belongs to its pool.

    `release` is called once for each exchange that ends, with whether the
    connection can serve another.
    """

    def __init__(
        self, release: Callable[["StoreConnection", bool], None], stall_seconds: float
    ) -> None:
        self._release = release
        self._stall_seconds = stall_seconds
        self._exchange: Exchange | None = None
        self._writable: asyncio.Future[None] | None = None
        self._write_paused = False
        self._lost = False
        self._deadline = 0.0

    @property
    def usable(self) -> bool:
        """It is open, as far as anybody knows."""
        return not self._lost and not self._transport.is_closing()

    def begin(self, method: str, data: bytes, unsent: int | None) -> Exchange:
        """Send a request's head, with its body or before it."""
        self._exchange = Exchange(self, method, unsent)
        self.touch()
        self._transport.write(data)
        return self._exchange

    def sweep(self, now: float) -> None:
        """Fail the exchange if its time is up; `now` is the loop's."""
        if self._exchange is not None and now > self._deadline:
            self._exchange.failed(TimeoutError("the store took too long"))
            self._transport.abort()

    def drop(self) -> None:
        """Close at once."""
        self._transport.abort()

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        """Hand the bytes to the exchange; without one there should be none."""
        if self._exchange is None:
            self._transport.abort()
            return
        self.touch()
        self._exchange.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the exchange under way, or leave the pool."""
        self._lost = True
        self.resume_writing()
        if self._exchange is not None:
            self._exchange.failed(ConnectionError(f"the store broke off: {exc}"))
        else:
            self._release(self, False)  # noqa: FBT003 - the callback's one argument

    def pause_writing(self) -> None:
        """Note that the store takes no more for now."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Note that it does again."""
        self._write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # What the exchange calls

    def write(self, data: bytes) -> None:
        """See `Line.write`."""
        if not self._lost:
            self._transport.write(data)

    async def flushed(self) -> None:
        """See `Line.flushed`."""
        self.touch()
        if self._write_paused and not self._lost:
            self._writable = self._loop.create_future()
            await self._writable
            self._writable = None

    def pause(self) -> None:
        """See `Line.pause`; the client's slowness is not the store's."""
        self.rest()
        self._transport.pause_reading()

    def resume(self) -> None:
        """See `Line.resume`."""
        self.touch()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def touch(self) -> None:
        """See `Line.touch`."""
        self._deadline = self._loop.time() + self._stall_seconds

    def rest(self) -> None:
        """See `Line.rest`."""
        self._deadline = float("inf")

    def descriptor(self) -> int | None:
        """See `Line.descriptor`."""
        if not self.usable:
            return None
        found = self._transport.get_extra_info("socket")
        return None if found is None else int(found.fileno())

    def finish(self, *, reusable: bool) -> None:
        """See `Line.finish`."""
        self._exchange = None
        reusable = reusable and self.usable
        if not reusable:
            self._transport.abort()
        self._release(self, reusable)
