"""Small sealed values that live for a while and are shared by processes.

Sign-in sessions, pending sign-ins, authorization codes, refresh tokens and
the ids of redeemed assertions are all such values. The SQL adapter and the
fake below both pass `tests/conformance/test_expiring_records.py`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

Told = Callable[[bool | Exception], None]
"""Is told an answer, or what kept it from being known; must not raise."""


class ExpiringRecords(Protocol):
    """Keys to byte strings, each with the moment it stops existing.

    Every method is atomic towards other processes on the same store. A
    record whose `expires_at` is at or before `now` is as good as absent.
    """

    def put(self, key: str, value: bytes, *, expires_at: datetime) -> None:
        """Store the value, replacing what was there."""
        ...

    def insert(
        self, key: str, value: bytes, *, expires_at: datetime, now: datetime
    ) -> bool:
        """Store the value unless a live record has the key; say whether."""
        ...

    def insert_then(
        self,
        key: str,
        value: bytes,
        *,
        expires_at: datetime,
        now: datetime,
        then: Told,
    ) -> None:
        """As `insert`, but without waiting: `then` is called, in any thread."""
        ...

    def get(self, key: str, *, now: datetime) -> bytes | None:
        """Answer the live record's value, or None."""
        ...

    def get_all(self, keys: Collection[str], *, now: datetime) -> Mapping[str, bytes]:
        """Answer the live records among those, in one look at the store."""
        ...

    def take(self, key: str, *, now: datetime) -> bytes | None:
        """Remove the record and answer its value: of many, one caller wins."""
        ...

    def delete(self, key: str) -> None:
        """Remove the record if it is there."""
        ...

    def purge(self, *, now: datetime) -> int:
        """Remove what has expired; answer how many records that were."""
        ...


class InMemoryExpiringRecords:
    """The fake for tests and for one process alone."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[bytes, datetime]] = {}

    def put(self, key: str, value: bytes, *, expires_at: datetime) -> None:
        """See `ExpiringRecords.put`."""
        self._records[key] = (value, expires_at)

    def insert(
        self, key: str, value: bytes, *, expires_at: datetime, now: datetime
    ) -> bool:
        """See `ExpiringRecords.insert`."""
        if self.get(key, now=now) is not None:
            return False
        self.put(key, value, expires_at=expires_at)
        return True

    def insert_then(
        self,
        key: str,
        value: bytes,
        *,
        expires_at: datetime,
        now: datetime,
        then: Told,
    ) -> None:
        """See `ExpiringRecords.insert_then`."""
        then(self.insert(key, value, expires_at=expires_at, now=now))

    def get(self, key: str, *, now: datetime) -> bytes | None:
        """See `ExpiringRecords.get`."""
        value, expires_at = self._records.get(key, (None, now))
        return value if expires_at > now else None

    def get_all(self, keys: Collection[str], *, now: datetime) -> Mapping[str, bytes]:
        """See `ExpiringRecords.get_all`."""
        found = {key: self._records[key] for key in keys if key in self._records}
        return {key: value for key, (value, end) in found.items() if end > now}

    def take(self, key: str, *, now: datetime) -> bytes | None:
        """See `ExpiringRecords.take`."""
        value = self.get(key, now=now)
        self.delete(key)
        return value

    def delete(self, key: str) -> None:
        """See `ExpiringRecords.delete`."""
        self._records.pop(key, None)

    def purge(self, *, now: datetime) -> int:
        """See `ExpiringRecords.purge`."""
        dead = [key for key, (_, end) in self._records.items() if end <= now]
        for key in dead:
            del self._records[key]
        return len(dead)
