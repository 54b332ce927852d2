"""Whether whoever asks may be kept waiting: for a disk, a lock or the network.

A server has one thread for all its connections. What can be answered at once it
answers in that thread, since to hand it to another costs as much as a decision;
what would wait must go to another. Which of the two a request is shows only on
the way, so those who wait say so beforehand, and the request is begun anew.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class WouldWait(BaseException):
    """It cannot be done without waiting, and nothing of it was done.

    No `Exception`: it is no failure, and nobody on the way may tell it as one.
    """


class _Thread(threading.local):
    may_wait = True


_thread = _Thread()


def about_to_wait() -> None:
    """Say that the next step may take as long as a disk or another host does.

    Raises:
        WouldWait: if this thread must not wait now.
    """
    if not _thread.may_wait:
        raise WouldWait


@contextmanager
def without_waiting() -> Iterator[None]:
    """Keep this thread from waiting until the block ends."""
    _thread.may_wait = False
    try:
        yield
    finally:
        _thread.may_wait = True
