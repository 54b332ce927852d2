"""The store as the gateway asks for it: two ways in, and what comes of them."""

from typing import Protocol

from securecart.s3 import Versioning
from securecart.wire.http import HttpRequest, HttpResponse


class Reading(Protocol):
    """An answer of the store's, as it comes; whoever asked for it closes it."""

    async def head(self) -> HttpResponse:
        """Answer status and headers.

        Raises:
            ConnectionError, TimeoutError: the store broke off, or hangs.
        """
        ...

    async def read(self) -> bytes:
        """Answer the next piece of the body, empty at its end.

        Raises:
            ConnectionError, TimeoutError: the store broke off, or hangs.
        """
        ...

    def close(self) -> None:
        """Give the connection back, or break off what is under way.

        Breaking off before the body was sent wholly is how an upload is
        called off: the store keeps nothing of it.
        """
        ...


class Exchange(Reading, Protocol):
    """One request to the store, and its answer."""

    @property
    def answered(self) -> bool:
        """The store has answered: sending more of a body is pointless."""
        ...

    async def send(self, data: bytes) -> None:
        """Send a piece of the body.

        Raises:
            ConnectionError, TimeoutError: the store broke off, or hangs.
        """
        ...

    async def end(self) -> None:
        """Say that a body without an announced length is complete."""
        ...


class Upstream(Protocol):
    """Connections to an S3 server."""

    async def open(
        self, request: HttpRequest, *, length: int | None = None, chunked: bool = False
    ) -> Exchange:
        """Send a request.

        `length` announces a body of that size, `chunked` one of any size;
        either follows by `send`. With neither, the request's own body goes.

        Raises:
            BlockingIOError: every connection is taken, and stayed so.
            ConnectionError, TimeoutError: the store is not there.
        """
        ...

    @property
    def busy(self) -> int:
        """How many connections are in use."""
        ...

    @property
    def idle(self) -> int:
        """How many are open and at rest."""
        ...

    @property
    def waiting(self) -> int:
        """How many requests wait for one."""
        ...

    @property
    def answered(self) -> int:
        """How many answers have come whole."""
        ...

    def abandon(self) -> None:
        """Fail everything that is under way."""
        ...


class Shortcut(Protocol):
    """The plainest objects, read and written round the store's S3 endpoint.

    Requests are as they would go to it, but for the signature. None stands for
    what is not plain, or not to be had so: nothing was done, and S3 is asked.
    """

    async def read(
        self, request: HttpRequest, versioning: Versioning
    ) -> Reading | None:
        """Answer a GET or HEAD of an object as it is now.

        `versioning` is that of its bucket.
        """
        ...

    async def write(self, request: HttpRequest) -> HttpResponse | None:
        """Carry out a PUT of an object, in a bucket that has never kept versions.

        Raises:
            ConnectionError, TimeoutError: it may have been done, or not.
        """
        ...

    @property
    def answered(self) -> int:
        """How many answers have come whole."""
        ...

    def abandon(self) -> None:
        """Fail everything that is under way."""
        ...
