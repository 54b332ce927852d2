"""The whole API in memory, an administrator, and requests signed for it."""

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from securecart.adapters.service_models import load_service_model
from securecart.iam import (
    AccessKeys,
    Authorizer,
    create_administrator,
    service_credentials,
)
from securecart.kms import S3, KeyAuthorizer
from securecart.names.credentials import Credentials
from securecart.names.entities import InMemoryEntities
from securecart.names.expiring import InMemoryExpiringRecords
from securecart.names.principal import Service
from securecart.sealing import Keyring, SealingKey
from securecart.serve.api import Api, Secrets, build_api
from securecart.sts import Authenticator, AuthorizationMessages, Issuer, Ports
from securecart.trail import InMemoryJournal
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import sign

ACCOUNT = "123456789012"
REGION = "eu-central-1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
KEYRING = Keyring(SealingKey(b"k" * 32))


class _NoKeys:
    """A source of providers' keys that is never asked."""

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> Any:
        raise AssertionError(issuer, now, renew)


@pytest.fixture(scope="session")
def models() -> Mapping[str, Any]:
    """AWS's service models."""
    return {name: load_service_model(name) for name in ("iam", "sts", "kms")}


@pytest.fixture
def entities() -> InMemoryEntities:
    """The account's store."""
    return InMemoryEntities()


@pytest.fixture
def journal() -> InMemoryJournal:
    """What was recorded."""
    return InMemoryJournal()


@pytest.fixture
def records(journal: InMemoryJournal) -> Callable[[], list[dict[str, Any]]]:
    """Answer the records so far."""
    return lambda: [orjson.loads(line) for line in journal.records]


@pytest.fixture
def administrator(entities: InMemoryEntities) -> Credentials:
    """The first user's keys."""
    return create_administrator(
        entities, ACCOUNT, keyring=KEYRING, now=NOW, random=os.urandom
    )


@pytest.fixture
def store_credentials() -> Credentials:
    """What the object store signs its calls with."""
    return service_credentials(b"r" * 32, Service(ACCOUNT, S3))


@pytest.fixture
def api(
    entities: InMemoryEntities,
    journal: InMemoryJournal,
    models: Mapping[str, Any],
    store_credentials: Credentials,
) -> Api:
    """The API over it all."""
    authorizer = Authorizer(entities)
    issuer = Issuer(lambda: KEYRING)
    services = {Service(ACCOUNT, S3): store_credentials}
    return build_api(
        ports=Ports(
            entities=entities,
            policies=authorizer,
            issuer=issuer,
            key_source=_NoKeys(),
            redeemed=InMemoryExpiringRecords(),
            authorization_messages=AuthorizationMessages(KEYRING),
        ),
        authenticator=Authenticator(issuer, AccessKeys(entities, KEYRING, services)),
        authorizer=authorizer,
        key_authorizer=KeyAuthorizer(
            entities, authorizer.session_for, account=ACCOUNT, region=REGION
        ),
        secrets=Secrets(iam=KEYRING, kms=KEYRING),
        journal=journal,
        models=models,
        account=ACCOUNT,
        region=REGION,
        clock=lambda: NOW,
        random=os.urandom,
    )


@pytest.fixture
def request_to() -> Callable[..., HttpRequest]:
    """Make an unsigned request for an operation of a service."""

    def request_to(service: str, operation: str, **parameters: Any) -> HttpRequest:
        if service == "kms":
            headers = (
                ("host", "localhost:9000"),
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", f"TrentService.{operation}"),
            )
            body = orjson.dumps(parameters)
        else:
            headers = (
                ("host", "localhost:9000"),
                ("content-type", "application/x-www-form-urlencoded"),
                ("user-agent", "tests/1"),
            )
            named = {"Action": operation, "Version": VERSIONS[service], **parameters}
            body = urlencode(named).encode()
        return HttpRequest("POST", "/", headers, body, "127.0.0.1", secure=True)

    return request_to


@pytest.fixture
def call(
    api: Api, request_to: Callable[..., HttpRequest], administrator: Credentials
) -> Callable[..., HttpResponse]:
    """Send a signed request; the administrator signs unless others are given."""

    def call(
        service: str,
        operation: str,
        *,
        signed_by: Credentials = administrator,
        region: str = REGION,
        now: datetime = NOW,
        **parameters: Any,
    ) -> HttpResponse:
        request = request_to(service, operation, **parameters)
        return api.handle(
            sign(
                request,
                signed_by,
                region=region,
                service=service,
                now=now,
                payload_hash=hashlib.sha256(request.body).hexdigest(),
            )
        )

    return call
