"""Records that are inserted by one commit: each is the first of its key, or not."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from securecart.adapters.sql.database import create_tables, open_sqlite, writing
from securecart.adapters.sql.expiring import SqlExpiringRecords

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = NOW + timedelta(minutes=5)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with its tables."""
    engine = open_sqlite(tmp_path / "records.db")
    create_tables(engine)
    return engine


@pytest.fixture
def commits(engine: Engine) -> Iterator[list[int]]:
    """One member for each commit."""
    seen: list[int] = []

    def committed(_connection: object) -> None:
        seen.append(0)

    event.listen(engine, "commit", committed)
    yield seen
    event.remove(engine, "commit", committed)


def together(
    engine: Engine, records: SqlExpiringRecords, keys: str
) -> list[bool | Exception]:
    """Insert while another holds the lock: the first waits for it, and all for that."""
    answers: dict[int, bool | Exception] = {}
    told = threading.Semaphore(0)

    def insert(number: int) -> None:
        def then(answer: bool | Exception) -> None:  # noqa: FBT001 - What is told.
            answers[number] = answer
            told.release()

        records.insert_then(keys[number], b"", expires_at=END, now=NOW, then=then)

    with writing(engine):
        for number in range(len(keys)):
            insert(number)
    for _ in keys:
        assert told.acquire(timeout=20)
    return [answers[number] for number in range(len(keys))]


def test_different_keys_share_a_commit(engine: Engine, commits: list[int]) -> None:
    """All of them are the first."""
    records = SqlExpiringRecords(engine, "r")
    assert together(engine, records, "abcdefgh") == [True] * 8
    # The lock's holder, the first alone, perhaps, and the others.
    assert len(commits) <= 3
    assert not records.insert("c", b"", expires_at=END, now=NOW)


def test_a_key_that_comes_twice_is_first_once(engine: Engine) -> None:
    """And those beside it are none the worse."""
    records = SqlExpiringRecords(engine, "r")
    answers = together(engine, records, "abcbda")
    assert sorted(zip("abcbda", answers, strict=True)) == [
        ("a", False),
        ("a", True),
        ("b", False),
        ("b", True),
        ("c", True),
        ("d", True),
    ]


def test_one_that_was_there_is_told_so_and_one_that_expired_is_not(
    engine: Engine,
) -> None:
    """Each by itself, among others that are new."""
    records = SqlExpiringRecords(engine, "r")
    assert records.insert("b", b"", expires_at=END, now=NOW)
    assert records.insert("c", b"", expires_at=NOW, now=NOW - timedelta(minutes=1))
    assert together(engine, records, "abcd") == [True, False, True, True]


def test_other_realms_keys_are_others(engine: Engine) -> None:
    """One table holds all of them."""
    assert together(engine, SqlExpiringRecords(engine, "r"), "abc") == [True] * 3
    assert together(engine, SqlExpiringRecords(engine, "s"), "abc") == [True] * 3
