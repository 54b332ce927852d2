"""What every store of buckets does; adapters join the list below."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from securecart.adapters.sql.buckets import SqlBuckets
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.policy import PolicyKind, parse_policy
from securecart.s3 import (
    Bucket,
    Buckets,
    CorsConfiguration,
    CorsRule,
    DefaultEncryption,
    InMemoryBuckets,
    PublicAccessBlock,
    Versioning,
)
from securecart.s3.errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    NoSuchBucket,
)
from securecart.s3.lifecycle import Filter, LifecycleConfiguration, LifecycleRule

OWN, OTHER = "111122223333", "999999999999"
CREATED = datetime(2025, 3, 1, 12, 30, 15, tzinfo=UTC)


def _in_memory(_folder: Path) -> Buckets:
    return InMemoryBuckets()


def _sql(folder: Path) -> Buckets:
    engine = open_sqlite(folder / "buckets.db")
    create_tables(engine)
    return SqlBuckets(SqlEntities(engine))


@pytest.fixture(params=[_in_memory, _sql], ids=["in memory", "sql"])
def buckets(request: pytest.FixtureRequest, tmp_path: Path) -> Buckets:
    """An empty store of each kind."""
    store: Buckets = request.param(tmp_path)
    return store


def bucket(name: str, account: str = OWN) -> Bucket:
    """A bucket as CreateBucket makes it."""
    return Bucket(name, account, "us-east-1", CREATED)


def test_a_new_bucket_is_found(buckets: Buckets) -> None:
    """As it was made."""
    buckets.create(bucket("docs"))
    assert buckets.get("docs") == bucket("docs")


def test_a_missing_bucket_is_said_to_be(buckets: Buckets) -> None:
    """Whatever is asked of it."""
    for ask in (
        lambda: buckets.get("docs"),
        lambda: buckets.delete("docs"),
        lambda: buckets.update("docs", lambda found: found),
    ):
        with pytest.raises(NoSuchBucket):
            ask()


def test_a_name_is_taken_once(buckets: Buckets) -> None:
    """By oneself, or by somebody else."""
    buckets.create(bucket("docs"))
    with pytest.raises(BucketAlreadyOwnedByYou):
        buckets.create(bucket("docs"))
    with pytest.raises(BucketAlreadyExists):
        buckets.create(bucket("docs", OTHER))


def test_everything_configured_comes_back(buckets: Buckets) -> None:
    """Each document equal to the one that was put."""
    text = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", '
        '"Action": "s3:*", "Resource": "*"}}'
    )
    whole = replace(
        bucket("docs"),
        versioning=Versioning.SUSPENDED,
        policy=parse_policy(text, PolicyKind.RESOURCE),
        public_access_block=PublicAccessBlock(block_public_policy=True),
        encryption=DefaultEncryption("aws:kms", "alias/docs", bucket_key_enabled=True),
        cors=CorsConfiguration((CorsRule(("*",), ("GET",), max_age_seconds=5),)),
        ownership=None,
        lifecycle=LifecycleConfiguration(
            (
                LifecycleRule("r", True, Filter("a", (("k", "v"),)), expire_days=1),  # noqa: FBT003 - a field's value
                LifecycleRule("d", False, Filter(), expire_date=CREATED),  # noqa: FBT003
            )
        ),
    )
    buckets.create(bucket("docs"))
    assert buckets.update("docs", lambda _: whole) == whole
    assert buckets.get("docs") == whole
    buckets.update("docs", lambda found: replace(found, policy=None, cors=None))
    assert buckets.get("docs") == replace(whole, policy=None, cors=None)


def test_a_change_that_fails_changes_nothing(buckets: Buckets) -> None:
    """And its error comes through."""

    def fail(_: Bucket) -> Bucket:
        raise RuntimeError("no")

    buckets.create(bucket("docs"))
    with pytest.raises(RuntimeError, match="no"):
        buckets.update("docs", fail)
    assert buckets.get("docs") == bucket("docs")


def test_buckets_are_listed_by_name_for_their_account(buckets: Buckets) -> None:
    """And no other's."""
    for made in (bucket("zzz"), bucket("aaa"), bucket("mmm", OTHER)):
        buckets.create(made)
    assert [found.name for found in buckets.list(OWN)] == ["aaa", "zzz"]
    assert [found.name for found in buckets.list(OTHER)] == ["mmm"]


def test_a_deleted_bucket_is_gone(buckets: Buckets) -> None:
    """Its name is free again."""
    buckets.create(bucket("docs"))
    buckets.delete("docs")
    assert buckets.list(OWN) == ()
    buckets.create(bucket("docs", OTHER))


def test_every_change_is_another_generation(buckets: Buckets) -> None:
    """So that caches know."""
    seen = {buckets.generation()}
    buckets.create(bucket("docs"))
    seen.add(buckets.generation())
    buckets.update("docs", lambda found: replace(found, versioning=Versioning.ENABLED))
    seen.add(buckets.generation())
    buckets.delete("docs")
    seen.add(buckets.generation())
    assert len(seen) == 4
    assert buckets.generation() in seen
