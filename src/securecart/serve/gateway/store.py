"""The store behind the gateway: reached by the port `Upstream`, signed for.

Every request to it is built here from parts that were understood. Nothing a
client sent is passed on because it was sent.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from securecart.names.clock import Clock
from securecart.names.credentials import Credentials
from securecart.s3 import Versioning
from securecart.serve.gateway.folders import written_slots
from securecart.serve.gateway.generations import EVERYTHING, Lane
from securecart.serve.gateway.health import StoreHealth
from securecart.serve.gateway.kept_answers import KeptAnswers, asked_of, may_be_kept
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.store_errors import store_error
from securecart.serve.gateway.upstream import Exchange, Reading, Shortcut, Upstream
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
_FAILURE = 500
_SAFE = frozenset({"GET", "HEAD"})


class _Heard:
    """What comes of the store by either way."""

    def __init__(self, upstream: Upstream, shortcut: Shortcut | None) -> None:
        self._ways = (upstream,) if shortcut is None else (upstream, shortcut)

    @property
    def answered(self) -> int:
        """How many answers have come whole."""
        return sum(way.answered for way in self._ways)

    def abandon(self) -> None:
        """Fail everything that is under way."""
        for way in self._ways:
            way.abandon()


class Store:
    """Signs for the store and speaks of buckets, keys and parameters.

    Every write is counted in `lane`, for all who keep what the store answers,
    in this process and in others.
    """

    def __init__(
        self,
        upstream: Upstream,
        credentials: Credentials,
        *,
        region: str,
        clock: Clock,
        lane: Lane,
        kept: KeptAnswers | None = None,
        shortcut: Shortcut | None = None,
        count: Callable[[Word], object] = lambda _: None,
    ) -> None:
        """Speak to `upstream`, and round it by `shortcut`; keep answers in `kept`."""
        self._upstream = upstream
        self._signer = Signer(credentials, region=region, service="s3")
        self._clock = clock
        self._lane = lane
        self._kept = kept
        self._shortcut = shortcut
        self._count = count
        self.health = StoreHealth(
            self._list_buckets, _Heard(upstream, shortcut), back=self._is_back
        )

    def open(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes = b"",
        *,
        length: int | None = None,
        trailer: bool = False,
        keys: Sequence[str] | None = None,
    ) -> Awaitable[Exchange]:
        """Begin a request; with `trailer` the body follows as aws-chunked.

        The payload stays unsigned: between the gateway and a socket that
        only it can open, a hash of 64 MB would guard nothing. `keys` are all
        that the body names, where the target is a bucket's.

        Raises:
            BlockingIOError: every connection to the store is taken.
            ConnectionError, TimeoutError: it is not there.
        """
        self._require_health()
        if method in _SAFE:
            return self._open(method, target, headers)
        slots = written_slots(target, keys)
        request = self._request(method, target, headers, body, trailer=trailer)
        return self._write(request, slots, length, trailer=trailer)

    async def put(
        self, target: str, headers: Headers, body: bytes, *, plain: bool
    ) -> HttpResponse:
        """Write an object whose content is at hand; answer the answer's head.

        `plain` says that its bucket has never kept versions.

        Raises:
            ServiceError: what the store refused, in S3's words.
            ConnectionError, TimeoutError: it is not there, or hangs.
        """
        self._require_health()
        if plain and self._shortcut is not None:
            request = HttpRequest("PUT", target, tuple(headers), body)
            slots = written_slots(target)
            self._lane.begin(slots)
            known = False
            try:
                written = await self._shortcut.write(request)
                known = True
            finally:
                self._lane.end(slots, known=known)
            if written is not None:
                self._count(Word.DIRECT_WRITES)
                return written
        return await acknowledged(await self.open("PUT", target, headers, body))

    async def ask(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        *,
        versioning: Versioning | None = None,
    ) -> HttpResponse | Reading:
        """Read: answer a small success whole, all else as it comes.

        What is whole may have been kept; who asks has been decided upon
        before, and what the answer's head demands is asked again each time.
        `versioning` is the bucket's, where it is of an object; None leaves it to
        the store's S3 endpoint.

        Raises:
            BlockingIOError: every connection to the store is taken.
            ConnectionError, TimeoutError: it is not there, or breaks off.
        """
        self._require_health()
        kept = self._kept
        asked = None if kept is None else asked_of(method, target, headers)
        if kept is None or asked is None:
            return await self._reading(method, target, headers, versioning)
        found = kept.find(asked)
        if found is not None:
            return found
        before = kept.before(asked)
        reading = await self._reading(method, target, headers, versioning)
        if before is None:
            return reading
        try:
            head = await reading.head()
            if not may_be_kept(asked, head):
                return reading
            body = await read_whole(reading)
        except BaseException:
            reading.close()
            raise
        reading.close()
        whole = HttpResponse(head.status, head.headers, body)
        kept.keep(asked, before, whole)
        return whole

    async def _reading(
        self,
        method: str,
        target: str,
        headers: Headers,
        versioning: Versioning | None,
    ) -> Reading:
        if versioning is not None and self._shortcut is not None:
            request = HttpRequest(method, target, tuple(headers), b"")
            found = await self._shortcut.read(request, versioning)
            if found is not None:
                self._count(Word.DIRECT_READS)
                return found
        return await self._open(method, target, headers)

    def forget(self) -> None:
        """Drop what was kept for too long."""
        if self._kept is not None:
            self._kept.forget()

    def _require_health(self) -> None:
        if not self.health.up:
            raise ConnectionError("it has not answered for a while")

    def _open(
        self, method: str, target: str, headers: Headers = ()
    ) -> Awaitable[Exchange]:
        """Begin a request that changes nothing, whatever the store's health."""
        return self._upstream.open(
            self._request(method, target, headers, b"", trailer=False)
        )

    def _request(
        self, method: str, target: str, headers: Headers, body: bytes, *, trailer: bool
    ) -> HttpRequest:
        signed = self._signer.sign(
            method,
            target,
            (_HOST, *headers) if headers else _ONLY_HOST,
            now=self._clock(),
            payload_hash=_UNSIGNED_TRAILER if trailer else _UNSIGNED,
        )
        return HttpRequest(method, target, signed, body)

    async def _write(
        self,
        request: HttpRequest,
        slots: Sequence[int],
        length: int | None,
        *,
        trailer: bool,
    ) -> Exchange:
        """Begin a request that changes something, and count it."""
        lane = self._lane
        lane.begin(slots)
        try:
            exchange = await self._upstream.open(
                request, length=length, chunked=trailer
            )
        except BlockingIOError:
            lane.end(slots, known=True)  # Nothing of it was sent.
            raise
        except BaseException:
            lane.end(slots, known=False)
            raise
        return _Write(exchange, lane, slots)

    async def call(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes = b"",
        *,
        keys: Sequence[str] | None = None,
    ) -> HttpResponse:
        """Make a request and answer the whole response, if it succeeded.

        Raises:
            ServiceError: what the store refused, in S3's words.
            ConnectionError, TimeoutError: it is not there, or hangs.
        """
        if method in _SAFE:
            answered = await self.ask(method, target, headers)
            if isinstance(answered, HttpResponse):
                return answered
            reading = answered
        else:
            reading = await self.open(method, target, headers, body, keys=keys)
        try:
            head = await succeeded(reading)
            whole = await read_whole(reading)
        finally:
            reading.close()
        return HttpResponse(head.status, head.headers, whole)

    async def _list_buckets(self) -> None:
        """Ask whether it answers, whatever was last found."""
        exchange = await self._open("GET", "/")
        try:
            await succeeded(exchange)
            await read_whole(exchange)
        finally:
            exchange.close()

    def _is_back(self) -> None:
        """What was under way when an outage began may be carried out now."""
        everything = (EVERYTHING,)
        self._lane.begin(everything)
        self._lane.end(everything, known=False)

    async def head(self, target: str, headers: Headers = ()) -> HttpResponse:
        """Ask for an object's headers; answer them whatever the status.

        Raises:
            ConnectionError, TimeoutError: it is not there, or hangs.
        """
        answered = await self.ask("HEAD", target, headers)
        if isinstance(answered, HttpResponse):
            return answered
        try:
            return await answered.head()
        finally:
            answered.close()


class _Write:
    """An exchange that changes something: counted until it is closed.

    Only an answer that came whole, and says that it was done or refused, tells
    what became of it: the store's 500 may stand for a time-out of its own.
    """

    def __init__(self, exchange: Exchange, lane: Lane, slots: Sequence[int]) -> None:
        self._exchange = exchange
        self._lane = lane
        self._slots = slots
        self._status = _FAILURE
        self._whole = False
        self._closed = False

    @property
    def answered(self) -> bool:
        """See `Exchange.answered`."""
        return self._exchange.answered

    async def send(self, data: bytes) -> None:
        """See `Exchange.send`."""
        await self._exchange.send(data)

    async def end(self) -> None:
        """See `Exchange.end`."""
        await self._exchange.end()

    async def head(self) -> HttpResponse:
        """See `Exchange.head`."""
        head = await self._exchange.head()
        self._status = head.status
        return head

    async def read(self) -> bytes:
        """See `Exchange.read`."""
        piece = await self._exchange.read()
        self._whole = self._whole or not piece
        return piece

    def close(self) -> None:
        """See `Exchange.close`."""
        if self._closed:
            return
        self._closed = True
        try:
            self._exchange.close()
        finally:
            known = self._whole and self._status < _FAILURE
            self._lane.end(self._slots, known=known)


async def acknowledged(exchange: Exchange) -> HttpResponse:
    """Answer the head of a response to a write, read to its end.

    Raises:
        ServiceError: what the store refused, in S3's words.
        ConnectionError, TimeoutError: it is not there, or hangs.
    """
    try:
        head = await succeeded(exchange)
        while await exchange.read():
            pass
    finally:
        exchange.close()
    return head


async def succeeded(reading: Reading) -> HttpResponse:
    """Answer the head of a response that is no error.

    Raises:
        ServiceError: what the store refused, in S3's words.
        ConnectionError, TimeoutError: it is not there, or hangs.
    """
    head = await reading.head()
    if head.status >= _ERROR:
        raise store_error(head.status, await read_whole(reading))
    return head


async def read_whole(reading: Reading) -> bytes:
    """Read the rest of an answer.

    Raises:
        ConnectionError, TimeoutError: it broke off, or is too large.
    """
    pieces: list[bytes] = []
    size = 0
    while piece := await reading.read():
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
