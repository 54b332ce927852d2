"""Entities whose generation is asked for once in a turn of the event loop.

A request to the gateway asks several caches one after the other, and each of
them asks whether anything has changed. What a loop runs in one turn was read
before the turn: a request that arrives later wakes its task behind `_forget`,
and so is decided by what holds after it arrived.
"""

import asyncio
import threading
from contextlib import AbstractContextManager

from securecart.names.entities import Entities, EntityReader, EntityWriter


class EntitiesByTurns:
    """`Entities` for tasks of one thread's loop, and unchanged for all else.

    The thread is the one that makes it.
    """

    def __init__(self, entities: Entities) -> None:
        self._entities = entities
        self._thread = threading.get_ident()
        self._generation: int | None = None

    def reading(self) -> AbstractContextManager[EntityReader]:
        """See `Entities.reading`."""
        return self._entities.reading()

    def writing(self) -> AbstractContextManager[EntityWriter]:
        """See `Entities.writing`."""
        return self._entities.writing()

    def generation(self) -> int:
        """See `Entities.generation`."""
        if threading.get_ident() != self._thread:
            return self._entities.generation()
        if self._generation is not None:
            return self._generation
        generation = self._entities.generation()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return generation
        self._generation = generation
        loop.call_soon(self._forget)
        return generation

    def _forget(self) -> None:
        self._generation = None
