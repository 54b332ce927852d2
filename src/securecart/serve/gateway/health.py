"""Whether the store answers: asked all the time, so that nobody waits to learn.

| state | requests to the store      | asked again after | becomes         |
|-------|----------------------------|-------------------|-----------------|
| UP    | are made                   | `CALM_SECONDS`    | DOWN: see below |
| DOWN  | are refused at once        | `AGAIN_SECONDS`   | UP: it answered |

The store is down when it refuses or fails to list its buckets, or is silent
for `SILENCE_SECONDS` while nothing else of it comes in either: one slow
answer, or a queue of many, is no outage. What was under way is given up after
`ABANDON_SECONDS`; if the store comes back sooner, it ends well.

Source: M. Nygard, "Release It!", "Circuit Breaker".
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from securecart.names.errors import ServiceError

_log = logging.getLogger(__name__)

CALM_SECONDS = 1.0
SILENCE_SECONDS = 1.5
"""Listing the buckets takes a millisecond, and some hundred under full load."""
AGAIN_SECONDS = 0.2
"""So that a store that is back serves within half a second."""
ABANDON_SECONDS = 10.0
"""A disk that stalls comes back by then; clients wait for a minute."""


class Heard(Protocol):
    """What comes of the store, whoever asked."""

    @property
    def answered(self) -> int:
        """How many answers have come whole."""
        ...

    def abandon(self) -> None:
        """Fail everything that is under way."""
        ...


class StoreHealth:
    """The state above; `ask` lists the buckets, whatever the state is."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[object]],
        heard: Heard,
        *,
        back: Callable[[], None] = lambda: None,
    ) -> None:
        """Watch; `back` is called when an outage is over, before it is told."""
        self._ask = ask
        self._heard = heard
        self._back = back
        self._down_since: float | None = None

    @property
    def up(self) -> bool:
        """Requests may be made."""
        return self._down_since is None

    async def watch(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(CALM_SECONDS if self.up else AGAIN_SECONDS)

    async def look(self) -> None:
        """Ask once, and take the consequence."""
        now = asyncio.get_running_loop().time
        before = self._heard.answered
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._ask()
        except (ConnectionError, ServiceError) as error:
            self._failed(now(), error)
        except (TimeoutError, BlockingIOError) as error:
            if self._heard.answered == before:
                self._failed(now(), error)
        else:
            self._answered(now())

    def _failed(self, now: float, error: Exception) -> None:
        if self._down_since is None:
            self._down_since = now
            _log.warning("the store does not answer: %s", str(error) or "it is silent")
        elif now - self._down_since > ABANDON_SECONDS:
            # Again and again: what is safe is asked once more by the pool.
            self._heard.abandon()

    def _answered(self, now: float) -> None:
        if self._down_since is not None:
            _log.warning("the store is back after %.1f s", now - self._down_since)
            self._back()
            self._down_since = None
