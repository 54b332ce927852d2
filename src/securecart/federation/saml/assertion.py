"""What a verified assertion says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from lxml.etree import _Element as Element

from securecart.federation.saml.document import text_of
from securecart.federation.saml.errors import InvalidDocument
from securecart.federation.saml.names import UNSPECIFIED, A

_STATEMENT: Final = f"{A}AttributeStatement"
_ATTRIBUTE: Final = f"{A}Attribute"
_VALUE: Final = f"{A}AttributeValue"
MAX_ATTRIBUTES: Final = 200
"""Attributes of one assertion; ADFS with every claim sends some fifty."""


@dataclass(frozen=True, slots=True)
class NameId:
    """The subject's name, and what kind of name it is."""

    value: str
    name_format: str = UNSPECIFIED
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """Read from the bytes that the identity provider signed, and from no others.

    `not_on_or_after` is the first moment at which this verifier refuses the
    assertion, tolerance included: how long its id must be remembered.
    `attributes` hold plain-text values only, by attribute name.
    """

    assertion_id: str
    issuer: str
    name_id: NameId
    audiences: tuple[str, ...]
    recipient: str
    in_response_to: str | None
    issued_at: datetime
    not_on_or_after: datetime
    authn_instant: datetime
    authn_context: str | None
    session_index: str | None
    session_not_on_or_after: datetime | None
    attributes: Mapping[str, tuple[str, ...]]


def read_name_id(subject: Element) -> NameId:
    """Read the subject's NameID.

    Raises:
        InvalidDocument: if there is not exactly one, in plain text.
    """
    names = subject.findall(f"{A}NameID")
    if len(names) != 1:
        raise InvalidDocument("the subject has no NameID")
    return NameId(
        text_of(names[0]),
        names[0].get("Format", UNSPECIFIED),
        names[0].get("NameQualifier"),
        names[0].get("SPNameQualifier"),
    )


def read_attributes(assertion: Element) -> Mapping[str, tuple[str, ...]]:
    """Read every attribute by name; structured values are left out.

    Raises:
        InvalidDocument: if one has no name, or there are too many.
    """
    found: dict[str, tuple[str, ...]] = {}
    for statement in assertion.iterchildren(_STATEMENT):
        for attribute in statement.iterchildren(_ATTRIBUTE):
            name = attribute.get("Name")
            if not name:
                raise InvalidDocument("an attribute has no name")
            values = [
                value.text or ""
                for value in attribute.iterchildren(_VALUE)
                if not len(value)
            ]
            found[name] = (*found.get(name, ()), *values)
    if len(found) > MAX_ATTRIBUTES:
        raise InvalidDocument(f"more than {MAX_ATTRIBUTES} attributes")
    return MappingProxyType(found)
