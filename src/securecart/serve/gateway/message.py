"""What a connection hands to the application, and what it gets back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from securecart.names.errors import ServiceError
from securecart.wire.http import HttpRequest


class Body(Protocol):
    """A request's body, as it arrives.

    Nothing is asked of the client (`100 Continue`) before the first read.
    """

    @property
    def length(self) -> int | None:
        """Its size in bytes; None where only the last chunk will tell."""
        ...

    async def read(self) -> bytes:
        """Answer the next piece, empty at the end.

        Raises:
            BadRequest: the chunks are malformed.
            IncompleteBody: the client went away.
            RequestTimeout: it sends nothing any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request whose body has not been read."""

    request: HttpRequest
    body: Body


class Stream(Protocol):
    """A body that is still on its way from the store."""

    async def read(self) -> bytes:
        """Answer the next piece, empty at the end.

        Raises:
            ConnectionError: the store broke off.
        """
        ...

    def close(self) -> None:
        """Give the connection back, or drop it if the body was not read out."""
        ...


class Tap(Protocol):
    """What is left of a body, to be read from a socket by whoever moves it on.

    `ahead` was read already and comes first; `left` bytes follow it. `failed`
    is set by who reads, and called with what happened to the socket.
    """

    descriptor: int
    ahead: bytes
    left: int
    failed: Callable[[Exception], None] | None

    def read_into(self, buffer: memoryview) -> int:
        """Read what is there of the body; answer how many bytes.

        Raises:
            BlockingIOError: nothing is there yet.
            ConnectionError: the store broke off.
        """
        ...

    def rest(self) -> None:
        """Say that nothing is read for now, through no fault of the store's."""
        ...

    def close(self) -> None:
        """End the reading; the stream is closed apart from it."""
        ...


@runtime_checkable
class TappedStream(Protocol):
    """A stream that can do without its pieces being looked at."""

    def tap(self) -> Tap | None:
        """Answer what is left of it, None where it has to be read in pieces."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: a whole body, or a stream of `length` bytes.

    A `length` of None stands for a stream whose end will tell. For HEAD,
    `length` is what GET would have sent, and `body` is empty.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Stream = b""
    length: int | None = None
    close: bool = False


class Application(Protocol):
    """Turns requests into answers; the one exit point lies behind it."""

    async def answer(self, incoming: Incoming) -> Answer:
        """Answer a request. Raises nothing that concerns the request."""
        ...

    def refuse(self, error: ServiceError) -> Answer:
        """Answer bytes that are no request."""
        ...
