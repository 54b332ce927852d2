"""Encryption by S3's keys and by the customer's, by an unchanged boto3."""

import base64
import hashlib
import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
KEY, OTHER = os.urandom(32), os.urandom(32)
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
WRONG = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER}
KEY_MD5 = base64.b64encode(hashlib.md5(KEY, usedforsecurity=False).digest()).decode()
STORED_SO = (
    "The object was stored using a form of Server Side Encryption. The correct "
    "parameters must be provided to retrieve the object."
)


def refusal(call: Any, **parameters: Any) -> tuple[int, str, str]:
    """Answer status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    answer = refused.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"].get("Message", "")


def in_parts(client: Any, parts: list[bytes], *, begin: Any, each: Any) -> Any:
    """Upload an object in parts; answer what completing it answers."""
    named = {"Bucket": begin["Bucket"], "Key": begin["Key"]}
    upload = named | {"UploadId": client.create_multipart_upload(**begin)["UploadId"]}
    made = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(**upload, PartNumber=number, Body=part, **each)[
                "ETag"
            ],
        }
        for number, part in enumerate(parts, start=1)
    ]
    return client.complete_multipart_upload(**upload, MultipartUpload={"Parts": made})


def test_a_bucket_without_a_setting_has_s3s_own_keys(admin: Any, fresh: str) -> None:
    """As in AWS since 2023: in every answer, asked for or not."""
    (rule,) = admin.get_bucket_encryption(Bucket=fresh)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for options in ({}, {"ServerSideEncryption": "AES256"}):
        put = admin.put_object(Bucket=fresh, Key="a", Body=b"0123456789", **options)
        got = admin.get_object(Bucket=fresh, Key="a")
        assert got["Body"].read() == b"0123456789"
        head = admin.head_object(Bucket=fresh, Key="a")
        part = admin.get_object(Bucket=fresh, Key="a", Range="bytes=3-5")
        assert part["Body"].read() == b"345"
        for answer in (put, got, head, part):
            assert answer["ServerSideEncryption"] == "AES256"
            assert "SSEKMSKeyId" not in answer
    copied = admin.copy_object(Bucket=fresh, Key="b", CopySource=f"{fresh}/a")
    assert copied["ServerSideEncryption"] == "AES256"
    begun = admin.create_multipart_upload(Bucket=fresh, Key="c")
    assert begun["ServerSideEncryption"] == "AES256"


def test_what_is_stored_so_is_unreadable_on_the_disk(
    admin: Any, fresh: str, landscape: Any
) -> None:
    """Whole, in parts, and copied, whichever way it was copied."""
    secret = b"what nobody but the person and the gateway may see. " * 100
    large = secret * (5 * MIB // len(secret) + 1)
    admin.put_object(Bucket=fresh, Key="whole", Body=secret)
    begin = {"Bucket": fresh, "Key": "parts"}
    in_parts(admin, [large, secret], begin=begin, each={})
    admin.copy_object(Bucket=fresh, Key="copied", CopySource=f"{fresh}/whole")
    admin.copy_object(
        Bucket=fresh,
        Key="copied here",
        CopySource=f"{fresh}/whole",
        ChecksumAlgorithm="SHA256",
    )
    upload = {
        "Bucket": fresh,
        "Key": "of copied parts",
        "UploadId": admin.create_multipart_upload(Bucket=fresh, Key="of copied parts")[
            "UploadId"
        ],
    }
    admin.upload_part_copy(**upload, PartNumber=1, CopySource=f"{fresh}/parts")
    root = landscape.store.socket_path.parents[1]
    kept = [file.read_bytes() for file in root.rglob("*") if file.is_file()]
    assert any(b"of copied parts" in content for content in kept)
    assert not any(secret[:52] in content for content in kept)


def test_a_bucket_can_be_set_to_s3s_keys(
    admin: Any, fresh: str, landscape: Any
) -> None:
    """And KMS asked for in a request still prevails; its bucket key is told."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    admin.put_bucket_encryption(
        Bucket=fresh, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    assert (
        admin.put_object(Bucket=fresh, Key="a", Body=b"x")["ServerSideEncryption"]
        == "AES256"
    )
    put = admin.put_object(
        Bucket=fresh,
        Key="b",
        Body=b"x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=landscape.key_arn,
        BucketKeyEnabled=True,
    )
    assert put["SSEKMSKeyId"] == landscape.key_arn
    assert put["BucketKeyEnabled"]
    assert (
        refusal(
            admin.put_object,
            Bucket=fresh,
            Key="c",
            Body=b"",
            ServerSideEncryption="AES256",
            SSEKMSKeyId=landscape.key_arn,
        )[1]
        == "InvalidArgument"
    )


def test_a_customers_key_opens_its_object_and_no_other_does(
    admin: Any, fresh: str, landscape: Any
) -> None:
    """Whole, in ranges, by HEAD; the key is told to nobody, its MD5 is."""
    named = {"Bucket": fresh, "Key": "mine"}
    body = os.urandom(70_000)
    put = admin.put_object(**named, Body=body, **CUSTOMER)
    got = admin.get_object(**named, **CUSTOMER)
    assert got["Body"].read() == body
    head = admin.head_object(**named, **CUSTOMER)
    part = admin.get_object(**named, **CUSTOMER, Range="bytes=33-65999")
    assert part["Body"].read() == body[33:66_000]
    for answer in (put, got, head, part):
        assert answer["SSECustomerAlgorithm"] == "AES256"
        assert answer["SSECustomerKeyMD5"] == KEY_MD5
        assert "ServerSideEncryption" not in answer
    for method in (admin.get_object, admin.head_object):
        assert refusal(method, **named)[0] == 400
        assert refusal(method, **named, **WRONG)[0] == 403
    assert refusal(admin.get_object, **named) == (400, "InvalidRequest", STORED_SO)
    assert refusal(admin.get_object, **named, **WRONG)[1] == "AccessDenied"
    for secret in (base64.b64encode(KEY), base64.b64encode(OTHER), KEY):
        assert not any(secret in line for line in landscape.journal.records)
        root = landscape.store.socket_path.parents[1]
        for file in root.rglob("*"):
            assert not file.is_file() or secret not in file.read_bytes(), file


def test_a_key_for_an_object_that_has_none_is_refused(admin: Any, fresh: str) -> None:
    """By GET, by HEAD and by a copy."""
    named = {"Bucket": fresh, "Key": "ours"}
    admin.put_object(**named, Body=b"x")
    assert refusal(admin.get_object, **named, **CUSTOMER) == (
        400,
        "InvalidRequest",
        "The encryption parameters are not applicable to this object.",
    )
    assert refusal(admin.head_object, **named, **CUSTOMER)[0] == 400
    source = {f"CopySource{name}": value for name, value in CUSTOMER.items()}
    copy = {"Bucket": fresh, "Key": "copy", "CopySource": f"{fresh}/ours"}
    assert refusal(admin.copy_object, **copy, **source)[1] == "InvalidRequest"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"algorithm": None}, "InvalidArgument"),
        ({"algorithm": "AES128"}, "InvalidEncryptionAlgorithmError"),
        ({"key": None}, "InvalidArgument"),
        ({"key": "AAAA"}, "InvalidArgument"),
        ({"key": "no base64!"}, "InvalidArgument"),
        ({"key-md5": None}, "InvalidArgument"),
        ({"key-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "InvalidArgument"),
    ],
    ids=str,
)
def test_half_a_customers_key_is_refused(
    admin: Any, fresh: str, headers: dict[str, str | None], code: str
) -> None:
    """And nothing is stored."""
    sent: dict[str, str | None] = {
        "algorithm": "AES256",
        "key": base64.b64encode(KEY).decode(),
        "key-md5": KEY_MD5,
        **headers,
    }

    def put_headers(request: Any, **_: Any) -> None:
        for name, value in sent.items():
            if value is not None:
                full = f"x-amz-server-side-encryption-customer-{name}"
                request.headers[full] = value

    admin.meta.events.register("before-sign.s3.PutObject", put_headers)
    assert refusal(admin.put_object, Bucket=fresh, Key="half", Body=b"x")[1] == code
    assert refusal(admin.head_object, Bucket=fresh, Key="half")[0] == 404


def test_parts_want_the_key_that_the_upload_was_begun_with(
    admin: Any, fresh: str
) -> None:
    """The store takes any: it would keep plain text, or spoil the object."""
    named = {"Bucket": fresh, "Key": "in parts"}
    begun = admin.create_multipart_upload(**named, **CUSTOMER)
    assert begun["SSECustomerKeyMD5"] == KEY_MD5
    upload = named | {"UploadId": begun["UploadId"]}
    body = os.urandom(5 * MIB + 17)
    part = upload | {"PartNumber": 1, "Body": body}
    assert refusal(admin.upload_part, **part)[1] == "InvalidRequest"
    assert refusal(admin.upload_part, **part, **WRONG)[1] == "InvalidRequest"
    assert admin.list_parts(**upload).get("Parts", []) == []
    first = admin.upload_part(**part, **CUSTOMER)
    assert first["SSECustomerKeyMD5"] == KEY_MD5
    last = admin.upload_part(**upload, PartNumber=2, Body=b"end", **CUSTOMER)
    listed = admin.list_parts(**upload)
    assert listed["UploadId"] == upload["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": each["ETag"]}
        for number, each in enumerate((first, last), start=1)
    ]
    admin.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert admin.get_object(**named, **CUSTOMER)["Body"].read() == body + b"end"
    edge = admin.get_object(**named, **CUSTOMER, Range=f"bytes={5 * MIB}-")
    assert edge["Body"].read() == body[5 * MIB :] + b"end"
    two = admin.get_object(**named, **CUSTOMER, PartNumber=2)
    assert two["Body"].read() == b"end"
    assert refusal(admin.get_object, **named, **WRONG)[1] == "AccessDenied"
    for number, call in enumerate((admin.upload_part, admin.upload_part_copy)):
        begun = admin.create_multipart_upload(**named, **CUSTOMER)["UploadId"]
        stores = named | {"UploadId": begun.partition("~")[0]}
        source = {"Body": b"plain"} if number == 0 else {"CopySource": f"{fresh}/plain"}
        admin.put_object(Bucket=fresh, Key="plain", Body=b"x")
        assert refusal(call, **stores, PartNumber=1, **source)[1] == "InvalidRequest"
        assert refusal(admin.list_parts, **stores)[1] == "NoSuchUpload"
    ordinary = admin.create_multipart_upload(Bucket=fresh, Key="ordinary")
    assert (
        refusal(
            admin.upload_part,
            Bucket=fresh,
            Key="ordinary",
            UploadId=ordinary["UploadId"],
            PartNumber=1,
            Body=b"x",
            **CUSTOMER,
        )[1]
        == "InvalidRequest"
    )
