"""A bucket as it is set up, and where buckets are kept.

What is in a bucket is the store's affair; this is everything else. The SQL
adapter and the fake below both pass `tests/conformance/test_buckets.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from securecart.policy import Policy
from securecart.s3.cors import CorsConfiguration
from securecart.s3.encryption import DefaultEncryption
from securecart.s3.errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    NoSuchBucket,
)
from securecart.s3.lifecycle import LifecycleConfiguration
from securecart.s3.ownership import ObjectOwnership
from securecart.s3.public_access_block import PublicAccessBlock
from securecart.s3.versioning import Versioning


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket; None stands for what was not configured.

    `account` is the owner's twelve digits, `created` aware and in UTC.
    """

    name: str
    account: str
    region: str
    created: datetime
    versioning: Versioning = Versioning.NEVER
    policy: Policy | None = None
    public_access_block: PublicAccessBlock | None = None
    encryption: DefaultEncryption | None = None
    cors: CorsConfiguration | None = None
    ownership: ObjectOwnership | None = ObjectOwnership.BUCKET_OWNER_ENFORCED
    lifecycle: LifecycleConfiguration | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:s3:::<name>`."""
        return f"arn:aws:s3:::{self.name}"


class Buckets(Protocol):
    """All buckets of the installation; every method is atomic."""

    def get(self, name: str) -> Bucket:
        """Answer the bucket.

        Raises:
            NoSuchBucket: if there is none.
        """
        ...

    def create(self, bucket: Bucket) -> None:
        """Add a bucket.

        Raises:
            BucketAlreadyOwnedByYou, BucketAlreadyExists: if the name is
                taken, by the same account or by another.
        """
        ...

    def update(self, name: str, change: Callable[[Bucket], Bucket]) -> Bucket:
        """Replace a bucket by what `change` makes of it, and answer that.

        No other change comes in between. `change` keeps name, account,
        region and `created`, and may be called again where the store retries.

        Raises:
            NoSuchBucket: if there is none.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove a bucket.

        Raises:
            NoSuchBucket: if there is none.
        """
        ...

    def list(self, account: str) -> tuple[Bucket, ...]:
        """Answer the account's buckets, by name."""
        ...

    def generation(self) -> int:
        """A number that is another one after any change, by any process."""
        ...


class InMemoryBuckets:
    """The fake for tests and for one process alone."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._generation = 0

    def get(self, name: str) -> Bucket:
        """See `Buckets.get`."""
        try:
            return self._buckets[name]
        except KeyError:
            raise NoSuchBucket from None

    def create(self, bucket: Bucket) -> None:
        """See `Buckets.create`."""
        taken = self._buckets.get(bucket.name)
        if taken is not None:
            if taken.account == bucket.account:
                raise BucketAlreadyOwnedByYou
            raise BucketAlreadyExists
        self._buckets[bucket.name] = bucket
        self._generation += 1

    def update(self, name: str, change: Callable[[Bucket], Bucket]) -> Bucket:
        """See `Buckets.update`."""
        changed = change(self.get(name))
        self._buckets[name] = changed
        self._generation += 1
        return changed

    def delete(self, name: str) -> None:
        """See `Buckets.delete`."""
        self.get(name)
        del self._buckets[name]
        self._generation += 1

    def list(self, account: str) -> tuple[Bucket, ...]:
        """See `Buckets.list`."""
        return tuple(
            bucket
            for _, bucket in sorted(self._buckets.items())
            if bucket.account == account
        )

    def generation(self) -> int:
        """See `Buckets.generation`."""
        return self._generation
