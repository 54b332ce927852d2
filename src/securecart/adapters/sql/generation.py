"""A number that changes with every committed change to a set of tables.

The counter is a row that each writing transaction locks first and raises
last, so writers come one after the other on PostgreSQL as on SQLite. On
SQLite a reader first asks `PRAGMA data_version`, some microseconds, which
changes when any other connection of any process has written to the file; only
then is the row read, on the connection that asked. PostgreSQL has nothing as
cheap: there the row is read each time, one round trip, until somebody adds LISTEN.

Source: SQLite documentation, "PRAGMA data_version".
"""

import sqlite3
import threading
from typing import cast

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    String,
    Table,
    select,
    update,
)

from securecart.adapters.sql.database import insert, metadata, reading

_generations = Table(
    "generations",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

_VALUE = "SELECT value FROM generations WHERE name = ?"


class Generation:
    """The counter of one name; shared by threads."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._lock = threading.Lock()
        self._seen_version: int | None = None
        self._value = 0
        self._probe: sqlite3.Connection | None = None
        if engine.dialect.name == "sqlite":
            # This connection never writes, or it would not see its own
            # process's changes. It stays out of the pool for good.
            pooled = engine.raw_connection()
            self._probe = cast("sqlite3.Connection", pooled.driver_connection)
            pooled.detach()

    def current(self) -> int:
        """Answer the number as of some moment after the call began."""
        probe = self._probe
        if probe is None:
            with reading(self._engine) as connection:
                return self.read(connection)
        with self._lock:
            version = self._ask(probe, "PRAGMA data_version")
            if version != self._seen_version:
                self._value = self._ask(probe, _VALUE, self._name)
                self._seen_version = version
            return self._value

    def read(self, connection: Connection) -> int:
        """Answer the number as a transaction sees it."""
        value = connection.scalar(
            select(_generations.c.value).where(_generations.c.name == self._name)
        )
        return int(value or 0)

    def lock(self, connection: Connection) -> None:
        """Make every other writer wait for this transaction to end."""
        connection.execute(
            insert(connection.dialect, _generations)
            .values(name=self._name, value=0)
            .on_conflict_do_nothing()
        )
        connection.execute(
            select(_generations.c.value)
            .where(_generations.c.name == self._name)
            .with_for_update()
        )

    def raise_by_one(self, connection: Connection) -> None:
        """Say that this transaction changes something."""
        connection.execute(
            update(_generations)
            .where(_generations.c.name == self._name)
            .values(value=_generations.c.value + 1)
        )

    def _ask(self, probe: sqlite3.Connection, question: str, *arguments: str) -> int:
        # All of them: a statement that is not at its end holds a view open.
        rows = probe.execute(question, arguments).fetchall()
        return int(rows[0][0]) if rows else 0
