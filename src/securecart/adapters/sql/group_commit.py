"""Short changes of several threads, committed together.

A commit waits for the disk, and what waits meanwhile can share the next one:
then many small changes cost one wait between them. Where changes follow one
another closely, a commit is held back for a moment, so that it has more of them
(as PostgreSQL does by `commit_delay`): it costs as much processor time as what
led to the change. Nobody is answered before the commit that holds their change.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from securecart.adapters.sql.database import writer
from securecart.names.waiting import about_to_wait

R = TypeVar("R")

Change = Callable[[Connection], Any]
"""Changes the database within a transaction; may be run again in another."""
Together = Callable[[Connection, Sequence[Change]], Sequence[Any] | None]
"""Makes several changes as one, and answers what each would; None: it does not know
how. Where it fails they are made one by one, each in a transaction of its own."""

_DELAY_SECONDS: Final = 0.002
_CLOSE_SECONDS: Final = 0.001
"""Between one commit and the next change: less than any one caller needs."""


class _Caller:
    """Someone whose change is to be committed; has an error until it is.

    `then` tells the caller, who may `wait` for it: to have been committed for,
    or to commit for the others, where `leads` is set before.
    """

    def __init__(
        self, change: Change, then: Callable[[], None], *, waits: bool
    ) -> None:
        self.change = change
        self.then = then
        self.waits = waits
        self.answer: Any = None
        self.error: Exception | None = InterruptedError("the commit was broken off")
        self.leads = False


class GroupCommit:
    """Runs changes; shared by threads.

    One of the callers that wait commits for all, and then wakes one of those
    that came meanwhile to be the next. For those who do not wait there is a
    thread, which begins with the first of them and lasts as long as the process.
    """

    def __init__(
        self, engine: Engine, *, together: Together = lambda _connection, _changes: None
    ) -> None:
        self._engine = engine
        self._together = together
        self._lock = threading.Lock()
        self._waiting: list[_Caller] = []
        self._committing = False
        self._connection: Connection | None = None
        self._committed_at = float("-inf")
        self._shared = False
        self._thread: threading.Thread | None = None
        self._called = threading.Lock()
        self._called.acquire()

    def run(self, change: Callable[[Connection], R]) -> R:
        """Answer what the change answers, once it is committed.

        Raises:
            Exception: whatever kept this change from being made and committed.
        """
        about_to_wait()
        asleep = threading.Lock()
        asleep.acquire()
        caller = _Caller(change, asleep.release, waits=True)
        caller.leads = self._queue(caller)
        if not caller.leads:
            asleep.acquire()
        if caller.leads:
            self._lead(caller)
        if caller.error is not None:
            raise caller.error
        answer: R = caller.answer
        return answer

    def run_then(
        self, change: Callable[[Connection], R], then: Callable[[R | Exception], None]
    ) -> None:
        """Do as `run` without waiting; `then` is told the answer or the error."""

        def told() -> None:
            then(caller.answer if caller.error is None else caller.error)

        caller = _Caller(change, told, waits=False)
        if self._queue(caller):
            self._call()

    def _queue(self, caller: _Caller) -> bool:
        """Let the caller wait; say whether somebody has to begin to commit."""
        with self._lock:
            self._waiting.append(caller)
            begins, self._committing = not self._committing, True
        return begins

    def _call(self) -> None:
        """Have the thread commit for all that wait, as nobody does now."""
        if self._thread is None:  # One at a time comes here, as one commits.
            self._thread = threading.Thread(
                target=self._serve, name="group commit", daemon=True
            )
            self._thread.start()
        self._called.release()

    def _serve(self) -> None:
        while True:
            self._called.acquire()
            self._lead(None)

    def _lead(self, leader: _Caller | None) -> None:
        """Commit for all that wait, and tell them."""
        group: list[_Caller] = []
        try:
            self._gather()
            with self._lock:
                group, self._waiting = self._waiting, []
            self._commit(group)
        finally:
            self._shared = len(group) > 1
            self._committed_at = time.monotonic()
            with self._lock:
                if leader in self._waiting:  # Broken off before it began.
                    self._waiting.remove(leader)
                self._committing = bool(self._waiting)
                following = self._waiting[:1]
            for caller in following:
                self._pass_on(caller)
            for caller in group:
                if caller is not leader:
                    caller.then()

    def _pass_on(self, caller: _Caller) -> None:
        """Have the next commit begun."""
        if caller.waits:
            caller.leads = True
            caller.then()
        else:
            self._call()

    def _gather(self) -> None:
        """Wait for others, if there seem to be any."""
        since = time.monotonic() - self._committed_at
        if since < (_DELAY_SECONDS if self._shared else _CLOSE_SECONDS):
            time.sleep(_DELAY_SECONDS)

    def _commit(self, group: Sequence[_Caller]) -> None:
        connection = None
        try:
            connection, self._connection = self._connection, None
            connection = connection or writer(self._engine)
            with connection.begin():
                answers = self._changed(connection, [each.change for each in group])
        except Exception as error:  # noqa: BLE001 - It is raised where it belongs.
            if connection is not None:
                connection.close()
            if len(group) == 1:
                group[0].error = error
                return
            # None was made. Alone, each fails by its own fault only.
            for caller in group:
                self._commit([caller])
        else:
            self._connection = connection
            for caller, answer in zip(group, answers, strict=True):
                caller.answer, caller.error = answer, None

    def _changed(
        self, connection: Connection, changes: Sequence[Change]
    ) -> Sequence[Any]:
        if len(changes) > 1:
            answers = self._together(connection, changes)
            if answers is not None:
                return answers
        return [change(connection) for change in changes]
