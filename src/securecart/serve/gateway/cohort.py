"""Runs calls that came in one turn of the event loop together, step by step.

See `names.cohort` for the reason. Each has a stack of its own, a greenlet, which
it leaves at the end of a step; they take turns within one thread, and none is
ever interrupted elsewhere.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
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
        self._waiting: list[_Member[T]] = []

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Answer what the work answers or raises, once its cohort has been run."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._run)
        self._waiting.append((work, done))
        return done

    def _run(self) -> None:
        members, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        if self._waiting:
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
