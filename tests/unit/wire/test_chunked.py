"""Bodies in aws-chunked: decoded, verified, and never released too early."""

import base64
import hashlib
import hmac
import io
import zlib
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.errors import ServiceError
from securecart.wire.checksum import ALGORITHMS, checksum, encoded
from securecart.wire.chunked import (
    MAX_DECODED_LENGTH,
    MAX_LINE,
    MAX_SIGNED_CHUNK,
    MIN_CHUNK,
    AwsChunkedDecoder,
    encode_chunk,
    encode_end,
)
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import SignatureKind, VerifiedSignature
from securecart.wire.sigv4.key import signing_key

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = f"{SIGNED}-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_AT = datetime(2013, 5, 24, tzinfo=UTC)
SCOPE = "20130524/us-east-1/s3/aws4_request"
EMPTY = hashlib.sha256().hexdigest()
# The credentials and signatures of AWS's published example.
KEY = signing_key(
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3"
)
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SEED_WITH_TRAILER = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"


def verified(payload_hash: str = SIGNED, seed: str = SEED) -> VerifiedSignature:
    """Stand in for the verified signature of the request's head."""
    return VerifiedSignature(
        kind=SignatureKind.HEADER,
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        scope=SCOPE,
        timestamp="20130524T000000Z",
        signed_at=SIGNED_AT,
        signature=seed,
        payload_hash=payload_hash,
        signing_key=KEY,
    )


def decoder(
    length: int | str, trailer: str | None = None, **signature: str
) -> AwsChunkedDecoder:
    """Make a decoder from headers, as the gateway does."""
    signed = verified(**signature)
    headers = [
        ("x-amz-content-sha256", signed.payload_hash),
        ("x-amz-decoded-content-length", str(length)),
    ]
    if trailer is not None:
        headers.append(("x-amz-trailer", trailer))
    return AwsChunkedDecoder.for_request(
        HttpRequest("PUT", "/b/k", tuple(headers)), signed
    )


def unsigned(length: int | str, trailer: str | None = None) -> AwsChunkedDecoder:
    """Make a decoder for unsigned chunks."""
    return decoder(length, trailer, payload_hash=UNSIGNED_TRAILER)


def signature(previous: str, data: bytes) -> str:
    """Sign a chunk."""
    text = (
        f"AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n{SCOPE}\n{previous}\n{EMPTY}\n"
        f"{hashlib.sha256(data).hexdigest()}"
    )
    return hmac.digest(KEY, text.encode(), "sha256").hex()


def signed_body(*chunks: bytes) -> bytes:
    """Encode chunks and the empty one, each with its signature."""
    body, previous = b"", SEED
    for chunk in (*chunks, b""):
        previous = signature(previous, chunk)
        body += b"%x;chunk-signature=%b\r\n" % (len(chunk), previous.encode())
        body += chunk + b"\r\n" if chunk else b""
    return body + b"\r\n"


def decode(decoding: AwsChunkedDecoder, body: bytes, *cuts: int) -> bytes:
    """Feed a body in pieces; answer the payload."""
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    found = b"".join(
        piece for a, b in pairwise(edges) for piece in decoding.feed(body[a:b])
    )
    return found + decoding.finish()


def feed_slowly(
    decoding: AwsChunkedDecoder, body: bytes, released: list[bytes]
) -> None:
    """Feed byte by byte, and keep what was released until it fails."""
    for byte in body:
        released += decoding.feed(bytes((byte,)))


def test_the_published_example() -> None:
    """AWS's own example of signed chunks is accepted."""
    body = (
        b"10000;chunk-signature="
        b"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
        + b"a"
        * 65536
        + b"\r\n400;chunk-signature="
        b"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
        + b"a"
        * 1024
        + b"\r\n0;chunk-signature="
        b"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
    )
    assert decode(decoder(66560), body, 1, 100, 65000, 66000) == b"a" * 66560


TRAILER_SIGNATURE = b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
EXAMPLE_WITH_TRAILER = (
    b"10000;chunk-signature="
    b"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
    + b"a"
    * 65536
    + b"\r\n400;chunk-signature="
    b"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n"
    + b"a"
    * 1024
    + b"\r\n0;chunk-signature="
    b"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
    b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    b"x-amz-trailer-signature:" + TRAILER_SIGNATURE + b"\r\n\r\n"
)


def with_trailer() -> AwsChunkedDecoder:
    """Make the decoder for the published example with a trailer."""
    return decoder(
        66560,
        "x-amz-checksum-crc32c",
        payload_hash=SIGNED_TRAILER,
        seed=SEED_WITH_TRAILER,
    )


def test_the_published_example_with_a_trailer() -> None:
    """AWS's own example of a signed trailer is accepted and exposed."""
    decoding = with_trailer()
    assert decode(decoding, EXAMPLE_WITH_TRAILER) == b"a" * 66560
    assert decoding.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"crc32c:sOO8/Q==", b"crc32c:sOO8/QA=", "SignatureDoesNotMatch"),
        (b"signature:d81f", b"signature:d810", "SignatureDoesNotMatch"),
        (
            b"x-amz-trailer-signature:" + TRAILER_SIGNATURE + b"\r\n",
            b"",
            "SignatureDoesNotMatch",
        ),
        (b"x-amz-checksum-crc32c:sOO8/Q==\r\n", b"", "MalformedTrailerError"),
        (b"checksum-crc32c:", b"checksum-sha256:", "MalformedTrailerError"),
        (b"\r\nx-amz-trailer", b"\r\nx-amz-meta-a:1\r\nx-amz", "MalformedTrailerError"),
        (b"e435\r\n\r\n", b"e435\r\nx-amz-a:1\r\n\r\n", "MalformedTrailerError"),
        (b"sOO8/Q==\r\n", b"sOO8/Q==\r\n" * 2, "MalformedTrailerError"),
        (b"crc32c:", b"crc32c", "MalformedTrailerError"),
    ],
)
def test_a_trailer_is_held_to_its_signature(old: bytes, new: bytes, code: str) -> None:
    """Neither changed nor missing nor further trailers pass."""
    assert old in EXAMPLE_WITH_TRAILER
    released: list[bytes] = []
    with pytest.raises(ServiceError) as caught:
        feed_slowly(with_trailer(), EXAMPLE_WITH_TRAILER.replace(old, new), released)
    assert caught.value.code == code
    assert len(b"".join(released)) < 66560


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=4),
    cuts=st.lists(st.integers(0, 2**20), max_size=8),
)
def test_signed_chunks_round_trip(chunks: list[bytes], cuts: list[int]) -> None:
    """However the bytes arrive, the payload is the same."""
    chunks = [chunk.ljust(MIN_CHUNK, b".") for chunk in chunks]
    payload = b"".join(chunks)
    assert decode(decoder(len(payload)), signed_body(*chunks), *cuts) == payload


@given(
    payload=st.binary(max_size=60_000),
    size=st.integers(MIN_CHUNK, 70_000),
    cuts=st.lists(st.integers(0, 2**20), max_size=8),
)
def test_what_boto3_sends_over_tls(payload: bytes, size: int, cuts: list[int]) -> None:
    """Botocore's own encoder, unsigned with a CRC32 trailer."""
    body = AwsChunkedWrapper(
        io.BytesIO(payload), Crc32Checksum, "x-amz-checksum-crc32", size
    ).read()
    decoding = unsigned(len(payload), "x-amz-checksum-crc32")
    assert decode(decoding, body, *cuts) == payload
    crc = base64.b64encode(zlib.crc32(payload).to_bytes(4, "big")).decode()
    assert decoding.trailers == {"x-amz-checksum-crc32": crc}


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_a_wrong_checksum_withholds_the_end(algorithm: str) -> None:
    """The last byte is not released before the checksum was right."""
    payload = b"x" * 10_000
    computed = checksum(algorithm)
    computed.update(payload)
    name = f"x-amz-checksum-{algorithm}"
    digest = encoded(computed)
    good = encode_chunk(payload) + encode_end({name: digest})
    assert decode(unsigned(10_000, name), good) == payload

    decoding = unsigned(10_000, name)
    assert sum(map(len, decoding.feed(encode_chunk(payload)))) < 10_000
    with pytest.raises(ServiceError) as caught:
        decoding.feed(encode_end({name: encoded(checksum(algorithm))}))
    assert caught.value.code == "BadDigest"


def test_no_byte_of_a_chunk_before_its_signature() -> None:
    """A tampered chunk releases nothing, not even its beginning."""
    first, second = b"a" * MIN_CHUNK, b"b" * MIN_CHUNK
    body = signed_body(first, second).replace(b"bb", b"bc", 1)
    released: list[bytes] = []
    with pytest.raises(ServiceError) as caught:
        feed_slowly(decoder(2 * MIN_CHUNK), body, released)
    assert caught.value.code == "SignatureDoesNotMatch"
    assert b"".join(released) == first


def test_chunks_cannot_be_dropped_or_swapped() -> None:
    """Each signature covers the one before it."""
    a, b = b"a" * MIN_CHUNK, b"b" * MIN_CHUNK
    body = signed_body(a, b)
    length = len(body) // 2
    header = len(b"2000;chunk-signature=") + 64 + 2
    pieces = body[: header + MIN_CHUNK + 2], body[header + MIN_CHUNK + 2 :]
    assert length < len(body)
    with pytest.raises(ServiceError) as caught:
        decode(decoder(MIN_CHUNK), pieces[1])
    assert caught.value.code == "SignatureDoesNotMatch"
    swapped = (
        pieces[1][: header + MIN_CHUNK + 2]
        + pieces[0]
        + pieces[1][header + MIN_CHUNK + 2 :]
    )
    with pytest.raises(ServiceError) as caught:
        decode(decoder(2 * MIN_CHUNK), swapped)
    assert caught.value.code == "SignatureDoesNotMatch"


def test_the_end_is_signed_too() -> None:
    """A body cannot be cut off at a chunk's edge, whatever length is declared."""
    data = b"a" * MIN_CHUNK
    body = signed_body(data)
    end = body.rindex(b"0;chunk-signature=")
    decoding = decoder(MIN_CHUNK)
    assert sum(map(len, decoding.feed(body[:end]))) < MIN_CHUNK
    with pytest.raises(ServiceError) as caught:
        decoding.feed(b"0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n")
    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("length", "body"),
    [
        (3, encode_chunk(b"ab") + encode_end({})),
        (1, encode_chunk(b"ab") + encode_end({})),
        (2, encode_chunk(b"ab")),
        (2, encode_chunk(b"ab") + b"0\r\n"),
        (2, encode_chunk(b"ab") + encode_end({}) + b"x"),
        (2, b"2\nab\r\n0\r\n\r\n"),
        (2, b"2\r\nab\n0\r\n\r\n"),
        (2, b"2\r\nabc\r\n0\r\n\r\n"),
        (2, b"2;ext=1\r\nab\r\n0\r\n\r\n"),
        (2, b"0x2\r\nab\r\n0\r\n\r\n"),
        (2, b"-2\r\nab\r\n0\r\n\r\n"),
        (2, b" 2\r\nab\r\n0\r\n\r\n"),
        (2, b"\r\nab\r\n0\r\n\r\n"),
        (2, b"f" * 17 + b"\r\nab"),
        (2, b"2" * (MAX_LINE + 1)),
        (0, b""),
        (2, signed_body(b"ab")),
    ],
)
def test_bodies_of_no_form(length: int, body: bytes) -> None:
    """Sizes, line ends and lengths are exact."""
    with pytest.raises(ServiceError) as caught:
        decode(unsigned(length), body)
    assert caught.value.code == "IncompleteBody"


@pytest.mark.parametrize("beginning", [b"3\r\nabc", b"2" * (MAX_LINE + 1)])
def test_what_cannot_end_well_is_refused_at_once(beginning: bytes) -> None:
    """Neither more payload than declared nor an endless line is waited for."""
    decoding = unsigned(2)
    with pytest.raises(ServiceError) as caught:
        decoding.feed(beginning)
    assert caught.value.code == "IncompleteBody"


@pytest.mark.parametrize("signed", [True, False])
def test_what_follows_the_end_is_not_too_late(signed: bool) -> None:  # noqa: FBT001
    """The last byte waits for the body's end, not for the coding's."""
    data = b"a" * MIN_CHUNK
    decoding = decoder(MIN_CHUNK) if signed else unsigned(MIN_CHUNK)
    body = signed_body(data) if signed else encode_chunk(data) + encode_end({})
    assert sum(map(len, decoding.feed(body))) < MIN_CHUNK
    with pytest.raises(ServiceError) as caught:
        decoding.feed(b"more")
    assert caught.value.code == "IncompleteBody"


def test_unsigned_chunks_do_not_pass_for_signed_ones() -> None:
    """A signed body has a signature on every chunk."""
    with pytest.raises(ServiceError) as caught:
        decode(decoder(2), encode_chunk(b"ab") + encode_end({}))
    assert caught.value.code == "IncompleteBody"


def test_a_plain_signed_body_has_no_trailer() -> None:
    """A trailer that nobody announced is refused."""
    for line in (b"x-amz-checksum-crc32:AAAA", b"x-amz-trailer-signature:" + b"0" * 64):
        body = signed_body(b"ab")[:-2] + line + b"\r\n\r\n"
        with pytest.raises(ServiceError) as caught:
            decode(decoder(2), body)
        assert caught.value.code == "MalformedTrailerError"


def test_chunk_sizes_are_bounded() -> None:
    """Tiny chunks waste our time, huge signed ones our memory."""
    with pytest.raises(ServiceError, match="less than 8192") as caught:
        decode(unsigned(4), encode_chunk(b"ab") * 2 + encode_end({}))
    assert caught.value.code == "InvalidChunkSizeError"
    header = b"%x;chunk-signature=%b\r\n" % (MAX_SIGNED_CHUNK + 1, b"0" * 64)
    with pytest.raises(ServiceError, match="at most") as caught:
        decoder(MAX_DECODED_LENGTH).feed(header)
    assert caught.value.code == "InvalidChunkSizeError"


def test_unsigned_chunks_are_not_collected() -> None:
    """One unsigned chunk may be as long as the body: it streams through."""
    decoding = unsigned(MAX_DECODED_LENGTH)
    decoding.feed(b"%x\r\n" % MAX_DECODED_LENGTH)
    assert decoding.feed(b"a" * 1000) == [b"a" * 1000]


@pytest.mark.parametrize("length", ["", "-1", "1.0", "٣", "0x1", "9" * 11])
def test_the_decoded_length_is_a_number(length: str) -> None:
    """Without a length nobody could tell a whole body from a part."""
    with pytest.raises(ServiceError) as caught:
        unsigned(length)
    assert caught.value.code == "MissingContentLength"


def test_the_decoded_length_is_bounded() -> None:
    """Five gigabytes at once, as on S3."""
    with pytest.raises(ServiceError) as caught:
        unsigned(MAX_DECODED_LENGTH + 1)
    assert caught.value.code == "EntityTooLarge"


@pytest.mark.parametrize(
    "name", ["x-amz-meta-a", "x-amz-checksum-md4", "a,b", "host", "x-amz-checksum-"]
)
def test_only_checksums_are_trailers(name: str) -> None:
    """No header may be smuggled in behind the body."""
    with pytest.raises(ServiceError) as caught:
        unsigned(1, name)
    assert caught.value.code == "InvalidRequest"


def test_a_trailer_needs_its_mode() -> None:
    """Signed chunks without the -TRAILER suffix announce none."""
    with pytest.raises(ServiceError) as caught:
        decoder(1, "x-amz-checksum-crc32")
    assert caught.value.code == "InvalidRequest"


def test_anonymous_bodies() -> None:
    """Nobody can sign no chunk; unsigned ones need no signature."""

    def request(payload_hash: str) -> HttpRequest:
        return HttpRequest(
            "PUT",
            "/b/k",
            (
                ("x-amz-content-sha256", payload_hash),
                ("x-amz-decoded-content-length", "1"),
            ),
        )

    anonymous = AwsChunkedDecoder.for_request(request(UNSIGNED_TRAILER), None)
    assert decode(anonymous, encode_chunk(b"x") + encode_end({})) == b"x"
    with pytest.raises(ServiceError) as caught:
        AwsChunkedDecoder.for_request(request(SIGNED), None)
    assert caught.value.code == "SignatureDoesNotMatch"
    with pytest.raises(ValueError, match="not in the aws-chunked coding"):
        AwsChunkedDecoder.for_request(request("UNSIGNED-PAYLOAD"), None)
