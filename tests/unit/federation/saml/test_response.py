"""Answers that are in order, and what is read from them."""

import base64
import textwrap
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from securecart.federation.saml import (
    Expectation,
    FailedStatus,
    IdpMetadata,
    InvalidAssertion,
    NameId,
    build_failure,
    build_idp_metadata,
    build_response,
)
from securecart.federation.saml.names import EC, NO_PASSIVE, PERSISTENT, RESPONDER, A

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
