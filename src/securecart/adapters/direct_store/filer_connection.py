"""One connection to the filer: gRPC, as much of it as writing entries needs.

All entries that a worker writes go over one stream of the filer's
`StreamMutateEntry`, so that each is a frame there and a frame back. What is at
hand in one turn of the loop leaves in one write.

Source: RFC 9113; gRPC, "PROTOCOL-HTTP2.md".
"""

import asyncio
import ssl
from collections import deque
from typing import Any, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import H2Error

from securecart.adapters.direct_store.messages import (
    ASSIGN_VOLUME,
    STREAM_MUTATE_ENTRY,
    mutated,
)
from securecart.adapters.direct_store.protobuf import Malformed

_PREFIX_BYTES = 5
_MOST_BYTES = 1024 * 1024
"""Of one message: an entry with all of its metadata takes a few kB."""
_CONNECT_SECONDS = 3.0
_SERVER_NAME = "localhost"

Message = bytes


class FilerConnection(asyncio.Protocol):
    """Made by `connect`; of no use once it is `lost`."""

    def __init__(self) -> None:
        self._http = H2Connection(H2Configuration(header_encoding=None))
        self._unsent: deque[tuple[int, bytes, bool]] = deque()
        self._received: dict[int, bytearray] = {}
        self._calls: dict[int, asyncio.Future[Message]] = {}
        self._mutations: dict[int, asyncio.Future[str | None]] = {}
        self._flushing = False
        self.lost = False

    @property
    def pending(self) -> int:
        """How many answers are waited for."""
        return len(self._calls) + len(self._mutations)

    async def assign(self, request: Message) -> Message:
        """Call AssignVolume.

        Raises:
            ConnectionError: the filer is gone, or has refused.
        """
        stream = self._begin(ASSIGN_VOLUME)
        answer: asyncio.Future[Message] = self._loop.create_future()
        self._calls[stream] = answer
        try:
            self._send(stream, request, last=True)
            return await answer
        finally:
            self._calls.pop(stream, None)
            self._received.pop(stream, None)

    async def mutate(self, request_id: int, request: Message) -> str | None:
        """Have an entry written; answer why it was not, if it was refused.

        Raises:
            ConnectionError: the filer is gone, and may or may not have done it.
        """
        answer: asyncio.Future[str | None] = self._loop.create_future()
        self._mutations[request_id] = answer
        try:
            self._send(self._stream, request, last=False)
            return await answer
        finally:
            self._mutations.pop(request_id, None)

    def drop(self) -> None:
        """Close at once; whoever waits is told."""
        self._fail("it was given up")

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with the stream of mutations."""
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()
        self._http.initiate_connection()
        self._stream = self._begin(STREAM_MUTATE_ENTRY)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Read frames."""
        try:
            for event in self._http.receive_data(data):
                self._happened(event)
            self._flush()
        except (H2Error, Malformed) as error:
            self._fail(f"it sent no gRPC: {error!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._fail(f"it broke off: {exc}")

    # Streams

    def _begin(self, path: str) -> int:
        if self.lost:
            raise ConnectionError("the filer is gone")
        headers = [
            (b":method", b"POST"),
            (b":scheme", b"https"),
            (b":authority", _SERVER_NAME.encode()),
            (b":path", path.encode()),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
        ]
        try:
            stream = self._http.get_next_available_stream_id()
            self._http.send_headers(stream, headers)
        except H2Error as error:
            raise ConnectionError(f"the filer takes no more calls: {error}") from error
        self._received[stream] = bytearray()
        return stream

    def _send(self, stream: int, message: Message, *, last: bool) -> None:
        if self.lost:
            raise ConnectionError("the filer is gone")
        framed = b"\0" + len(message).to_bytes(4, "big") + message
        self._unsent.append((stream, framed, last))
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Send what there is a window for; the rest when it opens."""
        self._flushing = False
        if self.lost:
            return
        while self._unsent:
            stream, framed, last = self._unsent[0]
            room = min(
                self._http.local_flow_control_window(stream),
                self._http.max_outbound_frame_size,
            )
            if room <= 0:
                break
            self._unsent.popleft()
            if len(framed) > room:
                # A name with its headers may be longer than a frame may be.
                self._unsent.appendleft((stream, framed[room:], last))
                framed, last = framed[:room], False
            self._http.send_data(stream, framed, end_stream=last)
        if data := self._http.data_to_send():
            self._transport.write(data)

    def _happened(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            stream = event.stream_id
            if event.flow_controlled_length:
                self._http.acknowledge_received_data(
                    event.flow_controlled_length, stream
                )
            if stream in self._received:
                self._received[stream] += event.data
                self._read(stream)
        elif isinstance(event, StreamEnded | StreamReset):
            if event.stream_id == self._stream:
                self._fail("it ended the stream of entries")
            elif event.stream_id in self._calls:
                self._settle(event.stream_id)
        elif isinstance(event, ConnectionTerminated):
            self._fail("it closes the connection")

    def _settle(self, stream: int) -> None:
        """A call has ended: without a message it was refused."""
        answer = self._calls[stream]
        if not answer.done():
            answer.set_exception(ConnectionError("the filer refused a call"))

    def _read(self, stream: int) -> None:
        received = self._received[stream]
        while len(received) >= _PREFIX_BYTES:
            size = int.from_bytes(received[1:_PREFIX_BYTES], "big")
            if received[0] or size > _MOST_BYTES:
                raise Malformed("a message is compressed, or too long")
            end = _PREFIX_BYTES + size
            if len(received) < end:
                return
            message = bytes(received[_PREFIX_BYTES:end])
            del received[:end]
            self._answered(stream, message)

    def _answered(self, stream: int, message: Message) -> None:
        if stream != self._stream:
            answer = self._calls.get(stream)
            if answer is not None and not answer.done():
                answer.set_result(message)
            return
        request_id, refused = mutated(message)
        waiting = self._mutations.get(request_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(refused)

    def _fail(self, why: str) -> None:
        if self.lost:
            return
        self.lost = True
        self._transport.abort()
        waiting: list[asyncio.Future[Any]] = [
            *self._calls.values(),
            *self._mutations.values(),
        ]
        for answer in waiting:
            if not answer.done():
                answer.set_exception(ConnectionError(f"the filer is gone: {why}"))


async def connect(port: int, context: ssl.SSLContext) -> FilerConnection:
    """Connect to the filer's gRPC port on loopback; `context` trusts it alone.

    Raises:
        ConnectionError: it is not there, or is another.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, made = await loop.create_connection(
                FilerConnection,
                "127.0.0.1",
                port,
                ssl=context,
                server_hostname=_SERVER_NAME,
            )
    except (OSError, TimeoutError) as error:
        raise ConnectionError(f"the filer does not answer: {error}") from error
    return made
