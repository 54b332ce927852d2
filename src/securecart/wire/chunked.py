"""The aws-chunked content coding: bodies in signed or checksummed chunks.

Sans-IO: encoded bytes in, payload out. A chunk that carries a signature is
held until its signature was verified; the payload's last byte is held until
the body has ended and everything was, terminating chunk and trailer included.
So who passes the payload on as it comes can never complete an object that was
tampered with, or that something follows.

Source: Amazon S3 API Reference, "Signature Calculations for the
Authorization Header: Transferring Payload in Multiple Chunks" and "…
Including Trailing Headers".
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Self

from securecart.names.errors import ServiceError
from securecart.wire.checksum import ALGORITHMS, Checksum, check_digest, checksum
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4.errors import SignatureDoesNotMatch
from securecart.wire.sigv4.key import signature_of
from securecart.wire.sigv4.signature import (
    STREAMING,
    STREAMING_SIGNED,
    STREAMING_UNSIGNED_TRAILER,
    VerifiedSignature,
)

MAX_SIGNED_CHUNK = 16 * 1024 * 1024
"""A signed chunk stays in memory until it is verified. AWS's own clients
send 64 KiB to 1 MiB; 16 MiB leaves room for others."""
MIN_CHUNK = 8192
"""S3's own: only the last chunk may be smaller (InvalidChunkSizeError)."""
MAX_LINE = 1024
"""Ten times the longest chunk header or trailer that AWS describes."""
MAX_DECODED_LENGTH = 5 * 1024**3
"""S3's largest single upload (S3 User Guide, "Uploading objects")."""

_SIGNED_HEADER = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})")
_UNSIGNED_HEADER = re.compile(rb"([0-9a-fA-F]{1,16})")
_TRAILER = re.compile(rb"([A-Za-z0-9-]{1,64}):[ \t]*([\x21-\x7e]{1,256})[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,10}")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_CHECKSUM_PREFIX = "x-amz-checksum-"
_EMPTY_DIGEST = hashlib.sha256().hexdigest()


class ChunkedBodyError(ServiceError):
    """The root of what can be wrong with the coding itself."""


class IncompleteBody(ChunkedBodyError):
    """The body ends early, goes on too long, or is not in chunks."""

    code = "IncompleteBody"

    def __init__(self) -> None:
        super().__init__("The request body terminated unexpectedly")


class InvalidChunkSizeError(ChunkedBodyError):
    """A chunk is smaller or larger than it may be."""

    code = "InvalidChunkSizeError"


class MalformedTrailerError(ChunkedBodyError):
    """The trailer is not what x-amz-trailer announced."""

    code = "MalformedTrailerError"

    def __init__(self) -> None:
        super().__init__(
            "The request contained trailing data that was not well-formed or did "
            "not conform to our published schema."
        )


class InvalidTrailerRequest(ChunkedBodyError):
    """x-amz-trailer announces what is no checksum, or where none can be."""

    code = "InvalidRequest"

    def __init__(self) -> None:
        super().__init__("The value specified in the x-amz-trailer header is invalid.")


class MissingDecodedLength(ChunkedBodyError):
    """x-amz-decoded-content-length is missing or is no length."""

    code = "MissingContentLength"

    def __init__(self) -> None:
        super().__init__(
            "You must provide the x-amz-decoded-content-length HTTP header."
        )


class EntityTooLarge(ChunkedBodyError):
    """The payload is larger than one upload may be."""

    code = "EntityTooLarge"

    def __init__(self) -> None:
        super().__init__("Your proposed upload exceeds the maximum allowed size")


class _State(Enum):
    """What the next bytes are.

    HEADER → DATA → DATA_END → HEADER …, after the empty chunk TRAILER → END.
    """

    HEADER = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()
    END = auto()


class AwsChunkedDecoder:
    """Decodes one body. `for_request` makes one from the request's headers."""

    def __init__(
        self,
        *,
        decoded_length: int,
        trailer_names: frozenset[str],
        signature: VerifiedSignature | None,
    ) -> None:
        """Begin; `signature` is None where the chunks carry none."""
        self.decoded_length = decoded_length
        self._trailer_names = trailer_names
        self._trailers: dict[str, str] = {}
        self._chain = _SignatureChain(signature) if signature is not None else None
        self._checksums = _checksums(trailer_names)
        self._state = _State.HEADER
        self._line = bytearray()
        self._size = 0
        self._left = 0
        self._received = 0
        self._chunk: list[bytes] = []
        self._last = b""

    @classmethod
    def for_request(
        cls, request: HttpRequest, verified: VerifiedSignature | None
    ) -> Self:
        """Make the decoder that the request's headers describe.

        `verified` is None for anonymous requests, which can only send
        unsigned chunks.

        Raises:
            ValueError: if the body is not in this coding at all.
            SignatureDoesNotMatch: if the chunks are signed by nobody.
            MissingDecodedLength: without x-amz-decoded-content-length.
            EntityTooLarge: if that is over 5 GiB.
            InvalidTrailerRequest: if x-amz-trailer is not one known checksum.
        """
        payload_hash = (
            request.header("x-amz-content-sha256")
            if verified is None
            else verified.payload_hash
        )
        if payload_hash not in STREAMING:
            raise ValueError("the body is not in the aws-chunked coding")
        lengths = list(request.header_values("x-amz-decoded-content-length"))
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            raise MissingDecodedLength
        if int(lengths[0]) > MAX_DECODED_LENGTH:
            raise EntityTooLarge
        signed = payload_hash != STREAMING_UNSIGNED_TRAILER
        if signed and verified is None:
            raise SignatureDoesNotMatch
        names = frozenset(
            value.strip().lower() for value in request.header_values("x-amz-trailer")
        )
        if not names <= _ALLOWED_TRAILERS or len(names) > 1:
            raise InvalidTrailerRequest
        if names and payload_hash == STREAMING_SIGNED:
            raise InvalidTrailerRequest
        return cls(
            decoded_length=int(lengths[0]),
            trailer_names=names,
            signature=verified if signed else None,
        )

    @property
    def trailers(self) -> Mapping[str, str]:
        """The trailer, names in lower case; complete after `finish`."""
        return self._trailers

    def feed(self, data: bytes) -> list[bytes]:
        """Take encoded bytes; answer the payload that may be passed on.

        Raises:
            ChunkedBodyError: if the bytes do not have the coding's form.
            SignatureDoesNotMatch: if a chunk or the trailer was not signed so.
            BadDigest: if the trailer's checksum is of another payload.
        """
        released: list[bytes] = []
        position = 0
        while position < len(data):
            if self._state is _State.DATA:
                piece = data[position : position + self._left]
                position += len(piece)
                self._take(piece, released)
            elif self._state is _State.END:
                raise IncompleteBody
            else:
                end = data.find(b"\n", position) + 1
                self._line += data[position : end or len(data)]
                if len(self._line) > MAX_LINE:
                    raise IncompleteBody
                if not end:
                    break
                position = end
                self._take_line()
        return released

    def finish(self) -> bytes:
        """Say that no more bytes come; answer the end of the payload.

        Raises:
            IncompleteBody: if the coding's end was not reached.
        """
        if self._state is not _State.END:
            raise IncompleteBody
        last, self._last = self._last, b""
        return last

    def _take(self, piece: bytes, released: list[bytes]) -> None:
        self._left -= len(piece)
        self._received += len(piece)
        for running in self._checksums.values():
            running.update(piece)
        self._chunk.append(piece)
        if self._chain is not None:
            self._chain.update(piece)
        if self._left == 0:
            self._state = _State.DATA_END
            if self._chain is not None:
                self._chain.verify_chunk()
        if self._left == 0 or self._chain is None:
            if self._received == self.decoded_length:
                self._last = self._chunk.pop()
            released += self._chunk
            self._chunk = []

    def _take_line(self) -> None:
        line, ending = bytes(self._line[:-2]), self._line[-2:]
        self._line.clear()
        if ending != b"\r\n":
            raise IncompleteBody
        match self._state:
            case _State.HEADER:
                self._begin_chunk(line)
            case _State.DATA_END:
                if line:
                    raise IncompleteBody
                self._state = _State.HEADER
            case _ if line:
                self._take_trailer(line)
            case _:
                self._end()

    def _begin_chunk(self, header: bytes) -> None:
        pattern = _UNSIGNED_HEADER if self._chain is None else _SIGNED_HEADER
        found = pattern.fullmatch(header)
        if found is None:
            raise IncompleteBody
        size = int(found[1], 16)
        if size and self._received and self._size < MIN_CHUNK:
            raise InvalidChunkSizeError(
                "Only the last chunk is allowed to have a size less than "
                f"{MIN_CHUNK} bytes"
            )
        if self._received + size > self.decoded_length:
            raise IncompleteBody
        if self._chain is not None:
            if size > MAX_SIGNED_CHUNK:
                raise InvalidChunkSizeError(
                    f"A signed chunk has at most {MAX_SIGNED_CHUNK} bytes"
                )
            self._chain.expect(found[2].decode())
        self._size = self._left = size
        if size:
            self._state = _State.DATA
            return
        if self._received != self.decoded_length:
            raise IncompleteBody
        if self._chain is not None:
            self._chain.verify_chunk()
        self._state = _State.TRAILER

    def _take_trailer(self, line: bytes) -> None:
        found = _TRAILER.fullmatch(line)
        if found is None or _TRAILER_SIGNATURE in self._trailers:
            raise MalformedTrailerError
        name = found[1].decode().lower()
        signs = name == _TRAILER_SIGNATURE and self._chain and self._trailer_names
        if name in self._trailers or not (name in self._trailer_names or signs):
            raise MalformedTrailerError
        self._trailers[name] = found[2].decode()

    def _end(self) -> None:
        signature = self._trailers.pop(_TRAILER_SIGNATURE, None)
        if self._trailers.keys() != self._trailer_names:
            raise MalformedTrailerError
        if self._chain is not None and self._trailers:
            self._chain.verify_trailer(self._trailers, signature or "")
        for algorithm, running in self._checksums.items():
            check_digest(
                algorithm, running, self._trailers[_CHECKSUM_PREFIX + algorithm]
            )
        self._state = _State.END


class _SignatureChain:
    """Each chunk's signature covers the one before it, the first the request's."""

    def __init__(self, seed: VerifiedSignature) -> None:
        self._key = seed.signing_key
        self._context = f"{seed.timestamp}\n{seed.scope}\n"
        self._previous = seed.signature
        self._expected = ""
        self._digest = hashlib.sha256()

    def expect(self, signature: str) -> None:
        """Begin a chunk that claims this signature."""
        self._expected = signature
        self._digest = hashlib.sha256()

    def update(self, piece: bytes) -> None:
        """Add bytes to the chunk."""
        self._digest.update(piece)

    def verify_chunk(self) -> None:
        """Hold the whole chunk to its signature."""
        self._verify(
            "AWS4-HMAC-SHA256-PAYLOAD",
            f"{_EMPTY_DIGEST}\n{self._digest.hexdigest()}",
            self._expected,
        )

    def verify_trailer(self, trailers: Mapping[str, str], signature: str) -> None:
        """Hold the trailer to its signature."""
        text = "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        self._verify("AWS4-HMAC-SHA256-TRAILER", digest, signature)

    def _verify(self, algorithm: str, digests: str, signature: str) -> None:
        text = f"{algorithm}\n{self._context}{self._previous}\n{digests}"
        computed = signature_of(self._key, text.encode())
        if not hmac.compare_digest(computed, signature):
            raise SignatureDoesNotMatch
        self._previous = computed


_ALLOWED_TRAILERS = frozenset(_CHECKSUM_PREFIX + name for name in ALGORITHMS)


def _checksums(trailer_names: frozenset[str]) -> dict[str, Checksum]:
    algorithms = (name.removeprefix(_CHECKSUM_PREFIX) for name in trailer_names)
    return {algorithm: checksum(algorithm) for algorithm in algorithms}


def encode_chunk(data: bytes) -> bytes:
    """Frame one unsigned chunk, of at least one byte."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encode_end(trailers: Mapping[str, str]) -> bytes:
    """Frame the end of an unsigned body, with its trailer."""
    lines = "".join(f"{name}:{value}\r\n" for name, value in trailers.items())
    return b"0\r\n%b\r\n" % lines.encode()
