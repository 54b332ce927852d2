"""Forged answers: each document here is one that some verifier has believed."""

import base64
import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import xmlsec
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml import (
    Expectation,
    FailedStatus,
    InvalidAssertion,
    InvalidSignature,
    OutsideItsTime,
    WrongAudience,
    WrongIssuer,
    build_response,
    sign_element,
)
from securecart.federation.saml.names import AUTHN_FAILED, DS, EC, EMAIL_ADDRESS, A, P

if TYPE_CHECKING:
    from tests.unit.federation.saml.conftest import Forge

C = xmlsec.constants


def test_the_same_documents_without_the_attack_are_believed(forge: "Forge") -> None:
    """Every forgery here is one of these four with one thing changed."""
    forge.verify(forge.genuine())
    forge.verify(forge.genuine(sign_response=True))
    forge.verify(forge.changed(lambda _: None))
    forge.verify(forge.signed_with())


# Signature wrapping: the eight shapes of Somorovsky et al., "On Breaking SAML".


def _evil(element: Element) -> Element:
    """Copy an element under another id, for another person."""
    evil = copy.deepcopy(element)
    evil.set("ID", "_evil")
    for assertion in evil.iter(f"{A}Assertion"):
        if assertion is not evil:
            assertion.set("ID", "_evil2")
    for name in evil.iter(f"{A}NameID"):
        name.text = "eve@example.com"
    return evil


def _without_signature(element: Element) -> Element:
    stripped = copy.deepcopy(element)
    for signature in stripped.findall(f"{DS}Signature"):
        stripped.remove(signature)
    return stripped


def _signature(element: Element) -> Element:
    signature = element.find(f"{DS}Signature")
    assert signature is not None
    return copy.deepcopy(signature)


def _original_response_in_the_signature(root: Element, _: Element) -> Element:
    evil, signature = _without_signature(_evil(root)), _signature(root)
    etree.SubElement(signature, f"{DS}Object").append(_without_signature(root))
    evil.insert(1, signature)
    return evil


def _original_response_beside_the_signature(root: Element, _: Element) -> Element:
    evil = _without_signature(_evil(root))
    evil.insert(1, _without_signature(root))
    evil.insert(2, _signature(root))
    return evil


def _evil_assertion_first(root: Element, assertion: Element) -> Element:
    root.insert(0, _without_signature(_evil(assertion)))
    return root


def _evil_assertion_around_the_original(root: Element, assertion: Element) -> Element:
    evil = _without_signature(_evil(assertion))
    root.replace(assertion, evil)
    evil.append(assertion)
    return root


def _signature_in_the_evil_assertion(root: Element, assertion: Element) -> Element:
    evil = _without_signature(_evil(assertion))
    evil.insert(1, _signature(assertion))
    root.replace(assertion, evil)
    root.append(_without_signature(assertion))
    return root


def _original_assertion_in_the_signature(root: Element, assertion: Element) -> Element:
    evil, signature = _without_signature(_evil(assertion)), _signature(assertion)
    signature.append(_without_signature(assertion))
    evil.insert(1, signature)
    root.replace(assertion, evil)
    return root


def _evil_assertion_in_extensions(root: Element, assertion: Element) -> Element:
    extensions = etree.Element(f"{P}Extensions")
    extensions.append(_without_signature(_evil(assertion)))
    root.insert(1, extensions)
    return root


def _original_assertion_in_an_object(root: Element, assertion: Element) -> Element:
    evil, signature = _without_signature(_evil(assertion)), _signature(assertion)
    wrapped = etree.SubElement(signature, f"{DS}Object")
    wrapped.append(_without_signature(assertion))
    evil.insert(1, signature)
    root.replace(assertion, evil)
    return root


@pytest.mark.parametrize(
    ("wrap", "sign_response"),
    [
        (_original_response_in_the_signature, True),
        (_original_response_beside_the_signature, True),
        (_evil_assertion_first, False),
        (_evil_assertion_around_the_original, False),
        (_signature_in_the_evil_assertion, False),
        (_original_assertion_in_the_signature, False),
        (_evil_assertion_in_extensions, False),
        (_original_assertion_in_an_object, False),
    ],
)
def test_a_wrapped_signature_is_refused(
    forge: "Forge",
    wrap: Callable[[Element, Element], Element],
    sign_response: bool,  # noqa: FBT001 — a column of the table above
) -> None:
    """The signed element is somewhere in the document, and another is read."""
    root = forge.genuine(sign_response=sign_response)
    forge.verify(root)
    with pytest.raises(InvalidAssertion):
        forge.verify(wrap(root, forge.assertion(root)))


def test_a_reference_to_another_element_is_refused(forge: "Forge") -> None:
    """The provider signed something, but not this assertion."""
    with pytest.raises(InvalidSignature, match="another element"):
        forge.verify(forge.signed_with(uris=["#_response1"]))


@pytest.mark.parametrize("name", ["xpointer(/)", "xpointer(//*)", "1", "a b", "é"])
def test_an_id_that_is_an_expression_is_not_evaluated(
    forge: "Forge", name: str
) -> None:
    """An XPointer may take hours, and is reached before the signature is."""
    root = forge.genuine()
    forge.verify(root)
    assertion = forge.assertion(root)
    assertion.set("ID", name)
    reference = assertion.find(f".//{DS}Reference")
    assert reference is not None
    reference.set("URI", f"#{name}")
    with pytest.raises(InvalidSignature, match="the id is no name"):
        forge.verify(root)


def test_an_id_that_occurs_twice_is_refused(forge: "Forge") -> None:
    """Two elements with one id: verifier and reader may each find another."""
    root = forge.genuine()
    root.set("ID", "_assertion1")
    with pytest.raises(InvalidSignature, match="twice"):
        forge.verify(root)


@pytest.mark.parametrize(
    "name", ["Id", "id", "{http://www.w3.org/XML/1998/namespace}id"]
)
def test_an_id_under_another_name_counts(forge: "Forge", name: str) -> None:
    """XML knows several spellings of what an id is."""
    root = forge.genuine()
    status = root.find(f"{P}Status")
    assert status is not None
    status.set(name, "_assertion1")
    with pytest.raises(InvalidSignature, match="twice"):
        forge.verify(root)


def test_an_assertion_under_another_namespace_is_counted(forge: "Forge") -> None:
    """A second Assertion of any namespace makes the first one doubtful."""
    root = forge.genuine()
    status = root.find(f"{P}Status")
    assert status is not None
    etree.SubElement(status, "{urn:oasis:names:tc:SAML:1.0:assertion}Assertion")
    with pytest.raises(InvalidAssertion, match="exactly one assertion"):
        forge.verify(root)


def test_a_signature_where_none_belongs_is_refused(forge: "Forge") -> None:
    """What is not expected is not skipped."""

    def add(assertion: Element) -> None:
        subject = assertion.find(f"{A}Subject")
        assert subject is not None
        etree.SubElement(subject, f"{DS}Signature")

    with pytest.raises(InvalidSignature, match="none belongs"):
        forge.verify(forge.changed(add))


def test_an_unknown_part_of_the_response_is_refused(forge: "Forge") -> None:
    """Extensions are nothing that this service reads."""
    root = forge.genuine()
    etree.SubElement(root, f"{P}Extensions")
    with pytest.raises(InvalidAssertion, match="parts"):
        forge.verify(root)


# What was signed, by whom, and how.


def test_an_unsigned_assertion_is_refused(forge: "Forge") -> None:
    """The plainest forgery of all."""
    root = forge.genuine()
    forge.strip(forge.assertion(root))
    with pytest.raises(InvalidSignature, match="0 Signature"):
        forge.verify(root)


def test_a_signature_on_the_response_alone_is_refused(forge: "Forge") -> None:
    """STS is handed the assertion: it must speak for itself."""
    root = forge.genuine()
    forge.strip(forge.assertion(root))
    sign_element(root, forge.identity)
    with pytest.raises(InvalidSignature, match="0 Signature"):
        forge.verify(root)


def test_a_bad_signature_on_the_response_is_refused(forge: "Forge") -> None:
    """A second signature is no ornament: if it is there, it holds."""
    root = forge.genuine(sign_response=True)
    root.set("IssueInstant", "2026-03-02T09:00:01.000Z")
    with pytest.raises(InvalidSignature):
        forge.verify(root)


@pytest.mark.parametrize("path", [f".//{A}NameID", f".//{A}AttributeValue"])
def test_a_changed_text_is_refused(forge: "Forge", path: str) -> None:
    """One changed letter breaks the digest."""
    root = forge.genuine()
    element = root.find(path)
    assert element is not None
    element.text = "eve@example.com"
    with pytest.raises(InvalidSignature, match="not the one that was signed"):
        forge.verify(root)


def test_a_changed_digest_is_refused(forge: "Forge") -> None:
    """A digest made to fit breaks the signature."""
    root = forge.genuine()
    other = build_response(
        replace(forge.answer, name_id=replace(forge.answer.name_id, value="eve")),
        forge.attacker,
    )
    value = root.find(f".//{DS}DigestValue")
    forged = etree.fromstring(other)
    fitting = forged.find(f".//{DS}DigestValue")
    assert value is not None
    assert fitting is not None
    value.text = fitting.text
    name = root.find(f".//{A}NameID")
    assert name is not None
    name.text = "eve"
    with pytest.raises(InvalidSignature, match="not by a key"):
        forge.verify(root)


def test_another_key_is_refused(forge: "Forge") -> None:
    """Anybody can sign; only the provider's key counts."""
    root = forge.signed_with(key=forge.key(forge.attacker))
    with pytest.raises(InvalidSignature, match="not by a key"):
        forge.verify(root)


@pytest.mark.parametrize("shown", ["attacker", "identity"])
def test_key_info_convinces_nobody(forge: "Forge", shown: str) -> None:
    """The attacker's key, shown with its own or with the provider's certificate."""
    certificate = getattr(forge, shown).certificate_base64

    def show(signature: Element) -> None:
        data = etree.SubElement(
            xmlsec.template.ensure_key_info(signature), f"{DS}X509Data"
        )
        etree.SubElement(data, f"{DS}X509Certificate").text = certificate

    root = forge.signed_with(key=forge.key(forge.attacker), prepare=show)
    with pytest.raises(InvalidSignature, match="not by a key"):
        forge.verify(root)


def test_a_key_in_key_info_is_refused(forge: "Forge") -> None:
    """KeyValue hands the verifier a key; it must not take it."""

    def hand_over(signature: Element) -> None:
        xmlsec.template.add_key_value(xmlsec.template.ensure_key_info(signature))

    root = forge.signed_with(key=forge.key(forge.attacker), prepare=hand_over)
    with pytest.raises(InvalidSignature, match="not by a key"):
        forge.verify(root)


@pytest.mark.parametrize(
    "method",
    [C.TransformRsaSha1, C.TransformRsaSha224],
    ids=["rsa-sha1", "rsa-sha224"],
)
def test_a_weak_or_unknown_signature_algorithm_is_refused(
    forge: "Forge", method: object
) -> None:
    """The provider's own key does not make SHA-1 acceptable."""
    with pytest.raises(InvalidSignature, match="algorithm is not RSA"):
        forge.verify(forge.signed_with(method=method))


def test_hmac_in_place_of_rsa_is_refused(forge: "Forge") -> None:
    """The public key is known to all, so as an HMAC secret it proves nothing."""
    secret = forge.provider.signing_keys[0]
    key = xmlsec.Key.from_binary_data(C.KeyDataHmac, secret)
    with pytest.raises(InvalidSignature, match="algorithm is not RSA"):
        forge.verify(forge.signed_with(key=key, method=C.TransformHmacSha256))


def test_a_signature_method_with_parameters_is_refused(forge: "Forge") -> None:
    """HMACOutputLength once cut signatures down to nothing."""

    def cut(signature: Element) -> None:
        method = signature.find(f".//{DS}SignatureMethod")
        assert method is not None
        etree.SubElement(method, f"{DS}HMACOutputLength").text = "8"

    root = forge.genuine()
    cut(root)
    with pytest.raises(InvalidSignature, match="algorithm is not RSA"):
        forge.verify(root)


def test_algorithm_none_is_refused(forge: "Forge") -> None:
    """An algorithm that signs nothing, with no value."""
    root = forge.genuine()
    method = root.find(f".//{DS}SignatureMethod")
    value = root.find(f".//{DS}SignatureValue")
    assert method is not None
    assert value is not None
    method.set("Algorithm", "none")
    value.text = ""
    with pytest.raises(InvalidSignature, match="algorithm is not RSA"):
        forge.verify(root)


@pytest.mark.parametrize("digest", [C.TransformSha1, C.TransformSha224])
def test_a_weak_digest_is_refused(forge: "Forge", digest: object) -> None:
    """SHA-1 collisions let one signature stand for two documents."""
    with pytest.raises(InvalidSignature, match="digest algorithm"):
        forge.verify(forge.signed_with(digest=digest))


@pytest.mark.parametrize(
    "canonicalization",
    [
        C.TransformInclC14N,
        C.TransformInclC14NWithComments,
        C.TransformExclC14NWithComments,
    ],
)
def test_another_canonicalization_is_refused(
    forge: "Forge", canonicalization: object
) -> None:
    """One form, so that what is verified and what is read are the same."""
    with pytest.raises(InvalidSignature, match="exclusive C14N"):
        forge.verify(forge.signed_with(canonicalization=canonicalization))


@pytest.mark.parametrize(
    "transforms",
    [
        (C.TransformEnveloped,),
        (C.TransformExclC14N,),
        (C.TransformEnveloped, C.TransformExclC14NWithComments),
        (C.TransformEnveloped, C.TransformExclC14N, C.TransformExclC14N),
    ],
)
def test_other_transforms_are_refused(
    forge: "Forge", transforms: tuple[object, ...]
) -> None:
    """Exactly the two that SAML names, in their order."""
    with pytest.raises(InvalidSignature, match="transforms"):
        forge.verify(forge.signed_with(transforms=transforms))


def test_an_xpath_transform_is_refused(forge: "Forge") -> None:
    """XPath can choose to sign nothing of what is read."""

    def leave_out(signature: Element) -> None:
        transforms = signature.find(f".//{DS}Transforms")
        assert transforms is not None
        transform = etree.SubElement(
            transforms,
            f"{DS}Transform",
            Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116",
        )
        etree.SubElement(transform, f"{DS}XPath").text = "not(ancestor::node())"

    root = forge.signed_with(prepare=leave_out)
    with pytest.raises(InvalidSignature, match="transforms"):
        forge.verify(root)


def test_an_xslt_transform_is_refused(forge: "Forge") -> None:
    """XSLT runs programs; none is run, and none is needed."""
    root = forge.genuine()
    transforms = root.find(f".//{DS}Transforms")
    assert transforms is not None
    etree.SubElement(
        transforms,
        f"{DS}Transform",
        Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116",
    )
    with pytest.raises(InvalidSignature, match="transforms"):
        forge.verify(root)


def test_an_enveloped_transform_with_parameters_is_refused(forge: "Forge") -> None:
    """A transform that has something to say is none of the two."""
    root = forge.genuine()
    transform = root.find(f".//{DS}Transform")
    assert transform is not None
    etree.SubElement(transform, f"{DS}XPath").text = "1"
    with pytest.raises(InvalidSignature, match="parameters"):
        forge.verify(root)


def test_a_canonicalization_with_unknown_parameters_is_refused(
    forge: "Forge",
) -> None:
    """InclusiveNamespaces is the only one there is."""
    root = forge.genuine()
    for transform in list(root.iter(f"{DS}Transform"))[1:]:
        etree.SubElement(transform, f"{EC}InclusiveNamespaces", PrefixList="a")
        etree.SubElement(transform, f"{EC}Other")
    with pytest.raises(InvalidSignature, match="unknown parameters"):
        forge.verify(root)


def test_a_digest_with_parameters_is_refused(forge: "Forge") -> None:
    """No digest accepted here has any."""
    root = forge.genuine()
    method = root.find(f".//{DS}DigestMethod")
    assert method is not None
    etree.SubElement(method, f"{DS}Length").text = "8"
    with pytest.raises(InvalidSignature, match="digest algorithm"):
        forge.verify(root)


def test_bytes_other_than_the_signed_ones_are_never_read(
    forge: "Forge", monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read are the bytes whose digest the signature covers."""
    monkeypatch.setattr(
        "securecart.federation.saml.signature._take_out", lambda *_: None
    )
    with pytest.raises(InvalidSignature, match="not the one that was signed"):
        forge.verify(forge.genuine())


def test_an_empty_reference_uri_is_refused(forge: "Forge") -> None:
    """It means the whole document, wherever the assertion was moved to."""
    with pytest.raises(InvalidSignature):
        forge.verify(forge.signed_with(uris=[""]))


def test_two_references_are_refused(forge: "Forge") -> None:
    """One signature, one element."""
    root = forge.signed_with(uris=["#_assertion1", "#_response1"])
    with pytest.raises(InvalidSignature, match="SignedInfo is not as expected"):
        forge.verify(root)


def test_an_object_in_the_signature_is_refused(forge: "Forge") -> None:
    """Nothing can be hidden where verifiers seldom look."""
    root = forge.genuine()
    signature = root.find(f".//{DS}Signature")
    assert signature is not None
    etree.SubElement(signature, f"{DS}Object")
    with pytest.raises(InvalidSignature, match="Signature is not as expected"):
        forge.verify(root)


# XML's own traps.


def test_a_comment_in_the_name_is_refused(forge: "Forge") -> None:
    """`ada@example.com<!---->.evil.com` is one name, not the part before."""
    root = forge.genuine(
        name_id=replace(forge.answer.name_id, value="ada@example.com.evil.com")
    )
    name = root.find(f".//{A}NameID")
    assert name is not None
    name.text = "ada@example.com"
    comment = etree.Comment("")
    comment.tail = ".evil.com"
    name.append(comment)
    with pytest.raises(InvalidAssertion, match="comments"):
        forge.verify(root)


def test_an_instruction_in_the_name_is_refused(forge: "Forge") -> None:
    """A processing instruction splits a text too, and is even signed."""

    def split(assertion: Element) -> None:
        name = assertion.find(f".//{A}NameID")
        assert name is not None
        instruction = etree.ProcessingInstruction("x")
        instruction.tail = ".evil.com"
        name.append(instruction)

    with pytest.raises(InvalidAssertion, match="instructions"):
        forge.verify(forge.changed(split))


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE x>",
        b'<!doctype x [<!ENTITY a "b">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>',
        b'<!DOCTYPE x [<!ATTLIST x ID CDATA "_assertion1">]>',
    ],
)
def test_a_doctype_is_refused(forge: "Forge", doctype: bytes) -> None:
    """A DTD brings entities and default attributes that nobody signed."""
    xml = doctype + build_response(forge.answer, forge.identity)
    with pytest.raises(InvalidAssertion, match="DOCTYPE"):
        forge.verify(xml)


def test_a_doctype_in_another_encoding_is_refused(forge: "Forge") -> None:
    """The check for it reads what the parser reads: UTF-8 and nothing else."""
    text = (
        '<!DOCTYPE x [<!ENTITY a "b">]>'
        + build_response(forge.answer, forge.identity).decode()
    )
    xml = ('<?xml version="1.0" encoding="utf-16"?>' + text).encode("utf-16")
    with pytest.raises(InvalidAssertion, match="UTF-16"):
        forge.verify(xml)
    seven = '<?xml version="1.0" encoding="utf-7"?>' + text.replace("<!D", "+ADwAIQ-D")
    with pytest.raises(InvalidAssertion, match="not well-formed"):
        forge.verify(seven.encode())


def test_an_entity_without_declaration_is_refused(forge: "Forge") -> None:
    """An entity reference is no text."""
    xml = build_response(forge.answer, forge.identity)
    with pytest.raises(InvalidAssertion):
        forge.verify(xml.replace(b"ada@example.com", b"ada&evil;@example.com"))


@pytest.mark.parametrize(
    "response",
    ["", "!", "PA==", base64.b64encode(b"<a/>").decode(), "A" * 100_001],
)
def test_what_is_no_response_is_refused(forge: "Forge", response: str) -> None:
    """Anything may be posted."""
    with pytest.raises(InvalidAssertion):
        forge.verify(response)


def test_a_response_of_a_hundred_thousand_characters_is_the_longest(
    forge: "Forge",
) -> None:
    """AWS takes no longer one; it is refused before it is decoded."""
    with pytest.raises(InvalidAssertion, match="longer than 100000"):
        forge.verify("A" * 100_001)


def test_deep_nesting_is_refused(forge: "Forge") -> None:
    """The parser gives up before the stack does."""
    with pytest.raises(InvalidAssertion, match="not well-formed"):
        forge.verify(b"<a>" * 5_000 + b"</a>" * 5_000)


# What it says, and to whom.


def test_another_issuer_is_refused(forge: "Forge") -> None:
    """The provider's key may not speak for another provider."""
    with pytest.raises(WrongIssuer):
        forge.verify(forge.genuine(issuer="https://other.example.com"))


def test_another_issuer_of_the_assertion_alone_is_refused(forge: "Forge") -> None:
    """The envelope's issuer proves nothing about the assertion's."""

    def change(assertion: Element) -> None:
        assertion[0].text = "https://other.example.com"

    with pytest.raises(WrongIssuer):
        forge.verify(forge.changed(change))


def test_an_issuer_of_another_format_is_refused(forge: "Forge") -> None:
    """The same letters as an e-mail address name somebody else."""

    def change(assertion: Element) -> None:
        assertion[0].set("Format", EMAIL_ADDRESS)

    with pytest.raises(WrongIssuer):
        forge.verify(forge.changed(change))


def test_another_issuer_of_the_response_alone_is_refused(forge: "Forge") -> None:
    """Nor may the envelope contradict it."""
    root = forge.genuine()
    root[0].text = "https://other.example.com"
    with pytest.raises(WrongIssuer):
        forge.verify(root)


def test_another_audience_is_refused(forge: "Forge") -> None:
    """An assertion for another service opens nothing here."""
    with pytest.raises(WrongAudience, match="audience"):
        forge.verify(forge.genuine(audience="https://other.example.com"))


def test_every_audience_restriction_must_hold(forge: "Forge") -> None:
    """Restrictions are joined by AND."""

    def add(assertion: Element) -> None:
        conditions = assertion.find(f"{A}Conditions")
        assert conditions is not None
        restriction = etree.SubElement(conditions, f"{A}AudienceRestriction")
        etree.SubElement(restriction, f"{A}Audience").text = "https://other.example.com"

    with pytest.raises(WrongAudience, match="audience"):
        forge.verify(forge.changed(add))


def test_an_assertion_for_everybody_is_refused(forge: "Forge") -> None:
    """No audience restriction means anybody may have handed it on."""

    def remove(assertion: Element) -> None:
        conditions = assertion.find(f"{A}Conditions")
        assert conditions is not None
        conditions.remove(conditions[0])

    with pytest.raises(WrongAudience, match="audience"):
        forge.verify(forge.changed(remove))


def test_another_recipient_is_refused(forge: "Forge") -> None:
    """The signed Recipient counts, even where Destination was made to fit."""
    root = forge.genuine(recipient="https://other.example.com/acs")
    with pytest.raises(WrongAudience, match="destination"):
        forge.verify(root)
    for destination in (forge.answer.recipient, None):
        if destination is None:
            del root.attrib["Destination"]
        else:
            root.set("Destination", destination)
        with pytest.raises(WrongAudience, match="another recipient"):
            forge.verify(root)


def test_another_destination_is_refused(forge: "Forge") -> None:
    """An answer that was sent elsewhere was not sent here."""
    root = forge.genuine()
    root.set("Destination", "https://other.example.com/acs")
    with pytest.raises(WrongAudience, match="destination"):
        forge.verify(root)
    expected = Expectation.redemption(audiences=frozenset({forge.answer.audience}))
    with pytest.raises(WrongAudience, match="differ"):
        forge.verify(root, expected=expected)


def test_an_answer_to_another_request_is_refused(forge: "Forge") -> None:
    """The signed InResponseTo counts, even where the envelope's was made to fit."""
    root = forge.genuine(in_response_to="_another")
    with pytest.raises(InvalidAssertion, match="response answers another"):
        forge.verify(root)
    root.set("InResponseTo", "_request1")
    with pytest.raises(InvalidAssertion, match="assertion answers another"):
        forge.verify(root)


def test_an_unsolicited_assertion_answers_no_request(forge: "Forge") -> None:
    """An assertion stolen elsewhere cannot be dressed as an answer."""
    root = forge.genuine(in_response_to=None)
    root.set("InResponseTo", "_request1")
    with pytest.raises(InvalidAssertion, match="assertion answers another"):
        forge.verify(root)
    expected = Expectation.redemption(audiences=frozenset({forge.answer.audience}))
    with pytest.raises(InvalidAssertion, match="different requests"):
        forge.verify(root, expected=expected)


def test_a_holder_of_key_assertion_is_refused(forge: "Forge") -> None:
    """Nobody here checks the key that it asks for."""

    def change(assertion: Element) -> None:
        confirmation = assertion.find(f".//{A}SubjectConfirmation")
        assert confirmation is not None
        confirmation.set("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")

    with pytest.raises(InvalidAssertion, match="bearer"):
        forge.verify(forge.changed(change))


def test_the_time_bounds_are_kept_to_the_second(forge: "Forge") -> None:
    """A minute of tolerance on either side, and not a second more."""
    begin, end = forge.answer.not_before, forge.answer.not_on_or_after
    root = forge.genuine(
        issued_at=begin - timedelta(hours=1), authn_instant=begin - timedelta(hours=1)
    )
    tolerance, second = timedelta(seconds=60), timedelta(seconds=1)
    forge.verify(root, now=begin - tolerance)
    forge.verify(root, now=end + tolerance - second)
    with pytest.raises(OutsideItsTime, match="not valid yet"):
        forge.verify(root, now=begin - tolerance - second)
    with pytest.raises(OutsideItsTime, match="no longer valid"):
        forge.verify(root, now=end + tolerance)


@pytest.mark.parametrize("element", ["Conditions", "SubjectConfirmationData"])
def test_either_end_ends_it(forge: "Forge", element: str) -> None:
    """Conditions and confirmation both bound the assertion."""

    def shorten(assertion: Element) -> None:
        found = assertion.find(f".//{A}{element}")
        assert found is not None
        found.set("NotOnOrAfter", "2026-03-02T08:00:00Z")

    with pytest.raises(OutsideItsTime, match="no longer valid"):
        forge.verify(forge.changed(shorten))


def test_a_confirmation_without_end_is_refused(forge: "Forge") -> None:
    """A bearer assertion that never ends can be replayed for ever."""

    def remove(assertion: Element) -> None:
        data = assertion.find(f".//{A}SubjectConfirmationData")
        assert data is not None
        del data.attrib["NotOnOrAfter"]

    with pytest.raises(InvalidAssertion, match="NotOnOrAfter"):
        forge.verify(forge.changed(remove))


def test_an_assertion_from_the_future_is_refused(forge: "Forge") -> None:
    """A far-off issue instant would stretch the five minutes of redemption."""
    ahead = forge.now + timedelta(seconds=61)
    with pytest.raises(OutsideItsTime, match="from the future"):
        forge.verify(forge.genuine(issued_at=ahead))
    with pytest.raises(OutsideItsTime, match="in the future"):
        forge.verify(forge.genuine(authn_instant=ahead))


def test_a_session_that_is_over_is_refused(forge: "Forge") -> None:
    """SessionNotOnOrAfter ends what may be built on the sign-in."""
    with pytest.raises(OutsideItsTime, match="is over"):
        forge.verify(forge.genuine(session_not_on_or_after=forge.now))


@pytest.mark.parametrize("part", ["Conditions", "Subject", "AuthnStatement", "Issuer"])
def test_a_missing_part_is_refused(forge: "Forge", part: str) -> None:
    """No conditions is not the same as none that fail."""

    def remove(assertion: Element) -> None:
        found = assertion.find(f"{A}{part}")
        assert found is not None
        assertion.remove(found)

    with pytest.raises(InvalidAssertion, match=f"0 {part}"):
        forge.verify(forge.changed(remove))


@pytest.mark.parametrize(
    "part", ["Conditions", "Subject", "AuthnStatement", "Issuer", "Subject/{*}NameID"]
)
def test_a_part_that_occurs_twice_is_refused(forge: "Forge", part: str) -> None:
    """Two readers could believe two different ones."""

    def repeat(assertion: Element) -> None:
        found = assertion.find(f"{A}{part}")
        assert found is not None
        found.addnext(copy.deepcopy(found))

    with pytest.raises(InvalidAssertion, match=r"2 |no NameID"):
        forge.verify(forge.changed(repeat))


def test_an_element_in_the_name_is_refused(forge: "Forge") -> None:
    """It splits the text, as a comment does."""

    def split(assertion: Element) -> None:
        name = assertion.find(f".//{A}NameID")
        assert name is not None
        etree.SubElement(name, "x").tail = ".evil.com"

    with pytest.raises(InvalidAssertion, match="NameID is not plain text"):
        forge.verify(forge.changed(split))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'Version="2.0"', b'Version="1.1"'), (b"samlp:Response", b"samlp:Other")],
)
def test_another_document_is_refused(forge: "Forge", old: bytes, new: bytes) -> None:
    """A valid assertion in an envelope of another kind."""
    xml = etree.tostring(forge.genuine())
    first = xml.replace(old, new) if b":" in old else xml.replace(old, new, 1)
    with pytest.raises(InvalidAssertion, match=r"no SAML 2\.0 Response"):
        forge.verify(first)


def test_an_unknown_condition_is_refused(forge: "Forge") -> None:
    """SAML 2.0 core, section 2.5.1.1: not understood means not valid."""

    def add(assertion: Element) -> None:
        conditions = assertion.find(f"{A}Conditions")
        assert conditions is not None
        etree.SubElement(conditions, f"{A}Condition")

    with pytest.raises(InvalidAssertion, match="unknown kind"):
        forge.verify(forge.changed(add))


def test_an_assertion_of_another_version_is_refused(forge: "Forge") -> None:
    """SAML 1.1 means something else by the same names."""
    with pytest.raises(InvalidAssertion, match=r"not of SAML 2\.0"):
        forge.verify(forge.changed(lambda element: element.set("Version", "1.1")))


def test_an_empty_name_is_refused(forge: "Forge") -> None:
    """Nobody is called nothing."""
    name = replace(forge.answer.name_id, value="")
    with pytest.raises(InvalidAssertion, match="NameID"):
        forge.verify(forge.genuine(name_id=name))


def test_a_failed_status_is_refused_whatever_comes_with_it(forge: "Forge") -> None:
    """A valid assertion under a failure is no success."""
    root = forge.genuine()
    code = root.find(f".//{P}StatusCode")
    assert code is not None
    code.set("Value", AUTHN_FAILED)
    with pytest.raises(FailedStatus) as failure:
        forge.verify(root)
    assert failure.value.codes == (AUTHN_FAILED,)


def test_no_status_is_refused(forge: "Forge") -> None:
    """A response that does not say how it went went badly."""
    root = forge.genuine()
    status = root.find(f"{P}Status")
    assert status is not None
    root.remove(status)
    with pytest.raises(InvalidAssertion, match="0 Status"):
        forge.verify(root)
