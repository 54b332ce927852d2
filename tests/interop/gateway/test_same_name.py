"""A key and a folder of one name, in buckets that keep versions and that do not."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

ALIAS = "alias/securecart-user-docs"

FILE = {"Body": b"a file", "ContentType": "text/plain"}


def code_of(ask: Callable[..., Any], **parameters: Any) -> str:
    """What is refused, and by which word."""
    with pytest.raises(ClientError) as refused:
        ask(**parameters)
    return str(refused.value.response["Error"]["Code"])


@pytest.fixture(params=["never", "suspended", "enabled since"])
def mixed(request: pytest.FixtureRequest, admin: Any) -> str:
    """A bucket where the file `a` has a file in its folder, both without versions."""
    name = f"same-name-{request.param.replace(' ', '-')}"
    admin.create_bucket(Bucket=name)
    admin.put_object(Bucket=name, Key="a", **FILE)
    admin.put_object(Bucket=name, Key="a/b", Body=b"in it")
    if request.param != "never":
        now = "Suspended" if request.param == "suspended" else "Enabled"
        admin.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": now}
        )
    return name


def test_a_file_does_not_stand_for_the_folder_of_its_name(
    admin: Any, mixed: str
) -> None:
    """Not its bytes, tags or size, and nothing of it is changed."""
    folder = {"Bucket": mixed, "Key": "a/"}
    assert code_of(admin.head_object, **folder) == "404"
    assert code_of(admin.get_object, **folder) == "NoSuchKey"
    assert code_of(admin.get_object_tagging, **folder) == "NoSuchKey"
    assert (
        code_of(
            admin.put_object_tagging,
            **folder,
            Tagging={"TagSet": [{"Key": "k", "Value": "v"}]},
        )
        == "NoSuchKey"
    )
    asked = ["ObjectSize"]
    assert (
        code_of(admin.get_object_attributes, **folder, ObjectAttributes=asked)
        == "NoSuchKey"
    )
    copied = {"Bucket": mixed, "Key": "copy", "CopySource": f"{mixed}/a/"}
    assert code_of(admin.copy_object, **copied) == "NoSuchKey"
    assert code_of(admin.head_object, Bucket=mixed, Key="copy") == "404"
    admin.delete_object(**folder)
    admin.delete_objects(Bucket=mixed, Delete={"Objects": [{"Key": "a/"}]})
    named = {"Bucket": mixed, "Key": "a"}
    assert admin.get_object(**named)["Body"].read() == b"a file"
    assert admin.get_object_tagging(**named)["TagSet"] == []
    assert admin.get_object(Bucket=mixed, Key="a/b")["Body"].read() == b"in it"


@pytest.mark.parametrize("status", [None, "Suspended"])
def test_neither_takes_the_others_place(admin: Any, status: str | None) -> None:
    """It is refused, what is there stays, and with versions both are kept."""
    bucket = f"places-{str(status).lower()}"
    admin.create_bucket(Bucket=bucket)
    if status is not None:
        admin.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": status}
        )
    admin.put_object(Bucket=bucket, Key="a/b", Body=b"in it")
    admin.put_object(Bucket=bucket, Key="a", Body=b"a file")
    admin.put_object(Bucket=bucket, Key="a", Body=b"the file")
    admin.put_object(Bucket=bucket, Key="c/")
    kept = {"a": b"the file", "a/b": b"in it", "c/": b""}

    def writes(key: str) -> list[Callable[[], Any]]:
        named = {"Bucket": bucket, "Key": key}
        source = f"{bucket}/{'c/' if key.endswith('/') else 'a'}"
        return [
            lambda: admin.put_object(**named, Body=b""),
            lambda: admin.copy_object(**named, CopySource=source),
        ]

    for key in ("a/", "c"):
        for write in writes(key):
            assert code_of(write) == "InvalidArgument"
    assert code_of(lambda: in_parts(admin, bucket, "c")) == "InvalidArgument"
    for key, body in kept.items():
        assert admin.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    admin.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    in_parts(admin, bucket, "c")
    assert admin.get_object(Bucket=bucket, Key="c")["Body"].read() == b"a file"
    assert admin.get_object(Bucket=bucket, Key="c/")["Body"].read() == b""


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1])
@pytest.mark.parametrize(
    "described",
    [
        {},
        {"ServerSideEncryption": "AES256"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ALIAS},
        {"Tagging": "a=b", "Metadata": {"a": "b"}},
        {"ContentType": "application/x-directory"},
    ],
    ids=["plain", "SSE-S3", "SSE-KMS", "described", "as s3fs puts it"],
)
def test_every_folder_that_was_put_stays(
    admin: Any, fresh: str, size: int, described: dict[str, Any]
) -> None:
    """Whatever it was put with, and however large the file is."""
    bucket = fresh
    admin.put_object(Bucket=bucket, Key="a/", **described)
    admin.put_object(Bucket=bucket, Key="a/b", Body=b"in it")
    file = {"Bucket": bucket, "Key": "a", "Body": b"x" * size}
    assert code_of(admin.put_object, **file) == "InvalidArgument"
    assert code_of(admin.head_object, Bucket=bucket, Key="a") == "404"
    assert admin.head_object(Bucket=bucket, Key="a/")["ContentLength"] == 0
    admin.delete_object(Bucket=bucket, Key="a/b")
    admin.delete_object(Bucket=bucket, Key="a/")


@pytest.mark.parametrize(
    "encryption",
    [{}, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ALIAS}],
    ids=["SSE-S3", "SSE-KMS"],
)
def test_an_empty_file_is_no_folder(
    admin: Any, fresh: str, encryption: dict[str, str]
) -> None:
    """It has the tag of one, and is written over all the same."""
    named = {"Bucket": fresh, "Key": "c"}
    for body in (b"", b"", b"full", b"", b"x" * 100_000):
        admin.put_object(**named, **encryption, Body=body)
        assert admin.get_object(**named)["Body"].read() == body


def test_parts_make_no_file_where_a_folder_is(admin: Any) -> None:
    """The store cannot, which is said before it is asked; versions make room."""
    bucket = "same-name-parts"
    admin.create_bucket(Bucket=bucket)
    admin.put_object(Bucket=bucket, Key="a/b", Body=b"in it")
    assert code_of(lambda: in_parts(admin, bucket, "a")) == "InvalidArgument"
    assert code_of(admin.head_object, Bucket=bucket, Key="a") == "404"
    assert admin.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"in it"


def in_parts(admin: Any, bucket: str, key: str) -> None:
    """Upload a small file by one part."""
    named = {"Bucket": bucket, "Key": key}
    begun = named | {"UploadId": admin.create_multipart_upload(**named)["UploadId"]}
    tag = admin.upload_part(**begun, PartNumber=1, Body=b"a file")["ETag"]
    admin.complete_multipart_upload(
        **begun, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]}
    )


def test_a_folder_that_nobody_made_is_no_key(admin: Any) -> None:
    """It is there for what is in it; one that was put is a key, and stays apart."""
    bucket = "same-name-folders"
    admin.create_bucket(Bucket=bucket)
    admin.put_object(Bucket=bucket, Key="a/b", Body=b"in it")
    folder = {"Bucket": bucket, "Key": "a/"}
    assert code_of(admin.head_object, **folder) == "404"
    admin.put_object(**folder, ContentType="application/x-directory")
    assert admin.head_object(**folder)["ContentLength"] == 0
    assert admin.get_object(**folder)["Body"].read() == b""
    admin.put_object(Bucket=bucket, Key="c", **FILE)
    assert code_of(admin.put_object, Bucket=bucket, Key="c/") == "InvalidArgument"
    assert admin.get_object(Bucket=bucket, Key="c")["Body"].read() == b"a file"
