"""Documents that go round the store's S3 endpoint are as those that do not.

What is written directly is read, listed, copied and deleted by S3 and the other
way round; each test counts that the way was the one it is about.
"""

import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from securecart.serve.gateway.scoreboard import Word

pytestmark = pytest.mark.slow

MIB = 1024 * 1024


@pytest.fixture
def counted(landscape: Any) -> Callable[[], tuple[int, int]]:
    """Answers how many documents were read and written directly."""
    row = landscape.meter.scoreboard.rows[0]
    return lambda: (int(row[Word.DIRECT_READS]), int(row[Word.DIRECT_WRITES]))


def code_of(call: Any, **parameters: Any) -> str:
    """The code that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])


def test_a_small_document_is_written_and_read_directly(
    admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """With all that S3 says of one."""
    named = {"Bucket": fresh, "Key": "f/Grüße + more/a b%.txt"}
    read, written = counted()
    put = admin.put_object(
        **named,
        Body=b"hello",
        ContentType="text/plain",
        ContentLanguage="de",
        ContentDisposition="inline",
        Metadata={"colour": "blue", "a_b-c": "x"},
        ChecksumAlgorithm="SHA256",
    )
    got = admin.get_object(**named, ChecksumMode="ENABLED")
    head = admin.head_object(**named)
    assert counted() == (read + 2, written + 1)
    checksum = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    assert got["Body"].read() == b"hello"
    assert put["ChecksumSHA256"] == got["ChecksumSHA256"] == checksum
    assert put["ETag"] == got["ETag"] == head["ETag"]
    assert (
        got["ETag"] == f'"{hashlib.md5(b"hello", usedforsecurity=False).hexdigest()}"'
    )
    for answer in (got, head):
        assert answer["ContentType"] == "text/plain"
        assert answer["ContentLanguage"] == "de"
        assert answer["ContentDisposition"] == "inline"
        assert answer["Metadata"] == {"colour": "blue", "a_b-c": "x"}
        assert answer["ContentLength"] == 5
        assert answer["ServerSideEncryption"] == "AES256"
        assert "VersionId" not in answer


def test_what_was_written_directly_is_an_object_to_every_operation(
    admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """S3's own way reads it in part, lists, copies, tags, and deletes it."""
    named = {"Bucket": fresh, "Key": "f/a"}
    written = counted()[1]
    admin.put_object(**named, Body=b"0123456789", Metadata={"colour": "blue"})
    assert counted()[1] == written + 1
    assert admin.get_object(**named, Range="bytes=2-4")["Body"].read() == b"234"
    assert admin.get_object(**named, PartNumber=1)["Body"].read() == b"0123456789"
    (listed,) = admin.list_objects_v2(Bucket=fresh)["Contents"]
    assert (listed["Key"], listed["Size"]) == ("f/a", 10)
    assert listed["ETag"] == admin.head_object(**named)["ETag"]
    assert code_of(admin.get_object, **named, IfMatch='"other"') == "PreconditionFailed"
    admin.copy_object(Bucket=fresh, Key="f/b", CopySource=named)
    copy = admin.get_object(Bucket=fresh, Key="f/b")
    assert copy["Body"].read() == b"0123456789"
    assert copy["Metadata"] == {"colour": "blue"}
    tags = {"TagSet": [{"Key": "kind", "Value": "note"}]}
    admin.put_object_tagging(**named, Tagging=tags)
    tagged = admin.get_object(**named)
    assert (tagged["TagCount"], tagged["Body"].read()) == (1, b"0123456789")
    attributes = admin.get_object_attributes(**named, ObjectAttributes=["ObjectSize"])
    assert attributes["ObjectSize"] == 10
    admin.delete_object(**named)
    assert code_of(admin.get_object, **named) == "NoSuchKey"
    assert admin.get_object(Bucket=fresh, Key="f/b")["Body"].read() == b"0123456789"


def test_each_way_overwrites_the_other(
    admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """The newest is what is read, by either."""
    named = {"Bucket": fresh, "Key": "f/a"}
    # Cache-Control is one that S3's own way reads and checks.
    for way in ({}, {"CacheControl": "no-store"}, {}, {}, {"CacheControl": "no-store"}):
        written = counted()[1]
        body = str(counted()).encode()
        admin.put_object(**named, Body=body, **way)
        assert counted()[1] == written + (not way)
        assert admin.get_object(**named)["Body"].read() == body
        whole = f"bytes=0-{len(body)}"
        assert admin.get_object(**named, Range=whole)["Body"].read() == body
        assert admin.list_objects_v2(Bucket=fresh)["KeyCount"] == 1


def test_a_long_document_is_read_directly(
    admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """It is written by S3's own way, in several chunks."""
    body = bytes(range(256)) * (13 * MIB // 256) + b"end"
    named = {"Bucket": fresh, "Key": "f/long"}
    admin.put_object(**named, Body=body)
    before = counted()[0]
    with ThreadPoolExecutor(4) as threads:
        for read in threads.map(
            lambda _: admin.get_object(**named)["Body"].read(), range(8)
        ):
            assert hashlib.sha256(read).digest() == hashlib.sha256(body).digest()
    assert counted()[0] == before + 8


def test_versions_and_kms_are_read_directly_and_written_by_s3(
    landscape: Any,
    alice: Any,
    bucket: str,
    folder: str,
    counted: Callable[[], tuple[int, int]],
) -> None:
    """As everybody's folders are kept: with versions, encrypted by KMS."""
    named = {"Bucket": bucket, "Key": f"{folder}versioned"}
    for body in (b"old", b"new"):
        read, written = counted()
        put = alice.put_object(**named, Body=body, ContentType="text/plain")
        got = alice.get_object(**named)
        head = alice.head_object(**named)
        assert counted() == (read + 2, written)
        assert got["Body"].read() == body
        for answer in (got, head):
            assert answer["VersionId"] == put["VersionId"]
            assert answer["ETag"] == put["ETag"]
            assert answer["ContentType"] == "text/plain"
            assert answer["ServerSideEncryption"] == "aws:kms"
            assert answer["SSEKMSKeyId"] == landscape.key_arn
    alice.delete_object(**named)
    # She may not list the bucket, and so not know that there is none.
    assert code_of(alice.get_object, **named) == "AccessDenied"


def test_kms_makes_data_keys_for_what_is_written_directly(
    landscape: Any, admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """S3's own way reads it as well; and not, where the key is switched off."""
    named = {"Bucket": fresh, "Key": "f/a"}
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": landscape.key_arn}
    read, written = counted()
    admin.put_object(**named, Body=b"0123456789", **kms)
    assert admin.get_object(**named)["Body"].read() == b"0123456789"
    assert counted() == (read + 1, written + 1)
    assert admin.get_object(**named, Range="bytes=2-4")["Body"].read() == b"234"
    disable = {"KeyId": landscape.key_arn}
    landscape.api.perform("DisableKey", disable)
    try:
        other = {"Bucket": fresh, "Key": "f/b"}
        refused = code_of(admin.put_object, **other, Body=b"x", **kms)
        assert refused == "KMS.DisabledException"
        assert code_of(admin.get_object, **named) == "KMS.DisabledException"
    finally:
        landscape.api.perform("EnableKey", disable)
    assert code_of(admin.get_object, **other) == "NoSuchKey"


def test_what_is_not_plain_goes_by_s3(
    admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """In parts, or encrypted by a customer's key."""
    before = counted()
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
    customers = {"Bucket": fresh, "Key": "customers"}
    admin.put_object(**customers, Body=b"text", **key)
    assert admin.get_object(**customers, **key)["Body"].read() == b"text"
    parts = {"Bucket": fresh, "Key": "parts"}
    upload = admin.create_multipart_upload(**parts)["UploadId"]
    part = admin.upload_part(**parts, UploadId=upload, PartNumber=1, Body=b"part")
    admin.complete_multipart_upload(
        **parts,
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )
    assert admin.get_object(**parts)["Body"].read() == b"part"
    assert counted() == before


def test_a_bucket_that_begins_to_keep_versions_loses_none(
    admin: Any, fresh: str, counted: Callable[[], tuple[int, int]]
) -> None:
    """What was there stays readable as the version `null`."""
    named = {"Bucket": fresh, "Key": "f/a"}
    admin.put_object(**named, Body=b"first")
    admin.put_bucket_versioning(
        Bucket=fresh, VersioningConfiguration={"Status": "Enabled"}
    )
    written = counted()[1]
    put = admin.put_object(**named, Body=b"second")
    assert admin.get_object(**named)["Body"].read() == b"second"
    first = admin.get_object(**named, VersionId="null")
    assert first["Body"].read() == b"first"
    assert counted()[1] == written
    admin.delete_object(**named, VersionId=put["VersionId"])
    assert admin.get_object(**named)["Body"].read() == b"first"


def test_a_folder_and_a_document_of_one_name_are_not_mixed_up(
    admin: Any, fresh: str
) -> None:
    """The direct way finds out by writing, as S3's own does."""
    admin.put_object(Bucket=fresh, Key="f/marked/", Body=b"")
    assert (
        code_of(admin.put_object, Bucket=fresh, Key="f/marked", Body=b"x")
        == "InvalidArgument"
    )
    admin.put_object(Bucket=fresh, Key="f/x/below", Body=b"below")
    admin.put_object(Bucket=fresh, Key="f/x", Body=b"beside")
    assert admin.get_object(Bucket=fresh, Key="f/x")["Body"].read() == b"beside"
    below = admin.get_object(Bucket=fresh, Key="f/x/below")
    assert below["Body"].read() == b"below"
    admin.put_object(Bucket=fresh, Key="f/x/later", Body=b"later")
    keys = [each["Key"] for each in admin.list_objects_v2(Bucket=fresh)["Contents"]]
    assert keys == ["f/marked/", "f/x", "f/x/below", "f/x/later"]


@pytest.mark.parametrize("name", ["page.html", "plain", "sheet.xlsx"])
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_type_of_any_octets_is_kept(
    admin: Any, fresh: str, name: str, size: int
) -> None:
    """The store by itself would answer what the ending lets it guess."""
    named = {"Bucket": fresh, "Key": f"f/{name}"}
    octets = "application/octet-stream"
    admin.put_object(**named, Body=b"<" * size, ContentType=octets)
    assert admin.get_object(**named)["ContentType"] == octets
    assert admin.head_object(**named)["ContentType"] == octets
    admin.copy_object(
        Bucket=fresh,
        Key=f"f/copy-{name}",
        CopySource=named,
        ContentType=octets,
        MetadataDirective="REPLACE",
    )
    assert (
        admin.head_object(Bucket=fresh, Key=f"f/copy-{name}")["ContentType"] == octets
    )


def test_many_write_and_read_at_once(admin: Any, fresh: str) -> None:
    """One of the writers wins each time, whole; every other key is its own."""

    def write(number: int) -> None:
        admin.put_object(Bucket=fresh, Key=f"f/{number}", Body=b"%d" % number * 100)
        admin.put_object(Bucket=fresh, Key="f/all", Body=b"%d" % number * 100)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    for number in range(40):
        read = admin.get_object(Bucket=fresh, Key=f"f/{number}")["Body"].read()
        assert read == b"%d" % number * 100
    last = admin.get_object(Bucket=fresh, Key="f/all")["Body"].read()
    assert last in {b"%d" % number * 100 for number in range(40)}
