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
    entity_document,
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

_BODY = _IDP.partition(b"?>")[2].strip()
_GROUP = (
    b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
    b'validUntil="2030-01-01T00:00:00Z" cacheDuration="P1DT2H3M4.5S">'
    b"<!-- a federation --><md:EntitiesDescriptor>"
    + _BODY
    + b"</md:EntitiesDescriptor>"
    + _BODY.replace(b'"https://idp"', b'"https://other"')
    + b"</md:EntitiesDescriptor>"
)

SEEDS = [
    _GROUP,
    build_idp_metadata(
        entity_id="https://idp",
        sso_address="https://idp/sso",
        identity=_IDENTITY,
        slo_address="https://idp/slo",
    ),
    build_sp_metadata(
        entity_id="urn:amazon:webservices",
        acs_address="https://sp/acs",
        identity=_IDENTITY,
        slo_address="https://sp/slo",
        encryption_certificate=_IDENTITY.certificate,
    ),
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
        IdpMetadata.parse(data, entity_id="https://other").slo_response_address()
    with contextlib.suppress(InvalidMetadata):
        entity_document(data, "https://other")
    with contextlib.suppress(InvalidMetadata):
        SpMetadata.parse(data)
