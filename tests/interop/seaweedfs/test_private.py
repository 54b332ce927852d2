"""What the store writes is for its owner alone."""

import os
from pathlib import Path

import pytest

from securecart.adapters.seaweedfs.private import make_private_directory, write_private


def test_an_open_directory_is_closed(tmp_path: Path) -> None:
    """One that is there already loses what others may do."""
    directory = tmp_path / "open"
    directory.mkdir()
    directory.chmod(0o777)
    make_private_directory(directory)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    """Whoever put it there would choose where our sockets are."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="somebody else"):
        make_private_directory(tmp_path / "run")


def test_a_strangers_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner could open it again, whatever its mode."""
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="somebody else"):
        make_private_directory(tmp_path)


def test_an_open_file_is_closed_before_it_is_written(tmp_path: Path) -> None:
    """A file that is there already loses what others may do."""
    file = tmp_path / "key"
    file.touch(mode=0o644)
    write_private(file, b"secret")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == b"secret"
