"""`s3.Buckets` over the stored entities."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.policy import PolicyKind, parse_policy
from securecart.s3 import (
    Bucket,
    CorsConfiguration,
    DefaultEncryption,
    ObjectOwnership,
    PublicAccessBlock,
    Versioning,
)
from securecart.s3.errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    NoSuchBucket,
)
from securecart.s3.lifecycle import LifecycleConfiguration

_MAX_KEPT = 1024
"""Buckets at hand with their policies compiled; an account has some."""


@dataclass(frozen=True, slots=True)
class StoredBucket:
    """A bucket with its policy as the text that was put."""

    kind: ClassVar[str] = "s3.bucket"

    name: str
    account: str
    region: str
    created: datetime
    versioning: Versioning
    policy: str | None
    public_access_block: PublicAccessBlock | None
    encryption: DefaultEncryption | None
    cors: CorsConfiguration | None
    ownership: ObjectOwnership | None
    lifecycle: LifecycleConfiguration | None = None

    @property
    def key(self) -> str:
        """The name."""
        return self.name


class SqlBuckets:
    """All buckets, in the store where roles and keys are too.

    `get` answers from memory while nothing there has changed: the gateway
    asks for the bucket at every request.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities
        self._cache = EntityCache(entities, _find, most=_MAX_KEPT)

    def get(self, name: str) -> Bucket:
        """See `Buckets.get`."""
        bucket = self._cache.get(name)
        if bucket is None:
            raise NoSuchBucket
        return bucket

    def create(self, bucket: Bucket) -> None:
        """See `Buckets.create`."""
        with self._entities.writing() as store:
            taken = store.get(StoredBucket, bucket.name)
            if taken is not None:
                if taken.account == bucket.account:
                    raise BucketAlreadyOwnedByYou
                raise BucketAlreadyExists
            store.put(_stored(bucket))

    def update(self, name: str, change: Callable[[Bucket], Bucket]) -> Bucket:
        """See `Buckets.update`."""
        with self._entities.writing() as store:
            bucket = _find(store, name)
            if bucket is None:
                raise NoSuchBucket
            changed = change(bucket)
            store.put(_stored(changed))
            return changed

    def delete(self, name: str) -> None:
        """See `Buckets.delete`."""
        with self._entities.writing() as store:
            if store.get(StoredBucket, name) is None:
                raise NoSuchBucket
            store.delete(StoredBucket, name)

    def list(self, account: str) -> tuple[Bucket, ...]:
        """See `Buckets.list`."""
        with self._entities.reading() as store:
            return tuple(
                _bucket(stored)
                for stored in store.list(StoredBucket)
                if stored.account == account
            )

    def generation(self) -> int:
        """See `Buckets.generation`; a role's change changes it too."""
        return self._entities.generation()


def _find(store: EntityReader, name: str) -> Bucket | None:
    stored = store.get(StoredBucket, name)
    return None if stored is None else _bucket(stored)


def _bucket(stored: StoredBucket) -> Bucket:
    text = stored.policy
    return Bucket(
        name=stored.name,
        account=stored.account,
        region=stored.region,
        created=stored.created,
        versioning=stored.versioning,
        policy=None if text is None else parse_policy(text, PolicyKind.RESOURCE),
        public_access_block=stored.public_access_block,
        encryption=stored.encryption,
        cors=stored.cors,
        ownership=stored.ownership,
        lifecycle=stored.lifecycle,
    )


def _stored(bucket: Bucket) -> StoredBucket:
    return StoredBucket(
        name=bucket.name,
        account=bucket.account,
        region=bucket.region,
        created=bucket.created,
        versioning=bucket.versioning,
        policy=None if bucket.policy is None else bucket.policy.text,
        public_access_block=bucket.public_access_block,
        encryption=bucket.encryption,
        cors=bucket.cors,
        ownership=bucket.ownership,
        lifecycle=bucket.lifecycle,
    )
