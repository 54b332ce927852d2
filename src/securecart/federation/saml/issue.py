"""Write a response, as an identity provider does.

Used by the stand-in IdP, and by every test that needs a real answer.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.assertion import NameId
from securecart.federation.saml.document import format_time
from securecart.federation.saml.encryption import encrypt_assertion
from securecart.federation.saml.names import (
    ASSERTION,
    BEARER,
    ENTITY,
    PASSWORD_PROTECTED,
    PROTOCOL,
    SUCCESS,
    URI_NAME,
    A,
    P,
)
from securecart.federation.saml.signing import SigningIdentity, sign_element


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that a successful response says.

    The ids are fresh XML ids (`authn_request.new_id`). `in_response_to` is
    None where nobody asked. All moments are aware.
    """

    response_id: str
    assertion_id: str
    issuer: str
    recipient: str
    audience: str
    in_response_to: str | None
    name_id: NameId
    issued_at: datetime
    not_before: datetime
    not_on_or_after: datetime
    authn_instant: datetime
    session_index: str
    authn_context: str = PASSWORD_PROTECTED
    session_not_on_or_after: datetime | None = None
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def build_response(
    answer: Answer,
    identity: SigningIdentity,
    *,
    sign_response: bool = False,
    encrypt_for: bytes | None = None,
) -> bytes:
    """Write a response with one signed assertion; sign the whole too if told.

    The assertion is encrypted for the holder of the certificate (PEM, RSA)
    where there is one.
    """
    root = _envelope(
        answer.response_id,
        answer.issuer,
        answer.recipient,
        answer.in_response_to,
        answer.issued_at,
    )
    _add_status(root, (SUCCESS,))
    assertion = _add_assertion(root, answer)
    sign_element(assertion, identity)
    if encrypt_for is not None:
        root.replace(assertion, encrypt_assertion(assertion, encrypt_for))
    if sign_response:
        sign_element(root, identity)
    return etree.tostring(root, encoding="UTF-8")


def build_failure(
    codes: Sequence[str],
    identity: SigningIdentity,
    *,
    response_id: str,
    issuer: str,
    recipient: str,
    in_response_to: str | None,
    now: datetime,
) -> bytes:
    """Write a signed response that signs nobody in.

    `codes` are nested: first RESPONDER or REQUESTER, then why (NO_PASSIVE,
    AUTHN_FAILED …), as SAML 2.0 core, section 3.2.2.2 lists them.
    """
    root = _envelope(response_id, issuer, recipient, in_response_to, now)
    _add_status(root, codes)
    sign_element(root, identity)
    return etree.tostring(root, encoding="UTF-8")


def encode_post(xml: bytes) -> str:
    """Encode a message as the form field `SAMLResponse` of HTTP-POST."""
    return base64.b64encode(xml).decode()


def _envelope(
    response_id: str,
    issuer: str,
    recipient: str,
    in_response_to: str | None,
    now: datetime,
) -> Element:
    root = etree.Element(
        f"{P}Response",
        nsmap={"samlp": PROTOCOL, "saml": ASSERTION},
        ID=response_id,
        Version="2.0",
        IssueInstant=format_time(now),
        Destination=recipient,
    )
    if in_response_to is not None:
        root.set("InResponseTo", in_response_to)
    etree.SubElement(root, f"{A}Issuer", Format=ENTITY).text = issuer
    return root


def _add_status(root: Element, codes: Sequence[str]) -> None:
    parent = etree.SubElement(root, f"{P}Status")
    for code in codes:
        parent = etree.SubElement(parent, f"{P}StatusCode", Value=code)


def _add_assertion(root: Element, answer: Answer) -> Element:
    assertion = etree.SubElement(
        root,
        f"{A}Assertion",
        ID=answer.assertion_id,
        Version="2.0",
        IssueInstant=format_time(answer.issued_at),
    )
    etree.SubElement(assertion, f"{A}Issuer", Format=ENTITY).text = answer.issuer
    _add_subject(assertion, answer)
    conditions = etree.SubElement(
        assertion,
        f"{A}Conditions",
        NotBefore=format_time(answer.not_before),
        NotOnOrAfter=format_time(answer.not_on_or_after),
    )
    restriction = etree.SubElement(conditions, f"{A}AudienceRestriction")
    etree.SubElement(restriction, f"{A}Audience").text = answer.audience
    _add_authn_statement(assertion, answer)
    if answer.attributes:
        statement = etree.SubElement(assertion, f"{A}AttributeStatement")
        for name, values in answer.attributes.items():
            attribute = etree.SubElement(
                statement, f"{A}Attribute", Name=name, NameFormat=URI_NAME
            )
            for value in values:
                etree.SubElement(attribute, f"{A}AttributeValue").text = value
    return assertion


def _add_subject(assertion: Element, answer: Answer) -> None:
    subject = etree.SubElement(assertion, f"{A}Subject")
    name_id = etree.SubElement(subject, f"{A}NameID", Format=answer.name_id.name_format)
    name_id.text = answer.name_id.value
    if answer.name_id.name_qualifier is not None:
        name_id.set("NameQualifier", answer.name_id.name_qualifier)
    if answer.name_id.sp_name_qualifier is not None:
        name_id.set("SPNameQualifier", answer.name_id.sp_name_qualifier)
    confirmation = etree.SubElement(subject, f"{A}SubjectConfirmation", Method=BEARER)
    data = etree.SubElement(
        confirmation,
        f"{A}SubjectConfirmationData",
        Recipient=answer.recipient,
        NotOnOrAfter=format_time(answer.not_on_or_after),
    )
    if answer.in_response_to is not None:
        data.set("InResponseTo", answer.in_response_to)


def _add_authn_statement(assertion: Element, answer: Answer) -> None:
    statement = etree.SubElement(
        assertion,
        f"{A}AuthnStatement",
        AuthnInstant=format_time(answer.authn_instant),
        SessionIndex=answer.session_index,
    )
    if answer.session_not_on_or_after is not None:
        statement.set(
            "SessionNotOnOrAfter", format_time(answer.session_not_on_or_after)
        )
    context = etree.SubElement(statement, f"{A}AuthnContext")
    reference = etree.SubElement(context, f"{A}AuthnContextClassRef")
    reference.text = answer.authn_context
