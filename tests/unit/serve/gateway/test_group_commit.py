"""A write is acknowledged after a sync that began when the store had it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from securecart.serve.gateway.group_commit import GroupCommit
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.scoreboard import Word

Run = Callable[[Coroutine[Any, Any, Any]], Any]
_SECONDS = 5


class Disk:
    """A sync that begins and ends when the test says so."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.syncs = 0
        self.failure: OSError | None = None

    def sync(self) -> None:
        self.syncs += 1
        self.begun.release()
        assert self.may_end.acquire(timeout=_SECONDS)
        if self.failure is not None:
            raise self.failure


async def _begun(disk: Disk) -> None:
    assert await asyncio.to_thread(disk.begun.acquire, timeout=_SECONDS)


async def _settled(*tasks: asyncio.Task[None]) -> None:
    async with asyncio.timeout(_SECONDS):
        await asyncio.gather(*tasks)


def test_a_sync_that_had_begun_before_does_not_count(run: Run) -> None:
    """It may have passed over what was written meanwhile."""

    async def act() -> None:
        disk = Disk()
        commit = GroupCommit(disk.sync, Meter.alone())
        first = asyncio.create_task(commit.settled())
        await _begun(disk)
        late = asyncio.create_task(commit.settled())
        await asyncio.sleep(0)
        disk.may_end.release()
        await _settled(first)
        await _begun(disk)
        assert not late.done()
        disk.may_end.release()
        await _settled(late)
        assert disk.syncs == 2

    run(act())


def test_one_sync_is_for_all_that_wait(run: Run) -> None:
    """A hundred writes during one sync cost one more."""

    async def act() -> None:
        disk, meter = Disk(), Meter.alone()
        commit = GroupCommit(disk.sync, meter)
        first = asyncio.create_task(commit.settled())
        await _begun(disk)
        rest = [asyncio.create_task(commit.settled()) for _ in range(100)]
        await asyncio.sleep(0)
        for _ in range(2):
            disk.may_end.release()
        await _settled(first, *rest)
        assert disk.syncs == 2
        row = meter.scoreboard.rows[0]
        assert (row[Word.SYNCS], row[Word.SYNCED_WRITES]) == (2, 101)

    run(act())


def test_a_sync_that_fails_is_told_to_all_of_its_group_and_no_other(run: Run) -> None:
    """The next one begins afresh."""

    async def act() -> None:
        disk, meter = Disk(), Meter.alone()
        commit = GroupCommit(disk.sync, meter)
        disk.failure = OSError(5, "Input/output error")
        failing = [asyncio.create_task(commit.settled()) for _ in range(3)]
        await _begun(disk)
        disk.may_end.release()
        for each in failing:
            with pytest.raises(OSError, match="Input/output"):
                await _settled(each)
        disk.failure = None
        disk.may_end.release()
        await _settled(asyncio.create_task(commit.settled()))
        assert meter.scoreboard.rows[0][Word.SYNC_FAILURES] == 1

    run(act())


def test_who_gives_up_does_not_hinder_the_rest(run: Run) -> None:
    """A client that goes away takes only its own wait along."""

    async def act() -> None:
        disk = Disk()
        commit = GroupCommit(disk.sync, Meter.alone())
        gone = asyncio.create_task(commit.settled())
        stays = asyncio.create_task(commit.settled())
        await _begun(disk)
        gone.cancel()
        disk.may_end.release()
        await _settled(stays)
        assert gone.cancelled()

    run(act())
