"""A request that is decided, and waits for the disk before it is answered."""

import threading
from collections.abc import Callable

from securecart.sts import Pending
from securecart.wire.http import HttpResponse

Outcome = bool | Exception


class Unfinished:
    """To be redeemed, and when that has been told, to be finished; in any threads."""

    def __init__(
        self, pending: Pending, finish: Callable[[Outcome], HttpResponse]
    ) -> None:
        self._pending = pending
        self._finish = finish
        self._outcome: Outcome = RuntimeError("finished before it was redeemed")

    def redeem(self, then: Callable[[], None]) -> None:
        """Redeem what the request shows; `then` is called, in any thread."""

        def told(outcome: Outcome) -> None:
            self._outcome = outcome
            then()

        self._pending.redeem(told)

    def finish(self) -> HttpResponse:
        """Answer, after the audit record was written."""
        return self._finish(self._outcome)

    def settled(self) -> HttpResponse:
        """Redeem, wait for it, and answer."""
        told = threading.Event()
        self.redeem(told.set)
        told.wait()
        return self.finish()
