"""Bodies in aws-chunked: decoded to the declared length, or refused."""

from datetime import UTC, datetime

from securecart.names.errors import ServiceError
from securecart.wire.chunked import (
    AwsChunkedDecoder,
    ChunkedBodyError,
    encode_chunk,
    encode_end,
)
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import SignatureKind, VerifiedSignature

_UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
_LENGTH = 8192 + 5
_PAYLOAD = b"a" * 8192 + b"hello"

# The mode (0 unsigned, 1 signed), how the bytes are cut, then the body.
SEEDS = [
    (
        b"\x00\x07"
        + encode_chunk(_PAYLOAD[:8192])
        + encode_chunk(_PAYLOAD[8192:])
        + encode_end({"x-amz-checksum-crc32": "iOHROA=="})
    ),
    b"\x00\xff" + encode_chunk(_PAYLOAD) + encode_end({"x-amz-checksum-crc32": "AAAA"}),
    (
        b"\x01\x03"
        b"2005;chunk-signature="
        + b"0" * 64
        + b"\r\n"
        + _PAYLOAD
        + b"\r\n0;chunk-signature="
        + b"0" * 64
        + b"\r\nx-amz-trailer-signature:"
        + b"0" * 64
        + b"\r\n\r\n"
    ),
]


def one(data: bytes) -> None:
    """Feed in pieces; nothing unverified and nothing too long comes out."""
    signed = data[:1] == b"\x01"
    step = 1 + 16 * int.from_bytes(data[1:2], "big")
    decoder = _decoder(_SIGNED if signed else _UNSIGNED)
    released = 0
    body = data[2:]
    try:
        for start in range(0, len(body), step):
            for piece in decoder.feed(body[start : start + step]):
                released += len(piece)
        if released >= _LENGTH:
            raise AssertionError("the last byte was released before the end")
        released += len(decoder.finish())
    except ServiceError as error:
        if not isinstance(error, ChunkedBodyError) and error.code not in {
            "BadDigest",
            "SignatureDoesNotMatch",
        }:
            raise
        if released >= _LENGTH:
            raise AssertionError("the last byte was released unverified") from error
        return
    if signed or released != _LENGTH:
        raise AssertionError("a body that nobody sent was accepted")


def _decoder(payload_hash: str) -> AwsChunkedDecoder:
    headers = (
        ("x-amz-decoded-content-length", str(_LENGTH)),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    )
    verified = VerifiedSignature(
        kind=SignatureKind.HEADER,
        access_key_id="AKIA",
        scope="20261123/us-east-1/s3/aws4_request",
        timestamp="20261123T123045Z",
        signed_at=datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC),
        signature="0" * 64,
        payload_hash=payload_hash,
        signing_key=b"k" * 32,
    )
    return AwsChunkedDecoder.for_request(HttpRequest("PUT", "/b/k", headers), verified)
