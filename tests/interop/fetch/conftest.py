"""One server on loopback that misbehaves in every way a provider can."""

import contextlib
import datetime as dt
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[socket.socket, "Provider"], None]

TLS_NAME = "idp.example.com"


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Write an answer, with a body's usual headers."""
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode() + body


@dataclass
class Provider:
    """Answers each request as the test tells it, and notes what came in."""

    address: str
    behave: Behaviour = lambda _connection, _provider: None
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def discovery(self) -> bytes:
        """The document of a provider in order."""
        return json.dumps(
            {
                "issuer": self.address,
                "authorization_endpoint": self.address + "/authorize",
                "token_endpoint": self.address + "/token",
                "jwks_uri": self.address + "/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        ).encode()

    def drip(self, connection: socket.socket, text: bytes) -> None:
        """Send a little at a time, each in time, for as long as anybody reads."""
        while not self.stopping.wait(0.02):
            connection.sendall(text)

    def hang(self) -> None:
        """Say nothing until the test is over."""
        self.stopping.wait(10)


class _Server:
    """A listener, and a thread for each connection."""

    def __init__(self, scheme: str, context: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self._threads: list[threading.Thread] = []
        port = self._listener.getsockname()[1]
        host = "localhost" if context is None else TLS_NAME
        self.provider = Provider(f"{scheme}://{host}:{port}")
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,))
                thread.start()
                self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        provider = self.provider
        connection.settimeout(10)
        # A client that has had enough goes away in the middle.
        with contextlib.suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                request = b""
                while b"\r\n\r\n" not in request and (got := connection.recv(65_536)):
                    request += got
                provider.requests.append(request)
                provider.behave(connection, provider)

    def stop(self) -> None:
        self.provider.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(10)
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Answer the server, by plain HTTP."""
    server = _Server("http")
    yield server.provider
    server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer a certificate for `TLS_NAME` with its key, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TLS_NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(TLS_NAME)]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def tls_provider(certificate: Path) -> Iterator[Provider]:
    """Answer the server, by TLS and under another name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = _Server("https", context)

    def note(_socket: object, name: str | None, _context: object) -> None:
        server.provider.names.append(name)

    context.sni_callback = note
    yield server.provider
    server.stop()
