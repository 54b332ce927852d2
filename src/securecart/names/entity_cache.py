"""What was worked out from entities, kept until any entity changes."""

from collections.abc import Callable
from typing import Generic, TypeVar

from securecart.names.entities import Entities, EntityReader

K = TypeVar("K")
V = TypeVar("V")


class EntityCache(Generic[K, V]):
    """Answers `load(store, key)`, asking the store once a generation.

    At most `most` values are kept; when they are more, all go. None is not
    kept, so that a stranger who asks for what does not exist fills nothing.
    Shared by threads.
    """

    def __init__(
        self,
        entities: Entities,
        load: Callable[[EntityReader, K], V | None],
        *,
        most: int,
    ) -> None:
        self._entities = entities
        self._load = load
        self._most = most
        self._kept: tuple[int, dict[K, V]] = (-1, {})

    def get(self, key: K) -> V | None:
        """Answer the value of a key as of the store's last change."""
        values = self._current()
        value = values.get(key)
        if value is not None:
            return value
        with self._entities.reading() as store:
            value = self._load(store, key)
        if value is not None:
            if len(values) >= self._most:
                values.clear()
            values[key] = value
        return value

    def _current(self) -> dict[K, V]:
        generation = self._entities.generation()
        kept, values = self._kept
        if kept != generation:
            # A new dictionary: a thread that began before the change goes on
            # filling the old one, which nobody asks any more. Both are
            # replaced at once, so that no lock is needed.
            values = {}
            self._kept = generation, values
        return values
