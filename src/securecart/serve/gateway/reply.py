"""The bytes of an answer.

Source: RFC 9112, sections 4 and 7.1.
"""

from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
BODILESS = frozenset({204, 304})
"""RFC 9110, 15.3.5 and 15.4.5; an informational status never is an answer."""

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus
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
    lines = [_STATUS_LINES[status], f"date: {date}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if status in BODILESS:
        pass
    elif length is None:
        lines.append("transfer-encoding: chunked")
    else:
        lines.append(f"content-length: {length}")
    if not keep_alive:
        lines.append("connection: close")
    head = "\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count("\n") != breaks or head.count("\r") != breaks or "\0" in head:
        raise ValueError("a header has a line break")
    return f"{head}\r\n\r\n".encode("latin-1")


def chunk(piece: bytes) -> bytes:
    """Answer a non-empty piece as one chunk."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)
