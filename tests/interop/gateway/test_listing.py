"""Listings in AWS's order and pages, over a store that has neither."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

PLAIN, VERSIONED = "listing-plain", "listing-versioned"
PIECES = ("a", "a", "b", "-", ".", " ", "/", "0", "z", ".v", "!", "é", "&", "%2F", "𐀀")


def model(
    keys: list[str], prefix: str, delimiter: str, after: str
) -> list[tuple[str, bool]]:
    """What AWS lists: keys, and whether they stand for a group."""
    found: list[tuple[str, bool]] = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        line = (key, False) if end < 0 else (key[: end + len(delimiter)], True)
        skipped = line[1] and line[0] == after
        if line not in found[-1:] and not skipped:
            found.append(line)
    return found


def lines_of(page: dict[str, Any], *names: str) -> list[tuple[str, bool]]:
    """The lines of a page, in the order that paging means."""
    lines = [(each["Key"], False) for name in names for each in page.get(name, ())]
    lines += [(each["Prefix"], True) for each in page.get("CommonPrefixes", ())]
    return sorted(lines, key=lambda line: line[0].encode())


@pytest.fixture(scope="module")
def keys(landscape: Any) -> list[str]:
    """The same keys in a bucket of each kind; as many as the store takes."""
    admin = landscape.admin
    for bucket in (PLAIN, VERSIONED):
        admin.create_bucket(Bucket=bucket)
    admin.put_bucket_versioning(
        Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"}
    )
    drawn = random.Random(7)  # noqa: S311 - a test's keys are no secret
    wanted = {
        "".join(drawn.choice(PIECES) for _ in range(drawn.randint(1, 7)))
        for _ in range(220)
    }
    wanted |= {"a", "a/b", "a-b", "a-b/c", "b/", "é/x/y/z", "é/x-/y"}
    # The store has no folder's own key beside a file of the same name.
    asked = sorted(key for key in wanted if key.rstrip("/") not in wanted - {key})

    def stored(key: str) -> str | None:
        try:
            for bucket in (PLAIN, VERSIONED):
                admin.put_object(Bucket=bucket, Key=key)
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return None

    with ThreadPoolExecutor(8) as executor:
        errors = dict(zip(asked, executor.map(stored, asked), strict=True))
    assert set(errors.values()) == {None, "InvalidArgument"}
    kept = [key for key, error in errors.items() if error is None]
    for bucket in (PLAIN, VERSIONED):
        for key in ("gone/deep/x", "-gone/x"):
            put = admin.put_object(Bucket=bucket, Key=key)
            version = put.get("VersionId", "null")
            admin.delete_object(Bucket=bucket, Key=key, VersionId=version)
    assert len(kept) > 120
    return kept


@pytest.mark.parametrize("bucket", [PLAIN, VERSIONED])
@pytest.mark.parametrize("delimiter", ["", "/", "-", "a", "/a", "é"])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "é/", "none", "!"])
def test_pages_are_aws_pages(
    admin: Any, keys: list[str], bucket: str, delimiter: str, prefix: str
) -> None:
    """Every key and group once, in the order of its bytes, whatever the page."""
    for most in (1000, 7, 1) if prefix == "a" else (1000, 5):
        got: list[tuple[str, bool]] = []
        asked = {"Prefix": prefix, "Delimiter": delimiter, "MaxKeys": most}
        token: dict[str, str] = {}
        while True:
            page = admin.list_objects_v2(Bucket=bucket, **asked, **token)
            lines = lines_of(page, "Contents")
            assert page["KeyCount"] == len(lines) <= most
            assert (page["Prefix"], page.get("Delimiter", "")) == (prefix, delimiter)
            got += lines
            if not page["IsTruncated"]:
                break
            assert len(lines) == most
            token = {"ContinuationToken": page["NextContinuationToken"]}
        assert got == model(keys, prefix, delimiter, "")


@pytest.mark.parametrize("bucket", [PLAIN, VERSIONED])
@pytest.mark.parametrize("delimiter", ["", "/", "-"])
def test_a_listing_starts_after_any_text(
    admin: Any, keys: list[str], bucket: str, delimiter: str
) -> None:
    """Keys that are there, parts of such, and texts that no key could be."""
    drawn = random.Random(3)  # noqa: S311 - a test's keys are no secret
    places = ["a//b", "a/../b", "a/./", "/", "a\x01", "a/-", *drawn.sample(keys, 25)]
    places += [key[: drawn.randint(1, 5)] for key in drawn.sample(keys, 15)]
    for place in places:
        want = model(keys, "", delimiter, place)
        page = admin.list_objects_v2(
            Bucket=bucket, Delimiter=delimiter, StartAfter=place, MaxKeys=9
        )
        assert lines_of(page, "Contents") == want[:9], place
        page = admin.list_objects(
            Bucket=bucket, Delimiter=delimiter, Marker=place, MaxKeys=9
        )
        assert lines_of(page, "Contents") == want[:9], place
        assert page["IsTruncated"] is (len(want) > 9)
        if delimiter and len(want) > 9:
            assert page["NextMarker"] == want[8][0]


@pytest.fixture(scope="module")
def history(landscape: Any, keys: list[str]) -> list[tuple[str, str]]:
    """Some keys of the versioned bucket written again, others deleted."""
    admin = landscape.admin
    drawn = random.Random(11)  # noqa: S311 - a test's keys are no secret
    files = [key for key in keys if not key.endswith("/")]
    for key in drawn.sample(files, 40):
        for _ in range(drawn.randint(1, 3)):
            admin.put_object(Bucket=VERSIONED, Key=key)
    for key in drawn.sample(files, 15):
        admin.delete_object(Bucket=VERSIONED, Key=key)
    found: list[tuple[str, str]] = []
    for key in sorted(keys, key=str.encode):
        page = admin.list_object_versions(Bucket=VERSIONED, Prefix=key)
        found += [
            (key, each["VersionId"])
            for each in sorted(
                [*page.get("Versions", ()), *page.get("DeleteMarkers", ())],
                key=lambda each: (not each["IsLatest"], each["VersionId"]),
            )
            if each["Key"] == key
        ]
    return found


@pytest.mark.parametrize("most", [1000, 9, 2])
def test_versions_come_newest_first_in_pages(
    admin: Any, history: list[tuple[str, str]], most: int
) -> None:
    """Every version and delete marker once, also where a page ends within a key."""
    got: list[tuple[str, str]] = []
    markers: dict[str, str] = {}
    while True:
        page = admin.list_object_versions(Bucket=VERSIONED, MaxKeys=most, **markers)
        lines = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        assert len(lines) <= most
        got += sorted(
            ((each["Key"], each["VersionId"]) for each in lines),
            key=lambda line: (line[0].encode(), line[1]),
        )
        if not page["IsTruncated"]:
            break
        markers = {
            "KeyMarker": page["NextKeyMarker"],
            "VersionIdMarker": page["NextVersionIdMarker"],
        }
    assert got == history
    assert len(history) > 180


@pytest.mark.parametrize("delimiter", ["/", "-"])
@pytest.mark.parametrize("prefix", ["", "a", "a/"])
def test_versions_are_rolled_up(
    admin: Any, history: list[tuple[str, str]], delimiter: str, prefix: str
) -> None:
    """Keys that are deleted keep their group, as they have versions."""
    names = sorted({key for key, _ in history}, key=str.encode)
    want = model(names, prefix, delimiter, "")
    for most in (1000, 3):
        got: list[tuple[str, bool]] = []
        markers: dict[str, str] = {}
        while True:
            page = admin.list_object_versions(
                Bucket=VERSIONED,
                Prefix=prefix,
                Delimiter=delimiter,
                MaxKeys=most,
                **markers,
            )
            lines = lines_of(page, "Versions", "DeleteMarkers")
            got += [line for line in lines if line not in got[-1:]]
            if not page["IsTruncated"]:
                break
            markers = {"KeyMarker": page["NextKeyMarker"]}
            if page.get("NextVersionIdMarker"):
                markers["VersionIdMarker"] = page["NextVersionIdMarker"]
        assert list(dict.fromkeys(got)) == want


@pytest.mark.usefixtures("keys")
def test_a_large_folder_is_listed_in_pages(admin: Any) -> None:
    """Beyond what one answer holds, beside names that begin alike."""
    keys = [f"big/{index:04}.jpg" for index in range(1105)]
    keys += ["big", "big-1", "big.x/1", "big/0500", "big/0500.jpg/x", "big/sub/x"]
    keys += [f"big/sub{index}/x" for index in range(3)]
    with ThreadPoolExecutor(8) as executor:
        for bucket in (PLAIN, VERSIONED):

            def put(key: str, bucket: str = bucket) -> None:
                admin.put_object(Bucket=bucket, Key=key)

            list(executor.map(put, keys))
    for bucket in (PLAIN, VERSIONED):
        for delimiter in ("", "/", "0."):
            want = model(keys, "big", delimiter, "")
            got: list[tuple[str, bool]] = []
            pages = admin.get_paginator("list_objects_v2")
            for page in pages.paginate(
                Bucket=bucket, Prefix="big", Delimiter=delimiter
            ):
                got += lines_of(page, "Contents")
            assert got == want
    got = []
    pages = admin.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=VERSIONED, Prefix="big"):
        got += lines_of(page, "Versions")
    assert got == model(keys, "big", "", "")


def test_uploads_are_listed_by_key_and_age(admin: Any) -> None:
    """In pages, with their groups, and behind markers."""
    bucket = "listing-uploads"
    admin.create_bucket(Bucket=bucket)
    names = ["z", "m", "y/1", "y/2", "y-", "y/1", "a b&c", "é"]
    uploads = [
        (name, admin.create_multipart_upload(Bucket=bucket, Key=name)["UploadId"])
        for name in names
    ]
    for most in (1000, 3, 1):
        got: list[str] = []
        markers: dict[str, str] = {}
        while True:
            page = admin.list_multipart_uploads(
                Bucket=bucket, MaxUploads=most, **markers
            )
            got += [each["Key"] for each in page.get("Uploads", ())]
            if not page["IsTruncated"]:
                break
            markers = {
                "KeyMarker": page["NextKeyMarker"],
                "UploadIdMarker": page["NextUploadIdMarker"],
            }
        assert got == sorted(names, key=str.encode)
    page = admin.list_multipart_uploads(Bucket=bucket, Prefix="y", Delimiter="/")
    assert [each["Key"] for each in page["Uploads"]] == ["y-"]
    assert page["CommonPrefixes"] == [{"Prefix": "y/"}]
    page = admin.list_multipart_uploads(Bucket=bucket, KeyMarker="y/1")
    assert [each["Key"] for each in page["Uploads"]] == ["y/2", "z", "é"]
    page = admin.list_multipart_uploads(Bucket=bucket, MaxUploads=0)
    assert not page["IsTruncated"]
    key, upload_id = uploads[0]
    named = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
    for number in (1, 2, 5):
        admin.upload_part(**named, PartNumber=number, Body=b"x" * number)
    page = admin.list_parts(**named, MaxParts=2)
    assert [each["PartNumber"] for each in page["Parts"]] == [1, 2]
    assert page["IsTruncated"]
    page = admin.list_parts(**named, PartNumberMarker=page["NextPartNumberMarker"])
    assert [(each["PartNumber"], each["Size"]) for each in page["Parts"]] == [(5, 5)]
    assert page["Owner"] == page["Initiator"]
    for key, upload_id in uploads:
        admin.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)


@pytest.mark.usefixtures("keys")
def test_an_answer_has_aws_elements(admin: Any) -> None:
    """Owners where AWS has them, and names that are echoed."""
    page = admin.list_objects_v2(Bucket=PLAIN, Prefix="a", StartAfter="a", MaxKeys=1)
    assert set(page["Contents"][0]) == {
        "Key",
        "LastModified",
        "ETag",
        "Size",
        "StorageClass",
    }
    assert page["StartAfter"] == "a"
    owned = admin.list_objects_v2(Bucket=PLAIN, MaxKeys=1, FetchOwner=True)
    owner = owned["Contents"][0]["Owner"]
    assert len(owner["ID"]) == 64
    assert admin.list_objects(Bucket=PLAIN, MaxKeys=1)["Contents"][0]["Owner"] == owner
    assert admin.list_buckets()["Owner"] == owner
    page = admin.list_objects_v2(Bucket=PLAIN, MaxKeys=5000)
    assert page["MaxKeys"] == 1000
    page = admin.list_objects_v2(Bucket=PLAIN, MaxKeys=0)
    assert (page["KeyCount"], page["IsTruncated"]) == (0, False)
    with pytest.raises(ClientError, match="continuation token provided is incorrect"):
        admin.list_objects_v2(Bucket=PLAIN, ContinuationToken="a/b")
    with pytest.raises(ClientError, match="without a key marker"):
        admin.list_object_versions(Bucket=VERSIONED, VersionIdMarker="x")
