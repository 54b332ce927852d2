"""Single logout: its messages, the bindings that carry them, and forgeries."""

import base64
import copy
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from lxml import etree

from securecart.federation.saml import (
    IdpMetadata,
    InvalidRequest,
    LogoutRequest,
    LogoutResponse,
    NameId,
    SigningIdentity,
    build_logout_request,
    build_logout_response,
    check_logout_request,
    check_logout_response,
    decode_redirect,
    encode_redirect,
    sign_posted,
    unverified_message,
    unverified_posted,
    verify_posted,
)
from securecart.federation.saml.names import (
    DS,
    PARTIAL_LOGOUT,
    PERSISTENT,
    SUCCESS,
)

IDP = "https://idp.example.com/metadata"
SLO = "https://portal.example.com/saml/slo"


@pytest.fixture
def asked(now: datetime) -> LogoutRequest:
    """Answer a request with everything in it."""
    return build_logout_request(
        issuer=IDP,
        destination=SLO,
        name_id=NameId("ada", PERSISTENT, "idp", "sp"),
        session_indexes=["_s1", "_s2"],
        now=now,
        random=bytes,
    )


@pytest.fixture
def answered(now: datetime) -> LogoutResponse:
    """Answer a response that says which sessions stayed."""
    return build_logout_response(
        issuer=IDP,
        destination=SLO,
        in_response_to="_q",
        now=now,
        random=bytes,
        codes=(SUCCESS, PARTIAL_LOGOUT),
    )


def test_both_messages_are_read_as_they_were_written(
    asked: LogoutRequest, answered: LogoutResponse
) -> None:
    """Both sides of SAML here understand each other."""
    assert LogoutRequest.parse(asked.to_xml()) == asked
    assert LogoutResponse.parse(answered.to_xml()) == answered
    bare = replace(asked, session_indexes=(), not_on_or_after=None)
    assert LogoutRequest.parse(bare.to_xml()) == bare


@pytest.mark.parametrize("relay_state", [None, "", "back/to?here"])
def test_either_message_travels_by_redirect(
    answered: LogoutResponse,
    identity: SigningIdentity,
    provider: IdpMetadata,
    relay_state: str | None,
) -> None:
    """The parameter's name is signed with the rest."""
    address = encode_redirect(
        answered.to_xml(),
        destination=SLO,
        identity=identity,
        relay_state=relay_state,
        message="SAMLResponse",
    )
    query = address.partition("?")[2]
    message = decode_redirect(query, keys=provider.signing_keys, message="SAMLResponse")
    assert LogoutResponse.parse(message.xml) == answered
    assert message.relay_state == relay_state
    assert unverified_message(query, "SAMLResponse") == message.xml
    with pytest.raises(InvalidRequest, match="no SAMLRequest"):
        decode_redirect(query, keys=provider.signing_keys)
    renamed = query.replace("SAMLResponse", "SAMLRequest")
    with pytest.raises(InvalidRequest, match="not signed by its sender"):
        decode_redirect(renamed, keys=provider.signing_keys)
    with pytest.raises(InvalidRequest, match="another message beside it"):
        decode_redirect(
            f"{query}&SAMLRequest=x",
            keys=provider.signing_keys,
            message="SAMLResponse",
        )


def test_either_message_travels_by_post(
    asked: LogoutRequest,
    answered: LogoutResponse,
    identity: SigningIdentity,
    provider: IdpMetadata,
) -> None:
    """Signed inside, and read from what was signed."""
    posted = sign_posted(asked.to_xml(), identity)
    verified = verify_posted(posted, provider.signing_keys)
    assert LogoutRequest.parse(verified) == asked
    assert LogoutRequest.parse(unverified_posted(posted)) == asked
    posted = sign_posted(answered.to_xml(), identity)
    verified = verify_posted(posted, provider.signing_keys)
    assert LogoutResponse.parse(verified) == answered


def _posted(root: etree._Element) -> str:
    return base64.b64encode(etree.tostring(root)).decode()


def test_a_posted_forgery_is_refused(
    asked: LogoutRequest,
    identity: SigningIdentity,
    attacker: SigningIdentity,
    provider: IdpMetadata,
) -> None:
    """Unsigned, signed by another, changed, wrapped, repeated, of another kind."""
    keys = provider.signing_keys
    genuine = etree.fromstring(base64.b64decode(sign_posted(asked.to_xml(), identity)))
    verify_posted(_posted(genuine), keys)

    unsigned = base64.b64encode(asked.to_xml()).decode()
    with pytest.raises(InvalidRequest, match="exactly one signature"):
        verify_posted(unsigned, keys)
    with pytest.raises(InvalidRequest, match="not by a key"):
        verify_posted(sign_posted(asked.to_xml(), attacker), keys)
    changed = copy.deepcopy(genuine)
    changed.set("Destination", "https://evil")
    with pytest.raises(InvalidRequest, match="not the one that was signed"):
        verify_posted(_posted(changed), keys)
    wrapper = copy.deepcopy(genuine)
    wrapper.set("ID", "_evil")
    etree.SubElement(wrapper, "wrapped").append(genuine)
    with pytest.raises(InvalidRequest, match="exactly one signature"):
        verify_posted(_posted(wrapper), keys)
    signature = wrapper.find(f"{DS}Signature")
    assert signature is not None
    wrapper.remove(signature)
    with pytest.raises(InvalidRequest, match="0 Signature"):
        verify_posted(_posted(wrapper), keys)
    repeated = etree.fromstring(base64.b64decode(sign_posted(asked.to_xml(), identity)))
    etree.SubElement(repeated, "x").set("ID", asked.request_id)
    with pytest.raises(InvalidRequest, match="twice"):
        verify_posted(_posted(repeated), keys)
    other = etree.fromstring(asked.to_xml().replace(b"LogoutRequest", b"AuthnRequest"))
    with pytest.raises(InvalidRequest, match="no logout message"):
        verify_posted(_posted(other), keys)
    for nothing in ("!", "", "A" * 40_000):
        with pytest.raises(InvalidRequest):
            verify_posted(nothing, keys)
        with pytest.raises(InvalidRequest):
            unverified_posted(nothing)


def test_what_is_signed_already_is_not_signed_again(
    asked: LogoutRequest, identity: SigningIdentity
) -> None:
    """Two signatures would be refused by every reader."""
    once = base64.b64decode(sign_posted(asked.to_xml(), identity))
    for document in (once, b"<"):
        with pytest.raises(InvalidRequest):
            sign_posted(document, identity)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"LogoutRequest", b"AuthnRequest"),
        (b'Version="2.0"', b'Version="1.1"'),
        (b' ID="', b' Name="'),
        (b"Destination", b"Goal"),
        (b"saml:Issuer>", b"saml:Other>"),
        (b"<saml:Issuer", b'<saml:Issuer Format="x"'),
        (b"saml:NameID", b"saml:EncryptedID"),
        (b">ada<", b"><"),
        (b">ada<", b">a<!---->da<"),
        (b">_s1<", b"><"),
        (b"IssueInstant", b"Instant"),
        (b"2026-03-02T", b"2026-13-02T"),
        (b"<samlp:LogoutRequest", b"<!DOCTYPE x><samlp:LogoutRequest"),
        (
            b"<samlp:SessionIndex>_s1",
            b"<samlp:SessionIndex>x</samlp:SessionIndex>" * 100
            + b"<samlp:SessionIndex>_s1",
        ),
    ],
)
def test_a_bad_request_is_refused(asked: LogoutRequest, old: bytes, new: bytes) -> None:
    """Anybody can send the browser there with anything."""
    xml = asked.to_xml()
    assert old in xml
    with pytest.raises(InvalidRequest):
        LogoutRequest.parse(xml.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"LogoutResponse", b"Response"),
        (b"InResponseTo", b"Answers"),
        (b"samlp:Status>", b"samlp:Other>"),
        (b' Value="', b' Other="'),
    ],
)
def test_a_bad_response_is_refused(
    answered: LogoutResponse, old: bytes, new: bytes
) -> None:
    """It says what it answers and how it went."""
    xml = answered.to_xml()
    assert old in xml
    with pytest.raises(InvalidRequest):
        LogoutResponse.parse(xml.replace(old, new))


def test_a_message_is_for_us_from_the_provider_and_now(
    asked: LogoutRequest,
    answered: LogoutResponse,
    provider: IdpMetadata,
    now: datetime,
) -> None:
    """Each rule refuses alone what passes with it kept."""

    def request(message: LogoutRequest, moment: datetime = now) -> None:
        check_logout_request(message, provider, destination=SLO, now=moment)

    def response(message: LogoutResponse, moment: datetime = now) -> None:
        check_logout_response(
            message, provider, destination=SLO, request_id="_q", now=moment
        )

    minute, second = timedelta(minutes=1), timedelta(seconds=1)
    request(asked)
    request(asked, now - minute)
    request(replace(asked, not_on_or_after=None), now + 6 * minute - second)
    response(answered)
    with pytest.raises(InvalidRequest, match="another identity provider"):
        request(replace(asked, issuer="https://other"))
    with pytest.raises(InvalidRequest, match="another destination"):
        request(replace(asked, destination="https://other"))
    with pytest.raises(InvalidRequest, match="from the future"):
        request(asked, now - minute - second)
    with pytest.raises(InvalidRequest, match="too old"):
        request(replace(asked, not_on_or_after=None), now + 6 * minute)
    with pytest.raises(InvalidRequest, match="no longer valid"):
        request(replace(asked, not_on_or_after=now - minute))
    with pytest.raises(InvalidRequest, match="another identity provider"):
        response(replace(answered, issuer="https://other"))
    with pytest.raises(InvalidRequest, match="another destination"):
        response(replace(answered, destination="https://other"))
    with pytest.raises(InvalidRequest, match="too old"):
        response(answered, now + 6 * minute)
    with pytest.raises(InvalidRequest, match="another logout request"):
        response(replace(answered, in_response_to="_r"))
