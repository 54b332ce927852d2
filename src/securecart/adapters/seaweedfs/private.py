"""Files and directories that only their owner may open."""

import errno
import os
from pathlib import Path

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


def make_private_directory(path: Path) -> None:
    """Create the directory, or take away what others may do in it.

    Raises:
        OSError: if it cannot be made, or somebody else made it: in a place
            such as /tmp a stranger may have been there first.
    """
    path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    if path.is_symlink() or path.lstat().st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "belongs to somebody else", str(path))
    path.chmod(DIRECTORY_MODE)


def write_private(path: Path, content: bytes) -> None:
    """Write the file, never readable by others, not even for a moment."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, FILE_MODE)
        file.write(content)


def replace_private(path: Path, content: bytes) -> None:
    """Write the file anew; whoever reads it meanwhile has the old one, or this."""
    fresh = path.with_name(f"{path.name}.new")
    write_private(fresh, content)
    fresh.replace(path)
