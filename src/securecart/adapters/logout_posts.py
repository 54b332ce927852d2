"""Logout tokens on their way to clients (OpenID Connect Back-Channel Logout 1.0).

In threads of their own, so that a client that hangs delays nobody's sign-out.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from securecart.adapters.fetch import Fetch, FetchFailed

_AT_ONCE: Final = 4
MAX_WAITING: Final = 1_000
"""A whole company that signs out at once; what is beyond is told to the log."""
MAX_AGE_SECONDS: Final = 60.0
"""A token is good for two minutes; a process that ends waits no longer."""

_ACCEPTED: Final = frozenset({200, 204})

_log = logging.getLogger(__name__)


class LogoutPosts:
    """The stand-in's `LogoutPost`; one attempt for each token."""

    def __init__(
        self, fetch: Fetch, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._executor = ThreadPoolExecutor(_AT_ONCE, "logout")
        self._room = threading.BoundedSemaphore(MAX_WAITING)

    def send(self, address: str, logout_token: str) -> None:
        """Take it along and return at once, whatever becomes of it."""
        if not self._room.acquire(blocking=False):
            _log.warning("too many logout tokens are waiting; %s gets none", address)
            return
        until = self._monotonic() + MAX_AGE_SECONDS
        self._executor.submit(self._post, address, logout_token, until)

    def close(self) -> None:
        """Send what waits, then end the threads."""
        self._executor.shutdown()

    def _post(self, address: str, logout_token: str, until: float) -> None:
        try:
            if self._monotonic() > until:
                _log.warning("a logout waited too long for %s", address)
                return
            answer = self._fetch.post(
                address, {"logout_token": logout_token}, headers={}
            )
            if answer.status not in _ACCEPTED:
                _log.warning("%s answered a logout with %s", address, answer.status)
        except FetchFailed as error:
            _log.warning("a logout was not delivered: %s", error)
        finally:
            self._room.release()
