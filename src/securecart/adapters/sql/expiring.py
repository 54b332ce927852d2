"""`names.expiring.ExpiringRecords` over one table for all realms."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    LargeBinary,
    String,
    Table,
    delete,
    select,
)

from securecart.adapters.sql.database import insert, metadata, reading, writing

_records = Table(
    "expiring_records",
    metadata,
    Column("realm", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def _microseconds(moment: datetime) -> int:
    # Integers compare alike in every database; naive datetimes are refused.
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


class SqlExpiringRecords:
    """The records of one realm: a name that keeps their keys from others'."""

    def __init__(self, engine: Engine, realm: str) -> None:
        self._engine = engine
        self._realm = realm

    def put(self, key: str, value: bytes, *, expires_at: datetime) -> None:
        """See `ExpiringRecords.put`."""
        end = _microseconds(expires_at)
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, _records)
                .values(realm=self._realm, key=key, value=value, expires_at=end)
                .on_conflict_do_update(
                    index_elements=["realm", "key"],
                    set_={"value": value, "expires_at": end},
                )
            )

    def insert(
        self, key: str, value: bytes, *, expires_at: datetime, now: datetime
    ) -> bool:
        """See `ExpiringRecords.insert`."""
        end = _microseconds(expires_at)
        with writing(self._engine) as connection:
            written = connection.execute(
                insert(connection, _records)
                .values(realm=self._realm, key=key, value=value, expires_at=end)
                .on_conflict_do_update(
                    index_elements=["realm", "key"],
                    set_={"value": value, "expires_at": end},
                    where=_records.c.expires_at <= _microseconds(now),
                )
            )
            return written.rowcount == 1

    def get(self, key: str, *, now: datetime) -> bytes | None:
        """See `ExpiringRecords.get`."""
        with reading(self._engine) as connection:
            value: bytes | None = connection.scalar(
                select(_records.c.value).where(
                    _records.c.realm == self._realm,
                    _records.c.key == key,
                    _records.c.expires_at > _microseconds(now),
                )
            )
            return value

    def get_all(self, keys: Collection[str], *, now: datetime) -> Mapping[str, bytes]:
        """See `ExpiringRecords.get_all`."""
        with reading(self._engine) as connection:
            found = connection.execute(
                select(_records.c.key, _records.c.value).where(
                    _records.c.realm == self._realm,
                    _records.c.key.in_(keys),
                    _records.c.expires_at > _microseconds(now),
                )
            )
            return {row.key: row.value for row in found}

    def take(self, key: str, *, now: datetime) -> bytes | None:
        """See `ExpiringRecords.take`."""
        with writing(self._engine) as connection:
            taken = connection.execute(
                delete(_records)
                .where(_records.c.realm == self._realm, _records.c.key == key)
                .returning(_records.c.value, _records.c.expires_at)
            ).one_or_none()
        if taken is None or taken.expires_at <= _microseconds(now):
            return None
        value: bytes = taken.value
        return value

    def delete(self, key: str) -> None:
        """See `ExpiringRecords.delete`."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(_records).where(
                    _records.c.realm == self._realm, _records.c.key == key
                )
            )

    def purge(self, *, now: datetime) -> int:
        """See `ExpiringRecords.purge`."""
        with writing(self._engine) as connection:
            return connection.execute(
                delete(_records).where(
                    _records.c.realm == self._realm,
                    _records.c.expires_at <= _microseconds(now),
                )
            ).rowcount
