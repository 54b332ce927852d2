"""XML from strangers: bounded, without DTD, and read by exact names.

Source: "XML Schema Part 2" for dateTime; SAML 2.0 core, section 1.3.3, for
times being UTC.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.errors import InvalidDocument

MAX_RESPONSE: Final = 100_000
"""Characters of a response, encoded: what AWS STS takes as SAMLAssertion."""
CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the provider's clock may be from ours. Machines with NTP agree to
milliseconds; a minute forgives one without, and lengthens no session."""

_BOM: Final = b"\xef\xbb\xbf"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_STRAY: Final = etree.XPath("boolean(//comment() | //processing-instruction())")
# A year short of where datetime ends, so that a tolerance always fits.
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9998
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z"
)

_DURATION = re.compile(
    r"P(?:([0-9]{1,3})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)S)?)?"
)


def parse_xml(xml: bytes, *, max_length: int, drop_comments: bool = False) -> Element:
    """Read a document and answer its root.

    UTF-8 only, whatever the declaration says, so that the check for DOCTYPE
    sees what the parser will see. A DTD is refused before anything is parsed:
    it brings entities, and attribute defaults that nobody signed. Comments
    and processing instructions are refused, since they split a text in two;
    or dropped while parsing, which leaves each text whole.

    Raises:
        InvalidDocument: for anything that is not such a document.
    """
    if len(xml) > max_length:
        raise InvalidDocument(f"longer than {max_length} bytes")
    if xml.startswith(_UTF_16):
        raise InvalidDocument("in UTF-16; save it as UTF-8")
    body = xml.removeprefix(_BOM)
    if b"<!" in body and b"<!doctype" in body.lower():
        raise InvalidDocument("a DOCTYPE is not accepted")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=drop_comments,
        remove_pis=drop_comments,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidDocument(f"not well-formed XML: {error}") from None
    if not drop_comments and _STRAY(root):
        raise InvalidDocument("comments and instructions are not accepted")
    return root


def only_child(parent: Element, tag: str) -> Element:
    """Answer the one direct child of that name.

    Raises:
        InvalidDocument: if there is none, or more than one.
    """
    children = list(parent.iterchildren(tag))
    if len(children) != 1:
        name, where = etree.QName(tag).localname, etree.QName(parent).localname
        raise InvalidDocument(f"{len(children)} {name} in {where}, expected one")
    return children[0]


def optional_child(parent: Element, tag: str) -> Element | None:
    """Answer the only direct child of that name, or None.

    Raises:
        InvalidDocument: if there is more than one.
    """
    return only_child(parent, tag) if parent.find(tag) is not None else None


def text_of(element: Element) -> str:
    """Answer an element's whole text; one that has elements in it is refused.

    Raises:
        InvalidDocument: if there is an element inside, or no text.
    """
    if len(element) or not element.text:
        raise InvalidDocument(f"{etree.QName(element).localname} is not plain text")
    return element.text


def attribute(element: Element, name: str) -> str:
    """Answer a required attribute.

    Raises:
        InvalidDocument: if it is absent or empty.
    """
    value = element.get(name)
    if not value:
        raise InvalidDocument(f"{etree.QName(element).localname} has no {name}")
    return value


def boolean(element: Element, name: str) -> bool:
    """Answer an optional attribute of type boolean, false if absent.

    Raises:
        InvalidDocument: if it is neither true nor false.
    """
    value = element.get(name, "false")
    if value not in ("true", "1", "false", "0"):
        raise InvalidDocument(f"{name} is neither true nor false")
    return value in ("true", "1")


def parse_time(text: str) -> datetime:
    """Read a UTC dateTime.

    Raises:
        InvalidDocument: if it is none, or not in UTC.
    """
    try:
        if _TIME.fullmatch(text):
            moment = datetime.fromisoformat(text)
            if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
                return moment
    except ValueError:
        pass
    raise InvalidDocument(f"not a time in UTC: {text[:40]!r}")


def time_of(element: Element, name: str) -> datetime | None:
    """Answer an optional attribute as a time.

    Raises:
        InvalidDocument: if it is there and not a time in UTC.
    """
    value = element.get(name)
    return None if value is None else parse_time(value)


def duration_of(element: Element, name: str) -> timedelta | None:
    """Answer an optional attribute as a duration, a month being 30 days.

    Raises:
        InvalidDocument: if it is there and not a duration.
    """
    value = element.get(name)
    if value is None:
        return None
    parts = _DURATION.fullmatch(value)
    if parts is None or value.endswith(("P", "T")):
        raise InvalidDocument(f"not a duration: {value[:40]!r}")
    years, months, days, hours, minutes, seconds = (
        float(part or 0) for part in parts.groups()
    )
    return timedelta(
        days=365 * years + 30 * months + days,
        hours=hours,
        minutes=minutes,
        seconds=seconds,
    )


def format_time(moment: datetime) -> str:
    """Write a moment as SAML does, in UTC and whole milliseconds."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"
