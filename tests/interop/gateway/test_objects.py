"""Objects through the gateway, by an unchanged boto3."""

import hashlib
import os
import urllib.request
from io import BytesIO
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

LARGE = os.urandom(1024) * (20 * 1024)


def refusal(call: Any, **parameters: Any) -> tuple[int, str, str]:
    """Answer status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    answer = refused.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"].get("Message", "")


def test_an_object_comes_back_as_it_was_put(
    alice: Any, bucket: str, folder: str, landscape: Any
) -> None:
    """With its metadata, its version, and the bucket's encryption."""
    key = f"{folder}Grüße & more/a+b c.txt"
    put = alice.put_object(
        Bucket=bucket,
        Key=key,
        Body=b"hello",
        ContentType="text/plain",
        CacheControl="no-store",
        Metadata={"colour": "blue"},
    )
    got = alice.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == b"hello"
    assert got["ContentType"] == "text/plain"
    assert got["CacheControl"] == "no-store"
    assert got["Metadata"] == {"colour": "blue"}
    for answer in (put, got):
        assert answer["ServerSideEncryption"] == "aws:kms"
        assert answer["SSEKMSKeyId"] == landscape.key_arn
    assert got["VersionId"] == put["VersionId"]
    headers = got["ResponseMetadata"]["HTTPHeaders"]
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("seaweed")]
    assert len(headers["x-amz-request-id"]) == 16


def test_a_type_that_is_not_named_is_s3s_own(
    alice: Any, bucket: str, folder: str
) -> None:
    """Not what the store guesses."""
    key = f"{folder}untyped.txt"
    alice.put_object(Bucket=bucket, Key=key, Body=b"plain")
    head = alice.head_object(Bucket=bucket, Key=key)
    assert head["ContentType"] == "binary/octet-stream"
    assert head["ContentLength"] == 5


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("bytes=0-0", 1), ("bytes=5-", -5), ("bytes=-7", 7), ("bytes=1-3,5-6", None)],
)
def test_a_range_is_a_part(
    alice: Any, bucket: str, folder: str, wanted: str, got: int | None
) -> None:
    """First and last bytes; several ranges at once are ignored, as in S3."""
    body = bytes(range(200))
    key = f"{folder}range"
    alice.put_object(Bucket=bucket, Key=key, Body=body)
    answer = alice.get_object(Bucket=bucket, Key=key, Range=wanted)
    expected = {1: body[:1], -5: body[5:], 7: body[-7:], None: body}[got]
    assert answer["Body"].read() == expected
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    assert status == (200 if got is None else 206)


def test_a_range_beyond_the_end_is_refused(
    alice: Any, bucket: str, folder: str
) -> None:
    """With 416."""
    alice.put_object(Bucket=bucket, Key=f"{folder}short", Body=b"x")
    assert refusal(
        alice.get_object, Bucket=bucket, Key=f"{folder}short", Range="bytes=9-"
    )[:2] == (416, "InvalidRange")


def test_conditions_hold(alice: Any, bucket: str, folder: str) -> None:
    """On reading and on writing; a missing key is missing, whatever is matched."""
    key = f"{folder}conditional"
    tag = alice.put_object(Bucket=bucket, Key=key, Body=b"1")["ETag"]
    named = {"Bucket": bucket, "Key": key}
    assert refusal(alice.get_object, **named, IfNoneMatch=tag)[0] == 304
    assert refusal(alice.get_object, **named, IfMatch='"no"')[0] == 412
    assert refusal(alice.put_object, **named, Body=b"2", IfNoneMatch="*")[:2] == (
        412,
        "PreconditionFailed",
    )
    alice.put_object(**named, Body=b"3", IfMatch=tag)
    missing = refusal(
        alice.put_object, Bucket=bucket, Key=f"{folder}nope", Body=b"", IfMatch=tag
    )
    assert missing[:2] == (404, "NoSuchKey")


def test_a_missing_key_is_told_only_to_who_may_list(
    alice: Any, admin: Any, bucket: str, folder: str
) -> None:
    """404 with ListBucket, else 403 in AWS's words."""
    key = f"{folder}missing"
    assert refusal(admin.get_object, Bucket=bucket, Key=key)[:2] == (404, "NoSuchKey")
    assert refusal(admin.head_object, Bucket=bucket, Key=key)[:2] == (404, "404")
    status, code, message = refusal(alice.get_object, Bucket=bucket, Key=key)
    assert (status, code) == (403, "AccessDenied")
    words, _ = message.split(". Encoded authorization failure message: ")
    assert words == (
        "User: arn:aws:sts::111122223333:assumed-role/SecureCartEmployee/alice is not "
        'authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::'
        'securecart-user-docs" because no identity-based policy allows the '
        "s3:ListBucket action"
    )
    assert refusal(alice.head_object, Bucket=bucket, Key=key)[0] == 403


def test_versions_are_kept_and_read(
    alice: Any, admin: Any, bucket: str, folder: str
) -> None:
    """And a deleted object is behind a marker."""
    key = f"{folder}versions"
    first = alice.put_object(Bucket=bucket, Key=key, Body=b"1")["VersionId"]
    alice.put_object(Bucket=bucket, Key=key, Body=b"2")
    assert alice.delete_object(Bucket=bucket, Key=key)["DeleteMarker"]
    old = alice.get_object(Bucket=bucket, Key=key, VersionId=first)
    assert old["Body"].read() == b"1"
    listed = admin.list_object_versions(Bucket=bucket, Prefix=key)
    assert len(listed["Versions"]) == 2
    assert len(listed["DeleteMarkers"]) == 1
    assert len(listed["Versions"][0]["Owner"]["ID"]) == 64
    assert (
        refusal(alice.delete_object, Bucket=bucket, Key=key, VersionId=first)[1]
        == "AccessDenied"
    )


def test_a_folder_is_listed_and_no_other(alice: Any, bucket: str, folder: str) -> None:
    """By its prefix; with delimiter, in pages, without the store's names."""
    for name in ("list/a", "list/b", "list/sub/c", "list/ümlaut +&"):
        alice.put_object(Bucket=bucket, Key=folder + name, Body=b"x")
    listed = alice.list_objects_v2(
        Bucket=bucket, Prefix=f"{folder}list/", Delimiter="/", FetchOwner=True
    )
    names = [entry["Key"].removeprefix(folder) for entry in listed["Contents"]]
    assert names == ["list/a", "list/b", "list/ümlaut +&"]
    assert listed["CommonPrefixes"] == [{"Prefix": f"{folder}list/sub/"}]
    assert len(listed["Contents"][0]["Owner"]["ID"]) == 64
    pages = alice.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{folder}list/", PaginationConfig={"PageSize": 1}
    )
    found = [entry["Key"] for page in pages for entry in page["Contents"]]
    assert len(found) == 4
    for prefix in ({}, {"Prefix": ""}, {"Prefix": "AROAEMPLOYEE:bob/"}):
        assert refusal(alice.list_objects_v2, Bucket=bucket, **prefix)[1] == (
            "AccessDenied"
        )


@pytest.mark.parametrize("operation", ["get_object", "put_object"])
def test_presigned_addresses_work(
    alice: Any, bucket: str, folder: str, operation: str
) -> None:
    """Without any header of S3's."""
    key = f"{folder}presigned {operation}"
    alice.put_object(Bucket=bucket, Key=key, Body=b"before")
    url = alice.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key})
    method = operation.partition("_")[0].upper()
    data = b"after" if method == "PUT" else None
    with urllib.request.urlopen(  # noqa: S310 - our own address
        urllib.request.Request(url, data, method=method)  # noqa: S310
    ) as answer:
        assert answer.read() == (b"" if data else b"before")
    if data:
        assert alice.get_object(Bucket=bucket, Key=key)["Body"].read() == data
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(url.replace("alice", "bob"))  # noqa: S310
    assert refused.value.code == 403
    refused.value.close()


def test_response_headers_can_be_asked_for(
    alice: Any, bucket: str, folder: str
) -> None:
    """As a download under another name."""
    key = f"{folder}override"
    alice.put_object(Bucket=bucket, Key=key, Body=b"x")
    got = alice.get_object(
        Bucket=bucket,
        Key=key,
        ResponseContentDisposition='attachment; filename="y.txt"',
        ResponseContentType="text/csv",
    )
    assert got["ContentDisposition"] == 'attachment; filename="y.txt"'
    assert got["ContentType"] == "text/csv"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ChecksumAlgorithm": "CRC32"},
        {"ChecksumAlgorithm": "CRC32C"},
        {"ChecksumAlgorithm": "CRC64NVME"},
        {"ChecksumAlgorithm": "SHA1"},
        {"ChecksumAlgorithm": "SHA256"},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [0, 1, 5000, 65536, 65537, len(LARGE)])
def test_every_size_and_checksum_arrives_whole(
    alice: Any, bucket: str, folder: str, options: dict[str, str], size: int
) -> None:
    """Small bodies go at once, large ones as a stream with a trailer."""
    key = f"{folder}sized"
    body = LARGE[:size]
    put = alice.put_object(Bucket=bucket, Key=key, Body=BytesIO(body), **options)
    assert (
        put["ETag"].strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest()
    )
    got = alice.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    name = f"Checksum{options.get('ChecksumAlgorithm', 'CRC32')}"
    assert got[name] == put[name]


def test_metadata_is_bounded(alice: Any, bucket: str, folder: str) -> None:
    """To 2 kB, as in S3."""
    assert (
        refusal(
            alice.put_object,
            Bucket=bucket,
            Key=f"{folder}meta",
            Body=b"",
            Metadata={"a": "x" * 2048},
        )[1]
        == "MetadataTooLarge"
    )


@pytest.mark.parametrize(
    "name", ["a//b", "./a", "../bob/a", "a/../b", "a/./b", "/a", "x" * 300]
)
def test_keys_that_the_store_would_mix_up_are_refused(
    alice: Any, bucket: str, folder: str, name: str
) -> None:
    """Before the decision, and so for everybody."""
    assert (
        refusal(alice.put_object, Bucket=bucket, Key=folder + name, Body=b"x")[0] == 400
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"ServerSideEncryption": "AES256"},
        {"ACL": "public-read"},
        {"StorageClass": "GLACIER"},
        {"WebsiteRedirectLocation": "http://elsewhere"},
        {"ObjectLockMode": "GOVERNANCE"},
        {"SSEKMSEncryptionContext": "e30=", "ServerSideEncryption": "aws:kms"},
    ],
    ids=str,
)
def test_what_is_not_done_is_not_ignored(
    admin: Any, bucket: str, folder: str, parameters: dict[str, str]
) -> None:
    """An option that would be dropped silently refuses the request."""
    key = f"{folder}optional"
    with pytest.raises(ClientError):
        admin.put_object(Bucket=bucket, Key=key, Body=b"x", **parameters)
    assert refusal(admin.head_object, Bucket=bucket, Key=key)[0] == 404


def test_an_unknown_operation_is_refused(admin: Any, bucket: str, folder: str) -> None:
    """Whoever asks."""
    named = {"Bucket": bucket, "Key": f"{folder}unknown"}
    admin.put_object(**named, Body=b"x")
    calls: list[tuple[Any, dict[str, Any]]] = [
        (admin.get_object_torrent, {}),
        (admin.restore_object, {"RestoreRequest": {"Days": 1}}),
        (
            admin.select_object_content,
            {
                "Expression": "select * from S3Object",
                "ExpressionType": "SQL",
                "InputSerialization": {"CSV": {}},
                "OutputSerialization": {"CSV": {}},
            },
        ),
    ]
    for call, parameters in calls:
        assert refusal(call, **named, **parameters)[:2] == (501, "NotImplemented")
