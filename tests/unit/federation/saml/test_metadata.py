"""Metadata: what is read from it, and what it says when it cannot be used."""

import base64
from typing import TYPE_CHECKING

import pytest

from securecart.federation.saml import (
    MAX_METADATA,
    IdpMetadata,
    InvalidMetadata,
    SigningIdentity,
    SpMetadata,
    build_idp_metadata,
    build_sp_metadata,
)
from securecart.federation.saml.names import POST_BINDING, REDIRECT_BINDING

if TYPE_CHECKING:
    from tests.unit.federation.conftest import MakeIdentity


@pytest.fixture
def xml(identity: SigningIdentity) -> bytes:
    """Answer an identity provider's metadata."""
    return build_idp_metadata(
        entity_id="https://idp.example.com",
        sso_address="https://idp.example.com/sso",
        identity=identity,
    )


def test_an_identity_provider_is_read(xml: bytes) -> None:
    """Name, address, key, and whether requests are to be signed."""
    metadata = IdpMetadata.parse(xml)
    assert metadata.entity_id == "https://idp.example.com"
    assert metadata.sso_address() == "https://idp.example.com/sso"
    assert len(metadata.signing_keys) == 1
    assert metadata.signing_keys[0].startswith(b"-----BEGIN PUBLIC KEY-----")
    assert metadata.wants_signed_requests
    assert metadata.valid_until is None


def test_a_service_provider_is_read(identity: SigningIdentity) -> None:
    """What the stand-in IdP must know of the portal."""
    metadata = SpMetadata.parse(
        build_sp_metadata(
            entity_id="urn:amazon:webservices",
            acs_address="http://localhost:8080/saml/acs",
            identity=identity,
        )
    )
    assert metadata.entity_id == "urn:amazon:webservices"
    assert metadata.acs_addresses == ("http://localhost:8080/saml/acs",)
    assert metadata.signs_requests
    assert len(metadata.signing_keys) == 1


def test_a_byte_order_mark_is_stripped(xml: bytes) -> None:
    """ADFS begins its metadata with one."""
    assert IdpMetadata.parse(b"\xef\xbb\xbf" + xml) == IdpMetadata.parse(xml)


def test_a_federation_of_one_is_that_one(xml: bytes) -> None:
    """Some providers wrap their one entity into EntitiesDescriptor."""
    _, _, body = xml.partition(b"?>")
    namespace = b'xmlns="urn:oasis:names:tc:SAML:2.0:metadata"'
    wrapped = b"<EntitiesDescriptor %s>%s</EntitiesDescriptor>" % (namespace, body)
    assert IdpMetadata.parse(wrapped) == IdpMetadata.parse(xml)


def test_keys_for_encryption_are_no_signing_keys(xml: bytes) -> None:
    """A key for another use must not verify anything."""
    with pytest.raises(InvalidMetadata, match="no signing certificate"):
        IdpMetadata.parse(xml.replace(b'use="signing"', b'use="encryption"'))


def test_a_key_without_use_signs(xml: bytes) -> None:
    """SAML metadata, section 2.4.1.1: without use, for both."""
    assert IdpMetadata.parse(xml.replace(b' use="signing"', b"")).signing_keys


def test_the_time_it_is_valid_until_is_read(xml: bytes) -> None:
    """IAM shows it; whoever fetches metadata may act on it."""
    dated = xml.replace(b"entityID", b'validUntil="2030-01-01T00:00:00Z" entityID')
    valid_until = IdpMetadata.parse(dated).valid_until
    assert valid_until is not None
    assert valid_until.year == 2030


def test_a_binding_that_is_not_offered_is_an_error(xml: bytes) -> None:
    """The message names the binding."""
    with pytest.raises(InvalidMetadata, match="HTTP-POST"):
        IdpMetadata.parse(xml).sso_address(POST_BINDING)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b"entityID=", b"entity=", "has no entityID"),
        (b"IDPSSODescriptor", b"SPSSODescriptor", "not an identity provider"),
        (b"SAML:2.0:protocol", b"SAML:1.1:protocol", "not an identity provider"),
        (b"SingleSignOnService", b"Single", "no SingleSignOnService"),
        (b"https://idp.example.com/sso", b"javascript:alert(1)", "no.* web address"),
        (b"<ds:X509Certificate>", b"<ds:X509Certificate>AAAA", "cannot be read"),
        (b"<ds:X509Certificate>", b"<ds:X509Certificate>!", "cannot be read"),
        (b"EntityDescriptor", b"Entity", "no EntityDescriptor"),
        (b'Signed="true"', b'Signed="yes"', "neither true nor false"),
        (b"?>", b"?><!DOCTYPE x>", "DOCTYPE"),
        (b"</md:EntityDescriptor>", b"", "not well-formed"),
        (b"entityID=", b'validUntil="soon" entityID=', "not a time"),
        (REDIRECT_BINDING.encode(), b"", "has no Binding"),
    ],
)
def test_what_is_wrong_is_said(
    xml: bytes, old: bytes, new: bytes, complaint: str
) -> None:
    """An administrator reads the message, so it names the fault."""
    assert old in xml
    with pytest.raises(InvalidMetadata, match=complaint):
        IdpMetadata.parse(xml.replace(old, new))


def test_more_than_aws_takes_is_refused(xml: bytes) -> None:
    """AWS IAM takes ten million characters, and so does this."""
    with pytest.raises(InvalidMetadata, match="longer than 10000000"):
        IdpMetadata.parse(xml + b" " * MAX_METADATA)


def test_a_short_key_is_refused(make_identity: "MakeIdentity") -> None:
    """RSA with 1024 bits can be broken by those who can pay for it."""
    xml = build_idp_metadata(
        entity_id="a", sso_address="https://a", identity=make_identity(1024)
    )
    with pytest.raises(InvalidMetadata, match="RSA of 2048"):
        IdpMetadata.parse(xml)


def test_more_than_ten_keys_are_refused(xml: bytes) -> None:
    """Each key costs a verification, so their number is bounded."""
    start, end = xml.index(b"<md:KeyDescriptor"), xml.index(b"<md:NameIDFormat")
    with pytest.raises(InvalidMetadata, match="more than 10"):
        IdpMetadata.parse(xml[:start] + xml[start:end] * 11 + xml[end:])


def test_a_service_provider_must_be_reachable(identity: SigningIdentity) -> None:
    """Without an address there is nowhere to answer to."""
    xml = build_sp_metadata(entity_id="a", acs_address="https://a", identity=identity)
    with pytest.raises(InvalidMetadata, match="AssertionConsumerService"):
        SpMetadata.parse(xml.replace(POST_BINDING.encode(), b"other"))
    with pytest.raises(InvalidMetadata, match="no certificate"):
        SpMetadata.parse(xml.replace(b'use="signing"', b'use="encryption"'))


def test_a_certificate_with_an_unknown_kind_of_key_is_refused(
    xml: bytes, identity: SigningIdentity
) -> None:
    """The library has an error of its own for it."""
    certificate = identity.certificate_base64
    der = base64.b64decode(certificate)
    rsa_encryption = bytes.fromhex("2a864886f70d010101")
    assert rsa_encryption in der
    unknown = der.replace(rsa_encryption, bytes.fromhex("2a864886f70d01017f"))
    with pytest.raises(InvalidMetadata, match="no signing key is RSA"):
        IdpMetadata.parse(xml.replace(certificate.encode(), base64.b64encode(unknown)))
