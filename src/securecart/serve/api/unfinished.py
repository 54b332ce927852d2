"""A request that is decided, and waits for the disk before it is answered."""

from collections.abc import Callable

from securecart.wire.http import HttpResponse

Redeemed = Callable[[], bool]
"""Says whether it was the first time, or raises what kept that from being known."""


class Unfinished:
    """To be waited for, in a thread that may, and then to be finished in any."""

    def __init__(
        self, redeem: Redeemed, finish: Callable[[Redeemed], HttpResponse]
    ) -> None:
        self._redeem = redeem
        self._finish = finish
        self._first = False
        self._error: Exception | None = None

    def wait(self) -> None:
        """Redeem what the request shows; never raises."""
        try:
            self._first = self._redeem()
        except Exception as error:  # noqa: BLE001 - It is told in the answer.
            self._error = error

    def finish(self) -> HttpResponse:
        """Answer, after the audit record was written."""
        return self._finish(self._outcome)

    def _outcome(self) -> bool:
        if self._error is not None:
            raise self._error
        return self._first
