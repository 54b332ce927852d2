"""A file that processes map, with parts of which each has one holder.

Held by locks of open file descriptions (fcntl(2), "Open file description
locks"): the kernel lets go when the holder closes it or dies, however it dies.
"""

import fcntl
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TO_THE_END = 0
"""How many bytes a lock takes that has no end."""


class LaneFile:
    """`front` bytes that all write, and `lanes` of `size` bytes each.

    The file is made (0600) by whoever comes first; what is not in use takes no
    room on the disk.
    """

    def __init__(self, path: Path, *, front: int, lanes: int, size: int) -> None:
        """Open it.

        Raises:
            ValueError: it was made for other lanes than these.
        """
        whole = front + lanes * size
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o600)
        self._front, self._size = front, size
        with self.alone():
            found = os.fstat(self._descriptor).st_size
            if found not in {0, whole}:
                raise ValueError(
                    f"{path} has another form ({found} bytes): stop everything that "
                    "uses it, and delete it"
                )
            os.ftruncate(self._descriptor, whole)
            # A page of a map that the disk has no room for would end the process.
            os.posix_fallocate(self._descriptor, 0, front)
        self.memory = mmap.mmap(self._descriptor, whole)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from taking a lane meanwhile; they wait."""
        self._lock(fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, 0)
        try:
            yield
        finally:
            self._lock(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, 0)

    def take(self, lane: int) -> bool:
        """Hold a lane, unless somebody does; say whether it is ours now.

        Raises:
            OSError: the disk has no room for it.
        """
        try:
            self._lock(fcntl.F_OFD_SETLK, fcntl.F_WRLCK, 1 + lane)
        except (BlockingIOError, PermissionError):  # Either is POSIX's word for it.
            return False
        start = self._front + lane * self._size
        os.posix_fallocate(self._descriptor, start, self._size)
        return True

    def let_go(self, lane: int) -> None:
        """Hold it no longer."""
        self._lock(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, 1 + lane)

    def close(self) -> None:
        """Let go of everything; what was mapped stays as long as it is used."""
        # The map has the same open file description, so closing is not enough.
        self._lock(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, 0, _TO_THE_END)
        os.close(self._descriptor)

    def _lock(self, command: int, kind: int, first: int, length: int = 1) -> None:
        # struct flock: type and whence, start, length, and a process of 0.
        wanted = struct.pack("hhqqi4x", kind, os.SEEK_SET, first, length, 0)
        fcntl.fcntl(self._descriptor, command, wanted)
