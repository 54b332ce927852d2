"""What is sent to bring a server down or past a proxy, over real sockets.

`HEADS` go to the whole gateway; `BODIES` and what takes time to a listener
with the same connections, small limits, and applications of a few lines.
"""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop

from securecart.names.errors import ServiceError
from securecart.serve.gateway.connection import Connection
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Answer, Incoming
from securecart.serve.gateway.meter import Meter
from securecart.wire.s3_error import s3_error

pytestmark = pytest.mark.slow

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
HOST = b"Host: a\r\n"
PUT = b"PUT /docs/k HTTP/1.1\r\nHost: a\r\n"
LENGTH = b"Content-Length: 5\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@dataclass(frozen=True)
class Attack:
    """Bytes, and the answers to them: `status code` each, in order.

    What follows an attack on the connection is a good request. It is answered
    only where `goes_on`: everywhere else the attack must be the last that is
    read.
    """

    sent: bytes
    answers: tuple[str, ...] = ("400 BadRequest",)
    goes_on: bool = False


HEADS = {
    "two lengths": Attack(PUT + LENGTH + b"Content-Length: 0\r\n\r\n"),
    "one length twice": Attack(PUT + LENGTH + LENGTH + b"\r\n"),
    "a list of lengths": Attack(PUT + b"Content-Length: 5, 5\r\n\r\n"),
    "a signed length": Attack(PUT + b"Content-Length: +5\r\n\r\n"),
    "a negative length": Attack(PUT + b"Content-Length: -1\r\n\r\n"),
    "a hexadecimal length": Attack(PUT + b"Content-Length: 0x5\r\n\r\n"),
    "a length that overflows": Attack(
        PUT + b"Content-Length: 18446744073709551617\r\n\r\n"
    ),
    "an empty length": Attack(PUT + b"Content-Length:\r\n\r\n"),
    "length, then coding": Attack(PUT + LENGTH + CHUNKED + b"\r\n0\r\n\r\n"),
    "coding, then length": Attack(PUT + CHUNKED + LENGTH + b"\r\n0\r\n\r\n"),
    "two codings": Attack(PUT + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n"),
    "a list of codings": Attack(
        PUT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        ("501 NotImplemented",),
    ),
    "chunked twice": Attack(
        PUT + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
    ),
    "chunked, then identity": Attack(
        PUT + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
    ),
    "chunked misspelt": Attack(PUT + b"Transfer-Encoding: xchunked\r\n\r\n"),
    "chunked with a parameter": Attack(
        PUT + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"
    ),
    "chunked behind a vertical tab": Attack(
        PUT + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"
    ),
    "coding with a space before the colon": Attack(
        PUT + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"
    ),
    "coding with an underscore, and a length": Attack(
        PUT + b"Transfer_Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
        ("403 AccessDenied",),
        goes_on=True,
    ),
    "chunked in HTTP/1.0": Attack(
        PUT.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n"
    ),
    "bare line feeds": Attack(b"GET / HTTP/1.1\nHost: a\n\n"),
    "one bare line feed": Attack(b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    "a bare carriage return": Attack(b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
    "a folded line": Attack(b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
    "a folded first line": Attack(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    "a zero byte in a value": Attack(b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"),
    "a zero byte in a name": Attack(b"GET / HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n"),
    "a zero byte in the target": Attack(b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a name without a colon": Attack(b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
    "an empty name": Attack(b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
    "no host": Attack(b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": Attack(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    "an absolute target": Attack(b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    "an authority for a target": Attack(
        b"CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"
    ),
    "an authority for another method": Attack(
        b"GET b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"
    ),
    "an asterisk for a target": Attack(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a fragment": Attack(b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a space in the target": Attack(b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a target that is no ASCII": Attack(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"),
    "HTTP/0.9": Attack(b"GET /\r\n\r\n"),
    "HTTP/1.0": Attack(b"GET /docs/k HTTP/1.0\r\n\r\n", ("403 AccessDenied",)),
    "HTTP/1.0 that wants to stay": Attack(
        b"GET /docs/k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ("403 AccessDenied",)
    ),
    "HTTP/1.2": Attack(b"GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    "HTTP/2": Attack(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
    "TLS": Attack(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "an upgrade to HTTP/2": Attack(
        b"GET /docs/k HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        ("403 AccessDenied",),
        goes_on=True,
    ),
    "an upgrade to a web socket": Attack(
        b"GET /docs/k HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Key: AA==\r\n\r\n",
        ("403 AccessDenied",),
        goes_on=True,
    ),
    "an unknown method": Attack(b"BREW /docs/k HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a method in lower case": Attack(b"get /docs/k HTTP/1.1\r\nHost: a\r\n\r\n"),
    "another expectation": Attack(PUT + LENGTH + b"Expect: 200-ok\r\n\r\n"),
    "two expectations": Attack(
        PUT + LENGTH + b"Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"
    ),
    "a header that is too large": Attack(
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 33_000 + b"\r\n\r\n",
        ("400 RequestHeaderSectionTooLarge",),
    ),
    "too many headers": Attack(
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 120 + b"\r\n",
        ("400 RequestHeaderSectionTooLarge",),
    ),
    "a target that is too long": Attack(
        b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        ("400 RequestHeaderSectionTooLarge",),
    ),
    "a head without end": Attack(
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 10_000,
        ("400 RequestHeaderSectionTooLarge",),
    ),
    "a refused body that looks like a request": Attack(
        PUT + b"Content-Length: %d\r\n\r\n" % len(GET) + GET,
        ("403 AccessDenied",),
        goes_on=True,
    ),
    "a refused body that is too large to skip": Attack(
        PUT + b"Content-Length: 900000000\r\n\r\n", ("403 AccessDenied",)
    ),
    "a refused body in chunks": Attack(
        PUT + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n\r\n", ("403 AccessDenied",)
    ),
    "a refused body that was not asked for": Attack(
        PUT + LENGTH + b"Expect: 100-continue\r\n\r\n", ("403 AccessDenied",)
    ),
    "requests in a row": Attack(
        b"GET /docs/k HTTP/1.1\r\nHost: a\r\n\r\n" * 50,
        ("403 AccessDenied",) * 50,
        goes_on=True,
    ),
    "an empty line first": Attack(b"\r\n", (), goes_on=True),
}


def told(answer: bytes) -> list[str]:
    """The answers on a connection: statuses, with the codes of errors."""
    pattern = rb"HTTP/1\.1 (\d+) [^\r]*\r\n(?:(?!HTTP/1\.1).)*?(?=HTTP/1\.1|\Z)"
    found = []
    for match in re.finditer(pattern, answer, re.DOTALL):
        code = re.search(rb"<Code>(\w+)</Code>", match[0])
        found.append((match[1] + (b" " + code[1] if code else b"")).decode())
    return found


@pytest.mark.parametrize("attack", HEADS.values(), ids=HEADS.keys())
@pytest.mark.parametrize("step", [None, 7], ids=["at once", "in pieces"])
def test_a_hostile_head_is_answered_once(
    landscape: Any, attack: Attack, step: int | None
) -> None:
    """In S3's words; and the connection goes on only where it is sound."""
    follow = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    sent = attack.sent + follow
    with socket.create_connection(("127.0.0.1", landscape.port), 5) as peer:
        if step is None or len(sent) > 5000:
            peer.sendall(sent)
        else:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(ConnectionError):
                for start in range(0, len(sent), step):
                    peer.sendall(sent[start : start + step])
        answer = read_all(peer)
    assert told(answer) == [*attack.answers, *(["200"] if attack.goes_on else [])]
    assert answer.count(b"connection: close") == 1
    for inner in (b"Traceback", b"httptools", b"/src/", b"100 Continue"):
        assert inner not in answer


def read_all(peer: socket.socket) -> bytes:
    """Read until the other end closes, or resets."""
    answer = b""
    with suppress(ConnectionError):
        while piece := peer.recv(65536):
            answer += piece
    return answer


def test_a_denied_upload_of_5_gb_costs_no_bytes(landscape: Any, bucket: str) -> None:
    """None that waits to be asked; none to the store of what comes anyway."""
    head = (
        f"PUT /{bucket}/x HTTP/1.1\r\nHost: a\r\nContent-Length: {5 * 1024**3}\r\n"
    ).encode()
    waiting = head + b"Expect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", landscape.port), 5) as peer:
        peer.sendall(waiting)
        answer = read_all(peer)
    assert told(answer) == ["403 AccessDenied"]
    with socket.create_connection(("127.0.0.1", landscape.port), 5) as peer:
        peer.sendall(head + b"\r\n")
        pushed = 0
        with suppress(ConnectionError, TimeoutError):
            while pushed < 200_000_000:
                pushed += peer.send(b"x" * 65536)
    # What is read past, and what the kernel holds at both ends of a socket.
    assert pushed < Limits().linger_bytes + 32 * 1024 * 1024


# With small limits, and applications of a few lines


def small(**limits: Any) -> Limits:
    """Limits that tests can wait for."""
    values = {
        "head_seconds": 0.5,
        "idle_seconds": 0.5,
        "stall_seconds": 0.5,
        "linger_seconds": 0.3,
        "body_rate": 1000,
    }
    return Limits(**(values | limits))


@dataclass
class Listener:
    """A listening socket whose connections are the gateway's own."""

    port: int
    taken: list[bytes] = field(default_factory=list)
    """The bodies that were read to their end."""
    failed: list[str] = field(default_factory=list)
    """How those that were not ended."""

    async def answer(self, incoming: Incoming) -> Answer:
        """Read the body if it is a PUT, send a large one if it is a GET of /large."""
        if incoming.request.target == "/large":
            return Answer(200, body=_Endless(), length=10**12)
        if incoming.request.method != "PUT":
            return Answer(200)
        pieces = []
        try:
            while piece := await incoming.body.read():
                pieces.append(piece)
        except ServiceError as error:
            self.failed.append(error.code)
            return self.refuse(error)
        self.taken.append(b"".join(pieces))
        return Answer(200)

    def refuse(self, error: ServiceError) -> Answer:
        """Answer in S3's words."""
        response = s3_error(error, resource="/", request_id="1", host_id="2")
        return Answer(response.status, response.headers, response.body, close=True)

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def exchange(self, sent: bytes) -> bytes:
        """Send bytes and read until the other end closes."""
        with self.connect() as peer:
            peer.sendall(sent)
            return read_all(peer)


class _Endless:
    """A body that goes on as long as somebody reads it."""

    async def read(self) -> bytes:
        return b"x" * 65536

    def close(self) -> None:
        pass


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Start listeners; they end with the test."""
    with ExitStack() as stack:

        def listen(**limits: Any) -> Listener:
            listening = socket.create_server(("127.0.0.1", 0))
            made = Listener(listening.getsockname()[1])
            stack.enter_context(_Serving(made, listening, small(**limits)))
            return made

        yield listen


class _Serving:
    """Connections on a socket, in a thread with a loop of its own."""

    def __init__(
        self, application: Listener, listening: socket.socket, limits: Limits
    ) -> None:
        self._application = application
        self._listening = listening
        self._limits = limits
        self._connections: set[Connection] = set()
        self._over = threading.Event()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        meter = Meter.alone()
        server = await loop.create_server(
            lambda: Connection(
                self._application, self._limits, self._connections, lambda: "", meter
            ),
            sock=self._listening,
        )
        while not self._over.is_set():
            await asyncio.sleep(0.02)
            for connection in tuple(self._connections):
                connection.sweep(loop.time())
        server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0.02)

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()))
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)


BODIES = {
    "a size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "a size with a prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size with an underscore": b"1_0\r\nhello\r\n0\r\n\r\n",
    "a size behind a space": b" 5\r\nhello\r\n0\r\n\r\n",
    "a size that overflows 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a size that overflows 32 bits": b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "a size in other digits": "\u0665\r\nhello\r\n0\r\n\r\n".encode(),
    "a bare line feed behind the size": b"5\nhello\r\n0\r\n\r\n",
    "a bare line feed behind the chunk": b"5\r\nhello\n0\r\n\r\n",
    "a bare carriage return behind the size": b"5\rhello\r\n0\r\n\r\n",
    "a chunk that is longer than its size": b"5\r\nhello!\r\n0\r\n\r\n",
    "a chunk that is shorter than its size": b"6\r\nhello\r\n0\r\n\r\n",
    "an extension with a line feed": b"5;a=\nb\r\nhello\r\n0\r\n\r\n",
    "an extension with a zero byte": b"5;a=\0\r\nhello\r\n0\r\n\r\n",
    "an endless extension": b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n",
    "an endless size": b"0" * 5000 + b"5\r\nhello\r\n0\r\n\r\n",
    "a trailer without a colon": b"0\r\nx\r\n\r\n",
    "a folded trailer": b"0\r\nx: a\r\n b\r\n\r\n",
    "an endless trailer": b"0\r\n" + b"x: a\r\n" * 5000 + b"\r\n",
    "a trailer with a bare line feed": b"0\r\nx: a\n\r\n\r\n",
    "a trailer with a space before its colon": b"0\r\nx : a\r\n\r\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_hostile_chunk_is_no_body(
    listen: Callable[..., Listener], body: bytes
) -> None:
    """And what follows it no request."""
    listener = listen()
    answer = listener.exchange(PUT + CHUNKED + b"\r\n" + body + GET)
    assert told(answer) == ["400 BadRequest"]
    assert b"connection: close" in answer
    assert listener.taken == []


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhello\r\n0\r\n\r\n",
        b"005\r\nhello\r\n000\r\n\r\n",
        b"5;a=b;c\r\nhello\r\n0;d\r\n\r\n",
        b"5\r\nhello\r\n0\r\nContent-Length: 999\r\n\r\n",
        b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\nHost: b\r\n\r\n",
        b"5\r\nhello\r\n0\r\nAuthorization: x\r\nX-Amz-Acl: public-read\r\n\r\n",
    ],
    ids=["plain", "zeros", "extensions", "length", "coding", "headers"],
)
def test_extensions_and_trailers_say_nothing(
    listen: Callable[..., Listener], body: bytes
) -> None:
    """Neither frames the body, nor the next, nor means anything else."""
    listener = listen()
    with listener.connect() as peer:
        peer.sendall(PUT + CHUNKED + b"\r\n" + body + GET)
        answer = read_all(peer)
    assert told(answer) == ["200", "200"]
    assert listener.taken == [b"hello"]


def test_a_slow_head_is_over_in_time(listen: Callable[..., Listener]) -> None:
    """Byte by byte wins none."""
    listener = listen(head_seconds=0.5)
    began = time.monotonic()
    with listener.connect() as peer:
        peer.settimeout(0.05)
        answer = _drip(peer, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100)
    assert told(answer) == ["400 RequestTimeout"]
    assert time.monotonic() - began < 3


def _drip(peer: socket.socket, data: bytes) -> bytes:
    """Send a byte each time that nothing comes back."""
    answer = b""
    with suppress(ConnectionError):
        for byte in data:
            peer.sendall(bytes((byte,)))
            with suppress(TimeoutError):
                piece = peer.recv(65536)
                answer += piece
                if not piece:
                    break
    return answer


@pytest.mark.parametrize("framing", [b"Content-Length: 9999\r\n", CHUNKED])
def test_a_slow_body_is_over_in_time(
    listen: Callable[..., Listener], framing: bytes
) -> None:
    """A byte now and then, always within the stall, is no body."""
    listener = listen(stall_seconds=0.5, body_rate=1000)
    began = time.monotonic()
    with listener.connect() as peer:
        peer.sendall(PUT + framing + b"\r\n")
        peer.settimeout(0.05)
        answer = _drip(peer, b"3e8\r\n" + b"x" * 100)
    assert told(answer) == ["400 RequestTimeout"]
    assert listener.failed == ["RequestTimeout"]
    assert time.monotonic() - began < 3


def test_a_fast_beginning_buys_no_slow_end(listen: Callable[..., Listener]) -> None:
    """However much came before, one stall is all that is waited."""
    listener = listen(stall_seconds=0.5, body_rate=1000)
    began = time.monotonic()
    with listener.connect() as peer:
        peer.sendall(PUT + b"Content-Length: 9999999\r\n\r\n" + b"x" * 1_000_000)
        peer.settimeout(0.05)
        answer = _drip(peer, b"x" * 100)
    assert told(answer) == ["400 RequestTimeout"]
    assert time.monotonic() - began < 3


def test_a_body_that_comes_steadily_is_taken(listen: Callable[..., Listener]) -> None:
    """Long beyond one stall, if it comes fast enough."""
    listener = listen(stall_seconds=0.4, body_rate=1000)
    with listener.connect() as peer:
        peer.sendall(PUT + b"Content-Length: 4000\r\n\r\n")
        for _ in range(10):
            time.sleep(0.1)
            peer.sendall(b"x" * 400)
        peer.shutdown(socket.SHUT_WR)
        answer = read_all(peer)
    assert told(answer) == ["200"]
    assert listener.taken == [b"x" * 4000]


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        (b"", []),
        (b"GET / HT", []),
        (GET, ["200"]),
        (PUT + LENGTH + b"\r\nhel", ["400 IncompleteBody"]),
        (PUT + CHUNKED + b"\r\n5\r\nhello\r\n", ["400 IncompleteBody"]),
        (PUT + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n", ["400 IncompleteBody"]),
    ],
    ids=["nothing", "half a head", "a request", "a body", "chunks", "no last line"],
)
def test_a_half_open_connection_gets_its_answer_and_ends(
    listen: Callable[..., Listener], sent: bytes, answers: list[str]
) -> None:
    """What is missing is never taken for whole."""
    listener = listen(idle_seconds=60, head_seconds=60, stall_seconds=60)
    began = time.monotonic()
    with listener.connect() as peer:
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        assert told(read_all(peer)) == answers
    assert time.monotonic() - began < 3
    assert listener.taken == []


def test_a_client_that_reads_nothing_is_cut_off(
    listen: Callable[..., Listener],
) -> None:
    """And what it was to be sent is not collected for it."""
    listener = listen(stall_seconds=0.5)
    with listener.connect() as peer:
        peer.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1.5)
        # What the kernel had taken comes still; then there is no more.
        got = sum(map(len, _pieces(peer)))
    assert got < 32 * 1024 * 1024


def _pieces(peer: socket.socket) -> Iterator[bytes]:
    with suppress(ConnectionError):
        while piece := peer.recv(65536):
            yield piece


@pytest.mark.parametrize("sent", [b"", GET], ids=["fresh", "used"])
def test_an_idle_connection_ends(listen: Callable[..., Listener], sent: bytes) -> None:
    """Without a word."""
    listener = listen(idle_seconds=0.5)
    began = time.monotonic()
    assert told(listener.exchange(sent)) == (["200"] if sent else [])
    assert 0.3 < time.monotonic() - began < 3


def test_a_flood_takes_no_place_of_who_works(
    listen: Callable[..., Listener],
) -> None:
    """Who says nothing makes room for who comes; who is busy stays."""
    listener = listen(connections=10, idle_seconds=60, stall_seconds=60)
    with ExitStack() as stack:
        busy = stack.enter_context(listener.connect())
        busy.sendall(PUT + LENGTH + b"\r\nhe")
        time.sleep(0.1)
        flood = [stack.enter_context(listener.connect()) for _ in range(40)]
        time.sleep(0.2)
        with listener.connect() as late:
            late.sendall(GET)
            assert told(late.recv(4096)) == ["200"]
        assert sum(_is_closed(each) for each in flood) >= 31
        busy.sendall(b"llo")
        assert told(busy.recv(4096)) == ["200"]
    assert listener.taken == [b"hello"]


def _is_closed(peer: socket.socket) -> bool:
    peer.settimeout(0.02)
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def test_connections_are_bounded(listen: Callable[..., Listener]) -> None:
    """Where all are busy, one more is closed before it is read."""
    listener = listen(connections=5, stall_seconds=60)
    with ExitStack() as stack:
        for _ in range(5):
            busy = stack.enter_context(listener.connect())
            busy.sendall(PUT + LENGTH + b"\r\nhe")
        time.sleep(0.2)
        assert listener.exchange(GET) == b""
    time.sleep(0.2)
    with listener.connect() as peer:
        peer.sendall(GET)
        assert told(peer.recv(4096)) == ["200"]


def test_pipelined_requests_wait_in_bounds(listen: Callable[..., Listener]) -> None:
    """Answered in order, one at a time; the rest stays with the client."""
    listener = listen(buffer_bytes=4096, stall_seconds=60)
    with listener.connect() as peer:
        peer.settimeout(1)
        pushed = 0
        with suppress(TimeoutError):
            while pushed < 100_000_000:
                pushed += peer.send(GET * 1000)
        # It stops taking them when nobody reads their answers.
        assert pushed < 64 * 1024 * 1024
        assert told(peer.recv(100))[:1] == ["200"]
