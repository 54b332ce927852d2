"""File systems in user space: whether this machine's kernel has them."""

import os
from pathlib import Path

import pytest
from tests.interop.peer import require

_DEVICE = Path("/dev/fuse")


def require_fuse() -> None:
    """Go on if programs may mount something here; else say what is missing.

    A device is not installed by us: a kernel has it or not, a container was
    given it or not. So where it is not there a test may be left out, in CI too;
    but one that is there and does not open is a fault.
    """
    if not _DEVICE.exists():
        pytest.skip(f"{_DEVICE} is missing: nothing can be mounted on this machine.")
    require(
        os.access(_DEVICE, os.R_OK | os.W_OK),
        f"The right to open {_DEVICE}",
        "Run the tests as a user who may mount.",
    )
