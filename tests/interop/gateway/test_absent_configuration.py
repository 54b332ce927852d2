"""What tools ask of a bucket before they do anything, by an unchanged boto3."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

NAME = "bucket-without-much"


@pytest.fixture(scope="module")
def bare(landscape: Any) -> Iterator[str]:
    """A bucket as it is made."""
    landscape.admin.create_bucket(Bucket=NAME)
    landscape.admin.put_object(Bucket=NAME, Key="x")
    yield NAME
    landscape.admin.delete_object(Bucket=NAME, Key="x")
    landscape.admin.delete_bucket(Bucket=NAME)


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_what_is_not_there_is_told_as_by_aws(admin: Any, bare: str) -> None:
    """By empty documents, or by the error of each."""
    assert told(admin.get_bucket_accelerate_configuration(Bucket=bare)) == {}
    assert told(admin.get_bucket_logging(Bucket=bare)) == {}
    assert told(admin.get_bucket_notification_configuration(Bucket=bare)) == {}
    assert told(admin.get_bucket_request_payment(Bucket=bare)) == {
        "Payer": "BucketOwner"
    }
    for kind in ("analytics", "intelligent_tiering", "inventory", "metrics"):
        listing = getattr(admin, f"list_bucket_{kind}_configurations")(Bucket=bare)
        assert told(listing) == {"IsTruncated": False}
        with pytest.raises(ClientError, match="NoSuchConfiguration"):
            getattr(admin, f"get_bucket_{kind}_configuration")(Bucket=bare, Id="x")
    for call, code in (
        (admin.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
        (admin.get_bucket_tagging, "NoSuchTagSet"),
        (admin.get_bucket_website, "NoSuchWebsiteConfiguration"),
    ):
        with pytest.raises(ClientError, match=code) as refused:
            call(Bucket=bare)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    for delete in (
        admin.delete_bucket_replication,
        admin.delete_bucket_tagging,
        admin.delete_bucket_website,
    ):
        assert delete(Bucket=bare)["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_setting_it_up_is_refused(admin: Any, bare: str) -> None:
    """Rather than half done."""
    with pytest.raises(ClientError, match="NotImplemented") as refused:
        admin.put_bucket_tagging(
            Bucket=bare, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
        )
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="NotImplemented"):
        admin.put_bucket_accelerate_configuration(
            Bucket=bare, AccelerateConfiguration={"Status": "Enabled"}
        )


def test_acls_say_that_all_is_the_owner_s(admin: Any, bare: str) -> None:
    """And cannot be made to say anything else."""
    owner = admin.list_buckets()["Owner"]
    for acl in (
        admin.get_bucket_acl(Bucket=bare),
        admin.get_object_acl(Bucket=bare, Key="x"),
    ):
        assert acl["Owner"] == owner
        assert acl["Grants"] == [
            {
                "Grantee": {**owner, "Type": "CanonicalUser"},
                "Permission": "FULL_CONTROL",
            }
        ]
    with pytest.raises(ClientError, match="NoSuchKey"):
        admin.get_object_acl(Bucket=bare, Key="none")
    for call, parameters in (
        (admin.put_bucket_acl, {"ACL": "private"}),
        (admin.put_object_acl, {"ACL": "public-read", "Key": "x"}),
        (admin.put_object_acl, {"AccessControlPolicy": acl_of(owner), "Key": "x"}),
        (admin.put_object, {"ACL": "public-read", "Key": "x"}),
        (admin.put_object, {"GrantRead": "id=1", "Key": "x"}),
    ):
        with pytest.raises(ClientError, match="does not allow ACLs") as refused:
            call(Bucket=bare, **parameters)
        assert refused.value.response["Error"]["Code"] == (
            "AccessControlListNotSupported"
        )
    admin.put_object_acl(Bucket=bare, Key="x", ACL="bucket-owner-full-control")
    admin.put_object(Bucket=bare, Key="x", ACL="bucket-owner-full-control")


def acl_of(owner: dict[str, str]) -> dict[str, Any]:
    """An ACL in a document."""
    return {"Owner": owner, "Grants": []}


def test_who_may_not_ask_is_not_told(alice: Any, bare: str) -> None:
    """Of nothing that is absent, either."""
    for call in (
        alice.get_bucket_acl,
        alice.get_bucket_logging,
        alice.get_bucket_tagging,
        alice.get_bucket_replication,
        alice.delete_bucket_website,
        alice.list_bucket_metrics_configurations,
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(Bucket=bare)
