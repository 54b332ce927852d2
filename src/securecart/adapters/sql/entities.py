"""`names.entities.Entities` over one table: kind, key, and JSON.

Readers are answered from memory: the whole table as of its last change. What
an account is made of is thousands of rows at most (the quotas of IAM), read
many thousand times for each time that one of them changes.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import Column, Connection, Engine, String, Table, Text, delete, select

from securecart.adapters.sql.database import insert, metadata, reading, writing
from securecart.adapters.sql.generation import Generation
from securecart.names.entities import E, Entity, EntityReader, EntityWriter
from securecart.names.waiting import about_to_wait

_entities = Table(
    "entities",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)


@cache
def _json_of(kind: type[E]) -> TypeAdapter[E]:
    return TypeAdapter(kind)


def prepare(kinds: Iterable[type[Entity]]) -> None:
    """Work out beforehand how entities are read and written, which takes a while.

    A process does so that others are forked from.
    """
    for kind in kinds:
        _json_of(kind)


class _Snapshot:
    """The table as of one generation: an `EntityReader`, shared by threads.

    A row is parsed when it is first asked for, and the entity kept: entities
    are frozen. Two threads may parse the same row; either's entity will do.
    """

    def __init__(self, generation: int, rows: Mapping[str, Mapping[str, str]]) -> None:
        self.generation = generation
        self._rows = rows
        self._parsed: dict[tuple[type[Entity], str], Entity] = {}

    def get(self, kind: type[E], key: str) -> E | None:
        parsed = self._parsed.get((kind, key))
        if parsed is None:
            value = self._rows.get(kind.kind, {}).get(key)
            if value is None:
                return None
            parsed = self._parsed[kind, key] = _json_of(kind).validate_json(value)
        return cast("E", parsed)

    def list(self, kind: type[E]) -> Sequence[E]:
        found = (self.get(kind, key) for key in sorted(self._rows.get(kind.kind, {})))
        return [entity for entity in found if entity is not None]


class _View:
    """The table within one transaction; `EntityReader` and `EntityWriter`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.changed = False

    def get(self, kind: type[E], key: str) -> E | None:
        value = self._connection.scalar(
            select(_entities.c.value).where(
                _entities.c.kind == kind.kind, _entities.c.key == key
            )
        )
        return None if value is None else _json_of(kind).validate_json(value)

    def list(self, kind: type[E]) -> Sequence[E]:
        rows = self._connection.execute(
            select(_entities.c.key, _entities.c.value).where(
                _entities.c.kind == kind.kind
            )
        ).all()
        # Databases differ in how they sort text; Python sorts code points.
        return [_json_of(kind).validate_json(row.value) for row in sorted(rows)]

    def put(self, entity: Entity) -> None:
        value = _json_of(type(entity)).dump_json(entity).decode()
        self._connection.execute(
            insert(self._connection.dialect, _entities)
            .values(kind=entity.kind, key=entity.key, value=value)
            .on_conflict_do_update(
                index_elements=["kind", "key"], set_={"value": value}
            )
        )
        self.changed = True

    def delete(self, kind: type[Any], key: str) -> None:
        self._connection.execute(
            delete(_entities).where(
                _entities.c.kind == kind.kind, _entities.c.key == key
            )
        )
        self.changed = True


class SqlEntities:
    """The store of one installation; its tables must have been created."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._generation = Generation(engine, "entities")
        self._snapshot = _Snapshot(-1, {})
        self._loading = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[EntityReader]:
        """See `Entities.reading`."""
        yield self.as_of(self._generation.current())

    @contextmanager
    def writing(self) -> Iterator[EntityWriter]:
        """See `Entities.writing`."""
        about_to_wait()
        with writing(self._engine) as connection:
            self._generation.lock(connection)
            view = _View(connection)
            yield view
            if view.changed:
                self._generation.raise_by_one(connection)

    def generation(self) -> int:
        """See `Entities.generation`."""
        return self._generation.current()

    def as_of(self, generation: int) -> EntityReader:
        """Answer a reader that has the changes up to a generation, or more."""
        if self._snapshot.generation < generation:
            with self._loading:
                # The one before in line may have loaded it.
                if self._snapshot.generation < generation:
                    self._snapshot = self._load()
        return self._snapshot

    def _load(self) -> _Snapshot:
        rows: dict[str, dict[str, str]] = {}
        with reading(self._engine) as connection:
            generation = self._generation.read(connection)
            for kind, key, value in connection.execute(select(_entities)):
                rows.setdefault(kind, {})[key] = value
        return _Snapshot(generation, rows)
