"""The question that a service provider sends with the browser.

Source: SAML 2.0 core, section 3.4.1; SAML 2.0 profiles, section 4.1.4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from lxml import etree

from securecart.federation.saml.document import (
    attribute,
    boolean,
    format_time,
    only_child,
    optional_child,
    parse_time,
    parse_xml,
    text_of,
)
from securecart.federation.saml.errors import InvalidDocument, InvalidRequest
from securecart.federation.saml.names import (
    ASSERTION,
    POST_BINDING,
    PROTOCOL,
    UNSPECIFIED,
    A,
    P,
)
from securecart.names.clock import Random

MAX_REQUEST: Final = 16_384
"""Bytes, inflated; the largest in the wild has some 2 kB."""

_ID_BYTES: Final = 20
"""SAML 2.0 core, section 1.3.4: 128 to 160 random bits."""


def new_id(random: Random) -> str:
    """Answer a fresh document id; an XML id cannot begin with a digit."""
    return "_" + random(_ID_BYTES).hex()


@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """A question to an identity provider.

    `acs_address` is where the answer is to be posted. `contexts` are the
    authentication context classes that would do, exactly one of them; empty
    where any does.
    """

    request_id: str
    issuer: str
    issued_at: datetime
    destination: str
    acs_address: str
    force_authn: bool = False
    is_passive: bool = False
    name_id_format: str = UNSPECIFIED
    contexts: tuple[str, ...] = ()

    def to_xml(self) -> bytes:
        """Write the request."""
        root = etree.Element(
            f"{P}AuthnRequest",
            nsmap={"samlp": PROTOCOL, "saml": ASSERTION},
            ID=self.request_id,
            Version="2.0",
            IssueInstant=format_time(self.issued_at),
            Destination=self.destination,
            AssertionConsumerServiceURL=self.acs_address,
            ProtocolBinding=POST_BINDING,
        )
        if self.force_authn:
            root.set("ForceAuthn", "true")
        if self.is_passive:
            root.set("IsPassive", "true")
        etree.SubElement(root, f"{A}Issuer").text = self.issuer
        etree.SubElement(
            root, f"{P}NameIDPolicy", Format=self.name_id_format, AllowCreate="true"
        )
        if self.contexts:
            wanted = etree.SubElement(
                root, f"{P}RequestedAuthnContext", Comparison="exact"
            )
            for context in self.contexts:
                etree.SubElement(wanted, f"{A}AuthnContextClassRef").text = context
        return etree.tostring(root, encoding="UTF-8")

    @classmethod
    def parse(cls, xml: bytes) -> Self:
        """Read a request, as an identity provider receives it.

        Whether issuer and answer address belong together, and who signed, is
        for the caller to judge.

        Raises:
            InvalidRequest: if a required part is missing or malformed.
        """
        try:
            root = parse_xml(xml, max_length=MAX_REQUEST)
            if root.tag != f"{P}AuthnRequest":
                raise InvalidRequest("the document is no AuthnRequest")
            if root.get("Version") != "2.0":
                raise InvalidRequest("the version is not 2.0")
            if root.get("ProtocolBinding", POST_BINDING) != POST_BINDING:
                raise InvalidRequest("an answer by HTTP-POST only")
            policy = optional_child(root, f"{P}NameIDPolicy")
            wanted = optional_child(root, f"{P}RequestedAuthnContext")
            if wanted is not None and wanted.get("Comparison", "exact") != "exact":
                raise InvalidRequest("authentication contexts compare exactly only")
            return cls(
                request_id=attribute(root, "ID"),
                issuer=text_of(only_child(root, f"{A}Issuer")),
                issued_at=parse_time(attribute(root, "IssueInstant")),
                destination=root.get("Destination", ""),
                acs_address=root.get("AssertionConsumerServiceURL", ""),
                force_authn=boolean(root, "ForceAuthn"),
                is_passive=boolean(root, "IsPassive"),
                name_id_format=UNSPECIFIED
                if policy is None
                else policy.get("Format", UNSPECIFIED),
                contexts=()
                if wanted is None
                else tuple(
                    text_of(context)
                    for context in wanted.findall(f"{A}AuthnContextClassRef")
                ),
            )
        except InvalidDocument as error:
            raise InvalidRequest(str(error)) from None


def build_authn_request(
    *,
    issuer: str,
    destination: str,
    acs_address: str,
    now: datetime,
    random: Random,
    force_authn: bool = False,
    is_passive: bool = False,
    contexts: Sequence[str] = (),
) -> AuthnRequest:
    """Make a request with a fresh id; the caller keeps the id for the answer."""
    return AuthnRequest(
        request_id=new_id(random),
        issuer=issuer,
        issued_at=now,
        destination=destination,
        acs_address=acs_address,
        force_authn=force_authn,
        is_passive=is_passive,
        contexts=tuple(contexts),
    )
