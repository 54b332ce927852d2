"""The API on a real socket over a real database, for unchanged AWS clients."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.adapters.journal import JournalFiles
from securecart.adapters.service_models import load_service_model
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.federation.saml import (
    SigningIdentity,
    build_idp_metadata,
    self_signed_certificate,
)
from securecart.iam import AccessKeys, Authorizer, create_administrator
from securecart.kms import KeyAuthorizer
from securecart.names.credentials import Credentials
from securecart.sealing import Keyring, SealingKey
from securecart.serve.api import Api, Secrets, build_api
from securecart.sts import Authenticator, AuthorizationMessages, Issuer, Ports
from securecart.wire.http import HttpRequest

ACCOUNT = "123456789012"
REGION = "eu-central-1"
KEYRING = Keyring(SealingKey(b"k" * 32))


class _NoKeys:
    """A source of providers' keys that is never asked."""

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> Any:
        raise AssertionError(issuer, now, renew)


@dataclass(frozen=True)
class Site:
    """Where the API answers, and who may call it."""

    endpoint: str
    administrator: Credentials
    journal: Path

    def client(self, service: str, credentials: Credentials | None = None) -> Any:
        """Make an unchanged boto3 client; the administrator's by default."""
        signer = credentials or self.administrator
        session = boto3.Session(
            aws_access_key_id=signer.access_key_id,
            aws_secret_access_key=signer.secret_access_key,
            aws_session_token=signer.session_token,
            region_name=REGION,
        )
        once = Config(retries={"total_max_attempts": 1})
        make: Any = session.client
        return make(service, endpoint_url=self.endpoint, config=once)


def _now() -> datetime:
    return datetime.now(UTC)


def _build(folder: Path) -> tuple[Api, Credentials]:
    engine = open_sqlite(folder / "securecart.db")
    create_tables(engine)
    entities = SqlEntities(engine)
    administrator = create_administrator(
        entities, ACCOUNT, keyring=KEYRING, now=_now(), random=os.urandom
    )
    authorizer = Authorizer(entities)
    issuer = Issuer(lambda: KEYRING)
    api = build_api(
        ports=Ports(
            entities=entities,
            policies=authorizer,
            issuer=issuer,
            key_source=_NoKeys(),
            redeemed=SqlExpiringRecords(engine, "assertions"),
            authorization_messages=AuthorizationMessages(KEYRING),
        ),
        authenticator=Authenticator(issuer, AccessKeys(entities, KEYRING)),
        authorizer=authorizer,
        key_authorizer=KeyAuthorizer(
            entities, authorizer.session_for, account=ACCOUNT, region=REGION
        ),
        secrets=Secrets(iam=KEYRING, kms=KEYRING),
        journal=JournalFiles(folder / "journal", account=ACCOUNT, clock=_now),
        models={name: load_service_model(name) for name in ("iam", "sts", "kms")},
        account=ACCOUNT,
        region=REGION,
        clock=_now,
        random=os.urandom,
    )
    return api, administrator


def _handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = tuple((k.lower(), v) for k, v in self.headers.items())
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            address = str(self.client_address[0])
            response = api.handle(
                HttpRequest("POST", self.path, headers, body, address, secure=True)
            )
            self.send_response(response.status)
            for name, value in response.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A running API with nothing in it but its administrator."""
    api, administrator = _build(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        yield Site(address, administrator, tmp_path / "journal")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def metadata() -> str:
    """The metadata of a SAML identity provider."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    identity = SigningIdentity(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        self_signed_certificate(
            key,
            common_name="idp.example.com",
            serial_number=1,
            not_before=_now(),
            not_after=_now() + timedelta(days=365),
        ),
    )
    document = build_idp_metadata(
        entity_id="https://idp.example.com/metadata",
        sso_address="https://idp.example.com/sso",
        identity=identity,
    )
    return document.decode()


@pytest.fixture
def client(site: Site) -> Callable[..., Any]:
    """Make a boto3 client of a service."""
    return site.client
