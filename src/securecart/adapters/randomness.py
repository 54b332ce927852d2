"""Unpredictable bytes, drawn from the kernel many at a time.

A request needs some here and some there, and each draw is a system call, which
on a virtual machine takes as long as the rest of signing a token.
"""

import os
import threading
from collections.abc import Callable

_DRAWN_BYTES = 8192
"""At once: what some hundred requests take."""


class Randomness:
    """A `Random`; shared by threads, and never by a process and its fork.

    No byte is answered twice.
    """

    def __init__(self, draw: Callable[[int], bytes] = os.urandom) -> None:
        self._draw = draw
        self._lock = threading.Lock()
        self._drawn = b""
        self._next = 0
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self, count: int) -> bytes:
        """Answer that many bytes."""
        with self._lock:
            begin, end = self._next, self._next + count
            if end > len(self._drawn):
                if count > _DRAWN_BYTES:
                    return self._draw(count)
                self._drawn = self._draw(_DRAWN_BYTES)
                begin, end = 0, count
            self._next = end
            return self._drawn[begin:end]

    def _forget(self) -> None:
        # The lock may have been held by a thread that the child has not.
        self._lock = threading.Lock()
        self._drawn, self._next = b"", 0
