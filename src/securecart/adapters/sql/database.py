"""One database: its engine, and the settings that make SQLite safe to share."""

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, event

_BUSY_SECONDS = 10
"""How long a writer waits for another process before it gives up."""

metadata = MetaData()
"""Every table of the package; each module beside this one adds its own."""


def open_sqlite(path: Path) -> Engine:
    """Open (or create, 0600) a database file that several processes share.

    Write-ahead logging lets readers go on beside a writer; `synchronous=FULL`
    makes a commit survive power loss; `BEGIN IMMEDIATE` takes the write lock
    at once, so that a read followed by a write cannot be overtaken.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # None hands transactions to us; the driver would begin them deferred.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def create_tables(engine: Engine) -> None:
    """Create the tables that are not there yet."""
    metadata.create_all(engine)
