"""A file that processes map, with parts of which each has one holder.

Who holds a lane holds the lock (flock(2)) of a file of its own beside it: the
kernel lets go when the holder closes it or dies, however it dies.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class LaneFile:
    """`front` bytes that all write, and `lanes` of `size` bytes each.

    They are `counters` in a directory, which is made (0700) by whoever comes
    first; what is not in use takes no room on the disk.
    """

    def __init__(self, directory: Path, *, front: int, lanes: int, size: int) -> None:
        """Open it.

        Raises:
            ValueError: it was made for other lanes than these.
        """
        directory.mkdir(mode=0o700, exist_ok=True)
        self._directory = directory
        self._held: dict[int, int] = {}
        self._front, self._size = front, size
        whole = front + lanes * size
        self._counters = os.open(directory / "counters", _FLAGS, 0o600)
        with self.alone():
            found = os.fstat(self._counters).st_size
            if found not in {0, whole}:
                raise ValueError(
                    f"{directory} has another form ({found} bytes): stop everything "
                    "that uses it, and delete it"
                )
            os.ftruncate(self._counters, whole)
            # A page of a map that the disk has no room for would end the process.
            os.posix_fallocate(self._counters, 0, front)
        self.memory = mmap.mmap(self._counters, whole)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from taking a lane meanwhile; they wait."""
        fcntl.flock(self._counters, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._counters, fcntl.LOCK_UN)

    def take(self, lane: int) -> bool:
        """Hold a lane, unless somebody does; say whether it is ours now.

        Raises:
            OSError: the disk has no room for it.
        """
        lock = os.open(self._directory / f"lane-{lane}", _FLAGS, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            start = self._front + lane * self._size
            os.posix_fallocate(self._counters, start, self._size)
        except BlockingIOError:
            os.close(lock)
            return False
        except BaseException:
            os.close(lock)
            raise
        self._held[lane] = lock
        return True

    def let_go(self, lane: int) -> None:
        """Hold it no longer."""
        os.close(self._held.pop(lane))

    def close(self) -> None:
        """Let go of everything; what was mapped stays as long as it is used."""
        for lane in tuple(self._held):
            self.let_go(lane)
        os.close(self._counters)
