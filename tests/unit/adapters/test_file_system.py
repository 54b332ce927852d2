"""The file system under a directory: synced, and its room told."""

import ctypes
import os
from pathlib import Path
from typing import Any

import pytest

from securecart.adapters import file_system
from securecart.adapters.file_system import FileSystem


class _Broken:
    """A C library whose disk has failed."""

    def syncfs(self, _descriptor: int) -> int:
        ctypes.set_errno(5)
        return -1


def test_a_directory_s_file_system_is_synced(tmp_path: Path) -> None:
    """By the call itself: a wrong descriptor would raise."""
    held = FileSystem(tmp_path)
    held.sync()
    found = os.statvfs(tmp_path)
    most = found.f_bavail * found.f_frsize
    assert abs(held.free_bytes() - most) < 2**30
    held.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        held.sync()


def test_what_could_not_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the disk's own number."""
    broken: Any = _Broken()
    monkeypatch.setattr(file_system, "_libc", broken)
    held = FileSystem(tmp_path)
    with pytest.raises(OSError, match="Input/output error"):
        held.sync()
    held.close()
