"""Query strings and percent-encoding, read one way by everybody.

Whoever reads a parameter of a signed request must read what the signature
covers, so signing and the operations above share these functions.

Source: Amazon S3 API Reference, "Signature Calculations for the
Authorization Header" (its `UriEncode`), and RFC 3986 section 2.
"""

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

_UNRESERVED_CODES = r"2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE]"
# Only what one character repeats is possessive here: until 3.11.5 Python took what a
# group had begun for what it had matched (its issue 106052). There is one way to read
# each, so that backtracking takes no longer.
_WORD = r"[A-Za-z0-9\-._~]*+"
_ENCODED = rf"{_WORD}(?:%(?!{_UNRESERVED_CODES})[0-9A-F]{{2}}{_WORD})*"
_PAIR = rf"{_ENCODED}(?:={_ENCODED})?"
_CANONICAL_QUERY = re.compile(rf"{_PAIR}(?:&{_PAIR})*")
_SEGMENTS = r"[A-Za-z0-9\-._~/]*+"
_CANONICAL_PATH = re.compile(
    rf"{_SEGMENTS}(?:%(?!2F|{_UNRESERVED_CODES})[0-9A-F]{{2}}{_SEGMENTS})*"
)
"""What `UriEncode` answers unchanged: nearly all that clients send, and so
the case that must cost nothing."""
_RESERVED = re.compile(r"[^A-Za-z0-9\-._~]")
_RESERVED_IN_PATH = re.compile(r"[^A-Za-z0-9\-._~/]")


def percent_encode(text: bytes | str) -> str:
    """Encode all but RFC 3986's unreserved characters; text as UTF-8.

    Surrogate escapes, as `parse_query_string` answers them, become the bytes
    that they stand for.
    """
    if isinstance(text, str):
        if text.isascii():
            return _RESERVED.sub(_escape, text)
        text = text.encode("utf-8", "surrogateescape")
    return quote_from_bytes(text, safe="")


def encode_path(text: str) -> str:
    """Encode what `percent_encode` does, and keep slashes."""
    if text.isascii():
        return _RESERVED_IN_PATH.sub(_escape, text)
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"), safe="/")


def _escape(reserved: re.Match[str]) -> str:
    return f"%{ord(reserved[0]):02X}"


def canonical_path(path: str) -> str:
    """Decode a raw path once and encode it as AWS does, slashes kept."""
    if _CANONICAL_PATH.fullmatch(path):
        return path
    return quote_from_bytes(unquote_to_bytes(path), safe="/")


def canonical_pairs(query: str) -> list[tuple[str, str]]:
    """Split a raw query string; names and values in AWS's encoding.

    A parameter without `=` has the empty value; `+` is a space, as in HTML
    forms, which is how browsers write one.
    """
    parts = [part.partition("=") for part in query.split("&") if part]
    if _CANONICAL_QUERY.fullmatch(query):
        return [(name, value) for name, _, value in parts]
    return [(_canonical(name), _canonical(value)) for name, _, value in parts]


def parse_query_string(query: str) -> list[tuple[str, str]]:
    """Split and decode a raw query string, in the order sent.

    Bytes that are not UTF-8 become surrogate escapes, so that two different
    queries never read the same.
    """
    parts = [part.partition("=") for part in query.split("&") if part]
    return [
        (
            _decoded(name) if "%" in name or "+" in name else name,
            _decoded(value) if "%" in value or "+" in value else value,
        )
        for name, _, value in parts
    ]


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")


def _canonical(text: str) -> str:
    return quote_from_bytes(unquote_to_bytes(text.replace("+", " ")), safe="")
