"""Write metadata, as either side of SAML publishes it."""

import base64

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.names import (
    AES128_GCM,
    AES256_GCM,
    DS,
    MD,
    METADATA,
    POST_BINDING,
    PROTOCOL,
    REDIRECT_BINDING,
    RSA_OAEP_MGF1P,
    SIGNATURE,
    UNSPECIFIED,
)
from securecart.federation.saml.signing import SigningIdentity


def build_idp_metadata(
    *,
    entity_id: str,
    sso_address: str,
    identity: SigningIdentity,
    slo_address: str | None = None,
) -> bytes:
    """Write the metadata of an identity provider that takes HTTP-Redirect."""
    root = _new_entity(entity_id)
    role = etree.SubElement(
        root,
        f"{MD}IDPSSODescriptor",
        protocolSupportEnumeration=PROTOCOL,
        WantAuthnRequestsSigned="true",
    )
    _add_certificate(role, "signing", identity.certificate)
    if slo_address is not None:
        _add_logout(role, REDIRECT_BINDING, slo_address)
    etree.SubElement(role, f"{MD}NameIDFormat").text = UNSPECIFIED
    etree.SubElement(
        role,
        f"{MD}SingleSignOnService",
        Binding=REDIRECT_BINDING,
        Location=sso_address,
    )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def build_sp_metadata(
    *,
    entity_id: str,
    acs_address: str,
    identity: SigningIdentity,
    slo_address: str | None = None,
    encryption_certificate: bytes | None = None,
) -> bytes:
    """Write the metadata of a service provider that signs its requests.

    At `slo_address` it takes logout messages by HTTP-Redirect and HTTP-POST.
    Assertions are to be encrypted for `encryption_certificate` (PEM, RSA), in
    the ways that `verify_response` reads whoever signed around them.
    """
    root = _new_entity(entity_id)
    role = etree.SubElement(
        root,
        f"{MD}SPSSODescriptor",
        protocolSupportEnumeration=PROTOCOL,
        AuthnRequestsSigned="true",
        WantAssertionsSigned="true",
    )
    _add_certificate(role, "signing", identity.certificate)
    if encryption_certificate is not None:
        descriptor = _add_certificate(role, "encryption", encryption_certificate)
        for algorithm in (AES256_GCM, AES128_GCM, RSA_OAEP_MGF1P):
            etree.SubElement(descriptor, f"{MD}EncryptionMethod", Algorithm=algorithm)
    if slo_address is not None:
        for binding in (REDIRECT_BINDING, POST_BINDING):
            _add_logout(role, binding, slo_address)
    etree.SubElement(
        role,
        f"{MD}AssertionConsumerService",
        Binding=POST_BINDING,
        Location=acs_address,
        index="0",
        isDefault="true",
    )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _new_entity(entity_id: str) -> Element:
    return etree.Element(
        f"{MD}EntityDescriptor",
        nsmap={"md": METADATA, "ds": SIGNATURE},
        entityID=entity_id,
    )


def _add_certificate(role: Element, use: str, certificate: bytes) -> Element:
    descriptor = etree.SubElement(role, f"{MD}KeyDescriptor", use=use)
    key_info = etree.SubElement(descriptor, f"{DS}KeyInfo")
    data = etree.SubElement(key_info, f"{DS}X509Data")
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    text = base64.b64encode(der).decode()
    etree.SubElement(data, f"{DS}X509Certificate").text = text
    return descriptor


def _add_logout(role: Element, binding: str, address: str) -> None:
    etree.SubElement(
        role, f"{MD}SingleLogoutService", Binding=binding, Location=address
    )
