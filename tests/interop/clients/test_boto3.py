"""boto3 at its daily work."""

import base64
import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.installation import Running
from tests.interop.clients.document import blocks
from tests.interop.clients.person import Person

pytestmark = pytest.mark.slow

_PART = 8 * 1024 * 1024
_BY_PARTS = TransferConfig(multipart_threshold=_PART, multipart_chunksize=_PART)


@pytest.fixture
def s3(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of `docs/clients.md`, in the environment of `docs/clients.md`."""
    for name in ("AWS_CA_BUNDLE", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in alice.environment.items():
        monkeypatch.setenv(name, value)
    found: dict[str, Any] = {}
    exec(blocks()["boto3"], found)  # noqa: S102 - our own document's words
    return found["s3"]


@pytest.fixture
def bucket(alice: Person) -> str:
    """The bucket of everybody's folders."""
    return alice.bucket


@pytest.fixture
def folder(alice: Person) -> str:
    """The part of one's own folder that is for boto3."""
    return f"{alice.folder}/boto3"


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    """Status and code of an answer that was no success."""
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_a_large_file_goes_up_and_comes_back_by_parts(
    s3: Any, bucket: str, folder: str, large: Path, tmp_path: Path
) -> None:
    """`upload_file` and `download_file`; each part can be read alone."""
    key, back = f"{folder}/large.bin", tmp_path / "back.bin"
    s3.upload_file(str(large), bucket, key, Config=_BY_PARTS)
    s3.download_file(bucket, key, str(back), Config=_BY_PARTS)
    assert back.read_bytes() == large.read_bytes()
    head = s3.head_object(Bucket=bucket, Key=key, PartNumber=2)
    assert (head["PartsCount"], head["ContentLength"]) == (4, _PART)
    part = s3.get_object(Bucket=bucket, Key=key, PartNumber=2)["Body"].read()
    assert part == large.read_bytes()[_PART : 2 * _PART]


def test_addresses_are_presigned_for_plain_http(
    s3: Any, bucket: str, folder: str
) -> None:
    """GET, PUT and a form's POST, by a client that knows nothing of S3."""
    at = {"Bucket": bucket, "Key": f"{folder}/presigned.txt"}
    with httpx.Client(trust_env=False) as http:
        put = http.put(s3.generate_presigned_url("put_object", at), content=b"put")
        assert put.status_code == 200, put.text
        got = http.get(s3.generate_presigned_url("get_object", at))
        assert (got.status_code, got.content) == (200, b"put")
        form = s3.generate_presigned_post(
            bucket, at["Key"], Conditions=[["content-length-range", 1, 100]]
        )
        post = http.post(form["url"], data=form["fields"], files={"file": b"posted"})
        assert post.status_code == 204, post.text
        got = http.get(s3.generate_presigned_url("get_object", at, ExpiresIn=60))
        assert got.content == b"posted"
        other = s3.generate_presigned_url("get_object", at | {"Key": "x/y"})
        assert http.get(other).status_code == 403


def test_the_buckets_name_may_stand_in_the_host(
    s3: Any, bucket: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Virtual-hosted requests and addresses, as SDKs send them to AWS."""
    resolve = socket.getaddrinfo
    asked = set()

    def resolve_loopback(host: str, *arguments: Any, **options: Any) -> Any:
        # Resolvers differ on names below localhost (RFC 6761, section 6.3).
        asked.add(host)
        return resolve("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_loopback)
    config = Config(s3={"addressing_style": "virtual"}, signature_version="s3v4")
    virtual: Any = boto3.client("s3", config=config)
    at = {"Bucket": bucket, "Key": f"{folder}/virtual host/a b+c.txt"}
    virtual.put_object(**at, Body=b"virtual")
    assert s3.get_object(**at)["Body"].read() == b"virtual"
    start = f"{folder}/virtual host/"
    listed = virtual.list_objects_v2(Bucket=bucket, Prefix=start)
    assert [each["Key"] for each in listed["Contents"]] == [at["Key"]]
    address = virtual.generate_presigned_url("get_object", at)
    assert urlsplit(address).hostname == f"{bucket}.localhost"
    assert httpx.get(address, trust_env=False).content == b"virtual"
    with pytest.raises(ClientError) as error:
        virtual.list_objects_v2(Bucket=bucket)
    assert refused(error) == (403, "AccessDenied")
    assert asked == {"localhost", f"{bucket}.localhost"}


def test_an_older_version_is_read_and_brought_back(
    s3: Any, bucket: str, folder: str
) -> None:
    """By its id, by a copy over the newest, and behind a deletion."""
    at = {"Bucket": bucket, "Key": f"{folder}/versions.txt"}
    first = s3.put_object(**at, Body=b"first")["VersionId"]
    second = s3.put_object(**at, Body=b"second")["VersionId"]
    marker = s3.delete_object(**at)
    assert marker["DeleteMarker"]
    listed = s3.list_object_versions(Bucket=bucket, Prefix=at["Key"])
    assert [each["VersionId"] for each in listed["Versions"]] == [second, first]
    assert listed["DeleteMarkers"][0]["VersionId"] == marker["VersionId"]
    assert s3.get_object(**at, VersionId=first)["Body"].read() == b"first"
    s3.copy_object(**at, CopySource=at | {"VersionId": first})
    assert s3.get_object(**at)["Body"].read() == b"first"
    with pytest.raises(ClientError) as error:
        s3.delete_object(**at, VersionId=second)
    assert refused(error) == (403, "AccessDenied")


def test_copies_keep_or_replace_what_is_known_of_a_document(
    s3: Any, bucket: str, folder: str
) -> None:
    """`CopyObject` with either directive."""
    source = {"Bucket": bucket, "Key": f"{folder}/source.txt"}
    s3.put_object(
        **source, Body=b"text", ContentType="text/x-own", Metadata={"mood": "good"}
    )
    kept = {"Bucket": bucket, "Key": f"{folder}/kept.txt"}
    s3.copy_object(**kept, CopySource=source)
    head = s3.head_object(**kept)
    assert (head["ContentType"], head["Metadata"]) == ("text/x-own", {"mood": "good"})
    s3.copy_object(
        **kept, CopySource=source, MetadataDirective="REPLACE", Metadata={"mood": "bad"}
    )
    assert s3.head_object(**kept)["Metadata"] == {"mood": "bad"}
    assert s3.get_object(**kept)["Body"].read() == b"text"


def test_a_large_document_is_copied_by_parts(
    s3: Any, bucket: str, folder: str, large: Path
) -> None:
    """`copy` with `UploadPartCopy`, though source and target are encrypted."""
    source = {"Bucket": bucket, "Key": f"{folder}/large source.bin"}
    target = f"{folder}/large copy.bin"
    s3.upload_file(str(large), bucket, source["Key"], Config=_BY_PARTS)
    s3.copy(source, bucket, target, Config=_BY_PARTS)
    copied = s3.get_object(Bucket=bucket, Key=target)
    assert copied["ETag"].endswith('-4"')
    assert copied["Body"].read() == large.read_bytes()


def test_tags_are_not_a_persons_to_give(
    s3: Any, running: Running, bucket: str, folder: str
) -> None:
    """The role has no permission; an administrator tags, and the tags hold."""
    at = {"Bucket": bucket, "Key": f"{folder}/tagged.txt"}
    with pytest.raises(ClientError) as error:
        s3.put_object(**at, Body=b"tagged", Tagging="secret=no")
    assert refused(error) == (403, "AccessDenied")
    s3.put_object(**at, Body=b"tagged")
    tags = {"TagSet": [{"Key": "class", "Value": "a b+c"}]}
    running.client("s3").put_object_tagging(**at, Tagging=tags)
    assert running.client("s3").get_object_tagging(**at)["TagSet"] == tags["TagSet"]
    with pytest.raises(ClientError) as error:
        s3.delete_object_tagging(**at)
    assert refused(error) == (403, "AccessDenied")


def test_the_sdks_own_checksum_is_kept_and_checked(
    s3: Any, bucket: str, folder: str
) -> None:
    """Whichever this version takes where nobody names one."""
    at = {"Bucket": bucket, "Key": f"{folder}/checksum.txt"}
    put = s3.put_object(**at, Body=b"checked")
    sums = {name for name in put if name.startswith("Checksum") and name[8:] != "Type"}
    assert len(sums) == 1
    got = s3.get_object(**at, ChecksumMode="ENABLED")
    assert got["Body"].read() == b"checked"
    assert {name: got[name] for name in sums} == {name: put[name] for name in sums}


@pytest.mark.parametrize(
    "algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
)
def test_every_checksum_is_taken(
    s3: Any, bucket: str, folder: str, algorithm: str
) -> None:
    """And with each, a body that is not what it says is refused."""
    at = {"Bucket": bucket, "Key": f"{folder}/{algorithm}.txt"}
    put = s3.put_object(**at, Body=b"checked", ChecksumAlgorithm=algorithm)
    head = s3.head_object(**at, ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    wrong = {f"Checksum{algorithm}": put[f"Checksum{algorithm}"]}
    with pytest.raises(ClientError) as error:
        s3.put_object(**at, Body=b"changed", **wrong)
    assert refused(error) == (400, "BadDigest")
    assert s3.get_object(**at)["Body"].read() == b"checked"


def test_a_stream_goes_up_and_comes_down_in_pieces(
    s3: Any, bucket: str, folder: str
) -> None:
    """A file object that cannot be sought, lines, chunks and a range."""
    at = {"Bucket": bucket, "Key": f"{folder}/stream.txt"}
    lines = [f"line {number}".encode() for number in range(500_000)]

    class Pipe:
        """Reads forward, and nothing else."""

        def __init__(self) -> None:
            self._left = b"\n".join(lines)

        def read(self, size: int = -1) -> bytes:
            size = len(self._left) if size < 0 else size
            read, self._left = self._left[:size], self._left[size:]
            return read

    s3.upload_fileobj(Pipe(), *at.values(), Config=TransferConfig(use_threads=False))
    assert list(s3.get_object(**at)["Body"].iter_lines()) == lines
    chunks: Iterator[bytes] = s3.get_object(**at)["Body"].iter_chunks(1_000_000)
    assert b"".join(chunks) == b"\n".join(lines)
    part = s3.get_object(**at, Range="bytes=7-12")
    assert part["Body"].read() == b"line 1"
    assert part["ContentRange"].startswith("bytes 7-12/")


def test_long_listings_are_turned_page_by_page(
    s3: Any, bucket: str, folder: str
) -> None:
    """Objects, folders and versions, three at a time."""
    names = ["a b.txt", "a+b.txt", "c/1.txt", "c/2.txt", "d/1.txt", "ü.txt", "z"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=f"{folder}/pages/{name}", Body=b"")
    start = f"{folder}/pages/"
    size = {"PageSize": 3}
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=start, PaginationConfig=size
    )
    keys = [each["Key"] for page in pages for each in page["Contents"]]
    assert keys == [start + name for name in sorted(names, key=str.encode)]
    pages = s3.get_paginator("list_objects").paginate(
        Bucket=bucket, Prefix=start, Delimiter="/", PaginationConfig=size
    )
    folders = [
        each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])
    ]
    assert folders == [f"{start}c/", f"{start}d/"]
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=start, PaginationConfig=size
    )
    assert sum(len(page["Versions"]) for page in pages) == len(names)


def test_an_upload_is_taken_up_again_where_it_stopped(
    s3: Any, bucket: str, folder: str, large: Path
) -> None:
    """The parts that came are listed, those that did not are sent."""
    at = {"Bucket": bucket, "Key": f"{folder}/resumed.bin"}
    whole = large.read_bytes()
    pieces = [whole[start : start + _PART] for start in range(0, len(whole), _PART)]
    upload = s3.create_multipart_upload(**at)["UploadId"]
    for number in (1, 3):
        s3.upload_part(
            **at, UploadId=upload, PartNumber=number, Body=pieces[number - 1]
        )
    pages = s3.get_paginator("list_parts").paginate(**at, UploadId=upload)
    there = {part["PartNumber"] for page in pages for part in page["Parts"]}
    assert there == {1, 3}
    for number, piece in enumerate(pieces, 1):
        if number not in there:
            s3.upload_part(**at, UploadId=upload, PartNumber=number, Body=piece)
    parts = s3.list_parts(**at, UploadId=upload)["Parts"]
    chosen = [{key: part[key] for key in ("PartNumber", "ETag")} for part in parts]
    s3.complete_multipart_upload(
        **at, UploadId=upload, MultipartUpload={"Parts": chosen}
    )
    assert s3.get_object(**at)["Body"].read() == whole


def test_an_upload_that_is_given_up_leaves_nothing(
    s3: Any, bucket: str, folder: str
) -> None:
    """Neither parts nor an object."""
    at = {"Bucket": bucket, "Key": f"{folder}/given-up.bin"}
    upload = s3.create_multipart_upload(**at)["UploadId"]
    s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**at, UploadId=upload)
    with pytest.raises(ClientError) as error:
        s3.list_parts(**at, UploadId=upload)
    assert refused(error) == (404, "NoSuchUpload")
    assert s3.list_objects_v2(Bucket=bucket, Prefix=at["Key"])["KeyCount"] == 0


def test_conditions_guard_against_lost_updates(
    s3: Any, bucket: str, folder: str
) -> None:
    """Create once, replace only what one has read, read only what is new."""
    at = {"Bucket": bucket, "Key": f"{folder}/guarded.txt"}
    made = s3.put_object(**at, Body=b"one", IfNoneMatch="*")
    with pytest.raises(ClientError) as error:
        s3.put_object(**at, Body=b"two", IfNoneMatch="*")
    assert refused(error) == (412, "PreconditionFailed")
    s3.put_object(**at, Body=b"two", IfMatch=made["ETag"])
    with pytest.raises(ClientError) as error:
        s3.put_object(**at, Body=b"three", IfMatch=made["ETag"])
    assert refused(error) == (412, "PreconditionFailed")
    with pytest.raises(ClientError) as error:
        s3.get_object(**at, IfNoneMatch=s3.head_object(**at)["ETag"])
    assert refused(error) == (304, "304")
    assert s3.get_object(**at)["Body"].read() == b"two"


def test_many_documents_go_at_once(s3: Any, bucket: str, folder: str) -> None:
    """`DeleteObjects`: another's key among them is refused, the others go."""
    keys = [f"{folder}/many/{number}" for number in range(20)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    objects = [{"Key": key} for key in [*keys, "somebody/private.txt"]]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert {each["Key"] for each in answer["Deleted"]} == set(keys)
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    left = s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/many/")
    assert left["KeyCount"] == 0


def test_a_body_is_held_to_its_md5(s3: Any, bucket: str, folder: str) -> None:
    """The oldest checksum too."""
    at = {"Bucket": bucket, "Key": f"{folder}/md5.txt"}
    right, wrong = (
        base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        for body in (b"right", b"wrong")
    )
    s3.put_object(**at, Body=b"right", ContentMD5=right)
    with pytest.raises(ClientError) as error:
        s3.put_object(**at, Body=b"right", ContentMD5=wrong)
    assert refused(error) == (400, "BadDigest")


def test_only_the_list_that_changes_nothing_is_taken(
    s3: Any, bucket: str, folder: str
) -> None:
    """Clients that always send an access control list can be told this one."""
    at = {"Bucket": bucket, "Key": f"{folder}/acl.txt"}
    s3.put_object(**at, Body=b"mine", ACL="bucket-owner-full-control")
    everybody = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    for more in (
        {"ACL": "public-read"},
        {"GrantRead": everybody},
        {"ACL": "bucket-owner-full-control", "GrantRead": everybody},
    ):
        with pytest.raises(ClientError) as error:
            s3.put_object(**at, Body=b"everybody's", **more)
        assert refused(error)[0] in {400, 403}
    assert s3.get_object(**at)["Body"].read() == b"mine"


def test_anothers_folder_is_closed(s3: Any, alice: Person, bob: Person) -> None:
    """To read, to list, to write, to copy from and to delete."""
    at = {"Bucket": bob.bucket, "Key": f"{bob.folder}/private.txt"}
    own = {"Bucket": alice.bucket, "Key": f"{alice.folder}/boto3/stolen.txt"}
    attempts: list[Callable[[], Any]] = [
        lambda: s3.get_object(**at),
        lambda: s3.put_object(**at, Body=b"mine"),
        lambda: s3.delete_object(**at),
        lambda: s3.copy_object(**own, CopySource=at),
        lambda: s3.list_objects_v2(Bucket=bob.bucket, Prefix=f"{bob.folder}/"),
        lambda: s3.list_object_versions(Bucket=bob.bucket, Prefix=f"{bob.folder}/"),
        lambda: s3.create_multipart_upload(**at),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError, match="is not authorized to perform") as error:
            attempt()
        assert refused(error) == (403, "AccessDenied")
    assert bob.read("private.txt") == b"bob's own"
