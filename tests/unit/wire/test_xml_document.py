"""Small XML documents: read within bounds, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.wire.xml_document import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_LENGTH,
    MalformedXML,
    parse_xml,
)
from securecart.wire.xml_text import xml_text


def test_a_document_is_read() -> None:
    """Namespaces, comments and the order of children do as S3's clients do."""
    root = parse_xml(
        b'<?xml version="1.0"?>'
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/" xmlns:x="u">\n'
        b"<Object><Key> a&amp;b<!-- c -->&#10;</Key></Object>"
        b"<x:Object><Key>c</Key></x:Object><Quiet>true</Quiet></Delete>"
    )
    assert root.name == "Delete"
    assert [o.text_of("Key") for o in root.all("Object")] == [" a&b\n", "c"]
    assert root.text_of("Quiet") == "true"
    assert root.text_of("Missing") is None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>\xff</a>",
        b'<?xml version="1.0" encoding="unknown"?><a/>',
        b'<?xml version="1.0" encoding="big5"?><a/>',
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>&b;</a>",
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
        b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>",
        b"<a>" + b" " * MAX_LENGTH + b"</a>",
    ],
)
def test_documents_that_are_refused(document: bytes) -> None:
    """Broken, typed, too deep or too large: one error."""
    with pytest.raises(MalformedXML):
        parse_xml(document)


@pytest.mark.parametrize("inner", [b"<k>1</k><k>2</k>", b"<k><l/></k>"])
def test_the_only_child_is_the_only_one(inner: bytes) -> None:
    """Of two values nobody can say which one was meant."""
    root = parse_xml(b"<a>" + inner + b"</a>")
    with pytest.raises(MalformedXML):
        root.text_of("k")


@given(
    st.text(
        st.characters(
            exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
        )
    )
)
def test_what_we_write_is_read(text: str) -> None:
    """Escaped text comes back as it was."""
    assert parse_xml(f"<a>{xml_text(text)}</a>".encode()).text == text
