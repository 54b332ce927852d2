"""Where nothing can be mounted: left out, or a fault."""

import os
from pathlib import Path

import pytest
from tests.interop.clients import fuse


def test_a_kernel_without_it_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In CI neither: there is nothing that could be installed."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(fuse, "_DEVICE", tmp_path / "missing")
    with pytest.raises(pytest.skip.Exception, match="missing: nothing can be mounted"):
        fuse.require_fuse()


def test_a_device_that_does_not_open_is_a_fault_in_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So that it is not left out for ever."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(fuse, "_DEVICE", tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(pytest.fail.Exception, match="The right to open"):
        fuse.require_fuse()
