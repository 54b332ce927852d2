"""An identity provider's signing keys, made once: RSA keys are slow to make."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.federation.saml import SigningIdentity, self_signed_certificate

MakeIdentity = Callable[..., SigningIdentity]


@pytest.fixture(scope="session")
def now() -> datetime:
    """Answer the moment at which these tests happen."""
    return datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def make_identity(now: datetime) -> MakeIdentity:
    """Answer a maker of RSA keys with their certificates."""

    def make(key_size: int = 2048) -> SigningIdentity:
        key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
        return SigningIdentity(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            self_signed_certificate(
                key,
                common_name="idp.example.com",
                serial_number=1,
                not_before=now,
                not_after=now + timedelta(days=3650),
            ),
        )

    return make


@pytest.fixture(scope="session")
def identity(make_identity: MakeIdentity) -> SigningIdentity:
    """Answer what the identity provider signs with."""
    return make_identity()


@pytest.fixture(scope="session")
def attacker(make_identity: MakeIdentity) -> SigningIdentity:
    """Answer a key of somebody else's, under the same name."""
    return make_identity()
