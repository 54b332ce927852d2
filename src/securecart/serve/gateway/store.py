"""The store behind the gateway: reached by the port `Upstream`, signed for.

Every request to it is built here from parts that were understood. Nothing a
client sent is passed on because it was sent.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

from securecart.names.clock import Clock
from securecart.names.credentials import Credentials
from securecart.serve.gateway.health import StoreHealth
from securecart.serve.gateway.store_errors import store_error
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4 import Signer

Headers = Sequence[tuple[str, str]]
Query = Mapping[str, str]

_UNSIGNED = "UNSIGNED-PAYLOAD"
_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_HOST = ("host", "store")
_ONLY_HOST = (_HOST,)
_WHOLE_BYTES = 8 * 1024 * 1024
"""An answer that is read whole: 1,000 versions with keys of 1,024 bytes,
percent-encoded, take under 4 MB."""
_ERROR = 400


class Exchange(Protocol):
    """One request to the store, and its answer; whoever opened it closes it."""

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


class Store:
    """Signs for the store and speaks of buckets, keys and parameters."""

    def __init__(
        self,
        upstream: Upstream,
        credentials: Credentials,
        *,
        region: str,
        clock: Clock,
    ) -> None:
        self._upstream = upstream
        self._signer = Signer(credentials, region=region, service="s3")
        self._clock = clock
        self.health = StoreHealth(self._list_buckets, upstream)

    def open(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes = b"",
        *,
        length: int | None = None,
        trailer: bool = False,
    ) -> Awaitable[Exchange]:
        """Begin a request; with `trailer` the body follows as aws-chunked.

        The payload stays unsigned: between the gateway and a socket that
        only it can open, a hash of 64 MB would guard nothing.

        Raises:
            BlockingIOError: every connection to the store is taken.
            ConnectionError, TimeoutError: it is not there.
        """
        if not self.health.up:
            raise ConnectionError("it has not answered for a while")
        return self._open(method, target, headers, body, length, trailer=trailer)

    def _open(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        length: int | None,
        *,
        trailer: bool,
    ) -> Awaitable[Exchange]:
        signed = self._signer.sign(
            method,
            target,
            (_HOST, *headers) if headers else _ONLY_HOST,
            now=self._clock(),
            payload_hash=_UNSIGNED_TRAILER if trailer else _UNSIGNED,
        )
        request = HttpRequest(method, target, signed, body)
        return self._upstream.open(request, length=length, chunked=trailer)

    async def call(
        self, method: str, target: str, headers: Headers = (), body: bytes = b""
    ) -> HttpResponse:
        """Make a request and answer the whole response, if it succeeded.

        Raises:
            ServiceError: what the store refused, in S3's words.
            ConnectionError, TimeoutError: it is not there, or hangs.
        """
        exchange = await self.open(method, target, headers, body)
        try:
            head = await succeeded(exchange)
            whole = await read_whole(exchange)
        finally:
            exchange.close()
        return HttpResponse(head.status, head.headers, whole)

    async def _list_buckets(self) -> None:
        """Ask whether it answers, whatever was last found."""
        exchange = await self._open("GET", "/", (), b"", None, trailer=False)
        try:
            await succeeded(exchange)
            await read_whole(exchange)
        finally:
            exchange.close()

    async def head(self, target: str, headers: Headers = ()) -> HttpResponse:
        """Ask for an object's headers; answer them whatever the status.

        Raises:
            ConnectionError, TimeoutError: it is not there, or hangs.
        """
        exchange = await self.open("HEAD", target, headers)
        try:
            return await exchange.head()
        finally:
            exchange.close()


async def succeeded(exchange: Exchange) -> HttpResponse:
    """Answer the head of a response that is no error.

    Raises:
        ServiceError: what the store refused, in S3's words.
        ConnectionError, TimeoutError: it is not there, or hangs.
    """
    head = await exchange.head()
    if head.status >= _ERROR:
        raise store_error(head.status, await read_whole(exchange))
    return head


async def read_whole(exchange: Exchange) -> bytes:
    """Read the rest of an answer.

    Raises:
        ConnectionError, TimeoutError: it broke off, or is too large.
    """
    pieces: list[bytes] = []
    size = 0
    while piece := await exchange.read():
        pieces.append(piece)
        size += len(piece)
        if size > _WHOLE_BYTES:
            raise ConnectionError("the store's answer is too large")
    return b"".join(pieces)


def target_of(bucket: str, key: str | None = None, query: Query | None = None) -> str:
    """Answer the request target for a bucket or a key, canonically encoded."""
    path = f"/{bucket}"
    if key is not None:
        path += "/" + "/".join(percent_encode(part) for part in key.split("/"))
    if not query:
        return path
    return (
        path
        + "?"
        + "&".join(
            f"{name}={percent_encode(value)}" if value else name
            for name, value in query.items()
        )
    )
