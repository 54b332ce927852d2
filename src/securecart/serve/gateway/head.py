"""The head of a request: read by a C parser, and refused if it has two readings.

A proxy and the server behind it that disagree about where a request ends can
be made to smuggle one past the other. So whatever RFC 9112 leaves to the
recipient's judgement is refused here: sections 2.2 (bare LF), 5.2 (folded
lines), 6.1 (both framings, unknown codings) and 6.3 (several lengths).
"""

import re
from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.refusals import (
    BadRequest,
    NotImplementedHere,
    RequestHeaderSectionTooLarge,
)

END = b"\r\n\r\n"
BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """One head with one reading.

    `length` is the body's size in bytes (0 without a body), or None for
    chunked transfer coding. `target` is in origin form. Header names are
    lower case, values latin-1.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    length: int | None
    keep_alive: bool
    expects_continue: bool


class _Collector:
    """What httptools calls back."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[str, str]] = []
        self.complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser leaves white space behind a value; RFC 9110, 5.5 drops it.
        self.headers.append(
            (name.decode("latin-1").lower(), value.decode("latin-1").rstrip(" \t"))
        )

    def on_headers_complete(self) -> None:
        self.complete = True


def parse_head(block: bytes, limits: Limits) -> RequestHead:
    """Read a head, given with the blank line that ends it and nothing more.

    Raises:
        BadRequest: it is malformed, or could be read in two ways.
        RequestHeaderSectionTooLarge: it exceeds one of the limits.
        NotImplementedHere: its transfer coding is not `chunked` alone.
    """
    if len(block) > limits.head_bytes:
        raise RequestHeaderSectionTooLarge("The request's head is too large.")
    collector = _Collector()
    parser = HttpRequestParser(collector)
    try:
        parser.feed_data(block)
    except HttpParserUpgrade:
        # RFC 9110, 7.8: an offer to upgrade may be ignored.
        pass
    except HttpParserError as error:
        raise BadRequest("The request is not well-formed HTTP.") from error
    if not collector.complete:
        raise BadRequest("The request is not well-formed HTTP.")
    headers = tuple(collector.headers)
    if len(headers) > limits.header_count or len(collector.target) > (
        limits.target_bytes
    ):
        raise RequestHeaderSectionTooLarge("The request's head is too large.")
    method = parser.get_method().decode("ascii")
    version = parser.get_http_version()
    target = collector.target.decode("ascii")
    if version not in {"1.0", "1.1"}:
        raise BadRequest("Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    # Origin form only: an absolute one would carry a second host.
    if not target.startswith("/") or "#" in target or method == "CONNECT":
        raise BadRequest("The request target must be a path.")
    _one_host(headers, version)
    names = {name for name, _ in headers}
    return RequestHead(
        method=method,
        target=target,
        headers=headers,
        length=0 if names.isdisjoint(_FRAMING) else body_length(headers, version),
        keep_alive=version == "1.1"
        and not ("connection" in names and _asks_to_close(headers)),
        expects_continue="expect" in names and _expects_continue(headers),
    )


def _one_host(headers: tuple[tuple[str, str], ...], version: str) -> None:
    """RFC 9112, 3.2: exactly one Host."""
    hosts = [name for name, _ in headers].count("host")
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        raise BadRequest("A request has exactly one Host header.")


def body_length(headers: tuple[tuple[str, str], ...], version: str) -> int | None:
    """Answer a body's size in bytes, None for a chunked one.

    The parser has refused most of this already; its leniency may change.

    Raises:
        BadRequest: there are two readings, or none.
        NotImplementedHere: the transfer coding is not `chunked` alone.
    """
    lengths = [value for name, value in headers if name == "content-length"]
    codings = [value for name, value in headers if name == "transfer-encoding"]
    if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        raise BadRequest("The request's length can be read in two ways.")
    if codings:
        if version != "1.1":
            raise BadRequest("HTTP/1.0 has no transfer codings.")
        if codings[0].lower() != "chunked":
            raise NotImplementedHere("Only the transfer coding chunked is understood.")
        return None
    if not lengths:
        return 0
    if not _DIGITS.fullmatch(lengths[0]):
        raise BadRequest("Content-Length is not a number.")
    return int(lengths[0])


def _asks_to_close(headers: tuple[tuple[str, str], ...]) -> bool:
    """RFC 9112, 9.3 and 9.6."""
    return any(
        option.strip(" \t").lower() == "close"
        for name, value in headers
        if name == "connection"
        for option in value.split(",")
    )


def _expects_continue(headers: tuple[tuple[str, str], ...]) -> bool:
    """RFC 9110, 10.1.1: the one expectation that exists."""
    expectations = [value.lower() for name, value in headers if name == "expect"]
    if not expectations:
        return False
    if expectations != ["100-continue"]:
        raise BadRequest("Only the expectation 100-continue is understood.")
    return True
