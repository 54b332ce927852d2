"""What was worked out from entities, kept until any entity changes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from securecart.names.entities import Entities, EntityReader

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Kept(Generic[K, V]):
    """The values of one generation of the store, and what they weigh."""

    generation: int
    values: dict[K, V] = field(default_factory=dict)
    weight: int = 0


class EntityCache(Generic[K, V]):
    """Answers `load(store, key)`, asking the store once a generation.

    Values are kept while they weigh `most` at most; when they would weigh
    more, all go. Each weighs one, unless `weigh` says otherwise of its key.
    None is not kept, so that a stranger who asks for what does not exist fills
    nothing. Shared by threads.
    """

    def __init__(
        self,
        entities: Entities,
        load: Callable[[EntityReader, K], V | None],
        *,
        most: int,
        weigh: Callable[[K], int] = lambda _: 1,
    ) -> None:
        self._entities = entities
        self._load = load
        self._most = most
        self._weigh = weigh
        self._kept = _Kept[K, V](-1)
        self._keeping = threading.Lock()

    def get(self, key: K) -> V | None:
        """Answer the value of a key as of the store's last change."""
        kept = self._current()
        value = kept.values.get(key)
        if value is not None:
            return value
        with self._entities.reading() as store:
            value = self._load(store, key)
        if value is not None:
            self._keep(kept, key, value)
        return value

    def _keep(self, kept: _Kept[K, V], key: K, value: V) -> None:
        weight = self._weigh(key)
        with self._keeping:
            if key in kept.values:
                return
            if kept.weight + weight > self._most:
                kept.values.clear()
                kept.weight = 0
            kept.values[key] = value
            kept.weight += weight

    def _current(self) -> _Kept[K, V]:
        generation = self._entities.generation()
        kept = self._kept
        if kept.generation != generation:
            # Another dictionary: a thread that began before the change goes on
            # filling the old one, which nobody asks any more. It comes with
            # its generation, so that finding what is kept takes no lock.
            kept = self._kept = _Kept(generation)
        return kept
