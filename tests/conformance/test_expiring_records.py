"""What every `ExpiringRecords` promises, the fake and SQL alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.names.expiring import ExpiringRecords, InMemoryExpiringRecords

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def _in_memory(_folder: Path) -> ExpiringRecords:
    return InMemoryExpiringRecords()


def _sql(folder: Path) -> ExpiringRecords:
    engine = open_sqlite(folder / "records.db")
    create_tables(engine)
    return SqlExpiringRecords(engine, "sign-ins")


@pytest.fixture(params=[_in_memory, _sql], ids=["in memory", "sql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> ExpiringRecords:
    """A new store of each kind."""
    make: Callable[[Path], ExpiringRecords] = request.param
    return make(tmp_path)


def test_answers_what_was_put(records: ExpiringRecords) -> None:
    """A live record comes back byte for byte; another key is absent."""
    records.put("a", b"\x00one", expires_at=LATER)
    assert records.get("a", now=NOW) == b"\x00one"
    assert records.get("b", now=NOW) is None


def test_answers_the_live_ones_of_many(records: ExpiringRecords) -> None:
    """All in one look; what is absent or over is left out."""
    records.put("a", b"one", expires_at=LATER)
    records.put("b", b"two", expires_at=LATER)
    records.put("old", b"three", expires_at=NOW)
    found = records.get_all(["a", "b", "old", "none"], now=NOW)
    assert found == {"a": b"one", "b": b"two"}
    assert records.get_all([], now=NOW) == {}


def test_put_replaces(records: ExpiringRecords) -> None:
    """The last value and its end count."""
    records.put("a", b"one", expires_at=NOW)
    records.put("a", b"two", expires_at=LATER)
    assert records.get("a", now=NOW) == b"two"


def test_is_absent_from_its_end_on(records: ExpiringRecords) -> None:
    """A record is gone at the moment of its end, not after it."""
    records.put("a", b"one", expires_at=LATER)
    assert records.get("a", now=LATER - timedelta(microseconds=1)) == b"one"
    assert records.get("a", now=LATER) is None
    assert records.take("a", now=LATER) is None


def test_insert_refuses_a_live_key(records: ExpiringRecords) -> None:
    """The first insert wins and its value stays."""
    assert records.insert("a", b"one", expires_at=LATER, now=NOW)
    assert not records.insert("a", b"two", expires_at=LATER, now=NOW)
    assert records.get("a", now=NOW) == b"one"


def test_insert_takes_the_place_of_a_dead_key(records: ExpiringRecords) -> None:
    """A record that has ended is no obstacle."""
    records.put("a", b"one", expires_at=NOW)
    assert records.insert("a", b"two", expires_at=LATER, now=NOW)
    assert records.get("a", now=NOW) == b"two"


def test_take_answers_once(records: ExpiringRecords) -> None:
    """What was taken is gone."""
    records.put("a", b"one", expires_at=LATER)
    assert records.take("a", now=NOW) == b"one"
    assert records.take("a", now=NOW) is None


def test_delete_is_idempotent(records: ExpiringRecords) -> None:
    """Removing what is absent is no error."""
    records.put("a", b"one", expires_at=LATER)
    records.delete("a")
    records.delete("a")
    assert records.get("a", now=NOW) is None


def test_purge_removes_the_dead_alone(records: ExpiringRecords) -> None:
    """The count is of what was removed."""
    records.put("a", b"one", expires_at=NOW)
    records.put("b", b"two", expires_at=LATER)
    assert records.purge(now=NOW) == 1
    assert records.get("b", now=NOW) == b"two"
    assert records.purge(now=NOW) == 0


def test_realms_are_apart(tmp_path: Path) -> None:
    """One table holds many realms; none sees another's keys."""
    engine = open_sqlite(tmp_path / "records.db")
    create_tables(engine)
    one, other = SqlExpiringRecords(engine, "a"), SqlExpiringRecords(engine, "b")
    one.put("k", b"one", expires_at=LATER)
    assert other.get("k", now=NOW) is None
    assert other.insert("k", b"two", expires_at=LATER, now=NOW)
    assert other.take("k", now=NOW) == b"two"
    assert other.purge(now=LATER) == 0
    assert one.get("k", now=NOW) == b"one"


def test_of_many_takers_one_wins(tmp_path: Path) -> None:
    """A record that many take at once is answered to a single one."""
    path = tmp_path / "records.db"
    create_tables(open_sqlite(path))
    stores = [SqlExpiringRecords(open_sqlite(path), "codes") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for turn in range(5):
            stores[0].put("code", b"granted", expires_at=LATER)
            taken = list(pool.map(lambda s: s.take("code", now=NOW), stores))
            assert sorted(filter(None, taken)) == [b"granted"], turn


def test_of_many_inserters_one_wins(tmp_path: Path) -> None:
    """An id that many redeem at once is redeemed a single time."""
    path = tmp_path / "records.db"
    create_tables(open_sqlite(path))
    stores = [SqlExpiringRecords(open_sqlite(path), "ids") for _ in range(8)]

    def redeem(store: SqlExpiringRecords, key: str) -> bool:
        return store.insert(key, b"", expires_at=LATER, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        for turn in range(5):
            won = list(pool.map(lambda s, t=turn: redeem(s, f"id-{t}"), stores))
            assert won.count(True) == 1
