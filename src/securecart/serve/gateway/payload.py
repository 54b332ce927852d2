"""A request's payload: decoded, measured, and held to its hash.

The last piece is let go only when everything was checked. So an upload that
does not match what was signed is always broken off before it is complete.

Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature
Version 4)".
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol

from securecart.names.errors import ServiceError
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Body
from securecart.serve.gateway.store_errors import refusal
from securecart.wire.checksum import ALGORITHMS, check_digest, checksum
from securecart.wire.chunked import AwsChunkedDecoder, EntityTooLarge
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import VerifiedSignature
from securecart.wire.sigv4.signature import STREAMING, UNSIGNED_PAYLOAD


class XAmzContentSHA256Mismatch(ServiceError):
    """The body is not the one that was signed."""

    code = "XAmzContentSHA256Mismatch"

    def __init__(self) -> None:
        super().__init__(
            "The provided 'x-amz-content-sha256' header does not match what was "
            "computed."
        )


class MissingContentLength(ServiceError):
    """The body's size is not known beforehand."""

    code = "MissingContentLength"

    def __init__(self) -> None:
        super().__init__("You must provide the Content-Length HTTP header.")


class MaxMessageLengthExceeded(ServiceError):
    """A document is larger than any that the operation takes."""

    code = "MaxMessageLengthExceeded"

    def __init__(self) -> None:
        super().__init__("Your request was too big.")


class Payload(Protocol):
    """What is to be stored.

    `length` is its size, decoded, in bytes; None where only its end will
    tell, and then a trailer follows.
    """

    @property
    def length(self) -> int | None:
        """See the class."""
        ...

    trailer_name: str | None
    """The checksum header that follows the payload, if one does."""

    @property
    def trailers(self) -> Mapping[str, str]:
        """That header with its value, once the payload was read."""
        ...

    async def read(self) -> bytes:
        """Answer the next piece, empty at the end.

        Raises:
            ServiceError: it is not what was signed, or not whole.
        """
        ...


class _Plain:
    """A body as it is, against the hash in `x-amz-content-sha256`."""

    trailer_name: str | None = None

    def __init__(self, body: Body, length: int, expected: str | None) -> None:
        self._body = body
        self._expected = expected
        self._digest = hashlib.sha256()
        self._held = b""
        self.length = length

    @property
    def trailers(self) -> Mapping[str, str]:
        return {}

    async def read(self) -> bytes:
        if self._expected is None:
            return await self._body.read()
        while piece := await self._body.read():
            self._digest.update(piece)
            held, self._held = self._held, piece
            if held:
                return held
        self._check(self._expected)
        held, self._held = self._held, b""
        return held

    def _check(self, expected: str) -> None:
        if not hmac.compare_digest(self._digest.hexdigest(), expected):
            raise XAmzContentSHA256Mismatch


class _AwsChunked:
    """A body in the aws-chunked coding."""

    def __init__(
        self, body: Body, decoder: AwsChunkedDecoder, trailer_name: str | None
    ) -> None:
        self._body = body
        self._decoder = decoder
        self._ready: list[bytes] = []
        self._ended = False
        self.trailer_name = trailer_name
        self.length = decoder.decoded_length

    @property
    def trailers(self) -> Mapping[str, str]:
        return self._decoder.trailers

    async def read(self) -> bytes:
        while not self._ready:
            data = await self._body.read()
            if not data:
                return b"" if self._ended else self._end()
            self._ready = self._decoder.feed(data)
        if len(self._ready) == 1:
            return self._ready.pop()
        piece = b"".join(self._ready)
        self._ready = []
        return piece

    def _end(self) -> bytes:
        self._ended = True
        return self._decoder.finish()


def payload_of(
    request: HttpRequest,
    body: Body,
    verified: VerifiedSignature | None,
    limits: Limits,
) -> Payload:
    """Answer the payload of an upload; `verified` is None if nobody signed.

    Raises:
        MissingContentLength: its size is not announced.
        EntityTooLarge: it is over 5 GiB.
        ServiceError: the aws-chunked headers are wrong.
    """
    if request.header("x-amz-content-sha256") in STREAMING:
        decoder = AwsChunkedDecoder.for_request(request, verified)
        return _AwsChunked(body, decoder, request.header("x-amz-trailer"))
    if body.length is None:
        raise MissingContentLength
    if body.length > limits.object_bytes:
        raise EntityTooLarge
    expected = None if verified is None else verified.payload_hash
    return _Plain(body, body.length, None if expected == UNSIGNED_PAYLOAD else expected)


async def read_document(payload: Payload, limits: Limits) -> bytes:
    """Read a payload that is a small document.

    Raises:
        MaxMessageLengthExceeded: it is larger than any.
        ServiceError: it is not what was signed, or not whole.
    """
    if payload.length is None or payload.length > limits.document_bytes:
        raise MaxMessageLengthExceeded
    pieces = []
    while piece := await payload.read():
        pieces.append(piece)
    return b"".join(pieces)


def check_document(request: HttpRequest, document: bytes, *, checksums: bool) -> None:
    """Hold a document to the digests in the request's headers.

    `checksums` says that the headers `x-amz-checksum-*` are of the document:
    those of CompleteMultipartUpload are of the object.

    Raises:
        InvalidDigest, BadDigest: one is none, or of something else.
    """
    sent = request.header("content-md5")
    if sent is not None:
        digest = hashlib.md5(document, usedforsecurity=False).digest()
        expected = base64.b64encode(digest)
        if len(sent) != len(expected):
            raise refusal("InvalidDigest")
        if not hmac.compare_digest(expected, sent.encode()):
            raise refusal("BadDigest")
    for algorithm in ALGORITHMS if checksums else ():
        sent = request.header(f"x-amz-checksum-{algorithm}")
        if sent is not None:
            computed = checksum(algorithm)
            computed.update(document)
            check_digest(algorithm, computed, sent)
