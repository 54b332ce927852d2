"""Conditions on reading, writing and deleting, by an unchanged boto3."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


def status_of(call: Any, **parameters: Any) -> tuple[int, str]:
    """Answer status and code of a call, which may succeed."""
    try:
        answer = call(**parameters)
    except ClientError as error:
        answer = error.response
        code = answer["Error"]["Code"]
        return answer["ResponseMetadata"]["HTTPStatusCode"], code
    return answer["ResponseMetadata"]["HTTPStatusCode"], ""


def test_reading_has_the_precedence_of_s3(admin: Any, fresh: str) -> None:
    """A tag settles what a date would say; 304 tells the tag."""
    named = {"Bucket": fresh, "Key": "a"}
    tag = admin.put_object(**named, Body=b"x", CacheControl="no-store")["ETag"]
    cases: list[tuple[dict[str, Any], int]] = [
        ({"IfMatch": tag}, 200),
        ({"IfMatch": tag.strip('"')}, 200),
        ({"IfMatch": "*"}, 200),
        ({"IfMatch": f'"other", {tag}'}, 200),
        ({"IfMatch": '"other"'}, 412),
        ({"IfNoneMatch": tag}, 304),
        ({"IfNoneMatch": f'"other", {tag}'}, 304),
        ({"IfNoneMatch": '"other"'}, 200),
        ({"IfModifiedSince": AFTER}, 304),
        ({"IfModifiedSince": BEFORE}, 200),
        ({"IfUnmodifiedSince": AFTER}, 200),
        ({"IfUnmodifiedSince": BEFORE}, 412),
        ({"IfMatch": tag, "IfUnmodifiedSince": BEFORE}, 200),
        ({"IfNoneMatch": tag, "IfModifiedSince": BEFORE}, 304),
        ({"IfNoneMatch": '"other"', "IfModifiedSince": AFTER}, 200),
        ({"IfMatch": '"other"', "IfUnmodifiedSince": AFTER}, 412),
        ({"IfMatch": tag, "Range": "bytes=0-0"}, 206),
        ({"IfMatch": '"other"', "Range": "bytes=9-"}, 412),
    ]
    for conditions, status in cases:
        for call in (admin.get_object, admin.head_object):
            assert status_of(call, **named, **conditions)[0] == status, conditions
    with pytest.raises(ClientError) as unchanged:
        admin.get_object(**named, IfNoneMatch=tag)
    headers = unchanged.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["etag"] == tag


def test_an_object_is_written_once_or_over_the_one_that_was_seen(
    admin: Any, fresh: str
) -> None:
    """If-None-Match and If-Match; a tag in the former is not implemented."""
    put = {"Bucket": fresh, "Key": "a", "Body": b"1"}
    assert status_of(admin.put_object, **put, IfMatch='"x"') == (404, "NoSuchKey")
    tag = admin.put_object(**put, IfNoneMatch="*")["ETag"]
    assert status_of(admin.put_object, **put, IfNoneMatch="*") == (
        412,
        "PreconditionFailed",
    )
    assert status_of(admin.put_object, **put, IfNoneMatch='"x"') == (
        501,
        "NotImplemented",
    )
    assert status_of(admin.put_object, **put, IfMatch='"x"')[0] == 412
    admin.put_object(**put | {"Body": b"2"}, IfMatch=tag)
    assert status_of(admin.put_object, **put, IfMatch=tag)[0] == 412


def test_of_many_that_write_once_one_succeeds(
    admin: Any, landscape: Any, fresh: str
) -> None:
    """However many there are at a time, and the object is its."""
    landscape.admin.head_bucket(Bucket=fresh)

    def put(number: int) -> int:
        body = str(number).encode()
        named = {"Bucket": fresh, "Key": "race", "Body": body, "IfNoneMatch": "*"}
        return status_of(admin.put_object, **named)[0]

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(put, range(32)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 412}
    body = admin.get_object(Bucket=fresh, Key="race")["Body"].read()
    assert int(body) == statuses.index(200)


def test_an_upload_is_completed_under_conditions(admin: Any, fresh: str) -> None:
    """And can be completed again where one failed."""
    named = {"Bucket": fresh, "Key": "parts"}
    upload = named | {"UploadId": admin.create_multipart_upload(**named)["UploadId"]}
    tag = admin.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    complete = {
        **upload,
        "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": tag}]},
    }
    call = admin.complete_multipart_upload
    assert status_of(call, **complete, IfMatch='"x"') == (404, "NoSuchKey")
    there = admin.put_object(**named, Body=b"there")["ETag"]
    assert status_of(call, **complete, IfNoneMatch="*")[0] == 412
    assert status_of(call, **complete, IfNoneMatch='"x"')[0] == 501
    assert status_of(call, **complete, IfMatch='"x"')[0] == 412
    assert admin.get_object(**named)["Body"].read() == b"there"
    admin.complete_multipart_upload(**complete, IfMatch=there)
    assert admin.get_object(**named)["Body"].read() == b"x"


def test_what_was_seen_is_deleted_and_nothing_else(admin: Any, fresh: str) -> None:
    """One by one and in a batch; of a version, conditions are refused."""
    versioned = {"Status": "Enabled"}
    admin.put_bucket_versioning(Bucket=fresh, VersioningConfiguration=versioned)
    named = {"Bucket": fresh, "Key": "a"}
    put = admin.put_object(**named, Body=b"x")
    tag = put["ETag"]
    delete = admin.delete_object
    assert status_of(delete, **named, IfMatch='"x"') == (412, "PreconditionFailed")
    assert status_of(delete, Bucket=fresh, Key="b", IfMatch="*")[0] == 412
    one = named | {"VersionId": put["VersionId"]}
    assert status_of(delete, **one, IfMatch=tag) == (501, "NotImplemented")
    batch = [
        {"Key": "a", "ETag": '"x"'},
        {"Key": "a", "ETag": tag, "VersionId": put["VersionId"]},
        {"Key": "b", "ETag": tag},
    ]
    answer = admin.delete_objects(Bucket=fresh, Delete={"Objects": batch})
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("a", "NotImplemented"),
        ("a", "PreconditionFailed"),
        ("b", "NoSuchKey"),
    ]
    assert admin.get_object(**named)["Body"].read() == b"x"
    admin.delete_object(**named, IfMatch=tag)
    assert status_of(admin.get_object, **named)[0] == 404
    tag = admin.put_object(**named, Body=b"y")["ETag"]
    batch = [{"Key": "a", "ETag": tag}]
    answer = admin.delete_objects(Bucket=fresh, Delete={"Objects": batch})
    assert answer["Deleted"][0]["DeleteMarker"]


def test_who_may_not_read_may_not_guess(alice: Any, bucket: str) -> None:
    """Whether a guess at a tag is right is told to readers alone."""
    theirs = {"Bucket": bucket, "Key": "AROAEMPLOYEE:bob/guessed"}
    for call in (alice.put_object, alice.delete_object):
        assert status_of(call, **theirs, IfMatch='"x"') == (403, "AccessDenied")
