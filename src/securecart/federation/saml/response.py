"""Verify the answer of an identity provider.

Nothing is taken from the document before its place in it, its signature and
its single meaning are settled; claims are then read from the canonical bytes
that were signed, parsed anew. Source: SAML 2.0 profiles, section 4.1.4; the
rules on top answer the attacks in Somorovsky et al., "On Breaking SAML".
"""

import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from lxml.etree import _Element as Element

from securecart.federation.saml.assertion import (
    VerifiedAssertion,
    read_attributes,
    read_name_id,
)
from securecart.federation.saml.document import (
    CLOCK_SKEW,
    MAX_RESPONSE,
    attribute,
    only_child,
    optional_child,
    parse_time,
    parse_xml,
    text_of,
    time_of,
)
from securecart.federation.saml.encryption import decrypt_assertion
from securecart.federation.saml.errors import (
    DecryptionFailed,
    EncryptedAssertionRefused,
    ExpiredMetadata,
    FailedStatus,
    InvalidAssertion,
    InvalidDocument,
    InvalidSignature,
    OutsideItsTime,
    UnencryptedAssertion,
    WrongAudience,
    WrongContext,
    WrongIssuer,
)
from securecart.federation.saml.metadata import IdpMetadata
from securecart.federation.saml.names import BEARER, DS, ENTITY, SUCCESS, A, P
from securecart.federation.saml.signature import refuse_repeated_ids, verify_enveloped
from securecart.names.cohort import step

_ASSERTIONS: Final = frozenset({f"{A}Assertion", f"{A}EncryptedAssertion"})
_RESPONSE_PARTS: Final = frozenset(
    {f"{A}Issuer", f"{DS}Signature", f"{P}Status", *_ASSERTIONS}
)
_ENCRYPTED_PARTS: Final = frozenset(
    {"EncryptedID", "NewEncryptedID", "EncryptedAttribute"}
)
_NAMES_THAT_COUNT: Final = ("Assertion", "Signature", *_ENCRYPTED_PARTS)
"""How the names end of the few elements, of all there are, that are looked at."""
_KNOWN_CONDITIONS: Final = frozenset(
    {f"{A}AudienceRestriction", f"{A}OneTimeUse", f"{A}ProxyRestriction"}
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the answer must be an answer to.

    `accepts_recipient` and `accepts_request` judge the signed Recipient and
    InResponseTo. `contexts` are the ways to sign in that will do, any where
    None. A plain assertion is refused where encryption is required.
    """

    audiences: frozenset[str]
    accepts_recipient: Callable[[str], bool]
    accepts_request: Callable[[str | None], bool]
    contexts: frozenset[str] | None = None
    encryption_required: bool = False

    @classmethod
    def answer(
        cls,
        *,
        request_id: str,
        acs_address: str,
        audience: str,
        contexts: frozenset[str] | None = None,
        encryption_required: bool = False,
    ) -> Self:
        """Expect the answer to one AuthnRequest, at the service that sent it."""
        return cls(
            frozenset({audience}),
            lambda found: found == acs_address,
            lambda found: found == request_id,
            contexts,
            encryption_required,
        )

    @classmethod
    def unsolicited(
        cls,
        *,
        acs_address: str,
        audience: str,
        contexts: frozenset[str] | None = None,
        encryption_required: bool = False,
    ) -> Self:
        """Expect an answer that nobody asked for, begun at the provider."""
        return cls(
            frozenset({audience}),
            lambda found: found == acs_address,
            lambda found: found is None,
            contexts,
            encryption_required,
        )

    @classmethod
    def redemption(
        cls, *, audiences: frozenset[str], encryption_required: bool = False
    ) -> Self:
        """Expect an answer handed on to STS.

        STS knows neither request nor service; the role's trust policy judges
        the recipient, as `saml:aud`.
        """
        return cls(
            audiences,
            lambda _: True,
            lambda _: True,
            encryption_required=encryption_required,
        )


def verify_response(
    saml_response: str,
    provider: IdpMetadata,
    expected: Expectation,
    *,
    now: datetime,
    decryption_keys: Sequence[bytes] = (),
) -> VerifiedAssertion:
    """Verify a base64 SAML response and answer what its assertion says.

    The assertion has one bearer confirmation, whose recipient is then the
    one it is for. `NotBefore` in it is kept to, though the profile forbids it
    to senders; `Address` is not compared, since proxies change it and STS
    never sees the browser. `OneTimeUse` is for the caller to keep, who
    remembers every assertion's id.

    `decryption_keys` are RSA private keys in PEM form, newest first, for an
    encrypted assertion; see `encryption` for what is read.

    Raises:
        FailedStatus: if the provider says that it did not sign anybody in.
        InvalidAssertion: for every other response that proves nothing, with
            a subclass where the caller may want to tell the person more.
    """
    if provider.valid_until is not None and now >= provider.valid_until:
        raise ExpiredMetadata("the identity provider's metadata is no longer valid")
    try:
        response = parse_xml(_decode(saml_response), max_length=MAX_RESPONSE)
        step()
        _check_response(response, provider, expected)
        assertion = _the_assertion(response)
        refuse_repeated_ids(response)
        step()
        authentic = response.find(f"{DS}Signature") is not None
        if authentic:
            # First, since it covers the assertion with its signature in it, or
            # its ciphertext.
            verify_enveloped(response, provider.signing_keys)
        if assertion.tag == f"{A}EncryptedAssertion":
            assertion = _decrypted(assertion, decryption_keys, authentic=authentic)
        elif expected.encryption_required:
            raise UnencryptedAssertion("the assertion is not encrypted")
        signed = verify_enveloped(assertion, provider.signing_keys)
        step()
        claims = parse_xml(signed, max_length=MAX_RESPONSE)
        step()
        return _read(claims, response, provider, expected, now)
    except InvalidDocument as error:
        raise InvalidAssertion(str(error)) from None


def _decode(saml_response: str) -> bytes:
    if len(saml_response) > MAX_RESPONSE:
        raise InvalidAssertion(f"the response is longer than {MAX_RESPONSE} characters")
    try:
        return binascii.a2b_base64("".join(saml_response.split()), strict_mode=True)
    except ValueError:
        raise InvalidAssertion("the response is not base64") from None


def _check_response(
    response: Element, provider: IdpMetadata, expected: Expectation
) -> None:
    """Check the envelope. It need not be signed, so it can only refuse."""
    if response.tag != f"{P}Response" or response.get("Version") != "2.0":
        raise InvalidAssertion("the document is no SAML 2.0 Response")
    attribute(response, "ID")
    destination = response.get("Destination")
    if destination is not None and not expected.accepts_recipient(destination):
        raise WrongAudience("the response was meant for another destination")
    if not expected.accepts_request(response.get("InResponseTo")):
        raise InvalidAssertion("the response answers another request")
    issuer = optional_child(response, f"{A}Issuer")
    if issuer is not None:
        _check_issuer(issuer, provider)
    status = only_child(only_child(response, f"{P}Status"), f"{P}StatusCode")
    codes = tuple(
        attribute(code, "Value")
        for code in (status, *status.iterfind(f".//{P}StatusCode"))
    )
    if codes[0] != SUCCESS:
        raise FailedStatus(codes)


def _the_assertion(root: Element) -> Element:
    """Answer the one assertion, plain or encrypted, of a response or alone.

    Elements count by their local names, since a reader that cares less about
    namespaces may find more of them.
    """
    if root.tag == f"{P}Response" and any(
        child.tag not in _RESPONSE_PARTS for child in root
    ):
        raise InvalidAssertion("the response has parts that this service does not read")
    found: list[Element] = []
    signatures: list[Element] = []
    for element in root.iter("*"):
        if not element.tag.endswith(_NAMES_THAT_COUNT):
            continue
        name = element.tag.rpartition("}")[2]
        if name in ("Assertion", "EncryptedAssertion"):
            found.append(element)
        elif name == "Signature":
            signatures.append(element)
        elif name in _ENCRYPTED_PARTS:
            raise EncryptedAssertionRefused(
                "a name or attribute is encrypted by itself; let the identity "
                "provider encrypt the whole assertion"
            )
    if len(found) != 1 or found[0].tag not in _ASSERTIONS:
        raise InvalidAssertion("the response must hold exactly one assertion")
    places = (root, found[0])
    if found[0] is not root and found[0].getparent() is not root:
        raise InvalidAssertion("the assertion is not where it belongs")
    if any(
        signature.tag != f"{DS}Signature" or signature.getparent() not in places
        for signature in signatures
    ):
        raise InvalidSignature("a signature where none belongs")
    return found[0]


def _decrypted(
    encrypted: Element, keys: Sequence[bytes], *, authentic: bool
) -> Element:
    """Answer the assertion, as a document of its own that proves nothing yet."""
    if not keys:
        raise EncryptedAssertionRefused(
            "the assertion is encrypted; let the identity provider send it signed only"
        )
    try:
        root = parse_xml(
            decrypt_assertion(encrypted, keys, authentic=authentic),
            max_length=MAX_RESPONSE,
        )
    except InvalidDocument:
        raise DecryptionFailed from None
    if root.tag != f"{A}Assertion":
        raise DecryptionFailed
    refuse_repeated_ids(root)
    return _the_assertion(root)


def _read(
    claims: Element,
    response: Element,
    provider: IdpMetadata,
    expected: Expectation,
    now: datetime,
) -> VerifiedAssertion:
    if claims.get("Version") != "2.0":
        raise InvalidAssertion("the assertion is not of SAML 2.0")
    _check_issuer(only_child(claims, f"{A}Issuer"), provider)
    issued_at = parse_time(attribute(claims, "IssueInstant"))
    if issued_at > now + CLOCK_SKEW:
        raise OutsideItsTime("the assertion comes from the future")
    subject = only_child(claims, f"{A}Subject")
    confirmation = _bearer(subject)
    recipient = attribute(confirmation, "Recipient")
    if not expected.accepts_recipient(recipient):
        raise WrongAudience("the assertion is for another recipient")
    if response.get("Destination") not in (None, recipient):
        raise WrongAudience("destination and recipient differ")
    in_response_to = confirmation.get("InResponseTo")
    if not expected.accepts_request(in_response_to):
        raise InvalidAssertion("the assertion answers another request")
    if response.get("InResponseTo") != in_response_to:
        raise InvalidAssertion("response and assertion answer different requests")
    conditions = only_child(claims, f"{A}Conditions")
    ends = [_valid_until(confirmation, now), _valid_until(conditions, now)]
    end = min(moment for moment in ends if moment is not None)
    audiences = _audiences(conditions, expected.audiences)
    statement = only_child(claims, f"{A}AuthnStatement")
    authn_instant = parse_time(attribute(statement, "AuthnInstant"))
    session_end = time_of(statement, "SessionNotOnOrAfter")
    if authn_instant > now + CLOCK_SKEW:
        raise OutsideItsTime("the sign-in lies in the future")
    if session_end is not None and session_end <= now:
        raise OutsideItsTime("the session at the identity provider is over")
    context = _context(statement)
    if expected.contexts is not None and context not in expected.contexts:
        raise WrongContext("the person did not sign in in the way asked for")
    return VerifiedAssertion(
        assertion_id=attribute(claims, "ID"),
        issuer=provider.entity_id,
        name_id=read_name_id(subject),
        audiences=audiences,
        recipient=recipient,
        in_response_to=in_response_to,
        issued_at=issued_at,
        not_on_or_after=end,
        authn_instant=authn_instant,
        authn_context=context,
        session_index=statement.get("SessionIndex"),
        session_not_on_or_after=session_end,
        attributes=read_attributes(claims),
    )


def _check_issuer(issuer: Element, provider: IdpMetadata) -> None:
    if issuer.get("Format", ENTITY) != ENTITY or text_of(issuer) != provider.entity_id:
        raise WrongIssuer("the response comes from another identity provider")


def _bearer(subject: Element) -> Element:
    confirmation = only_child(subject, f"{A}SubjectConfirmation")
    if confirmation.get("Method") != BEARER:
        raise InvalidAssertion("the assertion is not for its bearer")
    data = only_child(confirmation, f"{A}SubjectConfirmationData")
    attribute(data, "NotOnOrAfter")
    return data


def _valid_until(element: Element, now: datetime) -> datetime | None:
    """Check the bounds of an element; answer when it ends, tolerance included."""
    begin, end = time_of(element, "NotBefore"), time_of(element, "NotOnOrAfter")
    if begin is not None and now < begin - CLOCK_SKEW:
        raise OutsideItsTime("the assertion is not valid yet")
    if end is not None and now >= end + CLOCK_SKEW:
        raise OutsideItsTime("the assertion is no longer valid")
    return None if end is None else end + CLOCK_SKEW


def _context(statement: Element) -> str | None:
    context = optional_child(statement, f"{A}AuthnContext")
    if context is None:
        return None
    reference = optional_child(context, f"{A}AuthnContextClassRef")
    return None if reference is None else text_of(reference)


def _audiences(conditions: Element, accepted: frozenset[str]) -> tuple[str, ...]:
    if any(child.tag not in _KNOWN_CONDITIONS for child in conditions):
        raise InvalidAssertion("the assertion has a condition of an unknown kind")
    restrictions = [
        tuple(text_of(audience) for audience in restriction)
        for restriction in conditions.findall(f"{A}AudienceRestriction")
    ]
    # Restrictions are joined by AND, the audiences within one by OR.
    if not restrictions or any(accepted.isdisjoint(names) for names in restrictions):
        raise WrongAudience("the assertion is for another audience")
    return tuple(name for names in restrictions for name in names)
