"""Small XML documents: an element tree within bounds, or MalformedXML."""

from securecart.wire.xml_document import MAX_DEPTH, MalformedXML, XmlElement, parse_xml

SEEDS = [
    (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<Object><Key>a&amp;b</Key></Object><!-- c --><Quiet>true</Quiet></Delete>"
    ),
    (
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        b"<ETag>&quot;e&quot;</ETag></Part></CompleteMultipartUpload>"
    ),
    b'<!DOCTYPE a [<!ENTITY b "c">]><a x="1"><![CDATA[d]]>&b;<?e f?></a>',
]


def one(data: bytes) -> None:
    """Read the document, and every element of it."""
    try:
        root = parse_xml(data)
    except MalformedXML:
        return
    if _depth(root) > MAX_DEPTH:
        raise AssertionError("deeper than the bound")


def _depth(element: XmlElement) -> int:
    element.text.encode()
    return 1 + max(map(_depth, element.children), default=0)
