"""An event loop without a socket, and a gRPC server at the end of no wire."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived
from h2.settings import SettingCodes, Settings

from securecart.adapters.direct_store.filer_connection import FilerConnection
from securecart.adapters.direct_store.protobuf import number, octets

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
