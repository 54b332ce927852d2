"""One enveloped XML signature: verified strictly, and what it covers.

XML Signature lets a document say how it is to be checked. This reader holds
it to the single form that SAML 2.0 core (section 5.4) describes: the parent
element signs itself, exclusive canonicalisation, RSA with SHA-2. What is
answered are the canonical bytes whose digest was signed; a caller that reads
only those cannot be led to read something else.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import xmlsec
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.document import attribute, only_child, text_of
from securecart.federation.saml.errors import InvalidDocument, InvalidSignature
from securecart.federation.saml.names import (
    DS,
    EC,
    ENVELOPED,
    EXCLUSIVE_C14N,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
)

_SIGNATURES: Final = frozenset({RSA_SHA256, RSA_SHA384, RSA_SHA512})
_DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
_TRANSFORMS: Final = [ENVELOPED, EXCLUSIVE_C14N]
_KEYS: Final = 256
"""Imported keys kept: IAM's quota of 100 SAML providers, two keys each."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_ID_NAMES: Final = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")


@dataclass(frozen=True, slots=True)
class _SignedInfo:
    digest: Callable[[bytes], Any]
    digest_value: bytes
    prefixes: list[str]


def refuse_repeated_ids(root: Element) -> None:
    """Refuse a document in which a reference could mean two elements.

    Raises:
        InvalidSignature: if an id occurs twice.
    """
    seen: set[str] = set()
    for element in root.iter():
        for name in _ID_NAMES:
            value = element.get(name)
            if value in seen:
                raise InvalidSignature("an id occurs twice")
            if value is not None:
                seen.add(value)


def verify_enveloped(element: Element, keys: Sequence[bytes]) -> bytes:
    """Verify the signature that is a child of the element, and take it out.

    `keys` are RSA public keys in PEM form; any one of them may have signed.
    The document's own KeyInfo is never looked at.

    Returns:
        The element's canonical bytes without the signature, as signed.

    Raises:
        InvalidSignature: unless one key signed exactly this element in the
            one accepted form.
    """
    try:
        signature = only_child(element, f"{DS}Signature")
        info = _read(element, signature)
    except InvalidDocument as error:
        raise InvalidSignature(str(error)) from None
    # xmlsec, given a key, does not read KeyInfo. This way it need not be trusted in
    # that.
    key_info = signature.find(f"{DS}KeyInfo")
    if key_info is not None:
        signature.remove(key_info)
    if not any(_signed_by(key, element, signature) for key in keys):
        raise InvalidSignature("the signature is not by a key of the provider")
    _take_out(element, signature)
    canonical = etree.tostring(
        element,
        method="c14n",
        exclusive=True,
        with_comments=False,
        inclusive_ns_prefixes=info.prefixes,
    )
    # xmlsec compared its own canonical form. Only the digest binds ours to it.
    if not hmac.compare_digest(info.digest(canonical).digest(), info.digest_value):
        raise InvalidSignature("the canonical form differs from what was signed")
    return canonical


def _signed_by(key: bytes, element: Element, signature: Element) -> bool:
    context = xmlsec.SignatureContext()
    # The context takes a copy, so that threads may share the key.
    context.key = _imported(key)
    context.register_id(element, "ID")
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


@lru_cache(maxsize=_KEYS)
def _imported(key: bytes) -> xmlsec.Key:
    """Read a key once: that takes as long as a verification."""
    return xmlsec.Key.from_memory(key, xmlsec.constants.KeyDataFormatPem)


def _read(element: Element, signature: Element) -> _SignedInfo:
    _expect_children(signature, ("SignedInfo", "SignatureValue"), ("KeyInfo",))
    signed = only_child(signature, f"{DS}SignedInfo")
    _expect_children(
        signed, ("CanonicalizationMethod", "SignatureMethod", "Reference"), ()
    )
    canonicalization = only_child(signed, f"{DS}CanonicalizationMethod")
    if attribute(canonicalization, "Algorithm") != EXCLUSIVE_C14N:
        raise InvalidSignature("canonicalisation is not exclusive C14N")
    _prefixes(canonicalization)
    method = only_child(signed, f"{DS}SignatureMethod")
    if len(method) or attribute(method, "Algorithm") not in _SIGNATURES:
        raise InvalidSignature("the signature algorithm is not RSA with SHA-2")
    reference = only_child(signed, f"{DS}Reference")
    name = attribute(element, "ID")
    # xmlsec would evaluate `#xpointer(…)`, for hours if asked to, before it looks
    # at who signed.
    if not _NAME.fullmatch(name):
        raise InvalidSignature("the id is no name")
    if attribute(reference, "URI") != "#" + name:
        raise InvalidSignature("the signature covers another element")
    _expect_children(reference, ("Transforms", "DigestMethod", "DigestValue"), ())
    transforms = only_child(reference, f"{DS}Transforms").findall("*")
    if [transform.get("Algorithm") for transform in transforms] != _TRANSFORMS or any(
        transform.tag != f"{DS}Transform" for transform in transforms
    ):
        raise InvalidSignature("transforms other than enveloped and exclusive C14N")
    if len(transforms[0]):
        raise InvalidSignature("a transform with parameters")
    method = only_child(reference, f"{DS}DigestMethod")
    digest = _DIGESTS.get(attribute(method, "Algorithm"))
    if digest is None or len(method):
        raise InvalidSignature("the digest algorithm is not SHA-2")
    value = text_of(only_child(reference, f"{DS}DigestValue"))
    try:
        digest_value = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSignature("the digest is not base64") from None
    return _SignedInfo(digest, digest_value, _prefixes(transforms[1]))


def _expect_children(
    element: Element, required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    tags = [child.tag for child in element]
    whole = [f"{DS}{name}" for name in required]
    if tags not in (whole, whole + [f"{DS}{name}" for name in optional]):
        raise InvalidSignature(f"{etree.QName(element).localname} is not as expected")


def _prefixes(method: Element) -> list[str]:
    """Read `InclusiveNamespaces`, the one parameter of exclusive C14N."""
    if not len(method):
        return []
    inclusive = only_child(method, f"{EC}InclusiveNamespaces")
    if len(method) > 1:
        raise InvalidSignature("a canonicalisation with unknown parameters")
    return attribute(inclusive, "PrefixList").split()


def _take_out(element: Element, signature: Element) -> None:
    """Remove the signature but not the text behind it, which lxml calls its tail."""
    tail, before = signature.tail or "", signature.getprevious()
    if before is None:
        element.text = (element.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    element.remove(signature)
