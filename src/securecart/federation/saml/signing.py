"""Signing, as the stand-in IdP and the portal's AuthnRequests need it."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.names import DS, A


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """An RSA private key (PEM, PKCS#8, not encrypted) and its certificate (PEM)."""

    private_key: bytes = field(repr=False)
    certificate: bytes

    @property
    def certificate_base64(self) -> str:
        """The certificate as `X509Certificate` holds it: base64 DER."""
        der = x509.load_pem_x509_certificate(self.certificate).public_bytes(
            Encoding.DER
        )
        return base64.b64encode(der).decode()

    @property
    def fingerprint(self) -> str:
        """What names the key without telling it: SHA-256 of its public part, in hex."""
        public = x509.load_pem_x509_certificate(self.certificate).public_key()
        form = PublicFormat.SubjectPublicKeyInfo
        return hashlib.sha256(public.public_bytes(Encoding.DER, form)).hexdigest()

    def sign(self, message: bytes) -> bytes:
        """Sign bytes with RSASSA-PKCS1-v1_5 and SHA-256."""
        return rsa_key(self.private_key).sign(message, PKCS1v15(), SHA256())


@lru_cache(maxsize=64)
def rsa_key(private_key: bytes) -> RSAPrivateKey:
    """Read a key once: its check takes forty times as long as a signature.

    Raises:
        TypeError: if it is not RSA.
    """
    key = load_pem_private_key(private_key, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("SAML documents are signed with an RSA key")
    return key


def self_signed_certificate(
    key: RSAPrivateKey,
    *,
    common_name: str,
    serial_number: int,
    not_before: datetime,
    not_after: datetime,
) -> bytes:
    """Make the certificate (PEM) that carries a signing key in metadata.

    Nobody validates it as a certificate: metadata is what makes it trusted.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial_number)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def sign_element(element: Element, identity: SigningIdentity) -> None:
    """Put an enveloped signature behind the element's Issuer.

    RSA-SHA256, exclusive canonicalisation, SHA-256, with the certificate in
    KeyInfo (SAML 2.0 core, section 5.4). The element has an `ID`.
    """
    signature = xmlsec.template.create(
        element,
        xmlsec.constants.TransformExclC14N,
        xmlsec.constants.TransformRsaSha256,
        ns="ds",
    )
    element.insert(1 if element.find(f"{A}Issuer") is not None else 0, signature)
    reference = xmlsec.template.add_reference(
        signature,
        xmlsec.constants.TransformSha256,
        uri="#" + element.get("ID", ""),
    )
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    key_info = xmlsec.template.ensure_key_info(signature)
    data = etree.SubElement(key_info, f"{DS}X509Data")
    etree.SubElement(data, f"{DS}X509Certificate").text = identity.certificate_base64
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        identity.private_key, xmlsec.constants.KeyDataFormatPem
    )
    context.register_id(element, "ID")
    context.sign(signature)
