"""Runs calls that came in one turn of the event loop together, step by step.

See `names.cohort` for the reason. Each has a stack of its own, a greenlet, which
it leaves at the end of a step; they take turns within one thread, and none is
ever interrupted elsewhere.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Generic, TypeVar

from greenlet import getcurrent, greenlet

from securecart.names.cohort import pausing_by

T = TypeVar("T")

MOST = 8
"""Together: some milliseconds' work, for which the loop does nothing else."""

_Member = tuple[Callable[[], T], asyncio.Future[T]]


class Cohorts(Generic[T]):
    """Belongs to one event loop. `within` surrounds whatever is run."""

    def __init__(
        self, within: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self._within = within
        self._lock = threading.Lock()
        self._waiting: list[_Member[T]] = []

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Answer what the work answers or raises, once its cohort has been run."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if self._is_first((work, done)):
            loop.call_soon(self._run)
        return done

    def run_after(
        self, begin: Callable[[Callable[[], None]], None], work: Callable[[], T]
    ) -> asyncio.Future[T]:
        """Do as `run`, once what is begun here has ended.

        `begin` is given what is to be called then, in any thread. Those whose
        ends are told one after the other wake the loop once between them.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def told() -> None:
            if self._is_first((work, done)):
                with suppress(RuntimeError):  # The loop may have ended meanwhile.
                    loop.call_soon_threadsafe(self._run)

        begin(told)
        return done

    def _is_first(self, member: _Member[T]) -> bool:
        """Let it wait for its cohort; say whether nobody did yet."""
        with self._lock:
            self._waiting.append(member)
            return len(self._waiting) == 1

    def _run(self) -> None:
        with self._lock:
            members, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            are_more = bool(self._waiting)
        if are_more:
            asyncio.get_running_loop().call_soon(self._run)
        with self._within():
            if len(members) == 1:
                _complete(*members[0])
            else:
                _together(members)


def _together(members: Sequence[_Member[Any]]) -> None:
    stacks = [greenlet(_complete) for _ in members]
    with pausing_by(getcurrent().switch):
        for stack, member in zip(stacks, members, strict=True):
            stack.switch(*member)
        while stacks := [stack for stack in stacks if not stack.dead]:
            for stack in stacks:
                stack.switch()


def _complete(work: Callable[[], T], done: asyncio.Future[T]) -> None:
    if done.done():  # Whoever asked has gone.
        return
    try:
        answer = work()
    except BaseException as error:  # noqa: BLE001 - Raised where it is awaited.
        if not done.done():
            done.set_exception(error)
    else:
        if not done.done():
            done.set_result(answer)
