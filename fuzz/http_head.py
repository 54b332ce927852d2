"""A request's head and chunked body: refused in S3's words, or read."""

from securecart.names.errors import ServiceError
from securecart.serve.gateway.framing import ChunkedFraming
from securecart.serve.gateway.head import END, parse_head
from securecart.serve.gateway.limits import Limits

SEEDS = [
    b"GET /bucket/key?versionId=1 HTTP/1.1\r\nHost: localhost:9000\r\n\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
    (
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;x=y\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"
    ),
    b"OPTIONS /b/k HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:8080\r\n\r\n",
]
_LIMITS = Limits()


def one(data: bytes) -> None:
    """Read a head, and what follows it as a chunked body."""
    head, _, body = data.partition(END)
    try:
        parsed = parse_head(head + END, _LIMITS)
        if parsed.length is None:
            ChunkedFraming().feed(body)
    except ServiceError:
        return
