"""Lifecycles, set up by an unchanged boto3 and carried out on the real store."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from securecart.adapters.sql.buckets import SqlBuckets
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.upstream import StorePool
from securecart.cli.installation import prepare_installation
from securecart.cli.lifecycles import Lifecycles
from securecart.s3 import Bucket
from securecart.s3.lifecycle import Filter, LifecycleConfiguration, LifecycleRule
from securecart.serve.gateway.expiry import Expiry, Run
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.store import Store

pytestmark = pytest.mark.slow

Expire = Callable[[int], Run]


@pytest.fixture
def expire(landscape: Any) -> Expire:
    """`expire(10)`: what happens in ten days, by one run."""

    def run_after(days: int) -> Run:
        async def act() -> Run:
            pool = StorePool(landscape.store.socket_path)
            expiry = Expiry(
                Store(
                    pool,
                    landscape.store_credentials,
                    region="us-east-1",
                    clock=lambda: datetime.now(UTC),
                    lane=landscape.generations.lane(),
                ),
                SqlBuckets(landscape.entities),
                landscape.journal,
                account="111122223333",
                region="us-east-1",
                clock=lambda: datetime.now(UTC) + timedelta(days=days),
                random=os.urandom,
            )
            try:
                return await expiry.run()
            finally:
                pool.close()

        return asyncio.run(act())

    return run_after


def with_rules(admin: Any, bucket: str, *rules: dict[str, Any], **create: Any) -> None:
    """Make a bucket with a lifecycle."""
    admin.create_bucket(Bucket=bucket, **create)
    put_rules(admin, bucket, *rules)


def put_rules(admin: Any, bucket: str, *rules: dict[str, Any]) -> None:
    """Put a lifecycle."""
    admin.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {"ID": f"r{number}", "Status": "Enabled", "Filter": {}, **rule}
                for number, rule in enumerate(rules)
            ]
        },
    )


def kept(admin: Any, bucket: str) -> list[tuple[str, bool]]:
    """Every version that is there: its key, and whether it is a marker."""
    page = admin.list_object_versions(Bucket=bucket)
    return [
        *((each["Key"], False) for each in page.get("Versions", ())),
        *((each["Key"], True) for each in page.get("DeleteMarkers", ())),
    ]


def test_a_lifecycle_comes_back_as_it_was_put(admin: Any) -> None:
    """And is gone after it was deleted."""
    bucket = "lifecycle-configuration"
    rule = {
        "ID": "all",
        "Status": "Disabled",
        "Filter": {
            "And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]},
        },
        "Expiration": {"Days": 3},
        "NoncurrentVersionExpiration": {
            "NoncurrentDays": 2,
            "NewerNoncurrentVersions": 5,
        },
    }
    with_rules(admin, bucket, rule)
    got = admin.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert got["Rules"] == [rule]
    admin.delete_bucket_lifecycle(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        admin.get_bucket_lifecycle_configuration(Bucket=bucket)
    moving = {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
    with pytest.raises(ClientError, match="NotImplemented"):
        put_rules(admin, bucket, moving)
    with pytest.raises(ClientError, match="At least one action needs to be specified"):
        put_rules(admin, bucket, {})
    admin.delete_bucket(Bucket=bucket)


def test_old_versions_markers_and_objects_expire(
    admin: Any, expire: Expire, landscape: Any
) -> None:
    """Each in its time, newer ones kept, and every deletion recorded."""
    bucket = "lifecycle-versions"
    with_rules(
        admin,
        bucket,
        {
            "NoncurrentVersionExpiration": {
                "NoncurrentDays": 3,
                "NewerNoncurrentVersions": 1,
            }
        },
        {"Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 5}},
        {"Filter": {"Prefix": "m/"}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    )
    admin.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    for _ in range(4):
        admin.put_object(Bucket=bucket, Key="report", Body=b"x")
    admin.put_object(Bucket=bucket, Key="tmp/a", Body=b"x")
    admin.delete_object(Bucket=bucket, Key="m/none")
    assert len(kept(admin, bucket)) == 6
    run = expire(1)
    assert (run.deleted, run.failed) == (1, 0)
    assert kept(admin, bucket).count(("report", False)) == 4
    run = expire(10)
    assert (run.deleted, run.failed) == (3, 0)
    assert sorted(kept(admin, bucket)) == [
        ("report", False),
        ("report", False),
        ("tmp/a", False),
        ("tmp/a", True),
    ]
    records = [
        each
        for each in landscape.records()
        if each["userIdentity"].get("invokedBy") == "s3.amazonaws.com"
        or each["sourceIPAddress"] == "s3.amazonaws.com"
    ]
    assert [each["eventName"] for each in records] == ["DeleteObject"] * 4
    assert {each["requestParameters"]["key"] for each in records} == {
        "report",
        "tmp/a",
        "m/none",
    }
    assert expire(10).deleted == 0
    admin.delete_bucket_lifecycle(Bucket=bucket)


def test_filters_are_held_to(admin: Any, expire: Expire) -> None:
    """Tags and sizes; without versions an expired object is gone."""
    bucket = "lifecycle-filters"
    with_rules(
        admin,
        bucket,
        {
            "Filter": {"Tag": {"Key": "keep", "Value": "no"}},
            "Expiration": {"Days": 1},
        },
        {"Filter": {"ObjectSizeGreaterThan": 100}, "Expiration": {"Days": 1}},
    )
    for key, size, tags in (
        ("tagged", 1, "keep=no&x=y"),
        ("other-tag", 1, "keep=yes"),
        ("untagged", 1, ""),
        ("large", 101, ""),
        ("folder/large", 200, "keep=yes"),
    ):
        admin.put_object(Bucket=bucket, Key=key, Body=b"x" * size, Tagging=tags)
    assert expire(5).deleted == 3
    page = admin.list_objects_v2(Bucket=bucket)
    assert [each["Key"] for each in page["Contents"]] == ["other-tag", "untagged"]
    admin.delete_bucket_lifecycle(Bucket=bucket)


def test_unfinished_uploads_are_ended(admin: Any, expire: Expire) -> None:
    """Of the prefix that the rule is for."""
    bucket = "lifecycle-uploads"
    with_rules(
        admin,
        bucket,
        {
            "Filter": {"Prefix": "a/"},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        },
    )
    for key in ("a/x", "b/x"):
        admin.create_multipart_upload(Bucket=bucket, Key=key)
    assert expire(1).deleted == 0
    assert expire(5).deleted == 1
    page = admin.list_multipart_uploads(Bucket=bucket)
    assert [each["Key"] for each in page["Uploads"]] == ["b/x"]
    admin.delete_bucket_lifecycle(Bucket=bucket)


def test_what_a_lifecycle_deleted_is_not_given_again(
    admin: Any, expire: Expire, landscape: Any
) -> None:
    """It is carried out beside the gateway, which has kept all of it."""
    bucket = "lifecycle-kept"
    with_rules(admin, bucket, {"Expiration": {"Days": 2}})
    named = {"Bucket": bucket, "Key": "folder/object"}
    admin.put_object(**named, Body=b"x")
    hits = landscape.meter.scoreboard.rows[0]
    before = hits[Word.KEPT_HITS]
    for _ in range(2):
        admin.get_object(**named)
        assert admin.list_objects_v2(Bucket=bucket, Prefix="folder/")["KeyCount"] == 1
    assert hits[Word.KEPT_HITS] == before + 2
    assert expire(5).deleted == 1
    assert admin.list_objects_v2(Bucket=bucket, Prefix="folder/")["KeyCount"] == 0
    with pytest.raises(ClientError, match="NoSuchKey"):
        admin.get_object(**named)


def test_what_is_locked_stays(admin: Any, expire: Expire) -> None:
    """By a legal hold or its time, whatever the rules say."""
    bucket = "lifecycle-locked"
    with_rules(
        admin,
        bucket,
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        ObjectLockEnabledForBucket=True,
    )
    put = {
        name: [
            admin.put_object(Bucket=bucket, Key=name, Body=b"x")["VersionId"]
            for _ in range(2)
        ]
        for name in ("held", "retained", "free")
    }
    admin.put_object_legal_hold(
        Bucket=bucket,
        Key="held",
        VersionId=put["held"][0],
        LegalHold={"Status": "ON"},
    )
    admin.put_object_retention(
        Bucket=bucket,
        Key="retained",
        VersionId=put["retained"][0],
        Retention={
            "Mode": "GOVERNANCE",
            "RetainUntilDate": datetime.now(UTC) + timedelta(days=90),
        },
    )
    run = expire(30)
    assert (run.deleted, run.failed) == (1, 0)
    assert [key for key, _ in kept(admin, bucket)] == [
        "free",
        "held",
        "held",
        "retained",
        "retained",
    ]
    admin.delete_bucket_lifecycle(Bucket=bucket)


def test_a_store_that_is_down_is_left_for_the_next_hour(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is deleted and nothing breaks; without rules it is not even asked."""
    now = datetime.now(UTC)
    installation = prepare_installation(
        tmp_path / "data", account=None, region="us-east-1"
    )
    engine = open_sqlite(installation.database)
    create_tables(engine)
    buckets = SqlBuckets(SqlEntities(engine))
    bucket = Bucket("docs", installation.account, "us-east-1", now)
    buckets.create(bucket)
    lifecycles = Lifecycles(installation, engine, lambda: now)
    lifecycles.carry_out()
    assert not caplog.records
    rule = LifecycleRule("r", enabled=True, filter=Filter(), expire_days=1)
    buckets.update(
        "docs", lambda found: replace(found, lifecycle=LifecycleConfiguration((rule,)))
    )
    lifecycles.carry_out()
    assert "lifecycles were not carried out" in caplog.text
