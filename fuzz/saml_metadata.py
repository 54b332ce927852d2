"""SAML metadata from strangers: read, or refused with a reason."""

import contextlib
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.federation.saml import (
    IdpMetadata,
    InvalidMetadata,
    SigningIdentity,
    SpMetadata,
    build_idp_metadata,
    build_sp_metadata,
    self_signed_certificate,
)

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_IDENTITY = SigningIdentity(
    _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    self_signed_certificate(
        _KEY,
        common_name="idp",
        serial_number=1,
        not_before=_NOW,
        not_after=_NOW + timedelta(days=1),
    ),
)
_IDP = build_idp_metadata(
    entity_id="https://idp", sso_address="https://idp/sso", identity=_IDENTITY
)

SEEDS = [
    _IDP,
    b"\xef\xbb\xbf" + _IDP,
    _IDP.replace(b"entityID", b'validUntil="2030-01-01T00:00:00Z" entityID'),
    build_sp_metadata(
        entity_id="urn:amazon:webservices",
        acs_address="https://sp/acs",
        identity=_IDENTITY,
    ),
]


def one(data: bytes) -> None:
    """Read the bytes as either side's metadata."""
    with contextlib.suppress(InvalidMetadata):
        IdpMetadata.parse(data).sso_address()
    with contextlib.suppress(InvalidMetadata):
        SpMetadata.parse(data)
