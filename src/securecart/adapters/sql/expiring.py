"""`names.expiring.ExpiringRecords` over one table for all realms."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    Column,
    Connection,
    Engine,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    select,
)
from sqlalchemy.sql.compiler import SQLCompiler

from securecart.adapters.sql.database import insert, metadata, reading
from securecart.adapters.sql.group_commit import Change, GroupCommit
from securecart.names.expiring import Told

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


class _Spelled:
    """A change as the driver takes it: put together once, not at each call."""

    def __init__(self, engine: Engine, statement: ClauseElement) -> None:
        compiled = cast("SQLCompiler", statement.compile(dialect=engine.dialect))
        self._text = str(compiled)
        # None where the driver takes names itself.
        self._names: Sequence[str] | None = compiled.positiontup

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Change the table; answer how many rows were changed.

        The values are by the names of their parameters. The driver is called as
        it is: what SQLAlchemy puts around it takes twice as long as the change.
        """
        if self._names is None:
            return _executed(connection, self._text, dict(values))
        return _executed(connection, self._text, self._placed(self._names, values))

    def run_rows(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Insert several rows by one statement; say whether that can be done.

        Another thread may run while the driver works, and then not let go for
        some milliseconds: so what is one call waits for that once.
        """
        if self._names is None:
            return False
        row = self._text[self._text.rindex("(") :]
        text = self._text + f", {row}" * (len(rows) - 1)
        _executed(
            connection,
            text,
            [value for each in rows for value in self._placed(self._names, each)],
        )
        return True

    @staticmethod
    def _placed(names: Sequence[str], values: Mapping[str, Any]) -> list[Any]:
        return [values[name] for name in names]


def _executed(
    connection: Connection, statement: str, values: list[Any] | dict[str, Any]
) -> int:
    """Answer how many rows the driver changed."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, values)
        return cursor.rowcount
    finally:
        cursor.close()


class _Statements:
    """What is asked of the table."""

    def __init__(self, engine: Engine) -> None:
        record: dict[str, Any] = {
            column.name: bindparam(column.name) for column in _records.c
        }
        one = (_records.c.realm == bindparam("realm_")) & (
            _records.c.key == bindparam("key_")
        )
        now = bindparam("now", type_=BigInteger)
        index = ["realm", "key"]
        new = insert(engine.dialect, _records).values(record)
        renewed = {"value": new.excluded.value, "expires_at": new.excluded.expires_at}
        self.put = _Spelled(
            engine, new.on_conflict_do_update(index_elements=index, set_=renewed)
        )
        self.new = _Spelled(engine, insert(engine.dialect, _records).values(record))
        self.insert = _Spelled(
            engine,
            new.on_conflict_do_update(
                index_elements=index, set_=renewed, where=_records.c.expires_at <= now
            ),
        )
        self.get = select(_records.c.value).where(one, _records.c.expires_at > now)
        self.delete = delete(_records).where(one)
        self.purge = delete(_records).where(
            _records.c.realm == bindparam("realm_"), _records.c.expires_at <= now
        )
        self.take = self.delete.returning(_records.c.value, _records.c.expires_at)


class _Insertion:
    """A change that inserts a record which is not there, or has expired."""

    def __init__(self, statements: _Statements, record: Mapping[str, Any]) -> None:
        self.statements = statements
        self.record = record

    def __call__(self, connection: Connection) -> bool:
        return self.statements.insert.run(connection, self.record) == 1


def _inserted(
    connection: Connection, changes: Sequence[Change]
) -> Sequence[bool] | None:
    """Make all at once, if they are insertions; it fails if one is not the first."""
    found = [change for change in changes if isinstance(change, _Insertion)]
    if len(found) < len(changes):
        return None
    rows = [insertion.record for insertion in found]
    if not found[0].statements.new.run_rows(connection, rows):
        return None
    return [True] * len(rows)


class SqlExpiringRecords:
    """The records of one realm: a name that keeps their keys from others'."""

    def __init__(self, engine: Engine, realm: str) -> None:
        self._engine = engine
        self._realm = realm
        self._changes = GroupCommit(engine, together=_inserted)
        self._statements = _Statements(engine)

    def put(self, key: str, value: bytes, *, expires_at: datetime) -> None:
        """See `ExpiringRecords.put`."""
        record = self._record(key, value, expires_at)
        self._changes.run(
            lambda connection: self._statements.put.run(connection, record)
        )

    def insert(
        self, key: str, value: bytes, *, expires_at: datetime, now: datetime
    ) -> bool:
        """See `ExpiringRecords.insert`."""
        return self._changes.run(self._insertion(key, value, expires_at, now))

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
        self._changes.run_then(self._insertion(key, value, expires_at, now), then)

    def _insertion(
        self, key: str, value: bytes, expires_at: datetime, now: datetime
    ) -> _Insertion:
        record = self._record(key, value, expires_at)
        return _Insertion(self._statements, record | {"now": _microseconds(now)})

    def get(self, key: str, *, now: datetime) -> bytes | None:
        """See `ExpiringRecords.get`."""
        asked = {"realm_": self._realm, "key_": key, "now": _microseconds(now)}
        with reading(self._engine) as connection:
            value: bytes | None = connection.scalar(self._statements.get, asked)
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
        asked = {"realm_": self._realm, "key_": key}
        taken = self._changes.run(
            lambda connection: connection.execute(
                self._statements.take, asked
            ).one_or_none()
        )
        if taken is None or taken.expires_at <= _microseconds(now):
            return None
        value: bytes = taken.value
        return value

    def delete(self, key: str) -> None:
        """See `ExpiringRecords.delete`."""
        asked = {"realm_": self._realm, "key_": key}
        self._changes.run(
            lambda connection: connection.execute(self._statements.delete, asked)
        )

    def purge(self, *, now: datetime) -> int:
        """See `ExpiringRecords.purge`."""
        asked = {"realm_": self._realm, "now": _microseconds(now)}
        return self._changes.run(
            lambda connection: (
                connection.execute(self._statements.purge, asked).rowcount
            )
        )

    def _record(self, key: str, value: bytes, expires_at: datetime) -> dict[str, Any]:
        return {
            "realm": self._realm,
            "key": key,
            "value": value,
            "expires_at": _microseconds(expires_at),
        }
