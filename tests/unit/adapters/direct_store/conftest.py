"""An event loop without a socket, and a store at the end of no wire.

Its filer speaks gRPC where that is the subject; else filer and volume server are
what their clients are given in place of connections.
"""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived
from h2.settings import SettingCodes, Settings

from securecart.adapters.direct_store import direct_store, processes
from securecart.adapters.direct_store.filer_connection import FilerConnection
from securecart.adapters.direct_store.protobuf import fields_of, number, octets
from securecart.adapters.direct_store.sse_s3 import DataKeys
from securecart.adapters.seaweedfs.location import LOCATION_FILE, Location
from securecart.adapters.upstream import UpstreamLimits
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all: making one needs a socket pair, which tests may not."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture
def run(loop: asyncio.AbstractEventLoop) -> Run:
    """Run a coroutine to its end, and let no task go on behind it."""

    async def alone(work: Coroutine[Any, Any, Any]) -> Any:
        async with asyncio.timeout(5):
            found = await work
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return loop.run_until_complete(alone(work))

    return run


class Filer(asyncio.Transport):
    """The other end of a connection, by h2: it notes what it is asked.

    What it answers with is left to the test, for the order is what matters.
    """

    def __init__(self, **settings: int) -> None:
        super().__init__()
        self.http = H2Connection(
            H2Configuration(client_side=False, header_encoding="ascii")
        )
        self.http.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes[name]: value for name, value in settings.items()
            },
        )
        self.connection = FilerConnection()
        self.paths: dict[int, str] = {}
        self.received: dict[int, bytes] = {}
        self._acknowledged = 0
        self.aborted = False
        self.writes = 0
        self._begun = False
        self.connection.connection_made(self)

    # What the connection calls

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.aborted
        self.writes += 1
        if not self._begun:
            # It answers nothing while it is called.
            self._begun = True
            self.http.initiate_connection()
        for event in self.http.receive_data(bytes(data)):
            if isinstance(event, RequestReceived):
                headers = dict(cast("list[tuple[str, str]]", event.headers))
                self.paths[event.stream_id] = headers[":path"]
                self.received[event.stream_id] = b""
                assert headers["content-type"] == "application/grpc"
                assert headers["te"] == "trailers"
            elif isinstance(event, DataReceived):
                self.received[event.stream_id] += event.data

    def abort(self) -> None:
        self.aborted = True

    # What a test has it do

    def flush(self) -> None:
        """Send what there is."""
        if data := self.http.data_to_send():
            self.connection.data_received(data)

    def stream(self, method: str) -> int:
        """The newest stream of a method."""
        return max(
            stream for stream, path in self.paths.items() if path.endswith(method)
        )

    @property
    def entries(self) -> int:
        """The stream of entries."""
        return self.stream("/StreamMutateEntry")

    def messages(self, stream: int) -> list[bytes]:
        """What has come whole over a stream."""
        found, rest = [], self.received[stream]
        while len(rest) >= 5:
            end = 5 + int.from_bytes(rest[1:5], "big")
            if len(rest) < end:
                break
            assert rest[0] == 0
            found.append(rest[5:end])
            rest = rest[end:]
        return found

    def acknowledge(self, stream: int) -> int:
        """Open the window by what has come since; answer how much that is."""
        more = len(self.received[stream]) - self._acknowledged
        self._acknowledged += more
        self.http.acknowledge_received_data(more, stream)
        self.flush()
        return more

    def begin(self, stream: int) -> None:
        """Send an answer's head."""
        self.http.send_headers(
            stream, [(":status", "200"), ("content-type", "application/grpc")]
        )

    def send(self, stream: int, message: bytes, *, framed: bool = True) -> None:
        """Send a message."""
        prefix = b"\0" + len(message).to_bytes(4, "big") if framed else b""
        self.http.send_data(stream, prefix + message)

    def end(self, stream: int, *, begun: bool = True) -> None:
        """End an answer, with or without one."""
        status = [] if begun else [(":status", "200")]
        self.http.send_headers(stream, [*status, ("grpc-status", "0")], end_stream=True)

    def answer(self, request_id: int, error: bytes = b"") -> None:
        """Say that an entry was written, or why not."""
        told = octets(3, octets(1, error) if error else b"")
        self.send(self.entries, number(1, request_id) + told)


@pytest.fixture
def filer() -> type[Filer]:
    """The class: the connection begins when it is made, on a loop."""
    return Filer


STORE_KEY = bytes(range(32))
LOCATION = Location("/store/filer.sock", 18_888, 8_080, "/store/tls", "salt")


class Exchange:
    """An answer that is there at once."""

    def __init__(self, status: int, body: bytes, size: int | None = None) -> None:
        length = len(body) if size is None else size
        self.told = HttpResponse(status, (("content-length", str(length)),))
        self.pieces = [body] if body else []
        self.closed = 0
        self.tapped: Any = None

    async def head(self) -> HttpResponse:
        return self.told

    async def read(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def tap(self) -> Any:
        return self.tapped

    def close(self) -> None:
        self.closed += 1


class Connection:
    """The filer's connection, without a wire: it notes what is to be written."""

    def __init__(self, servers: "Servers") -> None:
        self._servers = servers
        self.lost = False

    async def assign(self, request: bytes) -> bytes:
        servers = self._servers
        await servers.answering("assign")
        servers.assigned.append(request)
        if servers.assigning is not None:
            return servers.assigning
        count = dict(fields_of(request))[1]
        assert isinstance(count, int)
        first = b"3,%x0badcafe" % (16 * len(servers.assigned))
        return octets(1, first) + number(4, min(count, servers.most_ids))

    async def mutate(self, request_id: int, request: bytes) -> str | None:
        self._servers.mutations.append((request_id, request))
        await self._servers.answering("mutate")
        return self._servers.refusal

    def drop(self) -> None:
        self.lost = True


class Servers:
    """Filer and volume server of a store, in whose directory it is written down."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.entries: dict[str, bytes] = {}
        self.chunks: dict[str, bytes] = {}
        self.asked: list[HttpRequest] = []
        self.exchanges: list[Exchange] = []
        self.assigned: list[bytes] = []
        self.assigning: bytes | None = None
        self.most_ids = 2048
        self.mutations: list[tuple[int, bytes]] = []
        self.refusal: str | None = None
        self.statuses: dict[str, int] = {}
        self.failures: dict[str, Exception] = {}
        self.hanging: set[str] = set()
        self.connections: list[Connection] = []
        self.pools: list[Any] = []
        self.now = 1_700_000_000.5
        self.data_keys = DataKeys(STORE_KEY, os.urandom)
        self.limits = UpstreamLimits()

    @property
    def done(self) -> list[str]:
        """What filer and volume server were asked, in short."""
        return [f"{each.method} {each.target}" for each in self.asked]

    def require(self, what: str) -> None:
        """Fail, where a test has it fail."""
        if what in self.failures:
            raise self.failures[what]

    async def answering(self, what: str) -> None:
        """Fail or hang, where a test has it do so."""
        self.require(what)
        if what in self.hanging:
            await asyncio.get_running_loop().create_future()

    def start(self, **changes: Any) -> Location:
        """Write down where they are, as a store does that has started."""
        location = replace(LOCATION, **changes)
        (self.directory / LOCATION_FILE).write_bytes(location.to_json())
        return location

    def store(self) -> direct_store.DirectStore:
        """A worker's."""
        return direct_store.DirectStore(
            self.directory, STORE_KEY, os.urandom, self.limits
        )

    def keep(self, path: str, *contents: bytes) -> None:
        """Have a document, in so many chunks."""
        offset, chunks = 0, []
        for content in contents:
            data_key, described = self.data_keys.new()
            file_id = f"4,{len(self.chunks) + 16:x}0badcafe"
            self.chunks[file_id] = data_key.cipher().update(content)
            chunks.append(
                {
                    "file_id": file_id,
                    "offset": offset,
                    "size": len(content),
                    "sse_type": 3,
                    "sse_metadata": b64encode(described).decode(),
                }
            )
            offset += len(content)
        extended = {
            "Seaweed-X-Amz-ETag": "5d41402abc4b2a76b9719d911017c592",
            "X-Amz-Server-Side-Encryption": "AES256",
            "x-seaweedfs-checksum-algorithm": "X-Amz-Checksum-Crc32",
            "x-seaweedfs-checksum-value": "NhCmhg==",
        }
        entry = {
            "FullPath": path,
            "Mtime": "2026-11-23T12:00:00Z",
            "Mode": 0o660,
            "Mime": "text/plain",
            "FileSize": offset,
            "chunks": chunks,
            "Extended": {
                name: b64encode(value.encode()).decode()
                for name, value in extended.items()
            },
            **dict.fromkeys(
                ("Content", "HardLinkId", "Remote", "SymlinkTarget", "TtlSec")
            ),
        }
        self.entries[f"{path}?metadata=true"] = json.dumps(entry).encode()

    def answer(self, of: str, request: HttpRequest) -> Exchange:
        """What filer or volume server says."""
        self.asked.append(request)
        self.require(f"{of} {request.method}")
        status = self.statuses.get(f"{of} {request.method}")
        found = self.entries if of == "filer" else self.chunks
        name = request.target if of == "filer" else request.target[1:]
        if request.method == "GET" and name not in found and status is None:
            status = 404
        body = found.get(name, b"") if request.method == "GET" else b""
        if request.method == "PUT" and status is None:
            self.chunks[name], status = request.body, 201
        if request.method == "DELETE":
            self.chunks.pop(name, None)
        exchange = Exchange(status or 200, body)
        self.exchanges.append(exchange)
        return exchange


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Those of a store that has been started."""
    made = Servers(tmp_path)
    made.start()

    class Pool:
        def __init__(self, address: object, limits: UpstreamLimits) -> None:
            assert limits is made.limits
            self.of = "filer" if isinstance(address, Path) else "volume"
            self.address = address
            self.answered = 0
            self.abandoned = self.closed = False
            made.pools.append(self)

        async def open(self, request: HttpRequest) -> Exchange:
            self.answered += 1
            return made.answer(self.of, request)

        def abandon(self) -> None:
            self.abandoned = True

        def close(self) -> None:
            self.closed = True

    async def connect(port: int, context: object) -> Connection:
        made.require("connect")
        assert context == str(LOCATION.certificates)
        assert port in {18_888, 28_888}
        await asyncio.sleep(0)
        made.connections.append(Connection(made))
        return made.connections[-1]

    def client_context(certificates: Path) -> str:
        made.require("certificates")
        return str(certificates)

    clock = SimpleNamespace(
        time=lambda: made.now,
        monotonic=lambda: made.now,
        time_ns=lambda: int(made.now * 1_000_000_000),
    )
    monkeypatch.setattr(processes, "StorePool", Pool)
    monkeypatch.setattr(processes, "connect", connect)
    monkeypatch.setattr(processes, "client_context", client_context)
    monkeypatch.setattr(processes, "time", clock)
    monkeypatch.setattr(direct_store, "time", clock)
    return made
