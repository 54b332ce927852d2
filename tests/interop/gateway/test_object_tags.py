"""Tags of objects, and decisions by them, by an unchanged boto3."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow


def code_of(call: Any, **parameters: Any) -> str:
    """Answer the code of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    code: str = refused.value.response["Error"]["Code"]
    return code


def tags_of(client: Any, **named: str) -> dict[str, str]:
    """Answer an object's tags."""
    got = client.get_object_tagging(**named)
    return {each["Key"]: each["Value"] for each in got["TagSet"]}


def tag_set(**tags: str) -> dict[str, Any]:
    """Answer tags as boto3 takes them."""
    return {"TagSet": [{"Key": key, "Value": tags[key]} for key in tags]}


def test_tags_are_put_read_and_deleted(admin: Any, fresh: str) -> None:
    """With the object or afterwards; the count is told with the object."""
    named = {"Bucket": fresh, "Key": "ü/tagged +&"}
    admin.put_object(**named, Body=b"x", Tagging="kind=draft&for=%C3%BC%20b%2Bc")
    assert tags_of(admin, **named) == {"kind": "draft", "for": "ü b+c"}
    got = admin.get_object(**named)
    assert got["TagCount"] == 2
    headers = got["ResponseMetadata"]["HTTPHeaders"]
    assert [name for name in headers if "tagging" in name] == ["x-amz-tagging-count"]
    admin.put_object_tagging(**named, Tagging=tag_set(kind="final"))
    assert tags_of(admin, **named) == {"kind": "final"}
    admin.delete_object_tagging(**named)
    assert tags_of(admin, **named) == {}
    assert "TagCount" not in admin.head_object(**named)


def test_tags_are_bounded_and_nothing_is_stored_with_others(
    admin: Any, fresh: str
) -> None:
    """The store itself would take eleven."""
    eleven = "&".join(f"k{number}=v" for number in range(11))
    put = {"Bucket": fresh, "Key": "a", "Body": b""}
    assert code_of(admin.put_object, **put, Tagging=eleven) == "BadRequest"
    assert code_of(admin.put_object, **put, Tagging="a=1&a=2") == "InvalidTag"
    assert code_of(admin.head_object, Bucket=fresh, Key="a") == "404"
    tagging = tag_set(**{f"k{number}": "v" for number in range(11)})
    missing = {"Bucket": fresh, "Key": "a"}
    assert code_of(admin.put_object_tagging, **missing, Tagging=tagging) == (
        "BadRequest"
    )
    assert code_of(admin.get_object_tagging, **missing) == "NoSuchKey"
    assert code_of(admin.put_object_tagging, **missing, Tagging=tag_set(a="1")) == (
        "NoSuchKey"
    )


def test_tags_of_each_version_are_its_own(admin: Any, fresh: str) -> None:
    """And those of a marker cannot be."""
    versioned = {"Status": "Enabled"}
    admin.put_bucket_versioning(Bucket=fresh, VersioningConfiguration=versioned)
    named = {"Bucket": fresh, "Key": "v"}
    old = named | {
        "VersionId": admin.put_object(**named, Body=b"1", Tagging="a=1")["VersionId"]
    }
    admin.put_object(**named, Body=b"2")
    assert tags_of(admin, **old) == {"a": "1"}
    assert tags_of(admin, **named) == {}
    admin.put_object_tagging(**old, Tagging=tag_set(a="2"))
    assert tags_of(admin, **old) == {"a": "2"}
    marker = admin.delete_object(**named)["VersionId"]
    assert code_of(admin.get_object_tagging, **named) == "NoSuchKey"
    assert code_of(admin.get_object_tagging, **named, VersionId=marker) == (
        "MethodNotAllowed"
    )


def test_an_upload_in_parts_is_tagged_as_it_begins(admin: Any, fresh: str) -> None:
    """The object has them once it is one."""
    named = {"Bucket": fresh, "Key": "parts"}
    upload = named | {
        "UploadId": admin.create_multipart_upload(**named, Tagging="a=1")["UploadId"]
    }
    part = admin.upload_part(**upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    admin.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert tags_of(admin, **named) == {"a": "1"}


@pytest.mark.parametrize("here", [{}, {"ChecksumAlgorithm": "SHA256"}], ids=str)
def test_a_copy_has_its_sources_tags_or_its_own(
    admin: Any, fresh: str, here: dict[str, str]
) -> None:
    """Whether the store copies or we do."""
    admin.put_object(Bucket=fresh, Key="source", Body=b"x", Tagging="a=1")
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/source", **here}
    named = {"Bucket": fresh, "Key": "copy"}
    admin.copy_object(**copy)
    assert tags_of(admin, **named) == {"a": "1"}
    admin.copy_object(**copy, TaggingDirective="REPLACE", Tagging="b=2")
    assert tags_of(admin, **named) == {"b": "2"}
    admin.copy_object(**copy, TaggingDirective="REPLACE")
    assert tags_of(admin, **named) == {}
    assert code_of(admin.copy_object, **copy, Tagging="c=3") == "InvalidRequest"
    assert code_of(admin.copy_object, **copy, TaggingDirective="NONE") == (
        "InvalidArgument"
    )


def test_who_may_not_tag_neither_sends_tags_nor_copies_them(
    alice: Any, admin: Any, bucket: str, folder: str
) -> None:
    """Nor is told how many there are."""
    put = {"Bucket": bucket, "Key": f"{folder}tagged", "Body": b"x"}
    assert code_of(alice.put_object, **put, Tagging="a=1") == "AccessDenied"
    admin.put_object(**put, Tagging="a=1")
    named = {"Bucket": bucket, "Key": f"{folder}tagged"}
    assert "TagCount" not in alice.get_object(**named)
    assert admin.get_object(**named)["TagCount"] == 1
    copy = {"Bucket": bucket, "Key": f"{folder}copy of it", "CopySource": named}
    assert code_of(alice.copy_object, **copy) == "AccessDenied"
    for call in (alice.get_object_tagging, alice.delete_object_tagging):
        assert code_of(call, **named) == "AccessDenied"


def deny(bucket: str, action: str, condition: dict[str, Any]) -> str:
    """Answer a bucket policy of one refusal."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_policies_decide_by_the_tags_that_are_there(admin: Any, fresh: str) -> None:
    """For reading, for a copy's source, and for tagging anew."""
    secret, open_ = {"Bucket": fresh, "Key": "s"}, {"Bucket": fresh, "Key": "o"}
    admin.put_object(**secret, Body=b"x", Tagging="Class=secret")
    admin.put_object(**open_, Body=b"x", Tagging="Class=open")
    for action, calls in (
        ("s3:GetObject", (admin.get_object, admin.head_object)),
        ("s3:GetObjectTagging", (admin.get_object_tagging,)),
    ):
        for key in ("s3:ExistingObjectTag/Class", "s3:existingobjecttag/class"):
            condition = {"StringEquals": {key: "secret"}}
            policy = deny(fresh, action, condition).replace("Tag/", "\\u0054ag/")
            admin.put_bucket_policy(Bucket=fresh, Policy=policy)
            for call in calls:
                assert code_of(call, **secret) in {"AccessDenied", "403"}
                call(**open_)
    condition = {"StringEquals": {"s3:ExistingObjectTag/Class": "secret"}}
    admin.put_bucket_policy(Bucket=fresh, Policy=deny(fresh, "s3:GetObject", condition))
    target = {"Bucket": fresh, "Key": "copy"}
    assert code_of(admin.copy_object, **target, CopySource=secret) == "AccessDenied"
    admin.copy_object(**target, CopySource=open_)
    assert tags_of(admin, **secret) == {"Class": "secret"}
    admin.put_bucket_policy(
        Bucket=fresh, Policy=deny(fresh, "s3:PutObjectTagging", condition)
    )
    final = tag_set(Class="open")
    assert code_of(admin.put_object_tagging, **secret, Tagging=final) == "AccessDenied"
    admin.put_object_tagging(**open_, Tagging=final)


def test_policies_decide_by_the_tags_that_are_sent(admin: Any, fresh: str) -> None:
    """In a header and in a document; missing ones too."""
    named = {"Bucket": fresh, "Key": "a"}
    admin.put_object(**named, Body=b"x")
    condition = {"StringNotEquals": {"s3:RequestObjectTag/Class": ["open", "secret"]}}
    admin.put_bucket_policy(
        Bucket=fresh, Policy=deny(fresh, "s3:PutObjectTagging", condition)
    )
    put = named | {"Body": b"y"}
    assert code_of(admin.put_object, **put, Tagging="Class=odd") == "AccessDenied"
    assert code_of(admin.put_object, **put, Tagging="Other=1") == "AccessDenied"
    admin.put_object(**put, Tagging="Class=open")
    for tags in ({"Class": "odd"}, {"Other": "1"}, {}):
        assert (
            code_of(admin.put_object_tagging, **named, Tagging=tag_set(**tags))
            == "AccessDenied"
        )
    admin.put_object_tagging(**named, Tagging=tag_set(Class="secret"))
    condition = {
        "ForAnyValue:StringNotEquals": {"s3:RequestObjectTagKeys": ["Class", "Owner"]}
    }
    admin.put_bucket_policy(
        Bucket=fresh, Policy=deny(fresh, "s3:PutObject*", condition)
    )
    assert code_of(admin.put_object, **put, Tagging="Class=1&X=1") == "AccessDenied"
    admin.put_object(**put, Tagging="Class=1&Owner=1")
