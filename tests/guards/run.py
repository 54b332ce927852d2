"""Take each guard out, and see that its test fails: `python tests/guards/run.py`.

`*.toml` beside this file lists them. A guard is a piece of a source file that
stops an attack; `without` is what stands there in its place while the test
runs. A test that passes all the same proves nothing of that guard.

The source on disk is never touched: a process of its own imports the changed
module from memory.
"""

import argparse
import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import signal
import sys
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = ROOT / "src" / "securecart"

_SECONDS_EACH = 60
"""Far above what one test takes; a guard whose loss means no end is seen too."""


@dataclass(frozen=True)
class Guard:
    """What stops an attack, and the test that would see it gone."""

    attack: str
    file: str
    guard: str
    without: str
    test: str
    also: str = ""
    """A second guard of the same file, where either of the two is enough."""
    without_also: str = ""

    @property
    def source(self) -> str:
        """The source file as it stands."""
        return (SOURCE / self.file).read_text()

    @property
    def module(self) -> str:
        """The name that the file is imported by."""
        parts = Path(self.file).with_suffix("").parts
        return ".".join(("securecart", *(part for part in parts if part != "__init__")))

    @property
    def is_in_place(self) -> bool:
        """Whether the source has the guard, once."""
        pieces = [self.guard, self.also] if self.also else [self.guard]
        return all(self.source.count(piece) == 1 for piece in pieces)

    @property
    def source_without(self) -> str:
        """The source file as it would be without the guard."""
        text = self.source.replace(self.guard, self.without)
        return text.replace(self.also, self.without_also) if self.also else text


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module from its source without the guard."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(guard.module, str(SOURCE / guard.file))
        self._text = guard.source_without

    def get_code(self, _: str) -> CodeType:
        """See `InspectLoader.get_code`; no cached bytecode is asked."""
        return compile(self._text, self.path, "exec", dont_inherit=True)


class _Without(importlib.abc.MetaPathFinder):
    """Finds one module without its guard, and leaves the rest to others."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def find_spec(
        self, fullname: str, _path: object, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `MetaPathFinder.find_spec`."""
        if fullname != self._guard.module:
            return None
        loader = _Changed(self._guard)
        return importlib.util.spec_from_file_location(fullname, loader=loader)


def guards(lists: Sequence[Path] = ()) -> Iterator[Guard]:
    """Read the lists that are named, or all there are."""
    for path in lists or sorted(HERE.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["guard"]:
            yield Guard(**entry)


def taken_out(guards: Sequence[Guard]) -> Iterator[tuple[Guard, bool]]:
    """Take each out in turn; answer whether its test fails then.

    As many at once as there are processors.
    """
    _load_pytest()
    for heavy in _HEAVY:
        importlib.import_module(heavy)
    # No child's collector need look through all that, and copy it by doing so.
    gc.freeze()
    waiting, running = list(guards), dict[int, Guard]()
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            guard = waiting.pop(0)
            running[_begin(guard)] = guard
        process, status = os.wait()
        yield running.pop(process), os.waitstatus_to_exitcode(status) in _SEEN


_HEAVY = (
    "boto3",
    "cryptography.x509",
    "fastapi.templating",
    "httptools",
    "httpx",
    "joserfc.jws",
    "lxml.etree",
    "orjson",
    "python_multipart",
    "sqlalchemy",
    "uvloop",
    "xml.sax.saxutils",
    "xmlsec",
)
"""Imported once, before the forks; of our own modules each child has its own."""


def _load_pytest() -> None:
    """Load pytest and its plugins once, before the forks; this is half of a run.

    With them comes `tests/conftest.py`, which each child has then as it is here.
    """
    os.environ["HYPOTHESIS_PROFILE"] = "guards"
    with contextlib.redirect_stdout(io.StringIO()):
        # The tests of this script are such as import nothing of ours.
        pytest.main(["-q", "--collect-only", "-p", "no:cacheprovider", str(HERE)])


_TESTS_FAILED = 1
_SEEN = {_TESTS_FAILED, -signal.SIGALRM}
"""What pytest ends with then. A test that is not there ends it otherwise."""
_BROKEN = (SyntaxError, NameError, ImportError, AttributeError)
"""A change that leaves no working code behind says nothing of the guard."""
_QUICK = ("-q", "-x", "-p", "no:cacheprovider", "--assert=plain", "--tb=line")
"""Nobody reads why a test fails that has to."""


class _Reason:
    """A plugin of pytest's that learns why a test failed."""

    broken = False

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        """See pytest's reference; it has no failure without `excinfo`."""
        error = call.excinfo.value if call.excinfo else None
        while error is not None:
            self.broken |= isinstance(error, _BROKEN)
            context = None if error.__suppress_context__ else error.__context__
            error = error.__cause__ or context


def _begin(guard: Guard) -> int:
    process = os.fork()
    if process:
        return process
    code = 70
    try:
        signal.alarm(_SECONDS_EACH)
        sys.meta_path.insert(0, _Without(guard))
        output, reason = io.StringIO(), _Reason()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = pytest.main([*_QUICK, guard.test], [reason])
        if reason.broken:
            code = 70
        if code not in (0, _TESTS_FAILED):
            sys.stderr.write(output.getvalue())
    except BaseException:  # noqa: BLE001 - told here, or nowhere
        traceback.print_exc()
    finally:
        # Nothing of the parent's is flushed or cleaned up a second time.
        sys.stderr.flush()
        os._exit(code)


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", nargs="*", type=Path, help="lists; all by default")
    chosen = list(guards(parser.parse_args().lists))
    moved = [guard for guard in chosen if not guard.is_in_place]
    for guard in moved:
        sys.stderr.write(f"{guard.file}: not there, or twice: {guard.guard!r}\n")
    unseen = 0
    for guard, seen in taken_out([guard for guard in chosen if guard.is_in_place]):
        if not seen:
            unseen += 1
            sys.stderr.write(f"{guard.attack}: {guard.test} passes without\n")
    sys.stdout.write(f"{len(chosen)} guards, {unseen} unseen, {len(moved)} moved\n")
    return 1 if unseen or moved else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
