"""SAML responses from strangers, as posted and as signed by the provider.

As posted, a changed document may only be refused, or say what was signed.
Then its assertion is signed anew, so that every claim is reached too.
"""

import base64
from datetime import UTC, datetime, timedelta

import xmlsec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from lxml import etree

from securecart.federation.claims import (
    RejectedClaim,
    aws_session_claims_from_saml,
    saml_trust_context,
)
from securecart.federation.saml import (
    Answer,
    Expectation,
    IdpMetadata,
    InvalidAssertion,
    InvalidDocument,
    NameId,
    SigningIdentity,
    build_failure,
    build_idp_metadata,
    build_response,
    encode_post,
    self_signed_certificate,
    sign_element,
    verify_response,
)
from securecart.federation.saml.document import MAX_RESPONSE, parse_xml
from securecart.federation.saml.names import DS, NO_PASSIVE, RESPONDER, A
from securecart.names.arn import Arn

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_AWS = "https://aws.amazon.com/SAML/Attributes/"
_PROVIDER = Arn.parse("arn:aws:iam::123456789012:saml-provider/SecureCart")
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
_METADATA = IdpMetadata.parse(
    build_idp_metadata(
        entity_id="https://idp", sso_address="https://idp/sso", identity=_IDENTITY
    )
)
_ANSWER = Answer(
    response_id="_r",
    assertion_id="_a",
    issuer="https://idp",
    recipient="https://sp/acs",
    audience="urn:amazon:webservices",
    in_response_to="_q",
    name_id=NameId("ada"),
    issued_at=_NOW,
    not_before=_NOW,
    not_on_or_after=_NOW + timedelta(minutes=5),
    authn_instant=_NOW,
    session_index="_s",
    session_not_on_or_after=_NOW + timedelta(hours=1),
    attributes={
        _AWS + "Role": [f"arn:aws:iam::123456789012:role/Employee,{_PROVIDER}"],
        _AWS + "RoleSessionName": ["ada"],
        _AWS + "SessionDuration": ["3600"],
        _AWS + "PrincipalTag:department": ["finance"],
        _AWS + "TransitiveTagKeys": ["department"],
        _AWS + "SourceIdentity": ["ada"],
        "urn:oid:2.5.4.3": ["Ada"],
    },
)
_EXPECTED = Expectation.redemption(audiences=frozenset({"urn:amazon:webservices"}))
_FAILURE = build_failure(
    (RESPONDER, NO_PASSIVE),
    _IDENTITY,
    response_id="_r",
    issuer="https://idp",
    recipient="https://sp/acs",
    in_response_to="_q",
    now=_NOW,
)
_UNSIGNED = etree.fromstring(build_response(_ANSWER, _IDENTITY))
for _signature in list(_UNSIGNED.iter(f"{DS}Signature")):
    _UNSIGNED[2].remove(_signature)

SEEDS = [
    build_response(_ANSWER, _IDENTITY),
    build_response(_ANSWER, _IDENTITY, sign_response=True),
    etree.tostring(_UNSIGNED),
    _FAILURE,
]


def one(data: bytes) -> None:
    """Verify the bytes as they are, and once more after signing what is in them."""
    for shown in (data.decode("latin-1"), base64.b64encode(data).decode()):
        try:
            verified = verify_response(shown, _METADATA, _EXPECTED, now=_NOW)
        except InvalidAssertion:
            continue
        if verified.name_id.value != "ada" or verified.recipient != "https://sp/acs":
            raise AssertionError("a forgery was believed")
    _verify_signed(data)


def _verify_signed(data: bytes) -> None:
    try:
        root = parse_xml(data, max_length=MAX_RESPONSE)
    except InvalidDocument:
        return
    assertion = root.find(f"{A}Assertion")
    if assertion is None:
        return
    for signature in assertion.findall(f"{DS}Signature"):
        assertion.remove(signature)
    if not assertion.get("ID", "").replace("_", "a").isalnum():
        return
    try:
        sign_element(assertion, _IDENTITY)
        verified = verify_response(
            encode_post(etree.tostring(root)), _METADATA, _EXPECTED, now=_NOW
        )
        saml_trust_context(verified, _PROVIDER)
        aws_session_claims_from_saml(verified)
    except (InvalidAssertion, RejectedClaim, xmlsec.Error):
        return
