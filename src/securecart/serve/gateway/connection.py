"""One client's connection: requests in, answers out, one after the other.

| state   | the client            | too slow after  | then                  |
|---------|-----------------------|-----------------|-----------------------|
| IDLE    | has nothing to say    | `idle_seconds`  | close                 |
| HEAD    | is sending a head     | `head_seconds`  | answer 400, close     |
| DECIDE  | waits for us          | (the store's)   |                       |
| BODY    | is sending a body     | `stall_seconds` | answer 400, close     |
| REPLY   | is reading the answer | `stall_seconds` | break off             |
| LINGER  | has been told to go   | `linger_seconds`| close                 |

A body must come with `body_rate` on the whole, too, or a byte now and then
would hold a connection for days; only the time that we wait for it counts.

Time-outs are checked by the server's sweep, once a second: that costs a
request nothing, where a timer for every wait would.
"""

import asyncio
import enum
import logging
from collections.abc import Callable
from typing import cast

from securecart.names.errors import ServiceError
from securecart.serve.gateway.framing import ChunkedFraming, Framing, LengthFraming
from securecart.serve.gateway.head import (
    BARE_LINE_FEED,
    END,
    RequestHead,
    parse_head,
)
from securecart.serve.gateway.inbox import Inbox
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import (
    Answer,
    Application,
    Incoming,
    Stream,
    Tap,
    TappedStream,
)
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.refusals import (
    BadRequest,
    IncompleteBody,
    RequestHeaderSectionTooLarge,
    RequestTimeout,
)
from securecart.serve.gateway.relay import RELAYED_BYTES, ClientGone, Relay
from securecart.serve.gateway.reply import (
    BODILESS,
    CONTINUE,
    LAST_CHUNK,
    chunk,
    head_bytes,
)
from securecart.serve.gateway.scoreboard import Word
from securecart.wire.http import HttpRequest

_log = logging.getLogger(__name__)

_LOOPBACK = ("127.", "::1", "::ffff:127.")


class State(enum.Enum):
    """Where a connection stands; see the module's table."""

    IDLE = enum.auto()
    HEAD = enum.auto()
    DECIDE = enum.auto()
    BODY = enum.auto()
    REPLY = enum.auto()
    LINGER = enum.auto()


class _Body:
    """See `message.Body`. Asks for the body when it is first read."""

    def __init__(self, connection: "Connection", head: RequestHead) -> None:
        self._connection = connection
        self._framing: Framing = (
            ChunkedFraming() if head.length is None else LengthFraming(head.length)
        )
        self._pieces: list[bytes] = []
        self._patience = connection.limits.stall_seconds
        self.length = head.length
        self.asking = head.expects_continue and not self._framing.done

    @property
    def finished(self) -> bool:
        """Nothing of this body is left on the connection."""
        return self._framing.done

    async def read(self) -> bytes:
        if self._pieces:
            return self._pieces.pop(0)
        inbox = self._connection.inbox
        if self.asking:
            self.asking = False
            # RFC 9110, 10.1.1: not when the body is already on its way.
            if inbox.empty:
                self._connection.write(CONTINUE)
        while not self._framing.done:
            data = await self._take()
            if not data:
                raise IncompleteBody("The body ended before its announced length.")
            self._pieces = self._framing.feed(data)
            inbox.give_back(self._framing.rest)
            if self._pieces:
                return self._pieces.pop(0)
        return b""

    async def _take(self) -> bytes:
        """Wait as long as what has come so far is worth, and no longer."""
        connection = self._connection
        began = connection.now()
        data = await connection.take(State.BODY, self._patience)
        limits = connection.limits
        self._patience += len(data) / limits.body_rate - (connection.now() - began)
        self._patience = min(self._patience, limits.stall_seconds)
        return data


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    inbox: Inbox
    served: asyncio.Task[None]

    def __init__(
        self,
        application: Application,
        limits: Limits,
        connections: set["Connection"],
        date: Callable[[], str],
        meter: Meter,
    ) -> None:
        self._application = application
        self._meter = meter
        self.limits = limits
        self._connections = connections
        self._date = date
        self._draining = False
        self._lost = False
        self._writable: asyncio.Future[None] | None = None
        self._write_paused = False
        self._relay: Relay | None = None
        self.state = State.IDLE
        self.deadline = 0.0

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self._transport = cast("asyncio.Transport", transport)
        self._meter.add(Word.CONNECTIONS)
        self._loop = asyncio.get_running_loop()
        self.inbox = Inbox(self._transport, self.limits.buffer_bytes)
        self._socket = transport.get_extra_info("socket")
        peer = transport.get_extra_info("peername")
        self._source_ip = peer[0] if isinstance(peer, tuple) else ""
        self._secure = self._source_ip.startswith(_LOOPBACK)
        self._enter(State.IDLE)
        if len(self._connections) >= self.limits.connections and not self._make_room():
            transport.close()
            return
        self._connections.add(self)
        self.served = self._loop.create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Queue what was read."""
        self._meter.add(Word.BYTES_IN, len(data))
        self.inbox.feed(data)

    def eof_received(self) -> bool:
        """Keep our half open: the answer may still be under way."""
        self.inbox.end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Wake whoever waits, so that every request comes to its end."""
        self._lost = True
        self.inbox.end()
        self.resume_writing()
        if self._relay is not None:
            self._relay.fail(ClientGone())
        self._connections.discard(self)
        self._meter.lower(Word.CONNECTIONS)

    def pause_writing(self) -> None:
        """Note that the client reads more slowly than the store sends."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """Note that it has caught up."""
        self._write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # What the server calls

    def sweep(self, now: float) -> None:
        """Break off what has taken too long; `now` is the loop's time."""
        if now < self.deadline:
            return
        match self.state:
            case State.HEAD | State.BODY:
                self.inbox.fail(
                    RequestTimeout(
                        "Your socket connection to the server was not read from or "
                        "written to within the timeout period."
                    )
                )
            case State.IDLE:
                self._transport.close()
            case State.REPLY | State.LINGER:
                self._transport.abort()
            case State.DECIDE:
                pass

    def drain(self) -> None:
        """Close after the request under way, or at once if there is none."""
        self._draining = True
        if self.state is State.IDLE:
            self._transport.close()

    def abort(self) -> None:
        """Close now, whatever is under way."""
        self._transport.abort()

    def _make_room(self) -> bool:
        """Close whoever has been idle longest; say whether there was one."""
        idle = [each for each in self._connections if each.state is State.IDLE]
        if not idle:
            return False
        longest = min(idle, key=lambda each: each.deadline)
        longest.abort()
        self._connections.discard(longest)
        return True

    # What the body and the answer use

    def now(self) -> float:
        """Answer the time by which connections are held to their limits."""
        return self._loop.time()

    async def take(self, state: State, seconds: float | None = None) -> bytes:
        """Wait for bytes of the client's, so long or as long as the state has."""
        self._enter(state)
        if seconds is not None:
            self.deadline = self.now() + seconds
        data = await self.inbox.take()
        self.state = State.DECIDE
        return data

    def write(self, data: bytes) -> None:
        """Send, without waiting."""
        if not self._lost:
            self._meter.add(Word.BYTES_OUT, len(data))
            self._transport.write(data)

    # The life of a connection

    async def _serve(self) -> None:
        try:
            while await self._one_request():
                pass
            await self._linger()
        except ClientGone:
            pass
        except Exception:  # noqa: BLE001 - the last boundary: nobody else would hear
            _log.exception("a connection failed")
        finally:
            self._transport.close()

    async def _one_request(self) -> bool:
        """Serve one request; say whether another may follow."""
        try:
            head = parse_head(await self._read_head(), self.limits)
        except ServiceError as error:
            await self._send(self._application.refuse(error), "GET", keep=False)
            return False
        body = _Body(self, head)
        request = HttpRequest(
            method=head.method,
            target=head.target,
            headers=head.headers,
            source_ip=self._source_ip,
            secure=self._secure,
        )
        self.state = State.DECIDE
        self._meter.add(Word.UNDER_WAY)
        try:
            answer = await self._application.answer(Incoming(request, body))
            try:
                keep = head.keep_alive and not self._draining and not answer.close
                if keep and not body.finished:
                    keep = await self._skip(body)
                return await self._send(answer, head.method, keep=keep)
            finally:
                # However it ended: a connection to the store hangs on it.
                if not isinstance(answer.body, bytes):
                    answer.body.close()
        finally:
            self._meter.lower(Word.UNDER_WAY)

    async def _read_head(self) -> bytes:
        data = await self.take(State.IDLE)
        while data in {b"", b"\r\n"}:  # RFC 9112, 2.2: an empty line is forgiven.
            if not data:
                raise ClientGone
            data = await self.take(State.IDLE)
        started = self._loop.time()
        while (end := data.find(END)) < 0:
            if BARE_LINE_FEED.search(data):
                raise BadRequest("A line of the head ends in a bare LF.")
            if len(data) > self.limits.head_bytes:
                raise RequestHeaderSectionTooLarge("The request's head is too large.")
            self.state = State.HEAD
            self.deadline = started + self.limits.head_seconds
            more = await self.inbox.take()
            if not more:
                raise ClientGone
            data += more
        end += len(END)
        self.inbox.give_back(data[end:])
        return data[:end]

    async def _skip(self, body: _Body) -> bool:
        """Read past a small refused body; say whether that could be done."""
        if body.asking or body.length is None:
            return False
        if body.length > self.limits.drain_bytes:
            return False
        try:
            while await body.read():
                pass
        except ServiceError:
            return False
        return True

    async def _send(self, answer: Answer, method: str, *, keep: bool) -> bool:
        """Write the answer; say whether the connection can be used again."""
        self._enter(State.REPLY)
        stream = None if isinstance(answer.body, bytes) else answer.body
        length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
        if method == "HEAD" and answer.length is not None:
            length = answer.length
        head = head_bytes(
            answer.status, answer.headers, length, date=self._date(), keep_alive=keep
        )
        if method == "HEAD" or answer.status in BODILESS:
            self.write(head)
            if stream is not None:
                stream.close()
        elif isinstance(answer.body, bytes):
            self.write(head + answer.body)
        else:
            await self._stream(head, answer.body, length)
        if self._write_paused or self._lost:
            await self._flushed()
        return keep

    async def _stream(self, head: bytes, stream: Stream, length: int | None) -> None:
        """Send a body as it comes; a broken one is never passed off as whole."""
        try:
            piece = await stream.read()
            sent = len(piece)
            data = head + (chunk(piece) if piece and length is None else piece)
            while True:
                tap = None if length is None else self._tap(stream, length - sent)
                if tap is None:
                    self.write(data)
                else:
                    sent += await self._relayed(tap, data)
                if not piece or sent == length:
                    break
                await self._flushed()
                piece = await stream.read()
                sent += len(piece)
                data = chunk(piece) if piece and length is None else piece
            if length is None:
                self.write(LAST_CHUNK)
            elif sent != length:
                _log.warning("the store sent %d bytes, not %d", sent, length)
                self._transport.abort()
        except (ConnectionError, TimeoutError) as error:
            _log.warning("an answer broke off: %s", error)
            self._transport.abort()
            raise ClientGone from error
        finally:
            stream.close()

    def _tap(self, stream: Stream, left: int) -> Tap | None:
        """Answer what is left of a long body, where nobody has to look at it."""
        if left < RELAYED_BYTES or self._lost or not isinstance(stream, TappedStream):
            return None
        # What an earlier answer left must go before.
        if self._socket is None or self._transport.get_write_buffer_size():
            return None
        return stream.tap()

    async def _relayed(self, tap: Tap, first: bytes) -> int:
        """Send a tapped body behind `first`; answer its size."""
        size = len(tap.ahead) + tap.left
        self._relay = Relay(tap, self._socket.fileno(), self._moved)
        try:
            await self._relay.run(first)
        finally:
            self._relay = None
        return size

    def _moved(self, size: int) -> None:
        """Note that the client has taken so many bytes."""
        self._meter.add(Word.BYTES_OUT, size)
        self.deadline = self._loop.time() + self.limits.stall_seconds

    async def _flushed(self) -> None:
        """Wait until the client has read enough for more."""
        self.deadline = self._loop.time() + self.limits.stall_seconds
        if self._write_paused and not self._lost:
            self._writable = self._loop.create_future()
            await self._writable
            self._writable = None
        if self._lost:
            raise ClientGone

    async def _linger(self) -> None:
        """Let the client read the answer before its unread bytes reset it."""
        if self._lost or self.inbox.ended or not self._transport.can_write_eof():
            return
        self._enter(State.LINGER)
        self._transport.write_eof()
        left = self.limits.linger_bytes
        while left > 0 and (data := await self.inbox.take()):
            left -= len(data)

    def _enter(self, state: State) -> None:
        limits = self.limits
        seconds = limits.stall_seconds
        if state is State.IDLE:
            seconds = limits.idle_seconds
        elif state is State.LINGER:
            seconds = limits.linger_seconds
        self.state = state
        self.deadline = self._loop.time() + seconds
