"""How many requests one session may have under way at once.

So that one person's program, however many threads it has, leaves connections
to the store for everybody else. Each worker counts its own.
"""

from collections.abc import Callable
from functools import partial

from securecart.serve.gateway.message import Stream, Tap, TappedStream
from securecart.serve.gateway.refusals import SlowDown


class Sessions:
    """Counts requests under way by the access key that signed them.

    A role session has an access key of its own. Whoever signs nothing shares
    one count with all the others who do not.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: dict[str, int] = {}

    def enter(self, access_key_id: str) -> Callable[[], None]:
        """Count a request; answer what is to be called once when it has ended.

        Raises:
            SlowDown: the session has as many under way as it may.
        """
        count = self._under_way.get(access_key_id, 0)
        if count >= self._most:
            raise SlowDown("Please reduce your request rate.")
        self._under_way[access_key_id] = count + 1
        return partial(self._leave, access_key_id)

    def _leave(self, access_key_id: str) -> None:
        count = self._under_way[access_key_id] - 1
        if count:
            self._under_way[access_key_id] = count
        else:
            del self._under_way[access_key_id]


class CountedStream:
    """A body on its way, whose request has ended when it is closed."""

    __slots__ = ("_close", "_leave", "_stream", "read")

    def __init__(self, stream: Stream, leave: Callable[[], None]) -> None:
        self.read = stream.read  # Itself, so that no piece costs a call more.
        self._stream = stream
        self._close = stream.close
        self._leave: Callable[[], None] | None = leave

    def tap(self) -> Tap | None:
        """See `message.TappedStream.tap`."""
        return self._stream.tap() if isinstance(self._stream, TappedStream) else None

    def close(self) -> None:
        """See `message.Stream.close`."""
        self._close()
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()
