"""A small XML document from a stranger, read within bounds.

Document types are refused, and with them entities, external or expanding.
Prefixes, comments and processing instructions are of no meaning in the
documents that S3 takes, and are dropped.

Source: W3C, "Extensible Markup Language (XML) 1.0"; OWASP, "XML External
Entity Prevention Cheat Sheet".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from securecart.names.errors import ServiceError

MAX_LENGTH: Final = 2 * 1024 * 1024
"""Bytes: the largest document of all, 1,000 keys of 1,024 bytes each and
their markup (S3 API Reference, DeleteObjects)."""
MAX_DEPTH = 16
"""S3's deepest document, a bucket's lifecycle, has six levels."""
MAX_ELEMENTS = 100_000
"""CompleteMultipartUpload: 10,000 parts of up to eight elements, and some."""


class MalformedXML(ServiceError):
    """The document is no XML, or not such as we read."""

    code = "MalformedXML"

    def __init__(self) -> None:
        super().__init__(
            "The XML you provided was not well-formed or did not validate "
            "against our published schema"
        )


@dataclass(slots=True)
class XmlElement:
    """An element: its local name, its character data, its children."""

    name: str
    text: str = ""
    children: list["XmlElement"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["XmlElement"]:
        """Every child of that name."""
        return (child for child in self.children if child.name == name)

    def text_of(self, name: str) -> str | None:
        """The text of the only child of that name; None if there is none.

        Raises:
            MalformedXML: if there are several, or it has children itself.
        """
        found = list(self.all(name))
        if not found:
            return None
        if len(found) > 1 or found[0].children:
            raise MalformedXML
        return found[0].text


def parse_xml(document: bytes, *, max_length: int = MAX_LENGTH) -> XmlElement:
    """Read a document; answer its root.

    Raises:
        MalformedXML: if it is not well-formed, has a document type, or is
            longer, deeper or of more elements than the bounds.
    """
    if len(document) > max_length:
        raise MalformedXML
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(document, True)  # noqa: FBT003 - expat takes no keywords
    except (expat.ExpatError, ValueError, LookupError):
        raise MalformedXML from None
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root = XmlElement("")
        self._open: list[tuple[XmlElement, list[str]]] = []
        self._elements = 0

    def doctype(self, *_: object) -> None:
        raise MalformedXML

    def start(self, name: str, _attributes: object) -> None:
        self._elements += 1
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise MalformedXML
        element = XmlElement(name.rpartition(" ")[2])
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def end(self, _name: str) -> None:
        element, pieces = self._open.pop()
        element.text = "".join(pieces)

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)
