"""AuthnRequest and the HTTP-Redirect binding that carries it."""

import base64
import zlib
from datetime import datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.federation.saml import (
    AuthnRequest,
    IdpMetadata,
    InvalidRequest,
    SigningIdentity,
    build_authn_request,
    decode_redirect,
    encode_redirect,
    unverified_message,
)
from securecart.federation.saml.names import REFEDS_MFA

SSO = "https://idp.example.com/sso"


@pytest.fixture
def request_(now: datetime) -> AuthnRequest:
    """Answer a request with everything in it."""
    return build_authn_request(
        issuer="urn:amazon:webservices",
        destination=SSO,
        acs_address="http://localhost:8080/saml/acs",
        now=now,
        random=bytes,
        force_authn=True,
        is_passive=True,
        contexts=[REFEDS_MFA],
    )


def _query(address: str) -> str:
    return address.partition("?")[2]


def _deflated(xml: bytes) -> str:
    deflater = zlib.compressobj(wbits=-15)
    return quote(base64.b64encode(deflater.compress(xml) + deflater.flush()), safe="")


def test_a_request_is_read_as_it_was_written(request_: AuthnRequest) -> None:
    """Both sides of SAML here understand each other."""
    assert AuthnRequest.parse(request_.to_xml()) == request_


def test_a_plain_request_asks_for_nothing_more(now: datetime) -> None:
    """What is off is left out."""
    plain = build_authn_request(
        issuer="sp", destination=SSO, acs_address="https://sp", now=now, random=bytes
    )
    xml = plain.to_xml()
    assert AuthnRequest.parse(xml) == plain
    for absent in (b"ForceAuthn", b"IsPassive", b"RequestedAuthnContext"):
        assert absent not in xml


def test_the_id_is_all_of_the_randomness(now: datetime) -> None:
    """160 bits, and a letter in front: an XML id begins with none of the digits."""
    made = build_authn_request(
        issuer="sp",
        destination=SSO,
        acs_address="https://sp",
        now=now,
        random=lambda count: b"\x01" * count,
    )
    assert made.request_id == "_" + "01" * 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"AuthnRequest", b"LogoutRequest"),
        (b'Version="2.0"', b'Version="1.1"'),
        (b"bindings:HTTP-POST", b"bindings:PAOS"),
        (b' ID="', b' Name="'),
        (b"saml:Issuer", b"saml:Other"),
        (b'Comparison="exact"', b'Comparison="minimum"'),
        (b'ForceAuthn="true"', b'ForceAuthn="maybe"'),
        (b"2026-03-02T", b"2026-13-02T"),
        (b"2026-03-02T", b"9999-03-02T"),
        (b"<samlp:AuthnRequest", b"<!DOCTYPE x><samlp:AuthnRequest"),
    ],
)
def test_a_bad_request_is_refused(
    request_: AuthnRequest, old: bytes, new: bytes
) -> None:
    """Anybody can send the browser there with anything."""
    xml = request_.to_xml()
    assert old in xml
    with pytest.raises(InvalidRequest):
        AuthnRequest.parse(xml.replace(old, new))


def test_a_signed_query_is_verified_and_read(
    request_: AuthnRequest, identity: SigningIdentity, provider: IdpMetadata
) -> None:
    """The request arrives, with what the portal wants to have back."""
    address = encode_redirect(
        request_.to_xml(), destination=SSO, identity=identity, relay_state="a b&ü/+"
    )
    assert address.startswith(SSO + "?SAMLRequest=")
    message = decode_redirect(_query(address), keys=provider.signing_keys)
    assert AuthnRequest.parse(message.xml) == request_
    assert message.relay_state == "a b&ü/+"
    assert unverified_message(_query(address)) == message.xml


def test_a_destination_with_a_query_keeps_it(
    request_: AuthnRequest, identity: SigningIdentity, provider: IdpMetadata
) -> None:
    """Some providers tell their tenants apart by a parameter."""
    address = encode_redirect(
        request_.to_xml(), destination=SSO + "?tenant=1", identity=identity
    )
    assert address.startswith(SSO + "?tenant=1&SAMLRequest=")
    message = decode_redirect(_query(address), keys=provider.signing_keys)
    assert message.relay_state is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rsa-sha256", "rsa-sha1"),
        ("SAMLRequest=", "SAMLRequest=AA"),
        ("RelayState=state", "RelayState=other"),
        ("RelayState=state&", ""),
        ("&RelayState=state", "&RelayState=state&RelayState=state"),
        ("Signature=", "Signature=AA"),
        ("Signature=", "Other="),
        ("Signature=", "Signature=%ff"),
        ("SigAlg=", "Other="),
        ("SAMLRequest=", "Other="),
    ],
)
def test_a_changed_query_is_refused(
    request_: AuthnRequest,
    identity: SigningIdentity,
    provider: IdpMetadata,
    old: str,
    new: str,
) -> None:
    """Every signed parameter counts, once."""
    address = encode_redirect(
        request_.to_xml(), destination=SSO, identity=identity, relay_state="state"
    )
    query = _query(address)
    assert old in query
    with pytest.raises(InvalidRequest):
        decode_redirect(query.replace(old, new), keys=provider.signing_keys)


def test_a_query_signed_in_another_way_is_refused(
    request_: AuthnRequest, identity: SigningIdentity, provider: IdpMetadata
) -> None:
    """What SigAlg says is what is checked, and nothing else is accepted."""
    query = _query(
        encode_redirect(request_.to_xml(), destination=SSO, identity=identity)
    )
    sha1 = query.replace("xmldsig-more%23rsa-sha256", "xmldsig%23rsa-sha1")
    assert sha1 != query
    with pytest.raises(InvalidRequest, match="RSA-SHA256"):
        decode_redirect(sha1, keys=provider.signing_keys)


def test_a_query_signed_by_another_is_refused(
    request_: AuthnRequest, attacker: SigningIdentity, provider: IdpMetadata
) -> None:
    """Only the service provider's key counts."""
    address = encode_redirect(request_.to_xml(), destination=SSO, identity=attacker)
    with pytest.raises(InvalidRequest, match="not signed by"):
        decode_redirect(_query(address), keys=provider.signing_keys)


def test_a_message_that_inflates_without_end_is_refused() -> None:
    """A kilobyte can inflate to a megabyte."""
    with pytest.raises(InvalidRequest, match="beyond 16384"):
        unverified_message("SAMLRequest=" + _deflated(b" " * 1_000_000))


@pytest.mark.parametrize("value", ["", "AAAA", "%00", _deflated(b"x")[:-6]])
def test_what_is_not_deflated_is_refused(value: str) -> None:
    """A message that is cut off is none."""
    with pytest.raises(InvalidRequest):
        unverified_message("SAMLRequest=" + value)


def test_a_long_relay_state_is_refused(
    request_: AuthnRequest, identity: SigningIdentity, provider: IdpMetadata
) -> None:
    """It is echoed, so it is bounded."""
    address = encode_redirect(
        request_.to_xml(), destination=SSO, identity=identity, relay_state="a" * 1_025
    )
    with pytest.raises(InvalidRequest, match="RelayState"):
        decode_redirect(_query(address), keys=provider.signing_keys)
    with pytest.raises(InvalidRequest, match="query"):
        unverified_message("SAMLRequest=" + "A" * 16_385)


@given(st.text(max_size=200))
def test_any_query_is_read_or_refused(query: str) -> None:
    """No query string brings out another error."""
    with pytest.raises(InvalidRequest):
        unverified_message(query)
