"""Which addresses are connected to, without connecting to any."""

import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx
import pytest

from securecart.adapters.guarded_transport import GuardedTransport
from securecart.adapters.public_address import is_public

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_PUBLIC = "93.184.215.14"


@pytest.mark.parametrize("address", [_PUBLIC, "8.8.8.8", "2606:4700::1111"])
def test_the_internet_is_public(address: str) -> None:
    """Where providers are."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1"),  # noqa: S104 -- nobody binds to it
        *("192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254"),
        *("169.254.170.2", "168.63.129.16", "192.0.0.192", "192.0.2.1"),
        *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254"),
        *("fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1"),
        *("2606:4700::1111%1", "localhost", "", "1", "0x7f000001"),
    ],
)
def test_everything_else_is_not(address: str) -> None:
    """Nor what only looks public, nor what is no address."""
    assert not is_public(address)


class _Tcp(httpcore.MockBackend):
    """Notes where a connection would go."""

    connected: list[tuple[str, int]]
    refusing: frozenset[str] = frozenset()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        assert timeout is not None
        self.connected.append((host, port))
        if host in self.refusing:
            raise httpcore.ConnectError("refused")
        return super().connect_tcp(host, port, timeout, local_address, socket_options)


class Way:
    """A name server that answers what it is told, and a network beyond it."""

    def __init__(self, *addresses: str) -> None:
        self.answers: Iterator[list[str]] = iter([list(addresses)])
        self.connected: list[tuple[str, int]] = []

    def resolve(self, _host: str, _port: int) -> list[str]:
        """Answer once."""
        return next(self.answers)

    def ask(self, address: str, *private_hosts: str) -> httpx.Response:
        """Ask for a document."""
        transport = GuardedTransport(
            private_hosts,
            context=ssl.create_default_context(),
            monotonic=lambda: 0.0,
            resolve=self.resolve,
        )
        request = httpx.Request("GET", address, extensions={"deadline": 5.0})
        try:
            response = transport.handle_request(request)
            response.read()
            response.close()
        finally:
            transport.close()
        return response


@pytest.fixture
def tcp(monkeypatch: pytest.MonkeyPatch) -> type[_Tcp]:
    """Answer the network, which every connection goes through."""

    class Tcp(_Tcp):
        def __init__(self) -> None:
            super().__init__([_ANSWER])

    Tcp.connected = []
    monkeypatch.setattr(httpcore, "SyncBackend", Tcp)
    return Tcp


def test_the_address_that_was_checked_is_connected_to(tcp: type[_Tcp]) -> None:
    """The name is looked up once, so it cannot come to mean another address."""
    response = Way(_PUBLIC).ask("https://idp.example.com/keys")
    assert response.content == b"{}"
    assert tcp.connected == [(_PUBLIC, 443)]


def test_the_name_is_kept_for_the_provider() -> None:
    """It serves many by name, and must prove the one that was asked for."""
    sent: list[bytes] = []
    names: list[str | None] = []

    class Stream(httpcore.MockStream):
        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            assert timeout is not None
            sent.append(buffer)

        def start_tls(
            self,
            ssl_context: ssl.SSLContext,
            server_hostname: str | None = None,
            timeout: float | None = None,
        ) -> httpcore.NetworkStream:
            assert ssl_context.check_hostname
            assert timeout is not None
            names.append(server_hostname)
            return self

    class Tcp(httpcore.MockBackend):
        def connect_tcp(self, *_args: Any, **_kwargs: Any) -> httpcore.NetworkStream:
            return Stream([_ANSWER])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore, "SyncBackend", lambda: Tcp([]))
        Way(_PUBLIC).ask("https://idp.example.com/keys")
    assert names == ["idp.example.com"]
    assert b"Host: idp.example.com\r\n" in b"".join(sent)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:8.8.8.8"]
)
def test_a_private_address_is_not_connected_to(tcp: type[_Tcp], address: str) -> None:
    """A provider's name could lead to what listens inside."""
    with pytest.raises(httpx.TransportError, match=r"network\.private_hosts"):
        Way(address).ask("https://idp.example.com/")
    assert tcp.connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1"])
def test_an_address_in_the_place_of_a_name_is_no_way_in(
    tcp: type[_Tcp], host: str
) -> None:
    """However it is written."""
    way = Way("::1" if ":" in host else "127.0.0.1")
    with pytest.raises(httpx.TransportError, match="no public address"):
        way.ask(f"https://{host}/")
    assert tcp.connected == []


def test_a_name_with_both_leads_to_the_public_one(tcp: type[_Tcp]) -> None:
    """What is private is left out, whatever comes first."""
    Way("10.0.0.1", _PUBLIC).ask("https://idp.example.com/")
    assert tcp.connected == [(_PUBLIC, 443)]


def test_a_host_in_the_settings_may_be_private(tcp: type[_Tcp]) -> None:
    """A company's own provider is on its own network; no other host is."""
    Way("10.0.0.1").ask("https://adfs.example.com/", "adfs.example.com")
    assert tcp.connected == [("10.0.0.1", 443)]
    with pytest.raises(httpx.TransportError, match="private_hosts"):
        Way("10.0.0.1").ask("https://evil.example.com/", "adfs.example.com")


def test_a_port_in_the_settings_is_the_only_one(tcp: type[_Tcp]) -> None:
    """The stand-in is on this machine, as are others that are not to be asked."""
    Way("127.0.0.1").ask("http://localhost:8081/", "localhost:8081")
    assert tcp.connected == [("127.0.0.1", 8081)]
    for address in ("http://localhost:9000/", "https://localhost/"):
        with pytest.raises(httpx.TransportError, match="private_hosts"):
            Way("127.0.0.1").ask(address, "localhost:8081")


def test_the_next_address_is_tried(tcp: type[_Tcp]) -> None:
    """As where IPv6 leads nowhere."""
    tcp.refusing = frozenset({"2606:4700::1111"})
    Way("2606:4700::1111", _PUBLIC).ask("https://idp.example.com/")
    assert [host for host, _ in tcp.connected] == ["2606:4700::1111", _PUBLIC]


def test_a_name_that_nobody_knows_is_said(tcp: type[_Tcp]) -> None:
    """The name server's own words."""

    class Unknown(Way):
        def resolve(self, _host: str, _port: int) -> list[str]:
            raise OSError(-2, "Name or service not known")

    with pytest.raises(httpx.TransportError, match="no such host: Name or service"):
        Unknown().ask("https://idp.example.com/")
    with pytest.raises(httpx.TransportError, match="no public address"):
        Way().ask("https://idp.example.com/")
    assert tcp.connected == []
