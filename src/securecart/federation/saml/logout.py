"""Single logout: the two messages that either side may send.

Source: SAML 2.0 core, section 3.7; SAML 2.0 profiles, section 4.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.assertion import NameId, read_name_id
from securecart.federation.saml.authn_request import MAX_REQUEST, new_id
from securecart.federation.saml.document import (
    CLOCK_SKEW,
    attribute,
    format_time,
    only_child,
    parse_time,
    parse_xml,
    text_of,
    time_of,
)
from securecart.federation.saml.errors import InvalidDocument, InvalidRequest
from securecart.federation.saml.metadata import IdpMetadata
from securecart.federation.saml.names import ASSERTION, ENTITY, PROTOCOL, SUCCESS, A, P
from securecart.names.clock import Random

LOGOUT_LIFETIME: Final = timedelta(minutes=5)
"""How long a message may be under way; a browser carries it within seconds."""
MAX_SESSION_INDEXES: Final = 100
"""Sessions of one person that one request ends."""


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """Word that a person's sessions are to end.

    Without `session_indexes` all of the person's sessions are meant. Read
    from what was signed by `decode_redirect` or `verify_posted`, it is as
    trustworthy as they are; `check_logout_request` does the rest.
    """

    request_id: str
    issuer: str
    issued_at: datetime
    destination: str
    name_id: NameId
    session_indexes: tuple[str, ...] = ()
    not_on_or_after: datetime | None = None

    def to_xml(self) -> bytes:
        """Write the request."""
        root = _envelope(
            "LogoutRequest",
            self.request_id,
            self.issuer,
            self.issued_at,
            self.destination,
        )
        if self.not_on_or_after is not None:
            root.set("NotOnOrAfter", format_time(self.not_on_or_after))
        name = etree.SubElement(root, f"{A}NameID", Format=self.name_id.name_format)
        name.text = self.name_id.value
        if self.name_id.name_qualifier is not None:
            name.set("NameQualifier", self.name_id.name_qualifier)
        if self.name_id.sp_name_qualifier is not None:
            name.set("SPNameQualifier", self.name_id.sp_name_qualifier)
        for session_index in self.session_indexes:
            etree.SubElement(root, f"{P}SessionIndex").text = session_index
        return etree.tostring(root, encoding="UTF-8")

    @classmethod
    def parse(cls, xml: bytes) -> Self:
        """Read a request.

        Raises:
            InvalidRequest: if a required part is missing or malformed, or
                the name is encrypted.
        """
        try:
            root = _root(xml, "LogoutRequest")
            indexes = root.findall(f"{P}SessionIndex")
            if len(indexes) > MAX_SESSION_INDEXES:
                raise InvalidRequest(f"more than {MAX_SESSION_INDEXES} sessions")
            return cls(
                request_id=attribute(root, "ID"),
                issuer=_issuer(root),
                issued_at=parse_time(attribute(root, "IssueInstant")),
                destination=attribute(root, "Destination"),
                name_id=read_name_id(root),
                session_indexes=tuple(text_of(index) for index in indexes),
                not_on_or_after=time_of(root, "NotOnOrAfter"),
            )
        except InvalidDocument as error:
            raise InvalidRequest(str(error)) from None


@dataclass(frozen=True, slots=True)
class LogoutResponse:
    """How a logout went; `codes` are the status code and those nested in it."""

    response_id: str
    issuer: str
    issued_at: datetime
    destination: str
    in_response_to: str
    codes: tuple[str, ...] = (SUCCESS,)

    def to_xml(self) -> bytes:
        """Write the response."""
        root = _envelope(
            "LogoutResponse",
            self.response_id,
            self.issuer,
            self.issued_at,
            self.destination,
        )
        root.set("InResponseTo", self.in_response_to)
        parent = etree.SubElement(root, f"{P}Status")
        for code in self.codes:
            parent = etree.SubElement(parent, f"{P}StatusCode", Value=code)
        return etree.tostring(root, encoding="UTF-8")

    @classmethod
    def parse(cls, xml: bytes) -> Self:
        """Read a response.

        Raises:
            InvalidRequest: if a required part is missing or malformed.
        """
        try:
            root = _root(xml, "LogoutResponse")
            status = only_child(only_child(root, f"{P}Status"), f"{P}StatusCode")
            return cls(
                response_id=attribute(root, "ID"),
                issuer=_issuer(root),
                issued_at=parse_time(attribute(root, "IssueInstant")),
                destination=attribute(root, "Destination"),
                in_response_to=attribute(root, "InResponseTo"),
                codes=tuple(
                    attribute(code, "Value") for code in status.iter(f"{P}StatusCode")
                ),
            )
        except InvalidDocument as error:
            raise InvalidRequest(str(error)) from None


def build_logout_request(
    *,
    issuer: str,
    destination: str,
    name_id: NameId,
    session_indexes: Sequence[str],
    now: datetime,
    random: Random,
) -> LogoutRequest:
    """Make a request with a fresh id; the caller keeps the id for the answer."""
    return LogoutRequest(
        request_id=new_id(random),
        issuer=issuer,
        issued_at=now,
        destination=destination,
        name_id=name_id,
        session_indexes=tuple(session_indexes),
        not_on_or_after=now + LOGOUT_LIFETIME,
    )


def build_logout_response(
    *,
    issuer: str,
    destination: str,
    in_response_to: str,
    now: datetime,
    random: Random,
    codes: Sequence[str] = (SUCCESS,),
) -> LogoutResponse:
    """Make the answer to a logout request, with a fresh id."""
    return LogoutResponse(
        response_id=new_id(random),
        issuer=issuer,
        issued_at=now,
        destination=destination,
        in_response_to=in_response_to,
        codes=tuple(codes),
    )


def check_logout_request(
    request: LogoutRequest, provider: IdpMetadata, *, destination: str, now: datetime
) -> None:
    """Check that a signed request came from the provider, for us, and now.

    `destination` is the address at which it arrived. Its sessions end once
    and stay ended, so a request seen twice does no harm.

    Raises:
        InvalidRequest: saying which of these does not hold.
    """
    _check(request, provider, destination, now)
    end = request.not_on_or_after
    if end is not None and now >= end + CLOCK_SKEW:
        raise InvalidRequest("the logout request is no longer valid")


def check_logout_response(
    response: LogoutResponse,
    provider: IdpMetadata,
    *,
    destination: str,
    request_id: str,
    now: datetime,
) -> None:
    """Check that a signed response answers our request; `codes` say how it went.

    Raises:
        InvalidRequest: saying what does not hold.
    """
    _check(response, provider, destination, now)
    if response.in_response_to != request_id:
        raise InvalidRequest("the response answers another logout request")


def _check(
    message: LogoutRequest | LogoutResponse,
    provider: IdpMetadata,
    destination: str,
    now: datetime,
) -> None:
    if message.issuer != provider.entity_id:
        raise InvalidRequest("the message comes from another identity provider")
    if message.destination != destination:
        raise InvalidRequest("the message was meant for another destination")
    if message.issued_at > now + CLOCK_SKEW:
        raise InvalidRequest("the message comes from the future")
    if now >= message.issued_at + LOGOUT_LIFETIME + CLOCK_SKEW:
        raise InvalidRequest("the message is too old")


def _envelope(
    name: str, message_id: str, issuer: str, issued_at: datetime, destination: str
) -> Element:
    root = etree.Element(
        f"{P}{name}",
        nsmap={"samlp": PROTOCOL, "saml": ASSERTION},
        ID=message_id,
        Version="2.0",
        IssueInstant=format_time(issued_at),
        Destination=destination,
    )
    etree.SubElement(root, f"{A}Issuer").text = issuer
    return root


def _root(xml: bytes, name: str) -> Element:
    root = parse_xml(xml, max_length=MAX_REQUEST)
    if root.tag != f"{P}{name}" or root.get("Version") != "2.0":
        raise InvalidRequest(f"the document is no SAML 2.0 {name}")
    return root


def _issuer(root: Element) -> str:
    issuer = only_child(root, f"{A}Issuer")
    if issuer.get("Format", ENTITY) != ENTITY:
        raise InvalidRequest("the issuer is no entity id")
    return text_of(issuer)
