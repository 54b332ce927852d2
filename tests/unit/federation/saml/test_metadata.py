"""Metadata: what is read from it, and what it says when it cannot be used."""

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from securecart.federation.saml import (
    MAX_METADATA,
    IdpMetadata,
    InvalidMetadata,
    SigningIdentity,
    SpMetadata,
    build_idp_metadata,
    build_sp_metadata,
    entity_document,
)
from securecart.federation.saml.names import METADATA, POST_BINDING, REDIRECT_BINDING

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


# Aggregates, and what an administrator may be handed otherwise.


def _group(*entities: bytes, attributes: bytes = b"") -> bytes:
    return b'<m:EntitiesDescriptor xmlns:m="%s"%s>%s</m:EntitiesDescriptor>' % (
        METADATA.encode(),
        attributes,
        b"".join(entities),
    )


def _body(xml: bytes, name: bytes = b"idp") -> bytes:
    return xml.partition(b"?>")[2].strip().replace(b"//idp.", b"//%s." % name)


def test_one_of_an_aggregate_is_chosen_by_its_entity_id(
    xml: bytes, identity: SigningIdentity
) -> None:
    """However deep it is, and whoever stands beside it."""
    service = build_sp_metadata(
        entity_id="sp", acs_address="https://sp", identity=identity
    ).partition(b"?>")[2]
    group = _group(_body(xml), _group(_group(_body(xml, b"other")), service))
    other = "https://other.example.com"
    assert IdpMetadata.parse(group, entity_id=other).sso_address() == (
        "https://other.example.com/sso"
    )
    alone = entity_document(group, other)
    assert IdpMetadata.parse(alone) == IdpMetadata.parse(group, entity_id=other)
    with pytest.raises(InvalidMetadata, match="2 entities with IDPSSODescriptor"):
        IdpMetadata.parse(group)
    with pytest.raises(InvalidMetadata, match="0 entities are called"):
        IdpMetadata.parse(group, entity_id="https://nobody")
    with pytest.raises(InvalidMetadata, match="0 entities are called"):
        entity_document(group, "https://nobody")
    with pytest.raises(InvalidMetadata, match="2 entities are called"):
        IdpMetadata.parse(_group(group, _body(xml, b"other")), entity_id=other)
    with pytest.raises(InvalidMetadata, match="not an identity provider"):
        IdpMetadata.parse(group, entity_id="sp")


def test_the_only_identity_provider_of_an_aggregate_need_not_be_named(
    xml: bytes, identity: SigningIdentity
) -> None:
    """Service providers beside it make no doubt."""
    service = build_sp_metadata(
        entity_id="sp", acs_address="https://sp", identity=identity
    ).partition(b"?>")[2]
    assert IdpMetadata.parse(_group(_body(xml), service)) == IdpMetadata.parse(xml)
    assert SpMetadata.parse(_group(_body(xml), service)).entity_id == "sp"


def test_a_named_provider_must_be_the_one_there_is(xml: bytes) -> None:
    """Else another one's file would be trusted under its name."""
    IdpMetadata.parse(xml, entity_id="https://idp.example.com")
    with pytest.raises(InvalidMetadata, match="0 entities are called"):
        IdpMetadata.parse(xml, entity_id="https://other")


def test_an_entity_hidden_in_an_extension_is_none(xml: bytes) -> None:
    """Only groups hold entities."""
    hidden = b"<m:Extensions>" + _body(xml, b"other") + b"</m:Extensions>"
    group = _group(hidden, _body(xml))
    assert IdpMetadata.parse(group).entity_id == "https://idp.example.com"


def test_the_earliest_end_counts(xml: bytes) -> None:
    """Of the provider, of its role, and of every group that it is in."""
    for end, attributes, changed in (
        (2027, b' validUntil="2027-01-01T00:00:00Z"', xml),
        (
            2026,
            b' validUntil="2027-01-01T00:00:00Z"',
            xml.replace(b"WantAuthn", b'validUntil="2026-01-01T00:00:00Z" WantAuthn'),
        ),
    ):
        group = _group(_body(changed), attributes=attributes)
        for document in (
            group,
            entity_document(group, "https://idp.example.com"),
        ):
            valid_until = IdpMetadata.parse(document).valid_until
            assert valid_until is not None
            assert valid_until.year == end


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H", 3600),
        ("P1DT2H3M4.5S", 93_784.5),
        ("P1Y2M", 365 * 86_400 + 60 * 86_400),
        ("PT0S", 0),
    ],
)
def test_a_cache_duration_is_read(xml: bytes, text: str, seconds: float) -> None:
    """XML Schema's durations."""
    dated = xml.replace(b"entityID", f'cacheDuration="{text}" entityID'.encode())
    duration = IdpMetadata.parse(dated).cache_duration
    assert duration is not None
    assert duration.total_seconds() == seconds


@pytest.mark.parametrize("text", ["P", "PT", "1H", "P1DT", "-P1D", "P1S", "", "P9999Y"])
def test_what_is_no_duration_is_refused(xml: bytes, text: str) -> None:
    """Nobody knows what was meant."""
    dated = xml.replace(b"entityID", f'cacheDuration="{text}" entityID'.encode())
    with pytest.raises(InvalidMetadata, match="not a duration"):
        IdpMetadata.parse(dated)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_with_a_clear_word(xml: bytes, encoding: str) -> None:
    """An editor under Windows saves so; it is said what to do."""
    with pytest.raises(InvalidMetadata, match="UTF-16; save it as UTF-8"):
        IdpMetadata.parse(xml.decode().encode(encoding))


def test_comments_and_instructions_do_not_split_a_text(xml: bytes) -> None:
    """Federations begin their documents with comments; they are dropped."""
    commented = xml.replace(
        b"<ds:X509Certificate>", b"<ds:X509Certificate><!-- a --><?b c?>"
    ).replace(b"<md:IDP", b"<!-- x --><md:IDP")
    assert IdpMetadata.parse(commented) == IdpMetadata.parse(xml)


def test_a_certificate_may_be_broken_into_lines(
    xml: bytes, identity: SigningIdentity
) -> None:
    """By any white space that people paste."""
    text = identity.certificate_base64
    lines = "\r\n\t \u00a0".join(
        text[start : start + 60] for start in range(0, len(text), 60)
    )
    assert IdpMetadata.parse(xml.replace(text.encode(), lines.encode())) == (
        IdpMetadata.parse(xml)
    )


def test_several_certificates_may_stand_in_one_descriptor(
    xml: bytes, identity: SigningIdentity, attacker: SigningIdentity
) -> None:
    """Or in several: while a provider changes keys, either one signs."""
    text = identity.certificate_base64.encode()
    more = attacker.certificate_base64.encode()
    middle = b"</ds:X509Certificate><ds:X509Certificate>"
    two = xml.replace(text, text + middle + more)
    assert len(IdpMetadata.parse(two).signing_keys) == 2
    assert (
        len(IdpMetadata.parse(xml.replace(text, text + middle + text)).signing_keys)
        == 1
    )


def test_a_key_that_is_not_rsa_is_left_out_beside_one_that_is(xml: bytes) -> None:
    """No signature by it is accepted, so it may stand there."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    now = datetime(2026, 3, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now)
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )
    start, end = xml.index(b"<md:KeyDescriptor"), xml.index(b"<md:NameIDFormat")
    descriptor = xml[start:end]
    first = descriptor.index(b"<ds:X509Certificate>") + 20
    last = descriptor.index(b"</ds:X509Certificate>")
    curve = descriptor[:first] + base64.b64encode(certificate) + descriptor[last:]
    both = IdpMetadata.parse(xml[:start] + curve + xml[start:])
    assert both.signing_keys == IdpMetadata.parse(xml).signing_keys
    with pytest.raises(InvalidMetadata, match="no signing key is RSA"):
        IdpMetadata.parse(xml[:start] + curve + xml[end:])


def test_logout_answers_may_have_an_address_of_their_own(
    identity: SigningIdentity,
) -> None:
    """ResponseLocation, and else the same one."""
    xml = build_idp_metadata(
        entity_id="a",
        sso_address="https://a/sso",
        identity=identity,
        slo_address="https://a/slo",
    )
    provider = IdpMetadata.parse(xml)
    assert provider.slo_address() == "https://a/slo"
    assert provider.slo_response_address() == "https://a/slo"
    assert provider.slo_address(POST_BINDING) is None
    apart = xml.replace(
        b' Location="https://a/slo"',
        b' Location="https://a/slo" ResponseLocation="https://a/done"',
    )
    provider = IdpMetadata.parse(apart)
    assert provider.slo_address() == "https://a/slo"
    assert provider.slo_response_address() == "https://a/done"
    with pytest.raises(InvalidMetadata, match="web address"):
        IdpMetadata.parse(apart.replace(b"https://a/done", b"javascript:a"))


def test_a_service_provider_says_what_to_encrypt_for(
    identity: SigningIdentity, attacker: SigningIdentity
) -> None:
    """And where logout goes, by either binding."""
    parts: dict[str, Any] = {
        "entity_id": "a",
        "acs_address": "https://a",
        "identity": identity,
    }
    plain = SpMetadata.parse(build_sp_metadata(**parts))
    assert plain.encryption_certificate is None
    assert plain.slo_address() is None
    whole = SpMetadata.parse(
        build_sp_metadata(
            **parts,
            slo_address="https://a/slo",
            encryption_certificate=attacker.certificate,
        )
    )
    assert whole.encryption_certificate == attacker.certificate
    assert whole.signing_keys == plain.signing_keys
    for binding in (REDIRECT_BINDING, POST_BINDING):
        assert whole.slo_address(binding) == "https://a/slo"
        assert whole.slo_response_address(binding) == "https://a/slo"
