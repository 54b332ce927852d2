"""How long to wait before bringing a dead process back."""

_FIRST_SECONDS = 0.05
_LAST_SECONDS = 10.0
"""Each pause is twice the one before, from the first to the last of these."""

_STEADY_SECONDS = 60.0
"""Whoever lived this long has recovered: the next pause is the first again."""


class Backoff:
    """The pauses of one supervisor."""

    def __init__(self) -> None:
        self._next = _FIRST_SECONDS

    def pause(self, *, lived: float) -> float:
        """Seconds to wait, after everything had been up for `lived` seconds."""
        pause = _FIRST_SECONDS if lived > _STEADY_SECONDS else self._next
        self._next = min(2 * pause, _LAST_SECONDS)
        return pause
