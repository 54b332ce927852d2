"""One database: its engine, its transactions, and what makes SQLite shareable.

Source: SQLite documentation, "Write-Ahead Logging" and "Transaction".
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    MetaData,
    Table,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite

_BUSY_SECONDS = 10
"""How long a writer waits for another process before it gives up."""
_CACHE_KIB = 256
"""What a connection keeps of the file. Each thread has one, and the kernel keeps
the file once for all of them; the default, 2 MB, would be most of a worker."""
_WRITES = "securecart_writes"

metadata = MetaData()
"""Every table of the package; each module beside this one adds its own."""


def open_sqlite(path: Path) -> Engine:
    """Open (or create, 0600) a database file that several processes share.

    Write-ahead logging lets readers go on beside a writer; `synchronous=FULL`
    makes a commit survive power loss. Readers take no lock that a writer
    waits for; writers say so by `writing`.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": _BUSY_SECONDS},
        # As many connections as threads ask at once: waiting for one inside a
        # transaction would wait for oneself.
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # None hands transactions to us; the driver would begin them deferred.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"cache_size=-{_CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that begins by reading and then writes could find
        # itself overtaken; the write lock is taken at once or never.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one moment of the database."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that may write; on SQLite there is one at a time."""
    with writer(engine) as connection, connection.begin():
        yield connection


def writer(engine: Engine) -> Connection:
    """Open a connection whose transactions may write; the caller closes it."""
    return engine.connect().execution_options(**{_WRITES: True})


def insert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Answer an insert that has `ON CONFLICT`, which Core alone has not."""
    if dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def create_tables(engine: Engine) -> None:
    """Create the tables that are not there yet."""
    with writing(engine) as connection:
        metadata.create_all(connection)
