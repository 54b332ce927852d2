"""A file that only its owner reads, and that is never seen half written."""

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a 0600 file under another name, then put it in the old one's place.

    The folder is made (0700) if it is not there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
