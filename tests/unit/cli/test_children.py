"""A log that several processes have open makes room for more."""

import subprocess
import sys
from pathlib import Path

from securecart.cli import children

_PROGRAM = """
import os, pathlib, sys
from securecart.cli.children import print_to
told = os.dup(1)
print_to(pathlib.Path(sys.argv[1]))
for line in sys.stdin:
    exec(line)
    os.write(told, b"done\\n")
"""


def _printing_to(log: Path) -> subprocess.Popen[str]:
    """A process that prints to a log, when it is told to."""
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _print(process: subprocess.Popen[str], statement: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{statement}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


def test_a_long_log_is_emptied_under_those_who_write_to_it(tmp_path: Path) -> None:
    """They go on at its end; what was in it is kept once, and only the owner reads."""
    log = tmp_path / "aws.log"
    long = children._LOG_BYTES + 1  # noqa: SLF001 - a log is long that is longer
    sibling = _printing_to(log)
    _print(sibling, f"os.write(1, bytes({long}))")
    children.make_room(log)
    restarted = _printing_to(log)
    _print(restarted, "os.write(2, b'restarted\\n')")
    _print(sibling, "os.write(1, b'sibling\\n')")
    for each in (sibling, restarted):
        each.communicate()
        assert each.returncode == 0
    assert log.read_bytes() == b"restarted\nsibling\n"
    old = tmp_path / "aws.log.old"
    assert old.stat().st_size == long
    assert {each.stat().st_mode & 0o777 for each in (log, old)} == {0o600}
