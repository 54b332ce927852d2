"""Answers that are in order, and what is read from them."""

import base64
import copy
import textwrap
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml import (
    Expectation,
    ExpiredMetadata,
    FailedStatus,
    IdpMetadata,
    InvalidAssertion,
    NameId,
    OutsideItsTime,
    WrongContext,
    build_failure,
    build_idp_metadata,
    build_response,
    encode_post,
    verify_response,
)
from securecart.federation.saml.document import format_time
from securecart.federation.saml.names import (
    EC,
    NO_PASSIVE,
    PERSISTENT,
    REFEDS_MFA,
    RESPONDER,
    A,
)

if TYPE_CHECKING:
    from tests.unit.federation.saml.conftest import Forge


def test_a_genuine_answer_is_read(forge: "Forge") -> None:
    """Every claim of the signed assertion comes back as it was made."""
    assertion = forge.verify(forge.genuine())
    answer = forge.answer
    assert assertion.issuer == answer.issuer
    assert assertion.assertion_id == answer.assertion_id
    assert assertion.name_id == NameId("ada@example.com", PERSISTENT)
    assert assertion.audiences == ("urn:amazon:webservices",)
    assert assertion.recipient == answer.recipient
    assert assertion.in_response_to == "_request1"
    assert assertion.issued_at == answer.issued_at
    assert assertion.authn_instant == answer.authn_instant
    assert assertion.authn_context == answer.authn_context
    assert assertion.session_not_on_or_after == answer.session_not_on_or_after
    assert assertion.not_on_or_after == answer.not_on_or_after + timedelta(seconds=60)
    assert assertion.attributes["mail"] == ("a@x", "b@x")


def test_a_signed_response_around_a_signed_assertion_is_accepted(
    forge: "Forge",
) -> None:
    """Both signatures may be there, as Okta and ADFS can be told to do."""
    assertion = forge.verify(forge.genuine(sign_response=True))
    assert assertion.name_id.value == "ada@example.com"


def test_white_space_between_elements_does_no_harm(forge: "Forge") -> None:
    """Many providers indent what they sign, the signature included."""
    root = forge.signed_with(prepare=_indent_around)
    assert b">\n  <ds:Signature" in etree.tostring(root)
    assert forge.verify(root).attributes["mail"] == ("a@x", "b@x")


def _indent_around(signature: etree._Element) -> None:
    assertion = signature.getparent()
    assert assertion is not None
    etree.indent(assertion)


def test_base64_with_line_breaks_is_read(forge: "Forge") -> None:
    """SimpleSAMLphp breaks the lines of the form field."""
    encoded = base64.b64encode(build_response(forge.answer, forge.identity)).decode()
    assert forge.verify("\r\n".join(textwrap.wrap(encoded, 76))).issuer


def test_prefixes_declared_above_the_assertion_are_kept(forge: "Forge") -> None:
    """ADFS and Shibboleth sign with InclusiveNamespaces for `xs`."""

    def include(signature: etree._Element) -> None:
        for transform in signature.iter("{*}Transform"):
            if transform.get("Algorithm", "").endswith("xml-exc-c14n#"):
                etree.SubElement(
                    transform, f"{EC}InclusiveNamespaces", PrefixList="saml samlp xs"
                )

    root = forge.signed_with(prepare=include)
    assert b"InclusiveNamespaces" in etree.tostring(root)
    assert forge.verify(root).name_id.value == "ada@example.com"


def test_either_of_two_keys_may_have_signed(forge: "Forge") -> None:
    """A provider that changes its key publishes both for a while."""
    other = IdpMetadata.parse(
        build_idp_metadata(
            entity_id=forge.provider.entity_id,
            sso_address="https://idp.example.com/sso",
            identity=forge.attacker,
        )
    )
    both = replace(
        forge.provider, signing_keys=other.signing_keys + forge.provider.signing_keys
    )
    assert replace(forge, provider=both).verify(forge.genuine()).issuer


def test_an_unsolicited_answer_is_for_who_expects_one(forge: "Forge") -> None:
    """An answer that nobody asked for has no InResponseTo, and must not."""
    expected = Expectation.unsolicited(
        acs_address=forge.answer.recipient, audience=forge.answer.audience
    )
    root = forge.genuine(in_response_to=None)
    assert forge.verify(root, expected=expected).in_response_to is None
    with pytest.raises(InvalidAssertion, match="another request"):
        forge.verify(root)
    with pytest.raises(InvalidAssertion, match="another request"):
        forge.verify(forge.genuine(), expected=expected)


def test_sts_takes_any_recipient_and_reports_it(forge: "Forge") -> None:
    """STS leaves the recipient to the role's trust policy, as `saml:aud`."""
    expected = Expectation.redemption(audiences=frozenset({forge.answer.audience}))
    root = forge.genuine(recipient="https://other.example.com/acs")
    recipient = forge.verify(root, expected=expected).recipient
    assert recipient == "https://other.example.com/acs"


def test_a_passive_failure_is_told_from_others(forge: "Forge") -> None:
    """The portal falls back to asking the person when it sees NoPassive."""
    xml = build_failure(
        (RESPONDER, NO_PASSIVE),
        forge.identity,
        response_id="_response2",
        issuer=forge.answer.issuer,
        recipient=forge.answer.recipient,
        in_response_to="_request1",
        now=forge.now,
    )
    with pytest.raises(FailedStatus) as failure:
        forge.verify(xml)
    assert failure.value.codes == (RESPONDER, NO_PASSIVE)


def test_structured_attribute_values_are_left_out(forge: "Forge") -> None:
    """An eduPersonTargetedID holds an element; it is no text to compare."""

    def nest(assertion: etree._Element) -> None:
        value = assertion.find(f".//{A}AttributeValue")
        assert value is not None
        etree.SubElement(value, f"{A}NameID").text = "x"

    attributes = forge.verify(forge.changed(nest)).attributes
    assert () in attributes.values()


# What else an assertion may say.


def _confirmation(assertion: Element) -> Element:
    confirmation = assertion.find(f"{A}Subject/{A}SubjectConfirmation")
    assert confirmation is not None
    return confirmation


def test_a_beginning_in_the_confirmation_is_kept_to(forge: "Forge") -> None:
    """The profile forbids it to senders; whoever sends it means it."""

    def begin(moment: datetime) -> Element:
        def change(assertion: Element) -> None:
            _confirmation(assertion)[0].set("NotBefore", format_time(moment))

        return forge.changed(change)

    forge.verify(begin(forge.now + timedelta(seconds=60)))
    with pytest.raises(OutsideItsTime, match="not valid yet"):
        forge.verify(begin(forge.now + timedelta(seconds=61)))


def test_two_confirmations_are_refused(forge: "Forge") -> None:
    """Two recipients would make it doubtful whom it is for, and `saml:aud` too."""

    def repeat(assertion: Element) -> None:
        confirmation = _confirmation(assertion)
        confirmation.addnext(copy.deepcopy(confirmation))

    with pytest.raises(InvalidAssertion, match="2 SubjectConfirmation"):
        forge.verify(forge.changed(repeat))


def test_the_address_of_the_browser_is_not_compared(forge: "Forge") -> None:
    """Proxies and changing networks give it another; STS never sees it."""

    def change(assertion: Element) -> None:
        _confirmation(assertion)[0].set("Address", "192.0.2.1")

    forge.verify(forge.changed(change))


def test_conditions_that_are_always_kept_are_accepted(forge: "Forge") -> None:
    """It is used once, and no assertion is ever made from it."""

    def change(assertion: Element) -> None:
        conditions = assertion.find(f"{A}Conditions")
        assert conditions is not None
        etree.SubElement(conditions, f"{A}OneTimeUse")
        etree.SubElement(conditions, f"{A}ProxyRestriction", Count="0")

    forge.verify(forge.changed(change))


def test_the_way_to_sign_in_is_one_that_was_asked_for(forge: "Forge") -> None:
    """A provider may ignore RequestedAuthnContext; the answer says so."""

    def expecting(*contexts: str) -> Expectation:
        return Expectation.answer(
            request_id="_request1",
            acs_address=forge.answer.recipient,
            audience=forge.answer.audience,
            contexts=frozenset(contexts),
        )

    strong = forge.genuine(authn_context=REFEDS_MFA)
    assert forge.verify(
        strong, expected=expecting(REFEDS_MFA, "urn:other")
    ).authn_context == (REFEDS_MFA)
    with pytest.raises(WrongContext):
        forge.verify(forge.genuine(), expected=expecting(REFEDS_MFA))
    with pytest.raises(WrongContext):
        forge.verify(strong, expected=expecting())

    def silent(assertion: Element) -> None:
        context = assertion.find(f"{A}AuthnStatement/{A}AuthnContext")
        assert context is not None
        context.remove(context[0])

    assert forge.verify(forge.changed(silent)).authn_context is None
    with pytest.raises(WrongContext):
        forge.verify(forge.changed(silent), expected=expecting(REFEDS_MFA))


def test_two_ways_to_have_signed_in_are_refused(forge: "Forge") -> None:
    """One of them might be the one asked for, and the other the truth."""

    def repeat(assertion: Element) -> None:
        reference = assertion.find(f".//{A}AuthnContextClassRef")
        assert reference is not None
        reference.addnext(copy.deepcopy(reference))

    with pytest.raises(InvalidAssertion, match="2 AuthnContextClassRef"):
        forge.verify(forge.changed(repeat))


def test_metadata_that_is_over_vouches_for_nobody(forge: "Forge") -> None:
    """To the second, in the portal and in STS alike."""
    root = forge.genuine()
    later = forge.now + timedelta(seconds=1)
    verify_response(
        encode_post(etree.tostring(root)),
        replace(forge.provider, valid_until=later),
        Expectation.redemption(audiences=frozenset({forge.answer.audience})),
        now=forge.now,
    )
    with pytest.raises(ExpiredMetadata):
        verify_response(
            encode_post(etree.tostring(root)),
            replace(forge.provider, valid_until=forge.now),
            Expectation.redemption(audiences=frozenset({forge.answer.audience})),
            now=forge.now,
        )
