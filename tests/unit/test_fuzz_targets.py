"""Every fuzz target stands a short run; `make fuzz` runs them longer."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_FUZZ = Path(__file__).parents[2] / "fuzz"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_run", _FUZZ / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks its own module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


fuzz = _load()


@pytest.mark.parametrize("name", sorted(path.stem for path in _FUZZ.glob("*.py")))
@pytest.mark.parametrize(
    "seconds", [0.02, pytest.param(0.3, marks=pytest.mark.slow)], ids=["few", "more"]
)
def test_a_target_stands_a_short_run(name: str, seconds: float) -> None:
    """Whatever the bytes, only documented errors come out."""
    for target in fuzz.targets([name]):
        assert fuzz.run(target, seconds=seconds) > 0


def test_a_target_that_fails_is_told() -> None:
    """The runner finds what a target does not stand, and gives the input."""

    def one(data: bytes) -> None:
        if b"%" in data:
            raise KeyError(data)

    target = fuzz.Target("broken", one, [b"good", b"fine"])
    with pytest.raises(fuzz.Failed) as caught:
        fuzz.run(target, seconds=10)
    assert b"%" in caught.value.data


def test_mutations_are_repeatable() -> None:
    """The same seed tries the same inputs."""
    first: list[bytes] = []
    again: list[bytes] = []
    for tried in (first, again):
        target = fuzz.Target("t", tried.append, [b"abcdefgh"])
        fuzz.run(target, seconds=0.02)
    shared = min(len(first), len(again))
    assert shared > 10
    assert first[:shared] == again[:shared]
