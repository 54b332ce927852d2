"""What is given again without asking the store is what it would have answered.

All tests beside this one run with it switched on, too.
"""

import http.client
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from securecart.serve.gateway.scoreboard import Word


@pytest.fixture
def hits(landscape: Any) -> Callable[[], int]:
    """Answers how often the store was not asked."""
    row = landscape.meter.scoreboard.rows[0]
    return lambda: int(row[Word.KEPT_HITS])


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    """The code that a call is refused with."""
    with pytest.raises(ClientError) as told:
        call(**parameters)
    return str(told.value.response["Error"]["Code"])


def body(client: Any, **named: str) -> bytes:
    """Read an object."""
    return bytes(client.get_object(**named)["Body"].read())


def test_a_key_is_asked_for_also_where_the_store_is_not(
    landscape: Any, alice: Any, bucket: str, folder: str, hits: Callable[[], int]
) -> None:
    """A key that is switched off opens nothing, at once."""
    named = {"Bucket": bucket, "Key": f"{folder}kept/secret"}
    alice.put_object(**named, Body=b"secret")
    assert body(alice, **named) == b"secret"
    before = hits()
    assert body(alice, **named) == b"secret"
    assert hits() == before + 1
    kms = landscape.api
    kms.perform("DisableKey", {"KeyId": landscape.key_arn})
    try:
        assert refused(alice.get_object, **named) == "KMS.DisabledException"
    finally:
        kms.perform("EnableKey", {"KeyId": landscape.key_arn})
    assert hits() == before + 2
    assert body(alice, **named) == b"secret"


def test_nobody_is_given_what_is_anothers(
    landscape: Any, alice: Any, bucket: str, folder: str, hits: Callable[[], int]
) -> None:
    """However often its owner was; each time is decided, and recorded."""
    named = {"Bucket": bucket, "Key": f"{folder}kept/own"}
    page = {"Bucket": bucket, "Prefix": f"{folder}kept/"}
    alice.put_object(**named, Body=b"own")
    bob = landscape.client(landscape.session("bob"))
    for _ in range(3):
        body(alice, **named)
        alice.head_object(**named)
        alice.list_objects_v2(**page)
    before, recorded = hits(), len(landscape.records())
    for ask, asked in (
        (bob.get_object, named),
        (bob.list_objects_v2, page),
        (bob.list_objects, page),
    ):
        assert refused(ask, **asked) == "AccessDenied"
    with pytest.raises(ClientError, match="403"):
        bob.head_object(**named)
    assert hits() == before
    body(alice, **named)
    assert hits() == before + 1
    codes = [each.get("errorCode") for each in landscape.records()[recorded:]]
    assert codes == ["AccessDenied"] * 4 + [None]


class Place:
    """One object of a folder, and every way to change it."""

    def __init__(self, client: Any, bucket: str, hits: Callable[[], int]) -> None:
        self.client = client
        self.bucket = bucket
        self.named = {"Bucket": bucket, "Key": "folder/object"}
        self.hits = hits

    def seen(self) -> dict[str, Any]:
        """All that tells of it, asked twice, so that the second may be kept."""
        before = self.hits()
        first, second = self._seen(), self._seen()
        assert first == second
        assert self.hits() > before
        return second

    def _seen(self) -> dict[str, Any]:
        page = self.client.list_objects_v2(Bucket=self.bucket, Prefix="folder/")
        listed = [each["Key"] for each in page.get("Contents", ())]
        tags = [each["ETag"] for each in page.get("Contents", ())]
        seen: dict[str, Any] = {"listed": listed, "tags": tags}
        try:
            got = self.client.get_object(**self.named)
            head = self.client.head_object(**self.named)
        except ClientError as error:
            return {**seen, "error": error.response["Error"]["Code"]}
        assert got["ETag"] == head["ETag"]
        return {
            **seen,
            "body": got["Body"].read(),
            "type": got["ContentType"],
            "tagged": head.get("TagCount"),
            "version": head.get("VersionId"),
        }

    def copy(self) -> None:
        self.client.put_object(Bucket=self.bucket, Key="other/source", Body=b"copied")
        self.client.copy_object(**self.named, CopySource=f"{self.bucket}/other/source")

    def complete(self) -> None:
        upload = self.client.create_multipart_upload(**self.named)["UploadId"]
        part = {**self.named, "UploadId": upload}
        made = self.client.upload_part(**part, PartNumber=1, Body=b"in parts")
        parts = [{"PartNumber": 1, "ETag": made["ETag"]}]
        self.client.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})

    def post(self) -> None:
        form = self.client.generate_presigned_post(**self.named)
        sent = httpx.post(
            form["url"], data=form["fields"], files={"file": b"by a form"}
        )
        assert sent.status_code == http.client.NO_CONTENT

    def delete_many(self) -> None:
        keys = [{"Key": self.named["Key"]}, {"Key": "elsewhere/object"}]
        self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys})

    def tag(self) -> None:
        tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
        self.client.put_object_tagging(**self.named, Tagging=tags)


@pytest.fixture(params=["once", "versions"])
def place(
    request: pytest.FixtureRequest, admin: Any, fresh: str, hits: Callable[[], int]
) -> Place:
    """In a bucket that keeps versions, and in one that does not."""
    if request.param == "versions":
        enabled = {"Status": "Enabled"}
        admin.put_bucket_versioning(Bucket=fresh, VersioningConfiguration=enabled)
    return Place(admin, fresh, hits)


def test_every_kind_of_write_is_seen_at_once(place: Place) -> None:
    """By the object, its head and its folder's page."""
    client, named = place.client, place.named
    seen = [place.seen()]
    for write in (
        lambda: client.put_object(**named, Body=b"put"),
        lambda: client.put_object(**named, Body=b"put again"),
        place.tag,
        lambda: client.delete_object_tagging(**named),
        place.copy,
        place.complete,
        lambda: client.delete_object(**named),
        place.post,
        place.delete_many,
        lambda: client.put_object(**named, Body=b"x", ContentType="text/x"),
    ):
        write()
        seen.append(place.seen())
        assert seen[-1] != seen[-2]
    bodies = [each.get("body") for each in seen]
    assert bodies == [
        None,
        b"put",
        *[b"put again"] * 3,
        b"copied",
        b"in parts",
        None,
        b"by a form",
        None,
        b"x",
    ]
    assert [each.get("tagged") for each in seen[2:5]] == [None, 1, None]


def test_an_older_version_comes_back_when_the_newest_is_deleted(place: Place) -> None:
    """And what is known of a version that is named is not taken for it."""
    client, named = place.client, place.named
    enabled = {"Status": "Enabled"}
    client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration=enabled)
    client.put_object(**named, Body=b"old")
    newest = client.put_object(**named, Body=b"new")["VersionId"]
    assert place.seen()["body"] == b"new"
    client.delete_object(**named, VersionId=newest)
    assert place.seen()["body"] == b"old"
    marker = client.delete_object(**named)["VersionId"]
    assert place.seen()["error"] == "NoSuchKey"
    client.delete_object(**named, VersionId=marker)
    assert place.seen()["body"] == b"old"


def test_a_bucket_that_was_made_anew_has_nothing_of_the_last(place: Place) -> None:
    """It is another, though it has the name."""
    client, named = place.client, place.named
    made = client.put_object(**named, Body=b"last")
    place.seen()
    client.delete_object(**named)
    if "VersionId" in made:
        for each in client.list_object_versions(Bucket=place.bucket)["Versions"]:
            client.delete_object(**named, VersionId=each["VersionId"])
        for each in client.list_object_versions(Bucket=place.bucket)["DeleteMarkers"]:
            client.delete_object(**named, VersionId=each["VersionId"])
    client.delete_bucket(Bucket=place.bucket)
    assert refused(client.get_object, **named) == "NoSuchBucket"
    client.create_bucket(Bucket=place.bucket)
    assert refused(client.get_object, **named) == "NoSuchKey"
