"""Copies need the right on both sides; batches are decided key by key."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow


def test_a_copy_is_encrypted_and_keeps_its_metadata(
    alice: Any, bucket: str, folder: str, landscape: Any
) -> None:
    """Or has new metadata, where that is asked for."""
    source = {"Bucket": bucket, "Key": f"{folder}source ü+&.txt"}
    alice.put_object(**source, Body=b"copied", Metadata={"a": "1"}, ContentType="a/b")
    target = {"Bucket": bucket, "Key": f"{folder}target"}
    copied = alice.copy_object(**target, CopySource=source)
    assert copied["ServerSideEncryption"] == "aws:kms"
    assert copied["CopyObjectResult"]["ETag"].startswith('"')
    got = alice.get_object(**target)
    assert got["Body"].read() == b"copied"
    assert got["Metadata"] == {"a": "1"}
    assert got["ContentType"] == "a/b"
    assert got["SSEKMSKeyId"] == landscape.key_arn
    alice.copy_object(
        **target, CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"}
    )
    assert alice.head_object(**target)["Metadata"] == {"b": "2"}


def test_a_copy_of_what_one_may_not_read_is_refused(
    alice: Any, admin: Any, bucket: str, folder: str
) -> None:
    """And a copy to where one may not write."""
    theirs = {"Bucket": bucket, "Key": "AROAEMPLOYEE:bob/secret"}
    ours = {"Bucket": bucket, "Key": f"{folder}stolen"}
    admin.put_object(**theirs, Body=b"secret")
    for target, source in ((ours, theirs), (theirs, ours)):
        with pytest.raises(ClientError) as refused:
            alice.copy_object(**target, CopySource=source)
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


@pytest.mark.parametrize("source", ["nobucket", "/", "securecart-user-docs/", "a b"])
def test_a_copy_source_without_a_key_is_refused(
    alice: Any, bucket: str, folder: str, source: str
) -> None:
    """The store would overwrite the target with nothing."""
    key = f"{folder}kept"
    alice.put_object(Bucket=bucket, Key=key, Body=b"kept")
    with pytest.raises(ClientError) as refused:
        alice.copy_object(Bucket=bucket, Key=key, CopySource=source)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert alice.get_object(Bucket=bucket, Key=key)["Body"].read() == b"kept"


def test_a_batch_is_decided_key_by_key(
    alice: Any, admin: Any, bucket: str, folder: str
) -> None:
    """What may go goes, what may not is an error of its own."""
    ours = [f"{folder}batch {each} & <ü>" for each in range(3)]
    theirs = "AROAEMPLOYEE:bob/kept"
    for key in (*ours, theirs):
        admin.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = alice.delete_objects(
        Bucket=bucket,
        Delete={
            "Objects": [{"Key": key} for key in (ours[0], theirs, *ours[1:], "a//b")]
        },
    )
    assert sorted(each["Key"] for each in answer["Deleted"]) == ours
    errors = {each["Key"]: each["Code"] for each in answer["Errors"]}
    assert errors == {theirs: "AccessDenied", "a//b": "InvalidArgument"}
    assert admin.get_object(Bucket=bucket, Key=theirs)["Body"].read() == b"x"
    for key in ours:
        with pytest.raises(ClientError):
            admin.head_object(Bucket=bucket, Key=key)


def test_a_quiet_batch_tells_errors_only(alice: Any, bucket: str, folder: str) -> None:
    """And a version needs a right of its own."""
    key = f"{folder}quiet"
    version = alice.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"]
    answer = alice.delete_objects(
        Bucket=bucket,
        Delete={
            "Quiet": True,
            "Objects": [{"Key": key}, {"Key": key, "VersionId": version}],
        },
    )
    assert "Deleted" not in answer
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
