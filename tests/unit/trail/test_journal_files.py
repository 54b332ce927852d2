"""The journal on disk: whole lines, private files, no silent loss."""

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from securecart.adapters.journal import JournalFiles, JournalReader
from securecart.trail import InMemoryJournal, Journal, JournalUnavailable

DAY = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
FILE = "2026/11/23/securecart-123456789012.jsonl"


def line(name: str) -> bytes:
    """Make a record short enough to read."""
    return b'{"eventTime":"2026-11-23T00:00:00Z","eventName":"%b"}\n' % name.encode()


def journal(
    directory: Path, clock: Callable[[], datetime] = lambda: DAY
) -> JournalFiles:
    """Open the journal of one account."""
    return JournalFiles(directory, account="123456789012", clock=clock)


def names(directory: Path) -> list[str]:
    """Read all records' names."""
    return [found["eventName"] for found in JournalReader(directory).records()]


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_records_are_kept_in_order(kind: str, tmp_path: Path) -> None:
    """Every journal keeps every record, in the order in which they came."""
    kept: Journal = journal(tmp_path) if kind == "files" else InMemoryJournal()
    lines = [line(str(index)) for index in range(5)]
    for record in lines:
        kept.append(record)
    if isinstance(kept, InMemoryJournal):
        assert kept.records == lines
    else:
        assert (tmp_path / FILE).read_bytes() == b"".join(lines)


def test_files_are_private(tmp_path: Path) -> None:
    """Only the owner reads who did what, whatever the umask is."""
    before = os.umask(0)
    try:
        journal(tmp_path / "journal").append(line("a"))
    finally:
        os.umask(before)
    for path in (tmp_path / "journal").rglob("*"):
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected


def test_a_new_day_begins_a_new_file(tmp_path: Path) -> None:
    """Days are UTC's; the reader goes through them in order."""
    now = [DAY]
    kept = journal(tmp_path, lambda: now[0])
    kept.append(line("a"))
    now[0] += timedelta(seconds=2)
    kept.append(line("b"))
    assert (tmp_path / "2026/11/24/securecart-123456789012.jsonl").exists()
    assert names(tmp_path) == ["a", "b"]
    reader = JournalReader(tmp_path)
    assert [r["eventName"] for r in reader.records(since=now[0])] == ["b"]
    until = DAY - timedelta(days=1)
    assert [r["eventName"] for r in reader.records(until=until)] == ["a"]


def test_closing_and_going_on(tmp_path: Path) -> None:
    """A closed journal opens itself again; closing twice is no error."""
    kept = journal(tmp_path)
    kept.append(line("a"))
    kept.close()
    kept.close()
    kept.append(line("b"))
    assert names(tmp_path) == ["a", "b"]


def test_a_removed_file_is_begun_again(tmp_path: Path) -> None:
    """Records do not vanish into a file that nobody can see."""
    kept = journal(tmp_path)
    kept.append(line("a"))
    (tmp_path / FILE).unlink()
    kept.append(line("b"))
    assert names(tmp_path) == ["b"]


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    """A crash in the middle of a write does not swallow the next record."""
    kept = journal(tmp_path)
    kept.append(line("a"))
    kept.close()
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"\n" + line("torn")[:20])
    reader = JournalReader(tmp_path)
    assert [found["eventName"] for found in reader.records()] == ["a"]
    assert reader.unreadable == 1
    kept.append(line("b"))
    assert names(tmp_path) == ["a", "b"]


def test_what_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    """Strange files and directories are not read as records."""
    (tmp_path / "x/y/z").mkdir(parents=True)
    (tmp_path / "x/y/z/securecart-1.jsonl").write_bytes(line("x"))
    assert names(tmp_path) == []
    assert names(tmp_path / "missing") == []


def test_an_unwritable_journal_is_an_error(tmp_path: Path) -> None:
    """No audit, no answer."""
    (tmp_path / "2026").write_text("a file where a directory should be")
    with pytest.raises(JournalUnavailable):
        journal(tmp_path).append(line("a"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Nobody can have records written elsewhere."""
    target = tmp_path / "target"
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).symlink_to(target)
    with pytest.raises(JournalUnavailable):
        journal(tmp_path).append(line("a"))
    assert not target.exists()


FULL_DISK = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from securecart.adapters.journal import JournalFiles
from securecart.trail import JournalUnavailable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
journal = JournalFiles(
    Path(sys.argv[1]), account="1", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)
)
for _ in range(2):
    try:
        journal.append(b"x" * 150)
    except JournalUnavailable:
        print("refused")
"""

APPEND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from securecart.adapters.journal import JournalFiles

journal = JournalFiles(
    Path(sys.argv[1]), account="1", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)
)
for index in range(2000):
    journal.append(
        b'{"eventTime":"t","eventName":"%b-%d","pad":"%b"}\\n'
        % (sys.argv[2].encode(), index, b"x" * (index * 7 % 9000))
    )
"""


def python(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_half_a_record_is_no_record(tmp_path: Path) -> None:
    """A disk that takes only a part of a record, or none, is an error."""
    with python(FULL_DISK, str(tmp_path)) as process:
        assert process.communicate()[0] == "refused\nrefused\n"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Two processes writing at once lose no record and tear none."""
    processes = [python(APPEND, str(tmp_path), name) for name in ("a", "b")]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    reader = JournalReader(tmp_path)
    found = [record["eventName"] for record in reader.records()]
    assert reader.unreadable == 0
    for name in ("a", "b"):
        own = [event for event in found if event.startswith(name)]
        assert own == [f"{name}-{index}" for index in range(2000)]
