"""`names.entities.Entities` over one table: kind, key, and JSON."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column, Connection, Engine, String, Table, Text, delete, select

from securecart.adapters.sql.database import insert, metadata, reading, writing
from securecart.adapters.sql.generation import Generation
from securecart.names.entities import E, Entity, EntityReader, EntityWriter

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
            insert(self._connection, _entities)
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

    @contextmanager
    def reading(self) -> Iterator[EntityReader]:
        """See `Entities.reading`."""
        with reading(self._engine) as connection:
            yield _View(connection)

    @contextmanager
    def writing(self) -> Iterator[EntityWriter]:
        """See `Entities.writing`."""
        with writing(self._engine) as connection:
            self._generation.lock(connection)
            view = _View(connection)
            yield view
            if view.changed:
                self._generation.raise_by_one(connection)

    def generation(self) -> int:
        """See `Entities.generation`."""
        return self._generation.current()
