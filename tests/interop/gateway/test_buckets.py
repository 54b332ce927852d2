"""Buckets and their configuration, by an unchanged boto3."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

NAME = "another-bucket"


def code_of(call: Any, **parameters: Any) -> str:
    """Answer the code of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    code: str = refused.value.response["Error"]["Code"]
    return code


@pytest.fixture
def another(admin: Any) -> Iterator[str]:
    """A bucket of its own for a test."""
    admin.create_bucket(Bucket=NAME)
    yield NAME
    admin.delete_bucket(Bucket=NAME)


def test_a_bucket_is_created_listed_and_deleted(admin: Any, bucket: str) -> None:
    """And refused where it is there already, or not any more."""
    admin.create_bucket(Bucket=NAME)
    assert code_of(admin.create_bucket, Bucket=NAME) == "BucketAlreadyOwnedByYou"
    listed = [each["Name"] for each in admin.list_buckets()["Buckets"]]
    assert {NAME, bucket} <= set(listed)
    assert listed == sorted(listed)
    assert admin.head_bucket(Bucket=NAME)["BucketRegion"] == "us-east-1"
    assert admin.get_bucket_location(Bucket=NAME)["LocationConstraint"] is None
    admin.delete_bucket(Bucket=NAME)
    assert code_of(admin.head_bucket, Bucket=NAME) == "404"
    assert code_of(admin.put_object, Bucket=NAME, Key="x", Body=b"") == "NoSuchBucket"


def test_a_bucket_elsewhere_is_refused(admin: Any) -> None:
    """There is one region here."""
    assert (
        code_of(
            admin.create_bucket,
            Bucket="elsewhere",
            CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
        )
        == "IllegalLocationConstraintException"
    )


def test_a_bucket_with_anything_in_it_stays(admin: Any, another: str) -> None:
    """An object, an old version, or an unfinished upload."""
    admin.put_bucket_versioning(
        Bucket=another, VersioningConfiguration={"Status": "Enabled"}
    )
    version = admin.put_object(Bucket=another, Key="x", Body=b"x")["VersionId"]
    assert code_of(admin.delete_bucket, Bucket=another) == "BucketNotEmpty"
    marker = admin.delete_object(Bucket=another, Key="x")["VersionId"]
    assert code_of(admin.delete_bucket, Bucket=another) == "BucketNotEmpty"
    for each in (version, marker):
        admin.delete_object(Bucket=another, Key="x", VersionId=each)
    upload = admin.create_multipart_upload(Bucket=another, Key="y")["UploadId"]
    assert code_of(admin.delete_bucket, Bucket=another) == "BucketNotEmpty"
    admin.abort_multipart_upload(Bucket=another, Key="y", UploadId=upload)


def test_configuration_comes_back_as_it_was_put(
    admin: Any, another: str, landscape: Any
) -> None:
    """Each kind, and is gone after it was deleted."""
    for get, absent in (
        (admin.get_bucket_policy, "NoSuchBucketPolicy"),
        (admin.get_bucket_policy_status, "NoSuchBucketPolicy"),
        (admin.get_bucket_cors, "NoSuchCORSConfiguration"),
    ):
        assert code_of(get, Bucket=another) == absent
    block = admin.get_public_access_block(Bucket=another)
    assert set(block["PublicAccessBlockConfiguration"].values()) == {True}
    assert "Status" not in admin.get_bucket_versioning(Bucket=another)

    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:DeleteBucket",
                "Resource": f"arn:aws:s3:::{another}/x",
            },
        }
    )
    admin.put_bucket_policy(Bucket=another, Policy=policy)
    assert admin.get_bucket_policy(Bucket=another)["Policy"] == policy
    status = admin.get_bucket_policy_status(Bucket=another)["PolicyStatus"]
    assert status == {"IsPublic": False}
    admin.delete_bucket_policy(Bucket=another)
    assert code_of(admin.get_bucket_policy, Bucket=another) == "NoSuchBucketPolicy"

    encryption = {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": landscape.key_arn,
                },
                "BucketKeyEnabled": False,
            }
        ]
    }
    admin.put_bucket_encryption(
        Bucket=another, ServerSideEncryptionConfiguration=encryption
    )
    got = admin.get_bucket_encryption(Bucket=another)
    assert got["ServerSideEncryptionConfiguration"] == encryption
    for _ in range(2):  # To take away what is not there is no error.
        admin.delete_bucket_encryption(Bucket=another)
    got = admin.get_bucket_encryption(Bucket=another)
    (rule,) = got["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}

    block = dict.fromkeys(
        (
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        ),
        True,
    )
    admin.put_public_access_block(Bucket=another, PublicAccessBlockConfiguration=block)
    got = admin.get_public_access_block(Bucket=another)
    assert got["PublicAccessBlockConfiguration"] == block
    public = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{another}/*",
            },
        }
    )
    assert code_of(admin.put_bucket_policy, Bucket=another, Policy=public) == (
        "AccessDenied"
    )
    admin.delete_public_access_block(Bucket=another)

    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    got = admin.get_bucket_ownership_controls(Bucket=another)
    assert got["OwnershipControls"] == controls
    admin.put_bucket_ownership_controls(Bucket=another, OwnershipControls=controls)


def test_a_policy_that_is_not_understood_is_refused(admin: Any, another: str) -> None:
    """Wholly: nothing of it is kept."""
    for text in ("{", '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}'):
        assert code_of(admin.put_bucket_policy, Bucket=another, Policy=text) == (
            "MalformedPolicy"
        )
    assert code_of(admin.get_bucket_policy, Bucket=another) == "NoSuchBucketPolicy"


def test_the_public_gets_what_a_policy_gives_it(
    admin: Any, another: str, landscape: Any
) -> None:
    """And nothing else."""
    admin.put_object(Bucket=another, Key="open/x", Body=b"open")
    admin.put_object(Bucket=another, Key="closed", Body=b"closed")
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{another}/open/*",
        },
    }
    document = json.dumps(policy)
    assert code_of(admin.put_bucket_policy, Bucket=another, Policy=document) == (
        "AccessDenied"
    )
    admin.delete_public_access_block(Bucket=another)
    admin.put_bucket_policy(Bucket=another, Policy=document)
    get = "GET /{}/{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert landscape.raw(get.format(another, "open/x").encode()).endswith(b"open")
    for key in ("closed", "open", "open/none"):
        answer = landscape.raw(get.format(another, key).encode())
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"<Message>Access Denied</Message>" in answer
    status = admin.get_bucket_policy_status(Bucket=another)["PolicyStatus"]
    assert status == {"IsPublic": True}
    admin.put_public_access_block(
        Bucket=another,
        PublicAccessBlockConfiguration={"RestrictPublicBuckets": True},
    )
    answer = landscape.raw(get.format(another, "open/x").encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    for key in ("open/x", "closed"):
        admin.delete_object(Bucket=another, Key=key)


def test_setting_up_needs_rights(alice: Any, bucket: str) -> None:
    """A person's session has none of them."""
    for call, parameters in (
        (alice.delete_bucket, {}),
        (alice.get_bucket_policy, {}),
        (alice.put_bucket_policy, {"Policy": "{}"}),
        (alice.list_object_versions, {}),
    ):
        assert code_of(call, Bucket=bucket, **parameters) == "AccessDenied"
    assert code_of(alice.list_buckets) == "AccessDenied"
    assert code_of(alice.create_bucket, Bucket="a-bucket") == "AccessDenied"
