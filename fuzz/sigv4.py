"""Signatures in headers and query strings: parsed and verified, or refused."""

from datetime import UTC, datetime

from securecart.wire.http import HttpRequest
from securecart.wire.query_string import (
    canonical_pairs,
    parse_query_string,
    percent_encode,
)
from securecart.wire.sigv4 import SignatureError, parse_signature, verify_signature

# A request line, then header lines.
SEEDS = [
    (
        b"PUT /bucket/a%20key?a=1&b=%2F\nhost: localhost:9000\n"
        b"x-amz-date: 20261123T123045Z\nx-amz-content-sha256: UNSIGNED-PAYLOAD\n"
        b"authorization: AWS4-HMAC-SHA256 "
        b"Credential=AKIA/20261123/us-east-1/s3/aws4_request, "
        b"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + b"0" * 64
    ),
    (
        b"GET /b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        b"AKIA%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date="
        b"20261123T123045Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
        b"&X-Amz-Security-Token=t&X-Amz-Signature=" + b"0" * 64 + b"\nhost: a"
    ),
    (
        b"POST /a/./b/../c\nhost: a\ndate: Mon, 23 Nov 2026 12:30:45 GMT\n"
        b"authorization: AWS4-HMAC-SHA256 "
        b"Credential=AKIA/20261123/us-east-1/sts/aws4_request, "
        b"SignedHeaders=date;host, Signature=" + b"f" * 64
    ),
    b"GET /\nauthorization: AWS AKIA:c2lnbmF0dXJl",
]
_NOW = datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC)


def one(data: bytes) -> None:
    """Parse and verify; no mutation of an unsigned request is ever accepted."""
    line, *lines = data.decode("latin-1").split("\n")
    method, _, target = line.partition(" ")
    pairs = (header.partition(": ") for header in lines)
    headers = tuple((name.lower(), value) for name, _, value in pairs)
    request = HttpRequest(method, target, headers)
    _check_query(request.query)
    try:
        unverified = parse_signature(request)
        if unverified is None:
            return
        verify_signature(
            unverified,
            request,
            secret_access_key="secret",  # noqa: S106 - of nobody
            region="us-east-1",
            services=("s3", "sts"),
            now=_NOW,
        )
    except SignatureError as error:
        error.message.encode()
        return
    raise AssertionError("a signature that nobody made was accepted")


def _check_query(query: str) -> None:
    if query.isascii():
        read = [
            (percent_encode(n), percent_encode(v)) for n, v in parse_query_string(query)
        ]
        if canonical_pairs(query) != read:
            raise AssertionError("what is read is not what is signed")
