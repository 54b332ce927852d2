"""Reading and writing the small XML documents of S3.

Documents come from strangers: no DTD, no entities, nothing unknown in them,
and never more than `MAX_BYTES`.
"""

from collections.abc import Iterator, Mapping

from lxml import etree

from securecart.s3.errors import MalformedXML, NotImplementedHere

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
# Amazon S3 API Reference, "DeleteObjects": a body of up to 2 MB. All other
# documents are far smaller.
MAX_BYTES = 2 * 1024 * 1024


class Element:
    """An element with text or children, each accounted for exactly once."""

    __slots__ = ("_children", "name", "text")

    def __init__(self, element: etree._Element) -> None:
        found = etree.QName(element)
        if found.namespace not in {None, NAMESPACE}:
            raise MalformedXML
        self.name = found.localname
        self._children = [Element(child) for child in element]
        self.text = "" if self._children else element.text or ""

    def only(self, *known: str) -> None:
        """Refuse children of other names: what they ask for is not done.

        Raises:
            NotImplementedHere: naming the first that is unknown.
        """
        for child in self._children:
            if child.name not in known:
                raise NotImplementedHere(
                    "An element you provided implies functionality that is not "
                    f"implemented: {child.name[:80]}"
                )

    def all(self, name: str) -> Iterator["Element"]:
        """The children of a name."""
        return (child for child in self._children if child.name == name)

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of the children of a name."""
        return tuple(child.text for child in self.all(name))

    def optional(self, name: str) -> str | None:
        """The text of the one child of a name, or None.

        Raises:
            MalformedXML: if there are several.
        """
        texts = self.texts(name)
        if len(texts) > 1:
            raise MalformedXML
        return texts[0] if texts else None

    def one(self, name: str) -> "Element":
        """The one child of a name.

        Raises:
            MalformedXML: if there is none, or there are several.
        """
        found = list(self.all(name))
        if len(found) != 1:
            raise MalformedXML
        return found[0]


def read_document(body: bytes, root: str) -> Element:
    """Read a document whose root has this name.

    Raises:
        MalformedXML: if it is anything else, or too large.
    """
    if len(body) > MAX_BYTES or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise MalformedXML
    # Read as UTF-8 whatever it declares, so that the line above saw it all.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        element = Element(etree.fromstring(body, parser))
    except (etree.XMLSyntaxError, ValueError):
        raise MalformedXML from None
    if element.name != root:
        raise MalformedXML
    return element


Content = str | Mapping[str, "Content | list[Content]"]
"""The text of an element, or its children: by name, one or several."""


def write_document(root: str, content: Content) -> bytes:
    """Write a document of this root."""
    # lxml's stubs do not know that None names the default name space.
    default: dict[str, str] = {None: NAMESPACE}  # type: ignore[dict-item]
    element = etree.Element(root, nsmap=default)
    _fill(element, content)
    return etree.tostring(element, encoding="UTF-8", xml_declaration=True)


def _fill(element: etree._Element, content: Content) -> None:
    if isinstance(content, str):
        element.text = content
        return
    for name, values in content.items():
        for value in values if isinstance(values, list) else [values]:
            _fill(etree.SubElement(element, name), value)
