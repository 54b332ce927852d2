"""An account in memory, and operations run as the API runs them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.federation.saml import (
    SigningIdentity,
    build_idp_metadata,
    self_signed_certificate,
)
from securecart.iam import OPERATIONS, Call, Change, Changing
from securecart.names.entities import InMemoryEntities
from securecart.names.principal import Principal, Root
from securecart.sealing import Keyring, SealingKey

ACCOUNT = "123456789012"
ROOT = Root(ACCOUNT)
NOW = datetime(2026, 3, 1, 12, 30, 1, 250_000, tzinfo=UTC)


@pytest.fixture
def random() -> Callable[[int], bytes]:
    """Bytes that never repeat and are the same in each run."""
    numbers = count(1)
    return lambda length: next(numbers).to_bytes(length, "little")


@pytest.fixture
def keyring() -> Keyring:
    """The keys that the account's secrets are sealed with."""
    return Keyring(SealingKey(b"k" * 32))


@pytest.fixture
def entities() -> InMemoryEntities:
    """An empty store."""
    return InMemoryEntities()


@pytest.fixture
def run(
    entities: InMemoryEntities, keyring: Keyring, random: Callable[[int], bytes]
) -> Callable[..., Any]:
    """Run an operation that was already authorised; answer what it answers."""

    def run(operation: str, *, caller: Principal = ROOT, **parameters: Any) -> Any:
        known = OPERATIONS[operation]
        with entities.writing() as store:
            change = Change(
                store=store,
                account=ACCOUNT,
                caller=caller,
                parameters=parameters,
                now=NOW,
                random=random,
                keyring=keyring,
            )
            if isinstance(known, Changing):
                return known.run(change)
            reading: Callable[[Call], Any] = known.run
            return reading(change)

    return run


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
            not_before=NOW,
            not_after=NOW + timedelta(days=365),
        ),
    )
    document = build_idp_metadata(
        entity_id="https://idp.example.com/metadata",
        sso_address="https://idp.example.com/sso",
        identity=identity,
    )
    return document.decode()
