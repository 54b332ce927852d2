"""One enveloped XML signature: verified strictly, and what it covers.

XML Signature lets a document say how it is to be checked. This reader holds
it to the single form that SAML 2.0 core (section 5.4) describes: the parent
element signs itself, exclusive canonicalisation, RSA with SHA-2. What is
answered are the canonical bytes whose digest was signed; a caller that reads
only those cannot be led to read something else. There is no general verifier
behind it, which would do what the document says: lxml makes the canonical forms,
and cryptography holds them against the keys.

Source: W3C, "XML Signature Syntax and Processing", section 3.2 (core validation).
"""

import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature as NotSigned
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import (
    SHA256,
    SHA384,
    SHA512,
    HashAlgorithm,
)
from cryptography.hazmat.primitives.serialization import load_pem_public_key
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

_SIGNATURES: Final[Mapping[str, HashAlgorithm]] = {
    RSA_SHA256: SHA256(),
    RSA_SHA384: SHA384(),
    RSA_SHA512: SHA512(),
}
_PADDING: Final = PKCS1v15()
_DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashlib.sha256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashlib.sha384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashlib.sha512,
}
_TRANSFORMS: Final = [ENVELOPED, EXCLUSIVE_C14N]
_IN_SIGNATURE: Final = [f"{DS}SignedInfo", f"{DS}SignatureValue"]
_KEY_INFO: Final = [f"{DS}KeyInfo"]
_IN_SIGNED_INFO: Final = [
    f"{DS}CanonicalizationMethod",
    f"{DS}SignatureMethod",
    f"{DS}Reference",
]
_IN_REFERENCE: Final = [f"{DS}Transforms", f"{DS}DigestMethod", f"{DS}DigestValue"]
_KEYS: Final = 256
"""Imported keys kept: IAM's quota of 100 SAML providers, two keys each."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_ID_NAMES: Final = frozenset(
    {"ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id"}
)


@dataclass(frozen=True, slots=True)
class _Signature:
    """`signed` are the canonical bytes of SignedInfo, `prefixes` the reference's."""

    signed: bytes
    method: HashAlgorithm
    value: bytes
    digest: Callable[[bytes], Any]
    digest_value: bytes
    prefixes: list[str]


def refuse_repeated_ids(root: Element) -> None:
    """Refuse a document in which a reference could mean two elements.

    Raises:
        InvalidSignature: if an id occurs twice.
    """
    seen: set[str] = set()
    for element in root.iter("*"):
        for name in _ID_NAMES.intersection(element.keys()):
            value = element.get(name, "")
            if value in seen:
                raise InvalidSignature("an id occurs twice")
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
        read = _read(element, signature)
    except InvalidDocument as error:
        raise InvalidSignature(str(error)) from None
    if not any(_signed_by(key, read) for key in keys):
        raise InvalidSignature("the signature is not by a key of the provider")
    _take_out(element, signature)
    canonical = _canonical(element, read.prefixes)
    if not hmac.compare_digest(read.digest(canonical).digest(), read.digest_value):
        raise InvalidSignature("the element is not the one that was signed")
    return canonical


def _signed_by(key: bytes, read: _Signature) -> bool:
    try:
        _imported(key).verify(read.value, read.signed, _PADDING, read.method)
    except NotSigned:
        return False
    return True


@lru_cache(maxsize=_KEYS)
def _imported(key: bytes) -> RSAPublicKey:
    """Read a key once: that takes as long as a verification."""
    found = load_pem_public_key(key)
    if not isinstance(found, RSAPublicKey):
        raise InvalidSignature("a key of the provider is not RSA")
    return found


def _canonical(element: Element, prefixes: list[str]) -> bytes:
    return etree.tostring(
        element,
        method="c14n",
        exclusive=True,
        with_comments=False,
        inclusive_ns_prefixes=prefixes,
    )


def _read(element: Element, signature: Element) -> _Signature:
    signed, value, *_ = _children(signature, _IN_SIGNATURE, _KEY_INFO)
    canonicalization, method, reference = _children(signed, _IN_SIGNED_INFO)
    if attribute(canonicalization, "Algorithm") != EXCLUSIVE_C14N:
        raise InvalidSignature("canonicalisation is not exclusive C14N")
    of_signed_info = _prefixes(canonicalization)
    hashing = _SIGNATURES.get(attribute(method, "Algorithm"))
    if hashing is None or len(method):
        raise InvalidSignature("the signature algorithm is not RSA with SHA-2")
    name = attribute(element, "ID")
    # To a general verifier `#xpointer(…)` would be an expression.
    if not _NAME.fullmatch(name):
        raise InvalidSignature("the id is no name")
    if attribute(reference, "URI") != "#" + name:
        raise InvalidSignature("the signature covers another element")
    listed, method, digest_value = _children(reference, _IN_REFERENCE)
    transforms = list(listed)
    if [transform.get("Algorithm") for transform in transforms] != _TRANSFORMS or any(
        transform.tag != f"{DS}Transform" for transform in transforms
    ):
        raise InvalidSignature("transforms other than enveloped and exclusive C14N")
    if len(transforms[0]):
        raise InvalidSignature("a transform with parameters")
    digest = _DIGESTS.get(attribute(method, "Algorithm"))
    if digest is None or len(method):
        raise InvalidSignature("the digest algorithm is not SHA-2")
    return _Signature(
        signed=_canonical(signed, of_signed_info),
        method=hashing,
        value=_base64(value),
        digest=digest,
        digest_value=_base64(digest_value),
        prefixes=_prefixes(transforms[1]),
    )


def _base64(element: Element) -> bytes:
    try:
        text = "".join(text_of(element).split())
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        name = etree.QName(element).localname
        raise InvalidSignature(f"{name} is not base64") from None


def _children(
    element: Element, required: list[str], optional: list[str] | None = None
) -> list[Element]:
    """Answer an element's children, which are these and no others."""
    children = list(element)
    tags = [child.tag for child in children]
    if tags != required and (optional is None or tags != required + optional):
        raise InvalidSignature(f"{etree.QName(element).localname} is not as expected")
    return children


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
