"""Checksums of every kind, by an unchanged boto3."""

import base64
import os
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from securecart.wire.checksum import checksum, encoded

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
SIZES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
FULL = ["CRC32", "CRC32C", "CRC64NVME"]
COMPOSITE = ["CRC32", "CRC32C", "SHA1", "SHA256"]
PARTS = [os.urandom(5 * MIB + 3), os.urandom(70_001)]


def code_of(call: Any, **parameters: Any) -> str:
    """Answer the code of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    code: str = refused.value.response["Error"]["Code"]
    return code


def digest(algorithm: str, *pieces: bytes) -> str:
    """Answer a checksum as S3 writes it."""
    running = checksum(algorithm.lower())
    for piece in pieces:
        running.update(piece)
    return encoded(running)


def upload(
    client: Any, named: dict[str, str], algorithm: str, kind: str
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Upload both parts; answer what names the upload, and the parts."""
    made = client.create_multipart_upload(
        **named, ChecksumAlgorithm=algorithm, ChecksumType=kind
    )
    assert (made["ChecksumAlgorithm"], made["ChecksumType"]) == (algorithm, kind)
    begun = named | {"UploadId": made["UploadId"]}
    parts = []
    for number, body in enumerate(PARTS, start=1):
        part = client.upload_part(
            **begun,
            PartNumber=number,
            Body=BytesIO(body),
            ChecksumAlgorithm=algorithm,
        )
        name = f"Checksum{algorithm}"
        assert part[name] == digest(algorithm, body)
        parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
    return begun, parts


@pytest.mark.parametrize("algorithm", SIZES)
@pytest.mark.parametrize("size", [0, 5, 70_001], ids=str)
def test_a_checksum_is_kept_and_told_to_who_asks(
    admin: Any, fresh: str, algorithm: str, size: int
) -> None:
    """Sent in a header or behind the body; of a whole object."""
    named = {"Bucket": fresh, "Key": "a"}
    body, name = PARTS[0][:size], f"Checksum{algorithm}"
    for sent in ({"ChecksumAlgorithm": algorithm}, {name: digest(algorithm, body)}):
        put = admin.put_object(**named, Body=BytesIO(body), **sent)
        got = admin.get_object(**named, ChecksumMode="ENABLED")
        assert got["Body"].read() == body
        head = admin.head_object(**named, ChecksumMode="ENABLED")
        for answer in (put, got, head):
            assert answer[name] == digest(algorithm, body)
            assert answer["ChecksumType"] == "FULL_OBJECT"
    attributes = admin.get_object_attributes(
        **named, ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass"]
    )
    assert attributes["Checksum"] == {
        name: digest(algorithm, body),
        "ChecksumType": "FULL_OBJECT",
    }
    tag = admin.head_object(**named)["ETag"]
    assert attributes["ETag"] == tag.strip('"')
    assert attributes["ObjectSize"] == size
    assert attributes["StorageClass"] == "STANDARD"
    assert "ObjectParts" not in attributes


@pytest.mark.parametrize("size", [5, 70_001], ids=str)
@pytest.mark.parametrize("algorithm", [*SIZES, "MD5"])
def test_what_does_not_match_never_is_an_object(
    admin: Any, fresh: str, algorithm: str, size: int
) -> None:
    """Nor a part, nor does it come into the place of one that is there."""
    body = PARTS[0][:size]
    wrong = base64.b64encode(bytes(SIZES.get(algorithm, 16))).decode()
    sent = {"ContentMD5" if algorithm == "MD5" else f"Checksum{algorithm}": wrong}
    named = {"Bucket": fresh, "Key": "a"}
    assert code_of(admin.put_object, **named, Body=body, **sent) == "BadDigest"
    assert code_of(admin.head_object, **named) == "404"
    admin.put_object(**named, Body=b"there")
    assert code_of(admin.put_object, **named, Body=body, **sent) == "BadDigest"
    assert admin.get_object(**named)["Body"].read() == b"there"
    begun = named | {"UploadId": admin.create_multipart_upload(**named)["UploadId"]}
    part = begun | {"PartNumber": 1, "Body": body}
    assert code_of(admin.upload_part, **part, **sent) == "BadDigest"
    assert admin.list_parts(**begun).get("Parts", []) == []


@pytest.mark.parametrize("algorithm", COMPOSITE)
def test_a_composite_checksum_is_that_of_the_parts_checksums(
    admin: Any, fresh: str, algorithm: str
) -> None:
    """With how many there are."""
    named = {"Bucket": fresh, "Key": "a"}
    begun, parts = upload(admin, named, algorithm, "COMPOSITE")
    name = f"Checksum{algorithm}"
    spoilt = [parts[0], parts[1] | {name: parts[0][name]}]
    complete = admin.complete_multipart_upload
    assert code_of(complete, **begun, MultipartUpload={"Parts": spoilt}) in {
        "BadDigest",
        "InvalidPart",
    }
    assert code_of(admin.head_object, **named) == "404"
    made = complete(**begun, MultipartUpload={"Parts": parts})
    sums = [base64.b64decode(part[name]) for part in parts]
    assert made[name] == f"{digest(algorithm, *sums)}-2"
    head = admin.head_object(**named, ChecksumMode="ENABLED")
    for answer in (made, head):
        assert answer[name] == made[name]
        assert answer["ChecksumType"] == "COMPOSITE"
    got = admin.get_object_attributes(
        **named, ObjectAttributes=["Checksum", "ObjectParts"]
    )
    assert got["Checksum"] == {name: made[name], "ChecksumType": "COMPOSITE"}
    assert got["ObjectParts"]["TotalPartsCount"] == 2
    shown = [(each["PartNumber"], each["Size"]) for each in got["ObjectParts"]["Parts"]]
    assert shown == [(1, len(PARTS[0])), (2, len(PARTS[1]))]
    page = admin.get_object_attributes(
        **named, ObjectAttributes=["ObjectParts"], MaxParts=1, PartNumberMarker=1
    )["ObjectParts"]
    assert [each["PartNumber"] for each in page["Parts"]] == [2]
    assert not page["IsTruncated"]
    page = admin.get_object_attributes(
        **named, ObjectAttributes=["ObjectParts"], MaxParts=1
    )["ObjectParts"]
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 1)


@pytest.mark.parametrize("algorithm", FULL)
def test_a_full_checksum_is_that_of_the_whole_object(
    admin: Any, fresh: str, algorithm: str
) -> None:
    """And what the caller says it is, or there is no object."""
    named = {"Bucket": fresh, "Key": "a"}
    begun, parts = upload(admin, named, algorithm, "FULL_OBJECT")
    name = f"Checksum{algorithm}"
    complete = begun | {"MultipartUpload": {"Parts": parts}}
    wrong = base64.b64encode(bytes(SIZES[algorithm])).decode()
    said = {"ChecksumType": "FULL_OBJECT", name: wrong}
    assert code_of(admin.complete_multipart_upload, **complete, **said) == "BadDigest"
    assert code_of(admin.head_object, **named) == "404"
    said[name] = digest(algorithm, *PARTS)
    made = admin.complete_multipart_upload(**complete, **said)
    head = admin.head_object(**named, ChecksumMode="ENABLED")
    for answer in (made, head):
        assert answer[name] == digest(algorithm, *PARTS)
        assert answer["ChecksumType"] == "FULL_OBJECT"
    got = admin.get_object(**named, ChecksumMode="ENABLED")
    assert got["Body"].read() == b"".join(PARTS)


def test_an_upload_has_the_size_that_is_said(admin: Any, fresh: str) -> None:
    """The store does not look."""
    named = {"Bucket": fresh, "Key": "a"}
    begun, parts = upload(admin, named, "CRC32", "FULL_OBJECT")
    complete = begun | {"MultipartUpload": {"Parts": parts}}
    size = sum(map(len, PARTS))
    for wrong in (size - 1, size + 1, 0):
        assert (
            code_of(admin.complete_multipart_upload, **complete, MpuObjectSize=wrong)
            == "InvalidRequest"
        )
    assert code_of(admin.head_object, **named) == "404"
    admin.complete_multipart_upload(**complete, MpuObjectSize=size)
    assert admin.head_object(**named)["ContentLength"] == size


def test_attributes_are_asked_for_by_name(
    alice: Any, admin: Any, bucket: str, folder: str, fresh: str
) -> None:
    """By who may read and ask for them; of what is there."""
    named = {"Bucket": fresh, "Key": "a"}
    asked = {"ObjectAttributes": ["ETag"]}
    assert code_of(admin.get_object_attributes, **named, **asked) == "NoSuchKey"
    admin.put_object(**named, Body=b"x")
    assert code_of(
        admin.get_object_attributes, **named, ObjectAttributes=["Colour"]
    ) == ("InvalidArgument")
    assert code_of(admin.get_object_attributes, **named, ObjectAttributes=[]) == (
        "InvalidRequest"
    )
    ours = {"Bucket": bucket, "Key": f"{folder}attributes"}
    alice.put_object(**ours, Body=b"x")
    assert code_of(alice.get_object_attributes, **ours, **asked) == "AccessDenied"
