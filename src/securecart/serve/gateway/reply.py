"""The bytes of an answer.

Source: RFC 9112, sections 4 and 7.1.
"""

from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
BODILESS = frozenset({204, 304})
"""RFC 9110, 15.3.5 and 15.4.5; an informational status never is an answer."""

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n"
    for status in HTTPStatus
}


def head_bytes(
    status: int,
    headers: tuple[tuple[str, str], ...],
    length: int | None,
    *,
    date: str,
    keep_alive: bool,
) -> bytes:
    """Answer status line and headers.

    The framing and `Connection` are this function's alone: a name of theirs
    among `headers`, or a line break in a value, is a defect of the caller's.

    Raises:
        ValueError: a header would break the head.
    """
    lines = [_STATUS_LINES[status], "date: ", date, "\r\n"]
    for name, value in headers:
        if "\r" in value or "\n" in value or "\0" in value:
            raise ValueError(f"the header {name} has a line break")
        lines += (name, ": ", value, "\r\n")
    if status in BODILESS:
        pass
    elif length is None:
        lines.append("transfer-encoding: chunked\r\n")
    else:
        lines.append(f"content-length: {length}\r\n")
    if not keep_alive:
        lines.append("connection: close\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def chunk(piece: bytes) -> bytes:
    """Answer a non-empty piece as one chunk."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)
