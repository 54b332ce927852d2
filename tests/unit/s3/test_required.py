"""What must be allowed for each operation, and the keys that go with it."""

from collections.abc import Callable

import pytest

from securecart.s3 import (
    S3Request,
    required,
    required_for_key,
    required_to_see_absence,
)
from securecart.s3.errors import InvalidArgument

Resolve = Callable[..., S3Request]
BUCKET = "arn:aws:s3:::docs"


@pytest.mark.parametrize(
    ("line", "action", "resource", "context"),
    [
        ("GET /", "s3:ListAllMyBuckets", "arn:aws:s3:::*", {}),
        ("HEAD /docs", "s3:ListBucket", BUCKET, {}),
        ("GET /docs", "s3:ListBucket", BUCKET, {}),
        ("GET /docs?prefix=", "s3:ListBucket", BUCKET, {"s3:prefix": ""}),
        (
            "GET /docs?list-type=2&prefix=a%2F&delimiter=%2F&max-keys=5",
            "s3:ListBucket",
            BUCKET,
            {"s3:prefix": "a/", "s3:delimiter": "/", "s3:max-keys": "5"},
        ),
        (
            "GET /docs?versions&prefix=a",
            "s3:ListBucketVersions",
            BUCKET,
            {"s3:prefix": "a"},
        ),
        ("GET /docs?uploads", "s3:ListBucketMultipartUploads", BUCKET, {}),
        ("PUT /docs?cors", "s3:PutBucketCORS", BUCKET, {}),
        ("DELETE /docs?encryption", "s3:PutEncryptionConfiguration", BUCKET, {}),
        ("GET /docs/a", "s3:GetObject", f"{BUCKET}/a", {}),
        ("HEAD /docs/a", "s3:GetObject", f"{BUCKET}/a", {}),
        (
            "GET /docs/a?versionId=v",
            "s3:GetObjectVersion",
            f"{BUCKET}/a",
            {"s3:versionid": "v"},
        ),
        ("PUT /docs/a", "s3:PutObject", f"{BUCKET}/a", {}),
        ("POST /docs/a?uploads", "s3:PutObject", f"{BUCKET}/a", {}),
        ("PUT /docs/a?partNumber=1&uploadId=u", "s3:PutObject", f"{BUCKET}/a", {}),
        ("POST /docs/a?uploadId=u", "s3:PutObject", f"{BUCKET}/a", {}),
        ("DELETE /docs/a?uploadId=u", "s3:AbortMultipartUpload", f"{BUCKET}/a", {}),
        ("GET /docs/a?uploadId=u", "s3:ListMultipartUploadParts", f"{BUCKET}/a", {}),
        ("DELETE /docs/a", "s3:DeleteObject", f"{BUCKET}/a", {}),
        (
            "DELETE /docs/a?versionId=v",
            "s3:DeleteObjectVersion",
            f"{BUCKET}/a",
            {"s3:versionid": "v"},
        ),
    ],
)
def test_one_action(
    ask: Resolve, line: str, action: str, resource: str, context: dict[str, str]
) -> None:
    """Keys of listings exist only when they were sent."""
    (one,) = required(ask(line))
    assert (one.action, one.resource, one.context) == (action, resource, context)


@pytest.mark.parametrize("line", ["PUT /docs/a", "PUT /docs/a?uploadId=u&partNumber=1"])
def test_a_copy_reads_its_source_too(ask: Resolve, line: str) -> None:
    """Both must be allowed, each with its own keys."""
    headers = {
        "x_amz_copy_source": "/other/b?versionId=v",
        "x_amz_metadata_directive": "COPY",
    }
    write, read = required(ask(line, **headers))
    assert (write.action, write.resource) == ("s3:PutObject", f"{BUCKET}/a")
    assert write.context == {
        "s3:x-amz-copy-source": "other/b",
        "s3:x-amz-metadata-directive": "COPY",
    }
    assert (read.action, read.resource, read.bucket) == (
        "s3:GetObjectVersion",
        "arn:aws:s3:::other/b",
        "other",
    )
    assert read.context == {"s3:versionid": "v"}


def test_headers_become_condition_keys(ask: Resolve) -> None:
    """Only those that were sent."""
    (one,) = required(
        ask(
            "PUT /docs/a",
            x_amz_server_side_encryption="aws:kms",
            x_amz_server_side_encryption_aws_kms_key_id="k",
            x_amz_storage_class="STANDARD",
            if_none_match="*",
        )
    )
    assert one.context == {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": "k",
        "s3:x-amz-storage-class": "STANDARD",
        "s3:if-none-match": "*",
    }


def test_an_acl_header_needs_its_own_action(ask: Resolve) -> None:
    """Even where it says nothing new."""
    found = required(ask("PUT /docs/a", x_amz_acl="private"))
    assert [one.action for one in found] == ["s3:PutObject", "s3:PutObjectAcl"]
    found = required(ask("PUT /docs", x_amz_object_ownership="BucketOwnerEnforced"))
    assert [one.action for one in found] == [
        "s3:CreateBucket",
        "s3:PutBucketOwnershipControls",
    ]


def test_a_region_that_is_asked_for_is_a_key(ask: Resolve) -> None:
    """It stands in the body, so the caller passes it in."""
    (one,) = required(ask("PUT /docs"), location_constraint="eu-west-1")
    assert one.context == {"s3:locationconstraint": "eu-west-1"}


def test_delete_objects_is_never_decided_as_a_whole(ask: Resolve) -> None:
    """Nothing required must not look like everything allowed."""
    request = ask("POST /docs?delete")
    with pytest.raises(ValueError, match="key by key"):
        required(request)
    one = required_for_key(request, "a/b")
    assert (one.action, one.resource) == ("s3:DeleteObject", f"{BUCKET}/a/b")
    one = required_for_key(request, "a", "v")
    assert (one.action, one.context) == (
        "s3:DeleteObjectVersion",
        {"s3:versionid": "v"},
    )


@pytest.mark.parametrize(
    ("key", "version"),
    [("a/../b", None), ("/a", None), ("a\\b", None), ("a", ""), ("a", "../v")],
)
def test_keys_of_a_batch_are_checked_one_by_one(
    ask: Resolve, key: str, version: str | None
) -> None:
    """With an error of that key alone."""
    with pytest.raises(InvalidArgument):
        required_for_key(ask("POST /docs?delete"), key, version)


def test_absence_is_told_to_those_who_may_list(ask: Resolve) -> None:
    """Others are told that it is forbidden."""
    one = required_to_see_absence(ask("GET /docs/a"))
    assert (one.action, one.resource, one.context) == ("s3:ListBucket", BUCKET, {})
