"""Query strings are read as they are signed."""

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.wire.query_string import (
    canonical_pairs,
    canonical_path,
    parse_query_string,
    percent_encode,
)

raw = st.text(st.sampled_from("ab=&+%20aFf~-._/:!2D3d\x7f"), max_size=20) | st.text(
    st.characters(max_codepoint=0x7E, min_codepoint=0x21), max_size=20
)


@given(raw)
def test_what_is_read_is_what_is_signed(query: str) -> None:
    """However a query is written, both readings agree, quick path or not."""
    assert canonical_pairs(query) == [
        (percent_encode(name), percent_encode(value))
        for name, value in parse_query_string(query)
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back(text: str) -> None:
    """Any text survives being encoded and read."""
    assert parse_query_string(f"a={percent_encode(text)}") == [("a", text)]


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("&&", []),
        ("acl", [("acl", "")]),
        ("a=b=c", [("a", "b=c")]),
        ("a=b=c&d", [("a", "b=c"), ("d", "")]),
        ("a+b=%2b", [("a b", "+")]),
        ("a=%zz%", [("a", "%zz%")]),
        ("a=%ff", [("a", "\udcff")]),
    ],
)
def test_odd_queries(query: str, pairs: list[tuple[str, str]]) -> None:
    """Each has one reading, and none is an error."""
    assert parse_query_string(query) == pairs


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/b/k", "/b/k"),
        ("/b/%7Ek!", "/b/~k%21"),
        ("/b/%2f%2F", "/b///"),
        ("/b/a%20b+c", "/b/a%20b%2Bc"),
        ("/b/%e2%82%ac", "/b/%E2%82%AC"),
        ("/b/%", "/b/%25"),
    ],
)
def test_paths_are_encoded_as_aws_encodes_them(path: str, canonical: str) -> None:
    """Decoded once, encoded once; a plus is a plus."""
    assert canonical_path(path) == canonical


@given(text=st.text("%2BbFfDd3+/=5a\u00e9", max_size=12))
def test_escapes_are_decoded_once(text: str) -> None:
    """However they stand together."""
    plain = text.replace("+", " ")
    expected = unquote_to_bytes(plain).decode("utf-8", "surrogateescape")
    assert [*parse_query_string(f"a={text}")] == [("a", expected)]
