"""Our verifier of XML signatures beside a general one, by another hand."""

from typing import TYPE_CHECKING, Any

import pytest
import xmlsec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.errors import InvalidSignature
from securecart.federation.saml.names import DS, A
from securecart.federation.saml.signature import verify_enveloped

if TYPE_CHECKING:
    from tests.unit.federation.saml.conftest import Forge

C = xmlsec.constants
ALGORITHMS = [
    (C.TransformRsaSha256, C.TransformSha256),
    (C.TransformRsaSha384, C.TransformSha384),
    (C.TransformRsaSha512, C.TransformSha512),
]
EC = "{http://www.w3.org/2001/10/xml-exc-c14n#}"


def believed_by_xmlsec(root: Element, forge: "Forge") -> bool:
    """Say whether xmlsec takes the assertion's signature for the provider's."""
    root = etree.fromstring(etree.tostring(root))
    assertion = root.find(f"{A}Assertion")
    assert assertion is not None
    signature = assertion.find(f"{DS}Signature")
    assert signature is not None
    context = xmlsec.SignatureContext()
    context.key = forge.key(forge.identity)
    context.register_id(assertion, "ID")
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def believed_by_us(root: Element, forge: "Forge") -> bool:
    """Say whether our verifier does."""
    root = etree.fromstring(etree.tostring(root))
    assertion = root.find(f"{A}Assertion")
    assert assertion is not None
    try:
        verify_enveloped(assertion, forge.provider.signing_keys)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize(("method", "digest"), ALGORITHMS)
@pytest.mark.parametrize("prefixes", ["", "xs", "saml xs", "#default saml"])
def test_what_xmlsec_signs_is_believed(
    forge: "Forge", method: Any, digest: Any, prefixes: str
) -> None:
    """Each algorithm; prefixes that the canonical forms of both take along."""

    def with_prefixes(signature: Element) -> None:
        if not prefixes:
            return
        for path in (
            f"{DS}SignedInfo/{DS}CanonicalizationMethod",
            f".//{DS}Transform[2]",
        ):
            found = signature.find(path)
            assert found is not None
            etree.SubElement(found, f"{EC}InclusiveNamespaces", PrefixList=prefixes)

    root = forge.signed_with(method=method, digest=digest, prepare=with_prefixes)
    assert believed_by_xmlsec(root, forge)
    assert believed_by_us(root, forge)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_we_believe_nothing_that_xmlsec_does_not(
    forge: "Forge", data: st.DataObject
) -> None:
    """Whatever was changed in the document, in the signature or around it."""
    root = forge.genuine()
    elements = list(root.iter())
    element = elements[data.draw(st.integers(0, len(elements) - 1))]
    match data.draw(st.sampled_from(["text", "tail", "attribute", "remove", "repeat"])):
        case "text":
            element.text = (element.text or "") + data.draw(st.sampled_from("aA1= \n"))
        case "tail" if element is not root:
            element.tail = data.draw(st.sampled_from("a \n"))
        case "attribute":
            names = [*element.attrib, "ID", "Algorithm", "new"]
            element.set(data.draw(st.sampled_from(names)), data.draw(st.text("ab1#:")))
        case "remove" if (parent := element.getparent()) is not None:
            parent.remove(element)
        case "repeat" if (parent := element.getparent()) is not None:
            parent.append(etree.fromstring(etree.tostring(element)))
        case _:
            pass
    if root.find(f"{A}Assertion/{DS}Signature") is not None and believed_by_us(
        root, forge
    ):
        assert believed_by_xmlsec(root, forge)
