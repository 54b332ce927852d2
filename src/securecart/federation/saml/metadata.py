"""What the two sides of SAML tell each other about themselves.

Source: "Metadata for the OASIS Security Assertion Markup Language (SAML)
V2.0", sections 2.2 to 2.4.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.document import (
    attribute,
    boolean,
    duration_of,
    format_time,
    only_child,
    parse_xml,
    text_of,
    time_of,
)
from securecart.federation.saml.errors import InvalidDocument, InvalidMetadata
from securecart.federation.saml.names import (
    DS,
    MD,
    POST_BINDING,
    PROTOCOL,
    REDIRECT_BINDING,
)

MAX_METADATA: Final = 10_000_000
"""Bytes: what AWS IAM takes as SAMLMetadataDocument. One provider has some
10 kB (ADFS, with every claim, 80 kB), a federation's aggregate megabytes."""
MAX_SIGNING_KEYS: Final = 10
"""A provider has two while it changes keys; each costs one verification."""
MIN_RSA_BITS: Final = 2048
"""NIST SP 800-131A: shorter keys are disallowed."""

_ENTITY: Final = f"{MD}EntityDescriptor"
_ENTITIES: Final = f"{MD}EntitiesDescriptor"
_CERTIFICATES: Final = f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"

_Bound = TypeVar("_Bound", datetime, timedelta)

Addresses = tuple[tuple[str, str], ...]
"""Pairs of a binding's URI and the address."""


@dataclass(frozen=True, slots=True)
class IdpMetadata:
    """An identity provider: who it is, where it listens, what it signs with.

    `signing_keys` are RSA public keys in PEM form; keys of other kinds are
    left out, since no signature by them is accepted. The certificates around
    them are not validated: that they stand in this document is what makes
    them trusted. `valid_until` and `cache_duration` are the least that the
    document says of this provider or of a group that it is in.
    """

    entity_id: str
    sso: Addresses
    slo: Addresses
    slo_responses: Addresses
    signing_keys: tuple[bytes, ...]
    wants_signed_requests: bool
    valid_until: datetime | None
    cache_duration: timedelta | None = None

    @classmethod
    def parse(cls, xml: bytes, *, entity_id: str | None = None) -> Self:
        """Read one identity provider's metadata.

        `entity_id` chooses among several, and must fit where there is one.

        Raises:
            InvalidMetadata: saying what is missing or wrong.
        """
        try:
            root = parse_xml(xml, max_length=MAX_METADATA, drop_comments=True)
            entity = _chosen(root, "IDPSSODescriptor", entity_id)
            role = _role(entity, "IDPSSODescriptor", "an identity provider")
            bounds = (role, *_upwards(entity))
            provider = cls(
                entity_id=attribute(entity, "entityID"),
                sso=_addresses(role, "SingleSignOnService"),
                slo=_addresses(role, "SingleLogoutService"),
                slo_responses=_addresses(role, "SingleLogoutService", response=True),
                signing_keys=_signing_keys(role),
                wants_signed_requests=boolean(role, "WantAuthnRequestsSigned"),
                valid_until=_least(time_of(each, "validUntil") for each in bounds),
                cache_duration=_least(
                    duration_of(each, "cacheDuration") for each in bounds
                ),
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

    def slo_address(self, binding: str = REDIRECT_BINDING) -> str | None:
        """Answer where a LogoutRequest goes, if there is such a place."""
        return dict(self.slo).get(binding)

    def slo_response_address(self, binding: str = REDIRECT_BINDING) -> str | None:
        """Answer where a LogoutResponse goes, if there is such a place."""
        return dict(self.slo_responses).get(binding)


@dataclass(frozen=True, slots=True)
class SpMetadata:
    """A service provider, as an identity provider needs to know it.

    `encryption_certificate` (PEM) is what assertions are encrypted for, None
    where they are not.
    """

    entity_id: str
    acs_addresses: tuple[str, ...]
    signing_keys: tuple[bytes, ...]
    signs_requests: bool
    slo: Addresses = ()
    slo_responses: Addresses = ()
    encryption_certificate: bytes | None = None

    @classmethod
    def parse(cls, xml: bytes) -> Self:
        """Read one service provider's metadata.

        Raises:
            InvalidMetadata: saying what is missing or wrong.
        """
        try:
            root = parse_xml(xml, max_length=MAX_METADATA, drop_comments=True)
            entity = _chosen(root, "SPSSODescriptor", None)
            role = _role(entity, "SPSSODescriptor", "a service provider")
            provider = cls(
                entity_id=attribute(entity, "entityID"),
                acs_addresses=tuple(
                    attribute(service, "Location")
                    for service in role.findall(f"{MD}AssertionConsumerService")
                    if service.get("Binding") == POST_BINDING
                ),
                signing_keys=_signing_keys(role),
                signs_requests=boolean(role, "AuthnRequestsSigned"),
                slo=_addresses(role, "SingleLogoutService"),
                slo_responses=_addresses(role, "SingleLogoutService", response=True),
                encryption_certificate=_encryption_certificate(role),
            )
        except InvalidDocument as error:
            raise InvalidMetadata(str(error)) from None
        if not provider.acs_addresses:
            raise InvalidMetadata("there is no AssertionConsumerService for HTTP-POST")
        if provider.signs_requests and not provider.signing_keys:
            raise InvalidMetadata("requests are signed, but there is no certificate")
        return provider

    def slo_address(self, binding: str = REDIRECT_BINDING) -> str | None:
        """Answer where a LogoutRequest goes, if there is such a place."""
        return dict(self.slo).get(binding)

    def slo_response_address(self, binding: str = REDIRECT_BINDING) -> str | None:
        """Answer where a LogoutResponse goes, if there is such a place."""
        return dict(self.slo_responses).get(binding)


def entity_document(xml: bytes, entity_id: str) -> bytes:
    """Answer one entity of an aggregate as a document of its own.

    What its groups say about how long they are valid is then said by itself.

    Raises:
        InvalidMetadata: if it is not there exactly once.
    """
    try:
        root = parse_xml(xml, max_length=MAX_METADATA, drop_comments=True)
        entity = _chosen(root, "", entity_id)
        end = _least(time_of(each, "validUntil") for each in _upwards(entity))
    except InvalidDocument as error:
        raise InvalidMetadata(str(error)) from None
    if end is not None:
        entity.set("validUntil", format_time(end))
    return etree.tostring(entity, encoding="UTF-8", with_tail=False)


def _chosen(root: Element, role: str, entity_id: str | None) -> Element:
    """Answer the one entity that is meant, from a document of one or of many."""
    if root.tag not in (_ENTITY, _ENTITIES):
        raise InvalidDocument("the root is no EntityDescriptor of SAML 2.0 metadata")
    entities = [root] if root.tag == _ENTITY else _entities(root)
    if entity_id is not None:
        found = [each for each in entities if each.get("entityID") == entity_id]
        if len(found) != 1:
            raise InvalidDocument(f"{len(found)} entities are called {entity_id}")
        return found[0]
    if len(entities) > 1:
        entities = [each for each in entities if each.find(f"{MD}{role}") is not None]
    if len(entities) != 1:
        raise InvalidDocument(
            f"{len(entities)} entities with {role}: say which by its entity id"
        )
    return entities[0]


def _entities(group: Element) -> list[Element]:
    """Find the entities of a group and of the groups in it, and none elsewhere."""
    return [
        entity
        for entity in group.iter(_ENTITY)
        if all(parent.tag == _ENTITIES for parent in entity.iterancestors())
    ]


def _upwards(entity: Element) -> Iterator[Element]:
    yield entity
    yield from entity.iterancestors()


def _least(values: Iterable[_Bound | None]) -> _Bound | None:
    return min((value for value in values if value is not None), default=None)


def _role(entity: Element, name: str, what: str) -> Element:
    roles = [
        role
        for role in entity.findall(f"{MD}{name}")
        if PROTOCOL in role.get("protocolSupportEnumeration", "").split()
    ]
    if len(roles) != 1:
        raise InvalidDocument(f"{len(roles)} {name} for SAML 2.0: not {what}")
    return roles[0]


def _addresses(role: Element, name: str, *, response: bool = False) -> Addresses:
    """Read where messages go; an answer may have an address of its own."""
    found = tuple(
        (
            attribute(service, "Binding"),
            (response and service.get("ResponseLocation"))
            or attribute(service, "Location"),
        )
        for service in role.findall(f"{MD}{name}")
    )
    if any(not address.startswith(("https://", "http://")) for _, address in found):
        raise InvalidDocument(f"{name} has an address that is not a web address")
    return found


def _signing_keys(role: Element) -> tuple[bytes, ...]:
    certificates = [
        _certificate(text_of(certificate), "signing")
        for descriptor in role.findall(f"{MD}KeyDescriptor")
        if descriptor.get("use") in (None, "signing")
        for certificate in descriptor.iterfind(_CERTIFICATES)
    ]
    if len(certificates) > MAX_SIGNING_KEYS:
        raise InvalidDocument(f"more than {MAX_SIGNING_KEYS} signing certificates")
    keys = [_usable(certificate) for certificate in certificates]
    if keys and not any(keys):
        raise InvalidDocument(f"no signing key is RSA of {MIN_RSA_BITS} bits")
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def _usable(certificate: x509.Certificate) -> bytes | None:
    """Answer the public key in PEM form, or None if no signature by it counts."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        return None
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _encryption_certificate(role: Element) -> bytes | None:
    for descriptor in role.findall(f"{MD}KeyDescriptor"):
        if descriptor.get("use") == "encryption":
            data = only_child(only_child(descriptor, f"{DS}KeyInfo"), f"{DS}X509Data")
            text = text_of(only_child(data, f"{DS}X509Certificate"))
            certificate = _certificate(text, "encryption")
            if _usable(certificate) is None:
                raise InvalidDocument(
                    f"the encryption key is not RSA of {MIN_RSA_BITS} bits"
                )
            return certificate.public_bytes(Encoding.PEM)
    return None


def _certificate(text: str, purpose: str) -> x509.Certificate:
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError, x509.InvalidVersion):
        raise InvalidDocument(f"a {purpose} certificate cannot be read") from None
