"""What every `Entities` promises, the fake and SQL alike."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.sql.turns import EntitiesByTurns
from securecart.names.entities import Entities, InMemoryEntities

NOW = datetime(2026, 3, 1, 12, 30, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    made: datetime


@dataclass(frozen=True, slots=True)
class _Thing:
    kind: ClassVar[str] = "test.thing"
    name: str
    made: datetime = NOW
    note: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    parts: tuple[_Part, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class _Other:
    kind: ClassVar[str] = "test.other"
    name: str

    @property
    def key(self) -> str:
        return self.name.lower()


def _in_memory(_folder: Path) -> Entities:
    return InMemoryEntities()


def _sql(folder: Path) -> SqlEntities:
    engine = open_sqlite(folder / "entities.db")
    create_tables(engine)
    return SqlEntities(engine)


def _by_turns(folder: Path) -> Entities:
    return EntitiesByTurns(_sql(folder))


@pytest.fixture(
    params=[_in_memory, _sql, _by_turns], ids=["in memory", "sql", "by turns"]
)
def entities(request: pytest.FixtureRequest, tmp_path: Path) -> Entities:
    """A new store of each kind."""
    make: Callable[[Path], Entities] = request.param
    return make(tmp_path)


def test_answers_the_entity_that_was_put(entities: Entities) -> None:
    """Every field comes back with its value and type."""
    thing = _Thing(
        "Ünïcode",
        note="",
        pairs=(("a", "b"), ("a", "\u0000c")),
        parts=(_Part(1, NOW), _Part(2, NOW)),
        texts={"p": '{"Version": "2012-10-17"}'},
    )
    with entities.writing() as store:
        store.put(thing)
        assert store.get(_Thing, "ünïcode") == thing
    with entities.reading() as store:
        assert store.get(_Thing, "ünïcode") == thing
        assert store.get(_Thing, "Ünïcode") is None


def test_keeps_kinds_apart(entities: Entities) -> None:
    """The same key in two kinds is two entities."""
    with entities.writing() as store:
        store.put(_Thing("x"))
        store.put(_Other("x"))
        store.delete(_Other, "x")
        assert store.get(_Thing, "x") == _Thing("x")
        assert store.list(_Other) == []


def test_lists_in_the_order_of_code_points(entities: Entities) -> None:
    """Paging rests on an order that no locale changes."""
    with entities.writing() as store:
        for name in ("b", "é", "a", "_", "ab", "0", "😀", "\uffee"):
            store.put(_Thing(name))
        listed = [thing.name for thing in store.list(_Thing)]
    assert listed == ["0", "_", "a", "ab", "b", "é", "\uffee", "😀"]


def test_put_replaces_and_delete_is_idempotent(entities: Entities) -> None:
    """The last put counts; deleting what is absent is no error."""
    with entities.writing() as store:
        store.put(_Thing("x", note="one"))
        store.put(_Thing("X", note="two"))
        assert [thing.note for thing in store.list(_Thing)] == ["two"]
        store.delete(_Thing, "x")
        store.delete(_Thing, "x")
        assert store.get(_Thing, "x") is None


def test_drops_a_change_that_fails(entities: Entities) -> None:
    """An exception undoes all of its block, and says so by the generation."""
    with entities.writing() as store:
        store.put(_Thing("x", note="one"))
    before = entities.generation()

    def fail() -> None:
        with entities.writing() as store:
            store.put(_Thing("x", note="two"))
            store.put(_Thing("y"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert entities.generation() == before
    with entities.reading() as view:
        assert [thing.note for thing in view.list(_Thing)] == ["one"]


def test_generation_changes_with_changes_alone(entities: Entities) -> None:
    """Reading, and writing nothing, leave it; a put and a delete do not."""
    seen = [entities.generation()]
    with entities.reading() as view:
        view.list(_Thing)
    with entities.writing() as store:
        store.get(_Thing, "x")
    assert entities.generation() == seen[0]
    with entities.writing() as store:
        store.put(_Thing("x"))
    seen.append(entities.generation())
    with entities.writing() as store:
        store.delete(_Thing, "x")
    seen.append(entities.generation())
    assert len(set(seen)) == 3


def test_a_view_does_not_move(entities: Entities) -> None:
    """What a reader saw once it sees again, whoever writes meanwhile."""
    with entities.writing() as store:
        store.put(_Thing("x", note="one"))
    with entities.reading() as view:
        view.get(_Thing, "x")
        with entities.writing() as store:
            store.put(_Thing("x", note="two"))
        seen = view.get(_Thing, "x")
    assert seen is not None
    assert seen.note == "one"


def test_writers_come_one_after_the_other(entities: Entities) -> None:
    """A read followed by a write is never overtaken."""

    def add(_turn: int) -> None:
        with entities.writing() as store:
            thing = store.get(_Thing, "sum") or _Thing("sum", note="0")
            store.put(_Thing("sum", note=str(int(thing.note or 0) + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    with entities.reading() as view:
        total = view.get(_Thing, "sum")
    assert total is not None
    assert total.note == "40"
