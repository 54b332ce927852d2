"""Multipart uploads through the gateway."""

import os
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

MIB = 1024 * 1024


def test_fifty_megabytes_in_parts(
    alice: Any, bucket: str, folder: str, tmp_path: Any, landscape: Any
) -> None:
    """Up by boto3's transfer manager, and down byte for byte."""
    source, target = tmp_path / "up", tmp_path / "down"
    source.write_bytes(os.urandom(MIB) * 50 + b"end")
    key = f"{folder}fifty"
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
    alice.upload_file(str(source), bucket, key, Config=config)
    alice.download_file(bucket, key, str(target), Config=config)
    assert target.read_bytes() == source.read_bytes()
    head = alice.head_object(Bucket=bucket, Key=key)
    assert head["SSEKMSKeyId"] == landscape.key_arn
    assert head["ETag"].endswith('-7"')


def test_an_upload_can_be_looked_at_and_aborted(
    alice: Any, admin: Any, bucket: str, folder: str
) -> None:
    """And then leaves nothing."""
    key = f"{folder}aborted"
    made = alice.create_multipart_upload(Bucket=bucket, Key=key)
    assert made["ServerSideEncryption"] == "aws:kms"
    upload = {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}
    alice.upload_part(**upload, PartNumber=1, Body=b"x" * 5 * MIB)
    parts = alice.list_parts(**upload)["Parts"]
    assert [part["Size"] for part in parts] == [5 * MIB]
    uploads = admin.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert made["UploadId"] in [each["UploadId"] for each in uploads]
    alice.abort_multipart_upload(**upload)
    with pytest.raises(ClientError) as refused:
        alice.list_parts(**upload)
    assert refused.value.response["Error"]["Code"] == "NoSuchUpload"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (
            [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}],
            "InvalidPart",
        ),
        ([], "MalformedXML"),
    ],
)
def test_a_wrong_list_of_parts_is_refused(
    alice: Any, bucket: str, folder: str, parts: list[dict[str, Any]], code: str
) -> None:
    """And no object appears."""
    key = f"{folder}incomplete"
    made = alice.create_multipart_upload(Bucket=bucket, Key=key)
    upload = {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}
    alice.upload_part(**upload, PartNumber=1, Body=b"x")
    with pytest.raises(ClientError) as refused:
        alice.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert refused.value.response["Error"]["Code"] == code


def test_an_upload_into_anothers_folder_never_begins(alice: Any, bucket: str) -> None:
    """Nor can a part be sent to one that did."""
    with pytest.raises(ClientError) as refused:
        alice.create_multipart_upload(Bucket=bucket, Key="AROAEMPLOYEE:bob/x")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
