"""A provider may do what it likes: it costs a bounded time, and the log says what."""

import gzip
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from securecart.adapters import fetch as fetching
from securecart.adapters.fetch import Fetch, FetchFailed
from securecart.adapters.guarded_transport import GuardedTransport
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.federation.oidc import KeysUnavailable

if TYPE_CHECKING:
    from tests.interop.fetch.conftest import Provider

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Behaviour = Callable[[socket.socket, "Provider"], None]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the whole time be short, as the tests wait for it."""
    monkeypatch.setattr(fetching, "SECONDS", 0.3)


@pytest.fixture
def fetch() -> Iterator[Fetch]:
    """Answer a fetch that may ask this machine."""
    with Fetch(private_hosts={"localhost"}) as made:
        yield made


def _sends(data: bytes) -> Behaviour:
    return lambda connection, _: connection.sendall(data)


def _says_nothing(_: socket.socket, provider: "Provider") -> None:
    provider.hang()


def _drips(before: bytes, text: bytes) -> Behaviour:
    def behave(connection: socket.socket, provider: "Provider") -> None:
        connection.sendall(before)
        provider.drip(connection, text)

    return behave


def _floods(before: bytes, text: bytes) -> Behaviour:
    def behave(connection: socket.socket, provider: "Provider") -> None:
        connection.sendall(before)
        while not provider.stopping.is_set():
            connection.sendall(text)

    return behave


_LENGTH = b"Content-Length: 1000000\r\n\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_ZIPPED = gzip.compress(b" " * 10_000_000)


@pytest.mark.parametrize(
    ("behave", "complaint"),
    [
        pytest.param(_says_nothing, "not whole in time", id="silent"),
        pytest.param(_drips(b"", b"H"), "not whole", id="slow status"),
        pytest.param(_drips(_HEAD, b"X: y\r\n"), "not whole", id="slow headers"),
        pytest.param(
            _drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            "not whole",
            id="continue for ever",
        ),
        pytest.param(_drips(_HEAD + _LENGTH, b" "), "not whole", id="slow body"),
        pytest.param(
            _drips(_HEAD + _CHUNKED, b"1\r\n \r\n"),
            "not whole",
            id="slow chunks",
        ),
        pytest.param(_floods(_HEAD, b"X: y\r\n" * 100), "too large|long", id="headers"),
        pytest.param(
            _floods(_HEAD + b"X: ", b"y" * 9_000), "too large|long", id="header"
        ),
        pytest.param(_floods(_HEAD + b"\r\n", b" " * 9_000), "more than", id="no end"),
        pytest.param(
            _floods(_HEAD + _CHUNKED, b"ffff\r\n" + b" " * 65_535 + b"\r\n"),
            "more than",
            id="chunks without end",
        ),
        pytest.param(
            _sends(_HEAD + _CHUNKED + b"f" * 100 + b"\r\n"),
            "ProtocolError",
            id="chunk bomb",
        ),
        pytest.param(
            _floods(_HEAD + _CHUNKED + b"1;", b"x" * 9_000),
            "ProtocolError|not whole",
            id="chunk extension",
        ),
        pytest.param(
            _sends(_HEAD + b"Content-Encoding: gzip\r\n\r\n" + _ZIPPED),
            "compressed",
            id="compressed",
        ),
        pytest.param(
            _sends(b"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\n\r\n"),
            "redirect",
            id="redirect",
        ),
        pytest.param(_sends(b"HTTP/1.1 503 No\r\n\r\n"), "status 503", id="broken"),
        pytest.param(
            _sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),
            "media type 'text/html'",
            id="page",
        ),
        pytest.param(
            _sends(_HEAD + _LENGTH + b"{"), "ProtocolError", id="closes early"
        ),
        pytest.param(_sends(b""), "disconnected", id="closes at once"),
        pytest.param(_sends(b"SSH-2.0-OpenSSH\r\n"), "ProtocolError", id="no HTTP"),
        pytest.param(_sends(b"HTTP/0.9 200 OK\r\n\r\n"), "media type", id="old"),
        pytest.param(
            _sends(b"HTTP/1.1 101 Switch\r\n\r\n"), "ProtocolError", id="upgrade"
        ),
        pytest.param(
            _sends(_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
            "ProtocolError",
            id="two lengths",
        ),
    ],
)
def test_a_provider_that_misbehaves_is_given_up(
    provider: "Provider", fetch: Fetch, behave: Behaviour, complaint: str
) -> None:
    """Within the time, with the cause, and without a second attempt."""
    provider.behave = behave
    with pytest.raises(FetchFailed, match=complaint) as failure:
        fetch.get(provider.address + "/jwks")
    assert provider.address in str(failure.value)
    assert len(str(failure.value)) < 500
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "sent",
    [
        _HEAD + b"Content-Length: 2\r\n\r\n{}",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        _HEAD + b"\r\n{}",
        _HEAD.replace(b"1.1", b"1.0") + b"\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" + _HEAD + b"Content-Length: 2\r\n\r\n{}",
    ],
    ids=["length", "chunks", "until it closes", "HTTP/1.0", "after a continue"],
)
def test_a_provider_in_order_is_read(
    provider: "Provider", fetch: Fetch, sent: bytes
) -> None:
    """However HTTP lets it say where the document ends."""
    provider.behave = _sends(sent)
    assert fetch.get(provider.address + "/jwks") == b"{}"
    assert b"Cookie" not in provider.requests[0]


def test_no_proxy_and_no_cookie_comes_between(
    provider: "Provider", fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says, and whatever the provider would keep."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    provider.behave = _sends(_HEAD + b"Set-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}")
    for _ in range(2):
        assert fetch.get(provider.address + "/jwks") == b"{}"
    assert not any(b"a=b" in request for request in provider.requests)


def test_nobody_listening_is_said(fetch: Fetch) -> None:
    """In the system's own words."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(FetchFailed, match="refused"):
        fetch.get(f"http://localhost:{port}/jwks")


def test_a_name_that_is_not_found_in_time_is_given_up() -> None:
    """The system's resolver knows no deadline; ours holds."""
    release = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        release.wait(10)
        return []

    transport = GuardedTransport(
        (), context=ssl.create_default_context(), resolve=resolve
    )
    with pytest.raises(FetchFailed, match="not found in time"):
        Fetch(transport=transport).get("https://idp.example.com/")
    release.set()
    transport.close()


def test_this_machine_is_not_asked_unless_it_is_named(provider: "Provider") -> None:
    """A provider's document could name what listens here."""
    with Fetch() as fetch, pytest.raises(FetchFailed, match="private_hosts"):
        fetch.get(provider.address + "/jwks")
    assert provider.requests == []


def _trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certificate)
    return context


def _tls_fetch(context: ssl.SSLContext, *names: str) -> Fetch:
    return Fetch(
        transport=GuardedTransport(
            names, context=context, resolve=lambda _host, _port: ["127.0.0.1"]
        )
    )


def test_tls_proves_the_name_at_the_address_that_was_checked(
    tls_provider: "Provider", certificate: Path
) -> None:
    """The connection goes to the address, the name into TLS and Host."""
    tls_provider.behave = _sends(_HEAD + b"Content-Length: 2\r\n\r\n{}")
    with _tls_fetch(_trusting(certificate), "idp.example.com") as fetch:
        assert fetch.get(tls_provider.address + "/jwks") == b"{}"
    assert tls_provider.names == ["idp.example.com"]
    assert b"Host: idp.example.com:" in tls_provider.requests[0]


def test_a_certificate_that_proves_nothing_is_refused(
    tls_provider: "Provider", certificate: Path
) -> None:
    """By an unknown authority, or for another name."""
    with (
        _tls_fetch(ssl.create_default_context(), "idp.example.com") as fetch,
        pytest.raises(FetchFailed, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        fetch.get(tls_provider.address + "/jwks")
    other = tls_provider.address.replace("idp.", "other.")
    with (
        _tls_fetch(_trusting(certificate), "other.example.com") as fetch,
        pytest.raises(FetchFailed, match="not valid for 'other"),
    ):
        fetch.get(other + "/jwks")
    assert tls_provider.requests == []


def test_tls_that_never_comes_is_given_up(provider: "Provider") -> None:
    """The handshake has its share of the same time."""
    provider.behave = _says_nothing
    address = provider.address.replace("http:", "https:")
    with (
        Fetch(private_hosts={"localhost"}) as fetch,
        pytest.raises(FetchFailed, match="not whole in time"),
    ):
        fetch.get(address)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({}, None),
        ({b"/jwks": b"/elsewhere/../jwks"}, None),
        ({b'"issuer": "http': b'"issuer": "https'}, "speaks for"),
        ({b"localhost": b"evil.example.com"}, "speaks for"),
        ({b'"RS256"': b'"none"'}, "signs with none"),
    ],
    ids=["in order", "another path", "scheme", "host", "algorithm"],
)
def test_the_log_says_what_is_wrong_with_discovery(
    provider: "Provider",
    fetch: Fetch,
    caplog: pytest.LogCaptureFixture,
    changes: dict[bytes, bytes],
    complaint: str | None,
) -> None:
    """For the administrator, who can mend it."""
    discovery = provider.discovery
    for old, new in changes.items():
        assert old in discovery
        discovery = discovery.replace(old, new)

    def behave(connection: socket.socket, provider: "Provider") -> None:
        keys = b"openid-configuration" not in provider.requests[-1]
        body = b'{"keys": []}' if keys else discovery
        connection.sendall(
            _HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        )

    provider.behave = behave
    source: Any = FetchedKeys(fetch)
    caplog.set_level(logging.WARNING)
    if complaint is None:
        assert source.keys(provider.address, now=NOW).keys == ()
    else:
        with pytest.raises(KeysUnavailable, match=complaint):
            source.keys(provider.address, now=NOW)
        assert complaint in caplog.text
