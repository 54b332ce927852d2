"""What several processes on one SQLite file may rely on."""

import multiprocessing
import sqlite3
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import event, text

from securecart.adapters.sql.database import (
    create_tables,
    open_sqlite,
    reading,
    writing,
)
from securecart.adapters.sql.entities import SqlEntities


@dataclass(frozen=True, slots=True)
class _Count:
    kind: ClassVar[str] = "test.count"
    name: str
    value: int = 0

    @property
    def key(self) -> str:
        return self.name


def _count(path: Path, turns: int) -> None:
    engine = open_sqlite(path)
    create_tables(engine)
    entities = SqlEntities(engine)
    for _ in range(turns):
        with entities.writing() as store:
            before = store.get(_Count, "all") or _Count("all")
            store.put(_Count("all", before.value + 1))


def test_many_processes_open_and_write_one_new_file(tmp_path: Path) -> None:
    """Creating the file, its tables and its rows may all race."""
    path = tmp_path / "new.db"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_count, args=(path, 10)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    with SqlEntities(open_sqlite(path)).reading() as view:
        assert view.get(_Count, "all") == _Count("all", 40)


def test_generation_sees_another_engine_of_the_file(tmp_path: Path) -> None:
    """The change of one process is seen by the caches of the others."""
    path = tmp_path / "shared.db"
    here, there = open_sqlite(path), open_sqlite(path)
    create_tables(here)
    mine, theirs = SqlEntities(here), SqlEntities(there)
    before = mine.generation()
    with theirs.writing() as store:
        store.put(_Count("x"))
    after = mine.generation()
    assert after != before
    assert theirs.generation() == after
    # Another table's writes are no change of the entities.
    with writing(there) as connection:
        connection.execute(text("CREATE TABLE other (x INTEGER)"))
    assert mine.generation() == after


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    """A reader in the middle of somebody's write is answered at once."""
    engine = open_sqlite(tmp_path / "shared.db")
    create_tables(engine)
    inside, leave = threading.Event(), threading.Event()

    def write() -> None:
        with writing(engine):
            inside.set()
            leave.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert inside.wait(30)
        begun = time.monotonic()
        with reading(engine) as connection:
            connection.execute(text("SELECT count(*) FROM entities"))
        assert time.monotonic() - begun < 5
    finally:
        leave.set()
        writer.join()


def test_no_one_else_may_read_the_files(tmp_path: Path) -> None:
    """The database and the files that SQLite puts beside it are 0600."""
    engine = open_sqlite(tmp_path / "shared.db")
    create_tables(engine)
    with reading(engine) as connection:
        connection.execute(text("SELECT count(*) FROM entities"))
        modes = {
            file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()
        }
    assert set(modes) == {"shared.db", "shared.db-wal", "shared.db-shm"}
    assert set(modes.values()) == {0o600}


def test_generation_reads_no_row_while_nothing_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking again costs a pragma, not a query."""
    statements: list[str] = []
    connect = sqlite3.connect

    def noted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3.dbapi2, "connect", noted)
    engine = open_sqlite(tmp_path / "shared.db")
    create_tables(engine)
    entities = SqlEntities(engine)
    entities.generation()
    statements.clear()
    entities.generation()
    assert statements == ["PRAGMA data_version"]
    with entities.writing() as store:
        store.put(_Count("x"))
    statements.clear()
    entities.generation()
    assert any("generations" in statement for statement in statements)


def test_readers_ask_the_database_once_a_change(tmp_path: Path) -> None:
    """Between two changes they are answered from memory, with one object."""
    engine = open_sqlite(tmp_path / "shared.db")
    create_tables(engine)
    entities, others = SqlEntities(engine), SqlEntities(engine)
    with entities.writing() as store:
        store.put(_Count("x"))
    with entities.reading() as view:
        first = view.get(_Count, "x")
    statements: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def _note(*arguments: Any) -> None:
        statements.append(arguments[2])

    with entities.reading() as view:
        assert view.get(_Count, "x") is first
        assert view.get(_Count, "y") is None
        assert statements == []
        with others.writing() as writer:
            writer.put(_Count("y"))
        assert view.get(_Count, "y") is None
    with entities.reading() as view:
        assert view.get(_Count, "y") == _Count("y")
