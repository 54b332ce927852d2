"""Every guard against a known attack is missed by its test when it is gone."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

_RUN = Path(__file__).parent / "run.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("guards_run", _RUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks its own module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


guards = _load()


def test_every_guard_is_in_place() -> None:
    """A list that the source has left behind would prove nothing."""
    assert [guard.guard for guard in guards.guards() if not guard.is_in_place] == []


@pytest.mark.slow
def test_no_guard_goes_unmissed() -> None:
    """With each guard taken out in turn, the test that names it fails."""
    done = subprocess.run(
        [sys.executable, _RUN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_guard_that_no_test_misses_is_told(tmp_path: Path) -> None:
    """A test that passes without its guard fails the run, by name."""
    kept = _RUN.parent.joinpath("saml.toml").read_text().split("[[guard]]")[1]
    other = "tests/unit/names/test_arn.py"
    assert (_RUN.parents[2] / other).exists()
    lines = [line for line in kept.splitlines() if not line.startswith("test =")]
    listed = tmp_path / "unmissed.toml"
    listed.write_text("[[guard]]" + "\n".join(lines) + f'\ntest = "{other}"\n')
    done = subprocess.run(
        [sys.executable, _RUN, listed], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{other} passes without" in done.stderr
