"""HTTP to a host's public addresses only, and all of it within one deadline."""

import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import httpcore
import httpx

from securecart.adapters.public_address import is_public

_LOOKUPS: Final = 8
"""Host names looked up at once: the system's resolver knows no deadline, so one
that hangs is waited for in a thread, and left behind there."""
_MAX_REASON: Final = 200

Resolve = Callable[[str, int], Sequence[str]]

# httpcore has no common base for what can go wrong on the way.
_FAILURES: Final = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


class GuardedTransport(httpx.BaseTransport):
    """One connection for each request, to an address that was looked at.

    `private_hosts` are the names whose addresses may be private, each with a
    port where that alone may be asked. The address
    that was checked is the one that is connected to, so that no second answer
    of the name server can lead elsewhere; TLS still proves the name. The
    request's extension `deadline`, by `monotonic`, bounds looking up,
    connecting, TLS, headers and body together.
    """

    def __init__(
        self,
        private_hosts: Collection[str],
        *,
        context: ssl.SSLContext,
        monotonic: Callable[[], float] = time.monotonic,
        resolve: Resolve | None = None,
    ) -> None:
        self._private_hosts = frozenset(private_hosts)
        self._context = context
        self._monotonic = monotonic
        self._resolve = resolve or _addresses
        self._lookups = ThreadPoolExecutor(_LOOKUPS, "lookup")

    def close(self) -> None:
        """Let the threads go that look names up."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; read the body before the deadline, then close.

        Raises:
            httpx.TransportError: if there is no answer; the message says why.
        """
        deadline = _Deadline(request.extensions["deadline"], self._monotonic)
        connections = httpcore.ConnectionPool(
            ssl_context=self._context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_Backend(self, deadline),
        )
        try:
            with _explained():
                answer = connections.handle_request(_to_core(request))
        except BaseException:
            connections.close()
            raise
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, connections),
            request=request,
        )

    def permitted(self, host: str, port: int, deadline: "_Deadline") -> list[str]:
        """Look a name up and answer the addresses that it may be reached at."""
        lookup = self._lookups.submit(self._resolve, host, port)
        try:
            found = lookup.result(deadline.left())
        except TimeoutError:
            lookup.cancel()
            raise httpcore.ConnectTimeout(
                "the host name was not found in time"
            ) from None
        except OSError as error:
            raise httpcore.ConnectError(f"no such host: {error.strerror}") from error
        if not self._private_hosts.isdisjoint({host, f"{host}:{port}"}):
            return list(found)
        permitted = [address for address in found if is_public(address)]
        if not permitted:
            raise httpcore.ConnectError(
                f"{host} has no public address, and network.private_hosts does not"
                " name it"
            )
        return permitted


class _Deadline:
    def __init__(self, end: float, monotonic: Callable[[], float]) -> None:
        self._end = end
        self._monotonic = monotonic

    def left(self) -> float:
        left = self._end - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("timed out")
        return left


class _Backend(httpcore.NetworkBackend):
    def __init__(self, transport: GuardedTransport, deadline: _Deadline) -> None:
        self._transport = transport
        self._deadline = deadline
        self._tcp = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 -- the deadline stands for it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no such host")
        for address in self._transport.permitted(host, port, self._deadline):
            try:
                stream = self._tcp.connect_tcp(
                    address,
                    port,
                    self._deadline.left(),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A stream whose every step has what is left of the whole time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 -- as above
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 -- as above
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 -- as above
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(
            ssl_context, server_hostname, self._deadline.left()
        )
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Body(httpx.SyncByteStream):
    def __init__(
        self, answer: httpcore.Response, connections: httpcore.ConnectionPool
    ) -> None:
        self._answer = answer
        self._connections = connections

    def __iter__(self) -> Iterator[bytes]:
        with _explained():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
        self._connections.close()


def _to_core(request: httpx.Request) -> httpcore.Request:
    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream if isinstance(request.stream, Iterable) else b"",
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        reason = f"{type(error).__name__}: {error}"[:_MAX_REASON]
        if isinstance(error, httpcore.TimeoutException):
            reason = f"not whole in time: {reason}"
        raise httpx.TransportError(reason) from error


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
