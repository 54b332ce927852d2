"""What SDKs put into an address instead of a header."""

import pytest

from securecart.s3.errors import InvalidArgument
from securecart.s3.presigned_headers import with_presigned_headers
from securecart.s3.resolve import resolve
from securecart.wire.http import HttpRequest

SIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0a&X-Amz-Date=20261127T0"


def presigned(query: str, *headers: tuple[str, str]) -> HttpRequest:
    """A PUT by an address."""
    return HttpRequest("PUT", f"/bucket/a%20b?{query}", headers)


@pytest.mark.parametrize(
    ("parameter", "header"),
    [
        ("x-amz-meta-mood=good", ("x-amz-meta-mood", "good")),
        ("X-Amz-Meta-Mood=a%20b", ("x-amz-meta-mood", "a b")),
        ("x-amz-acl=public-read", ("x-amz-acl", "public-read")),
        ("x-amz-tagging=a%3Db%26c%3Dd", ("x-amz-tagging", "a=b&c=d")),
        ("x-amz-checksum-crc32=AAAAAA%3D%3D", ("x-amz-checksum-crc32", "AAAAAA==")),
        ("x-amz-grant-read=id%3D%221%22", ("x-amz-grant-read", 'id="1"')),
        ("x-amz%2Dmeta-a=", ("x-amz-meta-a", "")),
    ],
)
def test_a_parameter_becomes_the_header(
    parameter: str, header: tuple[str, str]
) -> None:
    """And is no parameter any more; the rest stays as it was sent."""
    sent = presigned(f"{SIGNED}&{parameter}&partNumber=1", ("host", "s3"))
    moved = with_presigned_headers(sent)
    assert moved.headers == (("host", "s3"), header)
    assert moved.target == f"/bucket/a%20b?{SIGNED}&partNumber=1"


@pytest.mark.parametrize(
    "parameter",
    [
        "x-id=PutObject",
        "x-amz-content-sha256=UNSIGNED-PAYLOAD",
        "x-amz-decoded-content-length=0",
        "x-amz-trailer=x-amz-checksum-crc32",
        "x-amz-security-token=t",
        "x-amz-server-side-encryption-customer-key=k",
        "x-amz-sdk-checksum-algorithm=CRC32",
        "content-length=0",
        "host=other",
    ],
)
def test_what_says_how_a_request_is_sent_stays_a_parameter(parameter: str) -> None:
    """It was read from the headers before, and must not be read otherwise now."""
    sent = presigned(f"{SIGNED}&{parameter}")
    assert with_presigned_headers(sent) is sent


@pytest.mark.parametrize(
    "parameter",
    [
        "x-amz-meta-a=b%0D%0Ax-amz-acl%3A%20public-read",
        "x-amz-meta-a=b%0Ac",
        "x-amz-meta-a=b%00",
        "x-amz-meta-a=%C3%BC",
        "x-amz-meta-a=%FF",
        "x-amz-meta-a%0D%0Ahost%3A=b",
        "x-amz-meta-a%20b=c",
        "x-amz-meta-%C3%BC=c",
    ],
)
def test_nothing_ends_a_header_early(parameter: str) -> None:
    """A decoded line end would be another header to the store."""
    with pytest.raises(InvalidArgument):
        with_presigned_headers(presigned(f"{SIGNED}&{parameter}"))


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("x-amz-acl=private", [("x-amz-acl", "bucket-owner-full-control")]),
        ("x-amz-acl=private&X-Amz-Acl=public-read", []),
        ("x-amz-meta-a=1&x-amz-meta-A=2", []),
    ],
)
def test_nothing_is_said_twice(query: str, headers: list[tuple[str, str]]) -> None:
    """So that nobody has to choose, and others choose otherwise."""
    sent = presigned(f"{SIGNED}&{query}", *headers)
    with pytest.raises(InvalidArgument):
        resolve(with_presigned_headers(sent))
