"""Copies of every kind, by an unchanged boto3."""

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
KEY, OTHER = os.urandom(32), os.urandom(32)
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
TARGET = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER}
OPENING = {f"CopySource{name}": value for name, value in CUSTOMER.items()}
MISTAKEN = {f"CopySource{name}": value for name, value in TARGET.items()}
BODY = os.urandom(9 * MIB + 5)


def refusal(call: Any, **parameters: Any) -> tuple[int, str]:
    """Answer status and code of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.fixture(scope="module")
def sources(landscape: Any) -> str:
    """A bucket with an object of every encryption, whole and in parts."""
    name = f"sources-{os.urandom(6).hex()}"
    admin = landscape.admin
    admin.create_bucket(Bucket=name)
    kms = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": landscape.key_arn}
    for kind, options in (("own", {}), ("kms", kms), ("customer", CUSTOMER)):
        admin.put_object(Bucket=name, Key=kind, Body=BODY[:100_000], **options)
        each = options if kind == "customer" else {}
        named = {"Bucket": name, "Key": f"{kind} parts"}
        upload = admin.create_multipart_upload(**named, **options)["UploadId"]
        parts = []
        for number, part in enumerate((BODY[: 5 * MIB], BODY[5 * MIB :]), start=1):
            made = admin.upload_part(
                **named, UploadId=upload, PartNumber=number, Body=part, **each
            )
            parts.append({"PartNumber": number, "ETag": made["ETag"]})
        admin.complete_multipart_upload(
            **named, UploadId=upload, MultipartUpload={"Parts": parts}
        )
    return name


KINDS = ("own", "kms", "customer")


@pytest.mark.parametrize("here", [{}, {"ChecksumAlgorithm": "CRC64NVME"}], ids=str)
@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("parts", ["", " parts"])
@pytest.mark.parametrize("source", KINDS)
def test_every_encryption_is_copied_into_every_other(
    admin: Any,
    landscape: Any,
    sources: str,
    fresh: str,
    source: str,
    parts: str,
    target: str,
    here: dict[str, str],
) -> None:
    """Whether the store copies or we do: whole, and in ranges."""
    body = BODY if parts else BODY[:100_000]
    asked = {
        "own": {"ServerSideEncryption": "AES256"},
        "kms": {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": landscape.key_arn,
        },
        "customer": TARGET,
    }[target]
    opening = OPENING if source == "customer" else {}
    named = {"Bucket": fresh, "Key": "copy"}
    made = admin.copy_object(
        **named, CopySource=f"{sources}/{source}{parts}", **opening, **asked, **here
    )
    reading = TARGET if target == "customer" else {}
    got = admin.get_object(**named, **reading, ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    expected = {"own": "AES256", "kms": "aws:kms", "customer": None}[target]
    assert got.get("ServerSideEncryption") == expected
    assert made.get("ServerSideEncryption") == expected
    edge = admin.get_object(**named, **reading, Range="bytes=99990-99999")
    assert edge["Body"].read() == body[99_990:100_000]
    if here:
        told = made["CopyObjectResult"]["ChecksumCRC64NVME"]
        assert told == got["ChecksumCRC64NVME"]
        assert got.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"


@pytest.mark.parametrize("source", KINDS)
def test_parts_are_copied_from_every_encryption(
    admin: Any, landscape: Any, sources: str, fresh: str, source: str
) -> None:
    """The store refuses it from KMS and from customers' keys: we do it."""
    opening = OPENING if source == "customer" else {}
    options: dict[str, dict[str, Any]] = {
        "kms": {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": landscape.key_arn,
        },
        "own": {"ChecksumAlgorithm": "SHA256"},
        "customer": TARGET,
    }
    for target, begin in options.items():
        named = {"Bucket": fresh, "Key": target}
        each = TARGET if target == "customer" else {}
        upload = named | {
            "UploadId": admin.create_multipart_upload(**named, **begin)["UploadId"]
        }
        copied = [
            admin.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource=f"{sources}/{source} parts",
                CopySourceRange=wanted,
                **opening,
                **each,
            )["CopyPartResult"]
            for number, wanted in enumerate(
                (f"bytes=7-{6 * MIB}", f"bytes={6 * MIB + 1}-{9 * MIB + 4}"), start=1
            )
        ]
        first = hashlib.md5(BODY[7 : 6 * MIB + 1], usedforsecurity=False).hexdigest()
        assert copied[0]["ETag"] == f'"{first}"'
        parts = [
            {
                "PartNumber": number,
                "ETag": part["ETag"],
                **(
                    {"ChecksumSHA256": part["ChecksumSHA256"]}
                    if target == "own"
                    else {}
                ),
            }
            for number, part in enumerate(copied, start=1)
        ]
        admin.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        assert admin.get_object(**named, **each)["Body"].read() == BODY[7:]


def test_a_part_is_copied_by_who_may_read_and_decrypt_its_source(
    alice: Any, admin: Any, landscape: Any, bucket: str, folder: str
) -> None:
    """The decision is that of a read and of a write, before a byte is moved."""
    theirs = {"Bucket": bucket, "Key": "AROAEMPLOYEE:bob/for parts"}
    admin.put_object(**theirs, Body=b"x")
    named = {"Bucket": bucket, "Key": f"{folder}of parts"}
    upload = named | {"UploadId": alice.create_multipart_upload(**named)["UploadId"]}
    part = upload | {"PartNumber": 1}
    assert refusal(alice.upload_part_copy, **part, CopySource=theirs)[1] == (
        "AccessDenied"
    )
    ours = {"Bucket": bucket, "Key": f"{folder}source of parts"}
    alice.put_object(**ours, Body=b"0123456789")
    alice.upload_part_copy(**part, CopySource=ours, CopySourceRange="bytes=0-3")
    for wanted in ("bytes=0-10", "bytes=10-11", "bytes=5-4"):
        assert refusal(
            alice.upload_part_copy, **part, CopySource=ours, CopySourceRange=wanted
        ) == (400, "InvalidArgument")
    missing = {"Bucket": bucket, "Key": f"{folder}not there"}
    assert refusal(alice.upload_part_copy, **part, CopySource=missing)[0] == 403
    assert refusal(admin.upload_part_copy, **part, CopySource=missing) == (
        404,
        "NoSuchKey",
    )
    admin.abort_multipart_upload(**upload)
    kms = landscape.api
    kms.perform("DisableKey", {"KeyId": landscape.key_arn})
    try:
        copy = {**named, "CopySource": ours}
        assert refusal(alice.copy_object, **copy)[1] == "KMS.DisabledException"
    finally:
        kms.perform("EnableKey", {"KeyId": landscape.key_arn})


@pytest.mark.parametrize("here", [{}, {"ChecksumAlgorithm": "SHA1"}], ids=str)
def test_a_source_opens_to_its_customers_key_alone(
    admin: Any, sources: str, fresh: str, here: dict[str, str]
) -> None:
    """The store would decrypt it with any other, and keep the noise."""
    named = {"Bucket": fresh, "Key": "noise"}
    for key in ("customer", "customer parts"):
        copy = {**named, "CopySource": f"{sources}/{key}", **here}
        assert refusal(admin.copy_object, **copy, **MISTAKEN) == (403, "AccessDenied")
        assert refusal(admin.copy_object, **copy) == (400, "InvalidRequest")
        upload = admin.create_multipart_upload(**named)["UploadId"]
        part = {
            **named,
            "UploadId": upload,
            "PartNumber": 1,
            "CopySource": f"{sources}/{key}",
        }
        assert refusal(admin.upload_part_copy, **part, **MISTAKEN)[0] == 403
        assert refusal(admin.upload_part_copy, **part)[0] == 400
    assert refusal(admin.head_object, **named)[0] == 404


@pytest.mark.parametrize("here", [{}, {"ChecksumAlgorithm": "SHA1"}], ids=str)
def test_metadata_is_copied_or_replaced(
    admin: Any, fresh: str, here: dict[str, str]
) -> None:
    """All of it, whoever copies."""
    kept = {
        "Metadata": {"colour": "blue", "Size": "a, b"},
        "CacheControl": "no-store",
        "ContentDisposition": 'attachment; filename="a"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/plain; charset=utf-8",
        "Expires": datetime(2030, 1, 1, tzinfo=UTC),
    }
    admin.put_object(Bucket=fresh, Key="source", Body=b"x", **kept)
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/source", **here}
    admin.copy_object(**copy)
    head = admin.head_object(Bucket=fresh, Key="copy")
    assert head["Metadata"] == {"colour": "blue", "size": "a, b"}
    for name in kept.keys() - {"Metadata"}:
        assert head[name] == kept[name]
    admin.copy_object(**copy, MetadataDirective="REPLACE", ContentLanguage="en")
    head = admin.head_object(Bucket=fresh, Key="copy")
    assert head["Metadata"] == {}
    assert head["ContentLanguage"] == "en"
    assert head["ContentType"] == "binary/octet-stream"
    assert "CacheControl" not in head
    assert refusal(admin.copy_object, **copy, MetadataDirective="NONE")[0] == 400
    assert refusal(admin.copy_object, **copy, StorageClass="GLACIER")[0] == 501


def test_a_copy_onto_itself_changes_something(admin: Any, fresh: str) -> None:
    """Or is refused; of an old version it is how that is restored."""
    versioned = {"Status": "Enabled"}
    admin.put_bucket_versioning(Bucket=fresh, VersioningConfiguration=versioned)
    named = {"Bucket": fresh, "Key": "self"}
    old = admin.put_object(**named, Body=b"1")["VersionId"]
    admin.put_object(**named, Body=b"2")
    copy = {**named, "CopySource": f"{fresh}/self"}
    assert refusal(admin.copy_object, **copy) == (400, "InvalidRequest")
    assert refusal(admin.copy_object, **copy, TaggingDirective="REPLACE")[0] == 400
    for change in (
        {"MetadataDirective": "REPLACE", "Metadata": {"a": "b"}},
        {"ServerSideEncryption": "AES256"},
        {"StorageClass": "STANDARD"},
        {"ChecksumAlgorithm": "SHA256"},
    ):
        admin.copy_object(**copy, **change)
        assert admin.get_object(**named)["Body"].read() == b"2"
    restored = admin.copy_object(**named, CopySource=named | {"VersionId": old})
    assert restored["CopySourceVersionId"] == old
    assert restored["VersionId"] != old
    assert admin.get_object(**named)["Body"].read() == b"1"


def test_a_customers_key_is_changed_by_a_copy_onto_itself(
    admin: Any, fresh: str
) -> None:
    """Which the store refuses; the old key opens nothing any more."""
    named = {"Bucket": fresh, "Key": "rotated"}
    body = BODY[:200_000]
    admin.put_object(**named, Body=body, **CUSTOMER, Metadata={"a": "b"}, Tagging="c=d")
    admin.copy_object(**named, CopySource=f"{fresh}/rotated", **OPENING, **TARGET)
    got = admin.get_object(**named, **TARGET)
    assert got["Body"].read() == body
    assert got["Metadata"] == {"a": "b"}
    assert got["TagCount"] == 1
    assert refusal(admin.get_object, **named, **CUSTOMER)[0] == 403


def test_a_copy_holds_to_conditions_on_its_source(admin: Any, fresh: str) -> None:
    """With the precedence of S3."""
    named = {"Bucket": fresh, "Key": "source"}
    tag = admin.put_object(**named, Body=b"x")["ETag"]
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/source"}
    now = datetime.now(UTC)
    before, after = now - timedelta(hours=1), now + timedelta(hours=1)
    failing: list[dict[str, Any]] = [
        {"CopySourceIfMatch": '"other"'},
        {"CopySourceIfNoneMatch": tag},
        {"CopySourceIfModifiedSince": after},
        {"CopySourceIfUnmodifiedSince": before},
        {"CopySourceIfMatch": '"other"', "CopySourceIfUnmodifiedSince": after},
        {"CopySourceIfNoneMatch": tag, "CopySourceIfModifiedSince": before},
    ]
    for conditions in failing:
        assert refusal(admin.copy_object, **copy, **conditions) == (
            412,
            "PreconditionFailed",
        )
    assert refusal(admin.head_object, Bucket=fresh, Key="copy")[0] == 404
    holding: list[dict[str, Any]] = [
        {"CopySourceIfMatch": tag},
        {"CopySourceIfNoneMatch": '"other"'},
        {"CopySourceIfModifiedSince": before},
        {"CopySourceIfUnmodifiedSince": after},
        {"CopySourceIfMatch": tag, "CopySourceIfUnmodifiedSince": before},
        {"CopySourceIfNoneMatch": '"other"', "CopySourceIfModifiedSince": after},
    ]
    for conditions in holding:
        admin.copy_object(**copy, **conditions)


@pytest.mark.parametrize("here", [{}, {"ChecksumAlgorithm": "SHA1"}], ids=str)
def test_a_copy_holds_to_conditions_on_its_target(
    admin: Any, fresh: str, here: dict[str, str]
) -> None:
    """Whoever copies; a target that is not there is missing."""
    tag = admin.put_object(Bucket=fresh, Key="source", Body=b"x")["ETag"]
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/source", **here}
    assert refusal(admin.copy_object, **copy, IfMatch=tag) == (404, "NoSuchKey")
    admin.copy_object(**copy, IfNoneMatch="*")
    assert refusal(admin.copy_object, **copy, IfNoneMatch="*")[0] == 412
    assert refusal(admin.copy_object, **copy, IfMatch='"other"')[0] == 412
    assert refusal(admin.copy_object, **copy, IfNoneMatch=tag) == (
        501,
        "NotImplemented",
    )
    admin.copy_object(**copy, IfMatch=tag)


def test_a_copy_has_the_checksum_that_is_asked_for(admin: Any, fresh: str) -> None:
    """Else that of its source, of the same kind."""
    body = os.urandom(70_000)
    admin.put_object(Bucket=fresh, Key="source", Body=body, ChecksumAlgorithm="SHA256")
    sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
    sha1 = base64.b64encode(hashlib.sha1(body).digest()).decode()  # noqa: S324
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/source"}
    same = admin.copy_object(**copy)["CopyObjectResult"]
    assert same["ChecksumSHA256"] == sha256
    other = admin.copy_object(**copy, ChecksumAlgorithm="SHA1")["CopyObjectResult"]
    assert other["ChecksumSHA1"] == sha1
    head = admin.head_object(Bucket=fresh, Key="copy", ChecksumMode="ENABLED")
    assert head["ChecksumSHA1"] == sha1
    assert "ChecksumSHA256" not in head
