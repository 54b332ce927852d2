"""What stands in errors beside code and message, by an unchanged boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow


def error_of(call: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """The whole answer of a call that is refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    answer: dict[str, Any] = {**refused.value.response}
    return answer


def test_errors_name_what_they_are_about(admin: Any, bucket: str) -> None:
    """The bucket, the key, the version, the upload or the argument."""
    named = {"Bucket": bucket, "Key": "none"}
    for call, parameters, code, elements in (
        (admin.get_object, named, "NoSuchKey", {"Key": "none"}),
        (
            admin.get_object,
            {**named, "VersionId": "0" * 32},
            "NoSuchVersion",
            {"Key": "none", "VersionId": "0" * 32},
        ),
        (
            admin.list_parts,
            {**named, "UploadId": "0" * 40 + "_" + "0" * 32},
            "NoSuchUpload",
            {"UploadId": "0" * 40 + "_" + "0" * 32},
        ),
        (
            admin.list_objects_v2,
            {"Bucket": "none-of-this-name"},
            "NoSuchBucket",
            {"BucketName": "none-of-this-name"},
        ),
        (
            admin.get_bucket_website,
            {"Bucket": bucket},
            "NoSuchWebsiteConfiguration",
            {"BucketName": bucket},
        ),
        (
            admin.list_objects_v2,
            {"Bucket": bucket, "MaxKeys": -1},
            "InvalidArgument",
            {"ArgumentName": "max-keys", "ArgumentValue": "-1"},
        ),
    ):
        answer = error_of(call, **parameters)
        error, metadata = answer["Error"], answer["ResponseMetadata"]
        assert error["Code"] == code
        assert elements.items() <= error.items()
        assert error["Resource"].startswith("/")
        headers = metadata["HTTPHeaders"]
        assert headers["x-amz-request-id"] == metadata["RequestId"]
        assert headers["x-amz-id-2"] == metadata["HostId"]


def test_a_head_has_no_body(admin: Any, bucket: str) -> None:
    """Its status and ids are all there is."""
    for call, parameters in (
        (admin.head_bucket, {"Bucket": "none-of-this-name"}),
        (admin.head_object, {"Bucket": bucket, "Key": "none"}),
    ):
        answer = error_of(call, **parameters)
        assert answer["Error"]["Code"] == "404"
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"]


def test_a_head_of_a_bucket_tells_where_it_is(admin: Any, bucket: str) -> None:
    """And that it is no alias of an access point."""
    answer = admin.head_bucket(Bucket=bucket)
    assert answer["BucketRegion"] == "us-east-1"
    assert answer["BucketArn"] == f"arn:aws:s3:::{bucket}"
    assert answer["AccessPointAlias"] is False


def test_optional_attributes_are_those_that_objects_have(
    admin: Any, bucket: str
) -> None:
    """None was ever archived."""
    admin.list_objects_v2(Bucket=bucket, OptionalObjectAttributes=["RestoreStatus"])
    answer = error_of(
        admin.list_objects_v2, Bucket=bucket, OptionalObjectAttributes=["Colour"]
    )
    assert answer["Error"]["Code"] == "InvalidArgument"
