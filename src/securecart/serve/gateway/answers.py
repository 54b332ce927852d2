"""Which headers of the store's answers leave: those of S3, and no others.

Source: Amazon S3 API Reference, response syntax of each operation; Amazon S3
User Guide, "Working with object metadata" (its characters beyond ASCII).
"""

import base64
from collections.abc import Iterable

from securecart.serve.gateway.message import Answer
from securecart.wire.http import HttpResponse

XML = ("content-type", "application/xml")

OCTETS = ("content-type", "application/octet-stream")
OCTETS_TO_STORE = ("content-type", "Application/Octet-Stream")
"""The store forgets the type `OCTETS`, and answers one that the key's ending lets it
guess: a page for `.html`. In this spelling it keeps it."""

_KEPT = frozenset(
    {
        "accept-ranges",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-range",
        "content-type",
        "etag",
        "expires",
        "last-modified",
        "x-amz-copy-source-version-id",
        "x-amz-delete-marker",
        "x-amz-mp-parts-count",
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-tagging-count",
        "x-amz-version-id",
    }
)
_KEPT_BEGINNINGS = ("x-amz-checksum-", "x-amz-meta-")
_NO_DOCUMENT = _KEPT - {"accept-ranges", "content-type"}


def kept(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Answer the headers that may leave with an object."""
    return tuple(
        _meant(header) if header[1].isascii() else (header[0], _in_ascii(header[1]))
        for header in headers
        if header[0] in _KEPT or header[0].startswith(_KEPT_BEGINNINGS)
    )


def _meant(header: tuple[str, str]) -> tuple[str, str]:
    return OCTETS if header == OCTETS_TO_STORE else header


def _in_ascii(value: str) -> str:
    """Write metadata that came in UTF-8 as S3 does: by RFC 2047, section 4.1.

    What is no UTF-8 leaves as the bytes that came.
    """
    octets = value.encode("latin-1")
    try:
        octets.decode()
    except UnicodeDecodeError:
        return value
    return f"=?UTF-8?B?{base64.b64encode(octets).decode()}?="


def written(head: HttpResponse, *more: tuple[str, str]) -> Answer:
    """Answer a write without a document: its headers alone.

    `more` are headers that hold for the answer whatever the store says.
    """
    own = {name for name, _ in more}
    headers = tuple(
        (name, value)
        for name, value in head.headers
        if (name in _NO_DOCUMENT or name.startswith(_KEPT_BEGINNINGS))
        and name not in own
    )
    return Answer(head.status, (*headers, *more))


def document(body: bytes, *more: tuple[str, str], status: int = 200) -> Answer:
    """Answer an XML document."""
    return Answer(status, (XML, *more), body)


def content_length(head: HttpResponse) -> int | None:
    """Answer the announced size of a body, in bytes."""
    value = next((text for name, text in head.headers if name == "content-length"), "")
    return int(value) if value.isdecimal() else None
