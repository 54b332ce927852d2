"""The command `securecart` on a clock that can be moved, and with a hole.

The product has neither switch. `TEST_CLOCK` names a file with the seconds that
the clock is ahead; `TEST_HOLE` is the name of the hole of `holes.toml` that is
made in the source as `up` imports it, if there is to be one: the workers, which
it forks, have it. The source on disk is never touched.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src" / "securecart"


def holes() -> dict[str, dict[str, Any]]:
    """The holes by name."""
    listed = tomllib.loads((HERE / "holes.toml").read_text())["hole"]
    return {each["name"]: each for each in listed}


def changed(change: Mapping[str, str]) -> str:
    """The source with a change made.

    Raises:
        ValueError: what is to be changed is not there, or twice.
    """
    text = (SOURCE / change["file"]).read_text()
    if text.count(change["guard"]) != 1:
        raise ValueError(f"{change['file']}: not there, or twice: {change['guard']!r}")
    return text.replace(change["guard"], change["without"])


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module from its source with a change."""

    def __init__(self, name: str, change: Mapping[str, str]) -> None:
        super().__init__(name, str(SOURCE / change["file"]))
        self._text = changed(change)

    def get_code(self, _: str) -> CodeType:
        """See `InspectLoader.get_code`; no cached bytecode is asked."""
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Hole(importlib.abc.MetaPathFinder):
    """Finds the modules that a hole is in, and leaves the rest to others."""

    def __init__(self, changes: list[dict[str, str]]) -> None:
        self._changes = {
            "securecart." + each["file"].removesuffix(".py").replace("/", "."): each
            for each in changes
        }

    def find_spec(
        self, fullname: str, _path: object, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `MetaPathFinder.find_spec`."""
        if fullname not in self._changes:
            return None
        loader = _Changed(fullname, self._changes[fullname])
        return importlib.util.spec_from_file_location(fullname, loader=loader)


def moved_clock() -> datetime:
    """The present moment, and as much later as the test says."""
    seconds = float(Path(os.environ["TEST_CLOCK"]).read_text())
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _run() -> None:
    if name := os.environ["TEST_HOLE"]:
        sys.meta_path.insert(0, _Hole(holes()[name]["change"]))
    from securecart.cli import up  # noqa: PLC0415 - see above
    from securecart.cli.main import main  # noqa: PLC0415

    with_clock: Any = partial
    up.run = with_clock(up.run, clock=moved_clock)
    main()


if __name__ == "__main__":
    _run()
