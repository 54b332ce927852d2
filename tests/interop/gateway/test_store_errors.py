"""What the store gets wrong, line by line of the table in docs/store.md.

Each test names the line that it holds. Where another file says it in full, as
of checksums and locks, the test here says it once.
"""

import base64
import hashlib
import http.client
import os
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

pytestmark = pytest.mark.slow

ADMIN = Credentials("ADMINKEY", "admin-secret")


def refusal(call: Any, **parameters: Any) -> tuple[int, str]:
    """Answer status and code of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def send(
    landscape: Any,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    claimed: str = "UNSIGNED-PAYLOAD",
    **headers: str,
) -> tuple[int, bytes, dict[str, str]]:
    """Send a signed request as it is; answer status, body and headers."""
    named = tuple((name.replace("_", "-"), headers[name]) for name in headers)
    host = f"127.0.0.1:{landscape.port}"
    signed = sign(
        HttpRequest(method, target, (("host", host), *named)),
        ADMIN,
        region="us-east-1",
        service="s3",
        now=datetime.now(UTC),
        payload_hash=claimed,
    )
    connection = http.client.HTTPConnection("127.0.0.1", landscape.port, timeout=20)
    try:
        connection.request(method, target, body, dict(signed.headers))
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, answer.read(), told
    finally:
        connection.close()


def missing(admin: Any, bucket: str, key: str) -> bool:
    """Say whether a key has no object."""
    return refusal(admin.head_object, Bucket=bucket, Key=key)[0] == 404


@pytest.mark.parametrize("size", [5, 70_000])
def test_a_hash_that_was_signed_is_held_to(
    admin: Any, landscape: Any, fresh: str, size: int
) -> None:
    """The store ignores a signed x-amz-content-sha256 that does not match."""
    wrong = hashlib.sha256(b"other").hexdigest()
    status, body, _ = send(landscape, "PUT", f"/{fresh}/a", b"x" * size, claimed=wrong)
    assert status == 400
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in body
    assert missing(admin, fresh, "a")


@pytest.mark.parametrize("key", ["x//y", "/x/y", "x/y//"])
def test_keys_that_the_store_makes_one_are_refused(
    admin: Any, fresh: str, key: str
) -> None:
    """The store makes x//y and x/y the same key, and drops a leading slash."""
    admin.put_object(Bucket=fresh, Key="x/y", Body=b"kept")
    named = {"Bucket": fresh, "Key": key}
    assert refusal(admin.put_object, **named, Body=b"over")[0] == 400
    for call in (admin.get_object, admin.delete_object, admin.get_object_tagging):
        assert refusal(call, **named)[0] == 400
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/{key}"}
    assert refusal(admin.copy_object, **copy)[0] == 400
    batch = {"Objects": [{"Key": key}]}
    (error,) = admin.delete_objects(Bucket=fresh, Delete=batch)["Errors"]
    assert error["Code"] == "InvalidArgument"
    assert admin.get_object(Bucket=fresh, Key="x/y")["Body"].read() == b"kept"


def test_a_folder_with_content_is_refused(admin: Any, fresh: str) -> None:
    """The store answers 200 to a PUT of `key/` with a body, and forgets it."""
    assert refusal(admin.put_object, Bucket=fresh, Key="f/", Body=b"x")[0] == 400
    assert missing(admin, fresh, "f/")
    admin.put_object(Bucket=fresh, Key="f/", Body=b"")
    assert admin.get_object(Bucket=fresh, Key="f/")["Body"].read() == b""


@pytest.mark.parametrize("key", ["a/./b", "a/../b", "..", "x" * 256])
def test_keys_that_the_store_does_not_have_are_refused(
    admin: Any, landscape: Any, fresh: str, key: str
) -> None:
    """/./ and /../ are 400, and a segment of over 255 bytes: before the store."""
    assert refusal(admin.put_object, Bucket=fresh, Key=key, Body=b"x")[0] == 400
    status, _, _ = send(landscape, "PUT", f"/{fresh}/{key}", b"x")
    assert status == 400


def test_who_may_not_is_not_told_to_continue(landscape: Any, fresh: str) -> None:
    """The store answers `100 Continue` before it looks at who is asking."""
    answer = landscape.raw(
        f"PUT /{fresh}/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        "Expect: 100-continue\r\n\r\n".encode(),
        seconds=2,
    )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"100 Continue" not in answer


def test_a_key_that_is_missing_matches_nothing(admin: Any, fresh: str) -> None:
    """If-Match on it is 412 at the store, and 404 in S3."""
    put = {"Bucket": fresh, "Key": "a", "Body": b"x"}
    assert refusal(admin.put_object, **put, IfMatch='"x"') == (404, "NoSuchKey")


def test_metadata_is_two_kilobytes(admin: Any, fresh: str) -> None:
    """The store accepts nine."""
    fits = {"a": "x" * 2047}
    put = {"Bucket": fresh, "Key": "a", "Body": b"x"}
    admin.put_object(**put, Metadata=fits)
    assert admin.head_object(Bucket=fresh, Key="a")["Metadata"] == fits
    more = fits | {"b": ""}
    for call in (
        {"call": admin.put_object, **put},
        {"call": admin.create_multipart_upload, "Bucket": fresh, "Key": "a"},
    ):
        assert refusal(**call, Metadata=more) == (400, "MetadataTooLarge")


@pytest.mark.parametrize("source", ["bucket", "", "/", "bucket/", "?versionId=1"])
def test_a_copy_names_a_bucket_and_a_key(
    admin: Any, landscape: Any, fresh: str, source: str
) -> None:
    """Without a slash, the store overwrites the target with nothing."""
    admin.put_object(Bucket=fresh, Key="a", Body=b"kept")
    status, _, _ = send(landscape, "PUT", f"/{fresh}/a", x_amz_copy_source=source)
    assert status == 400
    assert admin.get_object(Bucket=fresh, Key="a")["Body"].read() == b"kept"


@pytest.mark.parametrize("size", [5, 70_000])
def test_the_store_is_relied_on_for_checksums(
    admin: Any, landscape: Any, fresh: str, size: int
) -> None:
    """It checks Content-MD5, x-amz-checksum-* and trailers correctly."""
    body = os.urandom(size)
    digest = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest())
    status, answer, _ = send(
        landscape, "PUT", f"/{fresh}/a", body, content_md5=digest.decode()
    )
    assert status == 400
    assert b"<Code>BadDigest</Code>" in answer
    assert missing(admin, fresh, "a")


def test_of_two_checksums_none_goes_unchecked(
    admin: Any, landscape: Any, fresh: str
) -> None:
    """The store looks at one, and at none of a kind that it does not know."""
    right = base64.b64encode(zlib.crc32(b"x").to_bytes(4, "big")).decode()
    wrong = base64.b64encode(bytes(20)).decode()
    for headers, status in (
        ({"x_amz_checksum_crc32": right, "x_amz_checksum_sha1": wrong}, 400),
        ({"x_amz_checksum_sha512": wrong}, 501),
        ({"x_amz_checksum_md5": wrong}, 501),
    ):
        answer = send(landscape, "PUT", f"/{fresh}/a", b"x", **headers)
        assert answer[0] == status
        assert missing(admin, fresh, "a")


def test_nothing_tells_of_the_store(admin: Any, landscape: Any, fresh: str) -> None:
    """It sends Seaweed-* and Server headers, and owners and ids of its own."""
    admin.put_object(Bucket=fresh, Key="a", Body=b"x", Tagging="colour=blue")
    answers = [
        send(landscape, method, f"/{fresh}{path}", body)
        for method, path, body in (
            ("PUT", "/b", b"x"),
            ("GET", "/a", b""),
            ("HEAD", "/a", b""),
            ("GET", "/missing", b""),
            ("GET", "/a?tagging", b""),
            ("GET", "", b""),
            ("GET", "?versions", b""),
            ("POST", "/c?uploads", b""),
            ("DELETE", "/a", b""),
        )
    ]
    for _, body, headers in answers:
        assert not {"server", "vary", "x-amz-tagging-colour"} & headers.keys()
        told = str(headers).lower().encode() + body.lower()
        assert b"seaweed" not in told
        assert b"gateway" not in told
        assert len(headers["x-amz-request-id"]) == 16


def test_large_heads_are_refused(landscape: Any, fresh: str) -> None:
    """Over 1 MB of headers the store resets the connection."""
    for size in (40_000, 2_000_000):
        answer = landscape.raw(
            f"GET /{fresh}/a HTTP/1.1\r\nHost: localhost\r\nX-A: ".encode()
            + b"x" * size
            + b"\r\n\r\n",
            seconds=2,
        )
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"<Code>RequestHeaderSectionTooLarge</Code>" in answer


def test_a_part_of_a_head_is_told(admin: Any, fresh: str) -> None:
    """To HEAD with a range the store answers 200, and the whole size."""
    admin.put_object(Bucket=fresh, Key="a", Body=b"0123456789")
    head = admin.head_object(Bucket=fresh, Key="a", Range="bytes=2-4")
    assert head["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (head["ContentLength"], head["ContentRange"]) == (3, "bytes 2-4/10")
    beyond = {"Bucket": fresh, "Key": "a", "Range": "bytes=10-"}
    assert refusal(admin.head_object, **beyond)[0] == 416


def test_metadata_beyond_ascii_is_told_encoded(
    admin: Any, landscape: Any, fresh: str
) -> None:
    """The store sends the bytes that it was sent; S3 writes them by RFC 2047."""
    value = "grün".encode().decode("latin-1")
    status, _, _ = send(landscape, "PUT", f"/{fresh}/a", b"x", x_amz_meta_colour=value)
    assert status == 200
    head = admin.head_object(Bucket=fresh, Key="a")
    assert head["Metadata"] == {"colour": "=?UTF-8?B?Z3LDvG4=?="}


@pytest.mark.parametrize(
    "headers",
    [
        {"x_amz_website_redirect_location": "/elsewhere"},
        {"x_amz_storage_class": "GLACIER"},
        {"x_amz_storage_class": "REDUCED_REDUNDANCY"},
        {"x_amz_server_side_encryption_context": "e30="},
        {"x_amz_server_side_encryption": "aws:kms:dsse"},
        {"x_amz_write_offset_bytes": "0"},
        {"x_amz_object_lock_event_hold": "ON"},
    ],
    ids=str,
)
def test_what_the_store_would_drop_is_refused(
    admin: Any, landscape: Any, fresh: str, headers: dict[str, str]
) -> None:
    """Before anything is written: 501."""
    status, body, _ = send(landscape, "PUT", f"/{fresh}/a", b"x", **headers)
    assert status == 501
    assert b"<Code>NotImplemented</Code>" in body
    assert missing(admin, fresh, "a")


def test_who_owns_the_bucket_can_be_insisted_on(admin: Any, fresh: str) -> None:
    """On objects and on a copy's source; who pays for requests says nothing."""
    ours, other = "111122223333", "444455556666"
    named = {"Bucket": fresh, "Key": "a"}
    payer = {"RequestPayer": "requester"}
    admin.put_object(**named, Body=b"x", ExpectedBucketOwner=ours, **payer)
    for call in (admin.get_object, admin.delete_object, admin.get_object_tagging):
        assert refusal(call, **named, ExpectedBucketOwner=other) == (
            403,
            "AccessDenied",
        )
    assert admin.get_object(**named, **payer)["Body"].read() == b"x"
    copy = {"Bucket": fresh, "Key": "b", "CopySource": f"{fresh}/a"}
    assert refusal(admin.copy_object, **copy, ExpectedSourceBucketOwner=other)[0] == 403
    admin.copy_object(**copy, ExpectedSourceBucketOwner=ours, **payer)


@pytest.mark.parametrize(
    ("acl", "code"),
    [
        ("bucket-owner-full-control", ""),
        ("private", ""),
        ("public-read", "AccessControlListNotSupported"),
        ("public-read-write", "AccessControlListNotSupported"),
        ("authenticated-read", "AccessControlListNotSupported"),
        ("aws-exec-read", "AccessControlListNotSupported"),
        ("bucket-owner-read", "AccessControlListNotSupported"),
    ],
)
def test_objects_take_no_access_control_lists(
    admin: Any, fresh: str, acl: str, code: str
) -> None:
    """But those that say what is so anyway, by whatever way they come."""
    named = {"Bucket": fresh, "Key": "a"}
    admin.put_object(Bucket=fresh, Key="source", Body=b"x")
    calls: list[dict[str, Any]] = [
        {"call": admin.put_object, "Body": b"x"},
        {"call": admin.copy_object, "CopySource": f"{fresh}/source"},
        {"call": admin.create_multipart_upload},
    ]
    for each in calls:
        call = each.pop("call")
        if code:
            assert refusal(call, **named, **each, ACL=acl) == (400, code)
            assert missing(admin, fresh, "a")
        else:
            call(**named, **each, ACL=acl)
    if code:
        grant = {"GrantRead": "uri=http://acs.amazonaws.com/groups/global/AllUsers"}
        assert refusal(admin.put_object, **named, Body=b"x", **grant)[1] == code
