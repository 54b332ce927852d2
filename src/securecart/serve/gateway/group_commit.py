"""Writes that are acknowledged together, once the disk has them.

The store answers when the kernel has the bytes; what follows here is for the
power to fail. Syncing its file system costs as much for a hundred writes as
for one, so those that wait share the next sync: the one that *begins* after
the store answered them, as only that is sure to hold them.

Source: syncfs(2); "group commit" as in Gray and Reuter, "Transaction
Processing", 9.4.
"""

import asyncio
from collections.abc import Callable

from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.scoreboard import Word


class GroupCommit:
    """One worker's; `sync` blocks, and raises `OSError` if it failed."""

    def __init__(self, sync: Callable[[], None], meter: Meter) -> None:
        self._sync = sync
        self._meter = meter
        self._waiting: list[asyncio.Future[None]] = []
        self._running: asyncio.Task[None] | None = None

    async def settled(self) -> None:
        """Return once a sync that began after this call has succeeded.

        Raises:
            OSError: it failed, and what was written may be lost.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        """Sync for as long as anybody waits."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                began = loop.time()
                try:
                    await loop.run_in_executor(None, self._sync)
                except Exception as error:  # noqa: BLE001 - raised to each who waits
                    self._meter.add(Word.SYNC_FAILURES)
                    self._tell(group, error)
                else:
                    self._meter.add(Word.SYNCED_WRITES, len(group))
                    self._tell(group, None)
                self._meter.add(Word.SYNCS)
                spent = int((loop.time() - began) * 1e6)
                self._meter.add(Word.SYNC_MICROSECONDS, spent)
        finally:
            self._running = None

    @staticmethod
    def _tell(group: list[asyncio.Future[None]], error: Exception | None) -> None:
        for done in group:
            if done.done():
                continue  # The client has gone, and with it whoever waited.
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
