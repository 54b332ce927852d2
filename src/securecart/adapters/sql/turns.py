"""Entities whose generation is asked for once in a turn of the event loop.

A request to the gateway asks several caches one after the other, and each of
them asks whether anything has changed. What a loop runs in one turn was read
before the turn: a request that arrives later wakes its task behind `_forget`,
and so is decided by what holds after it arrived.

A request that has a thread to itself is a turn, too: `request` says from when
to when it has.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from securecart.names.entities import Entities, EntityReader, EntityWriter


class Snapshots(Entities, Protocol):
    """Entities that can be read without asking whether they have changed."""

    def as_of(self, generation: int) -> EntityReader:
        """Answer a reader that has the changes up to a generation, or more."""
        ...


class _Turn(threading.local):
    """A thread's own: whether it has a turn, and the generation it was told."""

    open = False
    generation: int | None = None


class _Request:
    """A block that is a turn of its own."""

    def __init__(self, turn: _Turn) -> None:
        self._turn = turn

    def __enter__(self) -> None:
        self._turn.open = True

    def __exit__(self, *_: object) -> None:
        self._turn.open = False
        self._turn.generation = None


class EntitiesByTurns:
    """`Entities` for tasks of one thread's loop, and for requests in threads.

    The loop's thread is the one that makes it. Whoever has no turn asks each
    time.
    """

    def __init__(self, entities: Snapshots) -> None:
        self._entities = entities
        self._thread = threading.get_ident()
        self._turn = _Turn()

    def reading(self) -> AbstractContextManager[EntityReader]:
        """See `Entities.reading`."""
        return nullcontext(self._entities.as_of(self.generation()))

    @contextmanager
    def writing(self) -> Iterator[EntityWriter]:
        """See `Entities.writing`; what was written is read in the same turn."""
        try:
            with self._entities.writing() as writer:
                yield writer
        finally:
            self._forget()

    def generation(self) -> int:
        """See `Entities.generation`."""
        turn = self._turn
        if turn.generation is not None:
            return turn.generation
        generation = self._entities.generation()
        if turn.open or self._begin():
            turn.generation = generation
        return generation

    def request(self) -> AbstractContextManager[None]:
        """Hold one request that this thread answers, and nothing else.

        In the loop's own thread that is nothing: what arrived is older than the
        turn in which it is answered.
        """
        return nullcontext() if self._loop() else _Request(self._turn)

    def _begin(self) -> bool:
        """Have a turn of the loop forgotten at its end; say whether there is one."""
        loop = self._loop()
        if loop is not None:
            loop.call_soon(self._forget)
        return loop is not None

    def _loop(self) -> asyncio.AbstractEventLoop | None:
        if threading.get_ident() != self._thread:
            return None
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return None

    def _forget(self) -> None:
        self._turn.generation = None
