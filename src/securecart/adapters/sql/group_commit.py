"""Short changes of several threads, committed together.

A commit waits for the disk, and what waits meanwhile can share the next one:
then many small changes cost one wait between them. Nobody is answered before
the commit that holds their change.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from securecart.adapters.sql.database import writing
from securecart.names.waiting import about_to_wait

R = TypeVar("R")

Change = Callable[[Connection], Any]
"""Changes the database within a transaction; may be run again in another."""


class GroupCommit:
    """Runs changes; shared by threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[tuple[Change, Future[Any]]] = []

    def run(self, change: Callable[[Connection], R]) -> R:
        """Answer what the change answers, once it is committed.

        Raises:
            Exception: whatever kept this change from being made and committed.
        """
        about_to_wait()
        done: Future[R] = Future()
        with self._queue:
            self._waiting.append((change, done))
        with self._turn:
            # Whoever had the turn before may have taken this change along.
            if not done.done():
                with self._queue:
                    group, self._waiting = self._waiting, []
                self._commit(group)
        return done.result()

    def _commit(self, group: Sequence[tuple[Change, Future[Any]]]) -> None:
        try:
            with writing(self._engine) as connection:
                answers = [change(connection) for change, _ in group]
        except Exception as error:  # noqa: BLE001 - It is raised where it belongs.
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            # None was made. Alone, each fails by its own fault only.
            for each in group:
                self._commit([each])
        else:
            for (_, done), answer in zip(group, answers, strict=True):
                done.set_result(answer)
