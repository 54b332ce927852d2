"""Versions, markers, parts and ranges of objects, by an unchanged boto3."""

import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

MIB = 1024 * 1024


def refused(call: Any, **parameters: Any) -> tuple[int, str, dict[str, str]]:
    """Answer status, code and headers of a call that must be refused."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    answer = error.value.response
    told = answer["ResponseMetadata"]
    return told["HTTPStatusCode"], answer["Error"]["Code"], told["HTTPHeaders"]


@pytest.fixture
def versioned(admin: Any, fresh: str) -> str:
    """A bucket that keeps versions."""
    admin.put_bucket_versioning(
        Bucket=fresh, VersioningConfiguration={"Status": "Enabled"}
    )
    return fresh


def test_a_deleted_key_says_by_which_marker(admin: Any, versioned: str) -> None:
    """404 where the marker is the newest, 405 where it is named."""
    named = {"Bucket": versioned, "Key": "a"}
    admin.put_object(Bucket=versioned, Key="a/b", Body=b"a neighbour")
    admin.put_object(Bucket=versioned, Key="ab", Body=b"another")
    first = admin.put_object(**named, Body=b"1")["VersionId"]
    marker = admin.delete_object(**named)["VersionId"]
    for call in (admin.get_object, admin.head_object):
        status, _, headers = refused(call, **named)
        assert status == 404
        assert headers["x-amz-delete-marker"] == "true"
        assert headers["x-amz-version-id"] == marker
        status, _, headers = refused(call, **named, VersionId=marker)
        assert status == 405
        assert headers["x-amz-delete-marker"] == "true"
        assert headers["allow"] == "DELETE"
        assert refused(call, **named, VersionId="0" * 32)[0] == 404
    assert refused(admin.get_object, **named)[1] == "NoSuchKey"
    assert refused(admin.get_object, **named, VersionId=marker)[1] == "MethodNotAllowed"
    assert refused(admin.get_object, **named, VersionId="0" * 32)[1] == "NoSuchVersion"
    assert admin.get_object(**named, VersionId=first)["Body"].read() == b"1"
    missing = refused(admin.get_object, Bucket=versioned, Key="never")
    assert missing[1] == "NoSuchKey"
    assert "x-amz-delete-marker" not in missing[2]


def test_a_marker_is_deleted_and_the_object_is_back(admin: Any, versioned: str) -> None:
    """As it was; a version that is deleted is gone."""
    named = {"Bucket": versioned, "Key": "a"}
    first = admin.put_object(**named, Body=b"1")["VersionId"]
    second = admin.put_object(**named, Body=b"2")["VersionId"]
    marker = admin.delete_object(**named)
    assert marker["DeleteMarker"]
    gone = admin.delete_object(**named, VersionId=marker["VersionId"])
    assert gone["DeleteMarker"]
    assert admin.get_object(**named)["Body"].read() == b"2"
    assert admin.delete_object(**named, VersionId=second)["VersionId"] == second
    assert admin.get_object(**named)["Body"].read() == b"1"
    batch = {"Objects": [{"Key": "a", "VersionId": first}], "Quiet": True}
    assert "Deleted" not in admin.delete_objects(Bucket=versioned, Delete=batch)
    assert refused(admin.get_object, **named)[0] == 404
    assert "x-amz-delete-marker" not in refused(admin.head_object, **named)[2]


def test_who_may_not_list_is_not_told_of_markers(
    alice: Any, bucket: str, folder: str
) -> None:
    """A deleted key is forbidden, as one that never was."""
    named = {"Bucket": bucket, "Key": f"{folder}deleted"}
    alice.put_object(**named, Body=b"x")
    alice.delete_object(**named)
    for key in (f"{folder}deleted", f"{folder}never"):
        status, code, headers = refused(alice.get_object, Bucket=bucket, Key=key)
        assert (status, code) == (403, "AccessDenied")
        assert "x-amz-delete-marker" not in headers


def test_parts_are_read_by_their_numbers(admin: Any, fresh: str) -> None:
    """With how many there are; a part that is not there is 416."""
    named = {"Bucket": fresh, "Key": "parts"}
    upload = named | {"UploadId": admin.create_multipart_upload(**named)["UploadId"]}
    bodies = [os.urandom(5 * MIB), b"the end"]
    parts = [
        {
            "PartNumber": number,
            "ETag": admin.upload_part(**upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, start=1)
    ]
    admin.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    for number, body in enumerate(bodies, start=1):
        got = admin.get_object(**named, PartNumber=number)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert got["Body"].read() == body
        head = admin.head_object(**named, PartNumber=number)
        for answer in (got, head):
            assert answer["PartsCount"] == 2
            assert answer["ContentLength"] == len(body)
    assert "PartsCount" not in admin.head_object(**named)
    assert refused(admin.get_object, **named, PartNumber=3)[:2] == (
        416,
        "InvalidPartNumber",
    )
    both = {"PartNumber": 1, "Range": "bytes=0-1"}
    assert refused(admin.get_object, **named, **both)[:2] == (400, "InvalidRequest")
    admin.put_object(Bucket=fresh, Key="whole", Body=b"x")
    whole = admin.head_object(Bucket=fresh, Key="whole", PartNumber=1)
    assert "PartsCount" not in whole


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-0", 206, "0-0"),
        ("bytes=2-", 206, "2-9"),
        ("bytes=-3", 206, "7-9"),
        ("bytes=-30", 206, "0-9"),
        ("bytes=3-300", 206, "3-9"),
        ("bytes=5-4", 200, None),
        ("bytes=x", 200, None),
        ("octets=0-1", 200, None),
        ("bytes=10-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_ranges_are_those_of_http(
    admin: Any, fresh: str, wanted: str, status: int, part: str | None
) -> None:
    """RFC 9110, 14.1.2: what is no range is ignored, what is empty is 416."""
    named = {"Bucket": fresh, "Key": "a"}
    admin.put_object(**named, Body=b"0123456789")
    if status == 416:
        assert refused(admin.get_object, **named, Range=wanted)[:2] == (
            416,
            "InvalidRange",
        )
        return
    got = admin.get_object(**named, Range=wanted)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == status
    body = got["Body"].read()
    if part is None:
        assert body == b"0123456789"
        assert "ContentRange" not in got
    else:
        first, last = map(int, part.split("-"))
        assert body == b"0123456789"[first : last + 1]
        assert got["ContentRange"] == f"bytes {part}/10"


def test_every_header_of_an_answer_can_be_asked_for(admin: Any, fresh: str) -> None:
    """Of a GET and of a HEAD alike, but not by nobody."""
    named = {"Bucket": fresh, "Key": "a"}
    admin.put_object(**named, Body=b"x", ContentType="text/plain")
    wanted = {
        "ResponseCacheControl": "no-cache",
        "ResponseContentDisposition": 'attachment; filename="b"',
        "ResponseContentEncoding": "br",
        "ResponseContentLanguage": "fr",
        "ResponseContentType": "text/csv",
    }
    for call in (admin.get_object, admin.head_object):
        got = call(**named, **wanted)
        for name, value in wanted.items():
            assert got[name.removeprefix("Response")] == value
