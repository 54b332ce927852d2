"""The file system under a directory: written out, and how much room is left.

Source: syncfs(2). Since Linux 5.8 it answers for every write-back that failed
since the descriptor was opened or last asked, so one descriptor is kept.
"""

import ctypes
import os
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


class FileSystem:
    """The one that holds a directory; shared by threads, closed once."""

    def __init__(self, directory: Path) -> None:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        self._descriptor = os.open(directory, flags)

    def sync(self) -> None:
        """Return when everything written before is on the disk.

        Raises:
            OSError: some of what was written since the last call is not.
        """
        if _libc.syncfs(self._descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def free_bytes(self) -> int:
        """Answer how much an unprivileged user may still write.

        Raises:
            OSError: the file system does not answer.
        """
        found = os.fstatvfs(self._descriptor)
        return found.f_bavail * found.f_frsize

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._descriptor)
