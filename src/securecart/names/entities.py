"""The storage port for what an account is made of: roles, keys, buckets.

An entity is a frozen dataclass with a `kind`, unique among all, and a `key`,
unique within its kind. A whole entity is read and written at once, so the
port needs four verbs however many kinds there are. The SQL adapter and the
fake below both pass `tests/conformance/test_entities.py`.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, Protocol, TypeVar, cast


class Entity(Protocol):
    """A frozen dataclass of JSON-friendly fields that can be stored."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    kind: ClassVar[str]

    @property
    def key(self) -> str:
        """What the entity is found by, within its kind."""
        ...


E = TypeVar("E", bound=Entity)


class EntityReader(Protocol):
    """One consistent view of the store."""

    def get(self, kind: type[E], key: str) -> E | None:
        """Answer the entity with this key, or None."""
        ...

    def list(self, kind: type[E]) -> Sequence[E]:
        """Answer every entity of the kind, ordered by the key's code points."""
        ...


class EntityWriter(EntityReader, Protocol):
    """A view that may be changed; only one exists at a time in the world."""

    def put(self, entity: Entity) -> None:
        """Store the entity, replacing the one with its kind and key."""
        ...

    def delete(self, kind: type[Entity], key: str) -> None:
        """Remove the entity if it is there."""
        ...


class Entities(Protocol):
    """A store of entities, shared by threads and processes."""

    def reading(self) -> AbstractContextManager[EntityReader]:
        """Open a view that no writer changes while it is open."""
        ...

    def writing(self) -> AbstractContextManager[EntityWriter]:
        """Open the one view that may write; waits for the one before.

        What was written is kept when the block ends, and dropped wholly when
        it ends by an exception.
        """
        ...

    def generation(self) -> int:
        """Answer a number that changes with every committed change.

        Microseconds, so that a cache can ask before each use. Whoever reads
        the number first and the entities after it never keeps an old entity
        under a new number.
        """
        ...


_Table = dict[tuple[str, str], Entity]


class _View:
    """A table of entities; `EntityReader` and `EntityWriter` alike."""

    def __init__(self, table: _Table) -> None:
        self.table = table

    def get(self, kind: type[E], key: str) -> E | None:
        return cast("E | None", self.table.get((kind.kind, key)))

    def list(self, kind: type[E]) -> Sequence[E]:
        keys = sorted(key for name, key in self.table if name == kind.kind)
        return [cast("E", self.table[kind.kind, key]) for key in keys]

    def put(self, entity: Entity) -> None:
        self.table[entity.kind, entity.key] = entity

    def delete(self, kind: type[Entity], key: str) -> None:
        self.table.pop((kind.kind, key), None)


class InMemoryEntities:
    """The fake for tests and for one process alone."""

    def __init__(self) -> None:
        self._table: _Table = {}
        self._generation = 0
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[EntityReader]:
        """See `Entities.reading`."""
        yield _View(self._table)

    @contextmanager
    def writing(self) -> Iterator[EntityWriter]:
        """See `Entities.writing`."""
        with self._writer:
            view = _View(dict(self._table))
            yield view
            if view.table != self._table:
                self._table = view.table
                self._generation += 1

    def generation(self) -> int:
        """See `Entities.generation`."""
        return self._generation
