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
WHOLE = {"s3:objectcreationoperation": "true"}
PART = {"s3:objectcreationoperation": "false"}


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
        (
            "GET /docs?uploads&prefix=a%2F",
            "s3:ListBucketMultipartUploads",
            BUCKET,
            {},
        ),
        ("GET /docs?policyStatus", "s3:GetBucketPolicyStatus", BUCKET, {}),
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
        ("PUT /docs/a", "s3:PutObject", f"{BUCKET}/a", WHOLE),
        ("POST /docs/a?uploads", "s3:PutObject", f"{BUCKET}/a", PART),
        ("PUT /docs/a?partNumber=1&uploadId=u", "s3:PutObject", f"{BUCKET}/a", PART),
        ("POST /docs/a?uploadId=u", "s3:PutObject", f"{BUCKET}/a", WHOLE),
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


@pytest.mark.parametrize(
    ("line", "whole"),
    [("PUT /docs/a", WHOLE), ("PUT /docs/a?uploadId=u&partNumber=1", PART)],
)
def test_a_copy_reads_its_source_too(
    ask: Resolve, line: str, whole: dict[str, str]
) -> None:
    """Both must be allowed, each with its own keys."""
    headers = {
        "x_amz_copy_source": "/other/b?versionId=v",
        "x_amz_metadata_directive": "COPY",
    }
    write, read = required(ask(line, **headers))
    assert (write.action, write.resource) == ("s3:PutObject", f"{BUCKET}/a")
    assert write.context == whole | {
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
    assert one.context == WHOLE | {
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


def test_each_action_has_its_own_keys(ask: Resolve) -> None:
    """A header is a key of the actions that have it, and of no other."""
    sent = {"x_amz_acl": "private", "x_amz_storage_class": "STANDARD"}
    write, acl, compare = required(ask("PUT /docs/a", **sent, if_match="e"))
    keys = {"s3:x-amz-acl": "private", "s3:x-amz-storage-class": "STANDARD"}
    assert write.context == WHOLE | keys | {"s3:if-match": "e"}
    assert acl.context == keys
    assert (compare.action, compare.context) == ("s3:GetObject", {})
    (read,) = required(ask("GET /docs/a", if_match="e"))
    assert read.context == {}


@pytest.mark.parametrize(
    "name", ["prefix", "versionid", "authtype", "resourceaccount", "tlsversion"]
)
def test_a_header_named_like_a_key_is_none(ask: Resolve, name: str) -> None:
    """A caller cannot say by a header what only the gateway may."""
    for line in ("GET /docs", "GET /docs/a?versionId=v"):
        (one,) = required(ask(line, **{name: "x"}))
        assert "x" not in one.context.values()


def test_a_part_has_nothing_of_its_upload(ask: Resolve) -> None:
    """AWS: encryption is asked for once, when the upload begins.

    A Deny of writes without that header reaches every part, unless it spares
    what creates no object.
    """
    (part,) = required(ask("PUT /docs/a?partNumber=1&uploadId=u"))
    assert part.context == PART


def test_a_region_that_is_asked_for_is_a_key(ask: Resolve) -> None:
    """It stands in the body, so the caller passes it in."""
    create, ownership = required(
        ask("PUT /docs", x_amz_object_ownership="BucketOwnerEnforced"),
        location_constraint="eu-west-1",
    )
    assert create.context == {
        "s3:locationconstraint": "eu-west-1",
        "s3:x-amz-object-ownership": "BucketOwnerEnforced",
    }
    assert ownership.context == {}


def test_delete_objects_is_never_decided_as_a_whole(ask: Resolve) -> None:
    """Nothing required must not look like everything allowed."""
    request = ask("POST /docs?delete")
    with pytest.raises(ValueError, match="key by key"):
        required(request)
    (one,) = required_for_key(request, "a/b")
    assert (one.action, one.resource) == ("s3:DeleteObject", f"{BUCKET}/a/b")
    (one,) = required_for_key(request, "a", "v")
    assert (one.action, one.context) == (
        "s3:DeleteObjectVersion",
        {"s3:versionid": "v"},
    )
    delete, read = required_for_key(request, "a", None, '"tag"')
    assert delete.context == {"s3:if-match": '"tag"'}
    assert (read.action, read.context) == ("s3:GetObject", {})
    bypass = ask("POST /docs?delete", x_amz_bypass_governance_retention="true")
    assert [each.action for each in required_for_key(bypass, "a", "v")] == [
        "s3:DeleteObjectVersion",
        "s3:BypassGovernanceRetention",
    ]


@pytest.mark.parametrize(
    "line",
    ["PUT /docs/a", "DELETE /docs/a", "POST /docs/a?uploadId=u"],
)
def test_who_compares_entity_tags_may_read(ask: Resolve, line: str) -> None:
    """Else a guess would be told right or wrong."""
    actions = [each.action for each in required(ask(line, if_match='"tag"'))]
    assert actions[-1] == "s3:GetObject"
    assert "s3:GetObject" not in [
        each.action for each in required(ask(line, if_none_match="*"))
    ]


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
