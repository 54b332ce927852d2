"""What the two sides of SAML tell each other about themselves.

Source: "Metadata for the OASIS Security Assertion Markup Language (SAML)
V2.0", sections 2.3 and 2.4.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.document import (
    attribute,
    boolean,
    only_child,
    parse_xml,
    text_of,
    time_of,
)
from securecart.federation.saml.errors import InvalidDocument, InvalidMetadata
from securecart.federation.saml.names import (
    DS,
    MD,
    METADATA,
    POST_BINDING,
    PROTOCOL,
    REDIRECT_BINDING,
    SIGNATURE,
    UNSPECIFIED,
)
from securecart.federation.saml.signing import SigningIdentity

MAX_METADATA: Final = 1_000_000
"""Bytes; real documents have some 10 kB (ADFS, with every claim, 80 kB)."""
MAX_SIGNING_KEYS: Final = 10
"""A provider has two while it changes keys; each costs one verification."""
MIN_RSA_BITS: Final = 2048
"""NIST SP 800-131A: shorter keys are disallowed."""


@dataclass(frozen=True, slots=True)
class IdpMetadata:
    """An identity provider: who it is, where it listens, what it signs with.

    `sso` and `slo` map a binding's URI to the address. `signing_keys` are RSA
    public keys in PEM form. The certificates around them are not validated:
    that they stand in this document is what makes them trusted.
    """

    entity_id: str
    sso: tuple[tuple[str, str], ...]
    slo: tuple[tuple[str, str], ...]
    signing_keys: tuple[bytes, ...]
    wants_signed_requests: bool
    valid_until: datetime | None

    @classmethod
    def parse(cls, xml: bytes) -> Self:
        """Read one identity provider's metadata.

        Raises:
            InvalidMetadata: saying what is missing or wrong.
        """
        try:
            root = _entity(xml)
            role = _role(root, "IDPSSODescriptor", "an identity provider")
            provider = cls(
                entity_id=attribute(root, "entityID"),
                sso=_addresses(role, "SingleSignOnService"),
                slo=_addresses(role, "SingleLogoutService"),
                signing_keys=_signing_keys(role),
                wants_signed_requests=boolean(role, "WantAuthnRequestsSigned"),
                valid_until=time_of(root, "validUntil"),
            )
        except InvalidDocument as error:
            raise InvalidMetadata(str(error)) from None
        if not provider.sso:
            raise InvalidMetadata("there is no SingleSignOnService")
        if not provider.signing_keys:
            raise InvalidMetadata("there is no signing certificate")
        return provider

    def sso_address(self, binding: str = REDIRECT_BINDING) -> str:
        """Answer where an AuthnRequest goes.

        Raises:
            InvalidMetadata: if the provider does not offer that binding.
        """
        address = dict(self.sso).get(binding)
        if address is None:
            raise InvalidMetadata(f"no SingleSignOnService with binding {binding}")
        return address


@dataclass(frozen=True, slots=True)
class SpMetadata:
    """A service provider, as an identity provider needs to know it."""

    entity_id: str
    acs_addresses: tuple[str, ...]
    signing_keys: tuple[bytes, ...]
    signs_requests: bool

    @classmethod
    def parse(cls, xml: bytes) -> Self:
        """Read one service provider's metadata.

        Raises:
            InvalidMetadata: saying what is missing or wrong.
        """
        try:
            root = _entity(xml)
            role = _role(root, "SPSSODescriptor", "a service provider")
            provider = cls(
                entity_id=attribute(root, "entityID"),
                acs_addresses=tuple(
                    attribute(service, "Location")
                    for service in role.findall(f"{MD}AssertionConsumerService")
                    if service.get("Binding") == POST_BINDING
                ),
                signing_keys=_signing_keys(role),
                signs_requests=boolean(role, "AuthnRequestsSigned"),
            )
        except InvalidDocument as error:
            raise InvalidMetadata(str(error)) from None
        if not provider.acs_addresses:
            raise InvalidMetadata("there is no AssertionConsumerService for HTTP-POST")
        if provider.signs_requests and not provider.signing_keys:
            raise InvalidMetadata("requests are signed, but there is no certificate")
        return provider


def build_idp_metadata(
    *, entity_id: str, sso_address: str, identity: SigningIdentity
) -> bytes:
    """Write the metadata of an identity provider that takes HTTP-Redirect."""
    root = _new_entity(entity_id)
    role = etree.SubElement(
        root,
        f"{MD}IDPSSODescriptor",
        protocolSupportEnumeration=PROTOCOL,
        WantAuthnRequestsSigned="true",
    )
    _add_certificate(role, identity)
    etree.SubElement(role, f"{MD}NameIDFormat").text = UNSPECIFIED
    etree.SubElement(
        role,
        f"{MD}SingleSignOnService",
        Binding=REDIRECT_BINDING,
        Location=sso_address,
    )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def build_sp_metadata(
    *, entity_id: str, acs_address: str, identity: SigningIdentity
) -> bytes:
    """Write the metadata of a service provider that signs its requests."""
    root = _new_entity(entity_id)
    role = etree.SubElement(
        root,
        f"{MD}SPSSODescriptor",
        protocolSupportEnumeration=PROTOCOL,
        AuthnRequestsSigned="true",
        WantAssertionsSigned="true",
    )
    _add_certificate(role, identity)
    etree.SubElement(
        role,
        f"{MD}AssertionConsumerService",
        Binding=POST_BINDING,
        Location=acs_address,
        index="0",
        isDefault="true",
    )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _entity(xml: bytes) -> Element:
    root = parse_xml(xml, max_length=MAX_METADATA)
    if root.tag == f"{MD}EntitiesDescriptor":
        return only_child(root, f"{MD}EntityDescriptor")
    if root.tag != f"{MD}EntityDescriptor":
        raise InvalidDocument("the root is no EntityDescriptor of SAML 2.0 metadata")
    return root


def _role(root: Element, name: str, what: str) -> Element:
    roles = [
        role
        for role in root.findall(f"{MD}{name}")
        if PROTOCOL in role.get("protocolSupportEnumeration", "").split()
    ]
    if len(roles) != 1:
        raise InvalidDocument(f"{len(roles)} {name} for SAML 2.0: not {what}")
    return roles[0]


def _addresses(role: Element, name: str) -> tuple[tuple[str, str], ...]:
    services = role.findall(f"{MD}{name}")
    found = tuple(
        (attribute(service, "Binding"), attribute(service, "Location"))
        for service in services
    )
    if any(not address.startswith(("https://", "http://")) for _, address in found):
        raise InvalidDocument(f"{name} has an address that is not a web address")
    return found


def _signing_keys(role: Element) -> tuple[bytes, ...]:
    keys = tuple(
        _public_key(text_of(certificate))
        for descriptor in role.findall(f"{MD}KeyDescriptor")
        if descriptor.get("use") in (None, "signing")
        for certificate in descriptor.iter(f"{DS}X509Certificate")
    )
    if len(keys) > MAX_SIGNING_KEYS:
        raise InvalidDocument(f"more than {MAX_SIGNING_KEYS} signing certificates")
    return tuple(dict.fromkeys(keys))


def _public_key(certificate: str) -> bytes:
    try:
        der = base64.b64decode("".join(certificate.split()), validate=True)
        key = x509.load_der_x509_certificate(der).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise InvalidDocument("a signing certificate cannot be read") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        raise InvalidDocument(f"a signing key is not RSA of {MIN_RSA_BITS} bits")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _new_entity(entity_id: str) -> Element:
    return etree.Element(
        f"{MD}EntityDescriptor",
        nsmap={"md": METADATA, "ds": SIGNATURE},
        entityID=entity_id,
    )


def _add_certificate(role: Element, identity: SigningIdentity) -> None:
    descriptor = etree.SubElement(role, f"{MD}KeyDescriptor", use="signing")
    key_info = etree.SubElement(descriptor, f"{DS}KeyInfo")
    data = etree.SubElement(key_info, f"{DS}X509Data")
    etree.SubElement(data, f"{DS}X509Certificate").text = identity.certificate_base64
