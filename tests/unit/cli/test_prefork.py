"""Parts are forked, kept running, and ended with whoever wanted them."""

import ast
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securecart.cli import worker
from securecart.cli.children import Lifeline
from securecart.cli.prefork import keep_running

_PROGRAM = Path(__file__).with_name("prefork_program.py")
_SOURCE = Path(worker.__file__).parents[1]
_WORKERS = 2
_SECONDS = 10.0
"""For what takes some milliseconds; the machine may be busy."""


class _Forking:
    """A parent and its workers, and the last that was heard of each."""

    def __init__(self, process: subprocess.Popen[str], lifeline: Lifeline) -> None:
        self.process = process
        self.lifeline = lifeline
        self.pids: dict[int, int] = {}
        self.found: dict[int, str] = {}
        for _ in range(_WORKERS):
            self.hear()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def hear(self) -> int:
        """Wait for a worker to start; answer which it is."""
        index, pid, found = self.line().split(" ", 2)
        self.pids[int(index)], self.found[int(index)] = int(pid), found
        return int(index)

    def wait_until_gone(self) -> None:
        _wait_until(lambda: not any(map(_runs, self.pids.values())))


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def _forking(stubborn: str = "") -> Iterator[_Forking]:
    lifeline = Lifeline.open()
    process = subprocess.Popen(
        [sys.executable, str(_PROGRAM), str(_WORKERS), str(lifeline.reading)],
        env={**os.environ, "STUBBORN": stubborn},
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[lifeline.reading],
    )
    os.close(lifeline.reading)
    with process:
        try:
            yield _Forking(process, lifeline)
        finally:
            process.kill()


@pytest.mark.slow
def test_one_that_ends_is_forked_again_and_the_others_stay() -> None:
    """What it counted is still there, what was of the moment is not."""
    with _forking() as forking:
        before = dict(forking.pids)
        assert before.keys() == {0, 1}
        os.kill(before[1], signal.SIGKILL)
        assert forking.hear() == 1
        assert forking.pids[1] != before[1]
        assert _runs(before[0])
        assert forking.found == {0: "0 0", 1: "0 7"}
        os.close(forking.lifeline.writing)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_when_all_have(how: signal.Signals) -> None:
    """By whoever keeps it running, or by Ctrl-C."""
    with _forking() as forking:
        forking.process.send_signal(how)
        assert forking.line() == "ended"
        assert not any(map(_runs, forking.pids.values()))
        assert forking.process.wait(_SECONDS) == 0
        os.close(forking.lifeline.writing)


@pytest.mark.slow
def test_one_that_does_not_stop_is_killed() -> None:
    """The others are asked."""
    with _forking(stubborn="1") as forking:
        forking.process.terminate()
        assert forking.line() == "ended"
        assert not any(map(_runs, forking.pids.values()))
        os.close(forking.lifeline.writing)


@pytest.mark.slow
def test_the_workers_end_when_their_parent_is_killed() -> None:
    """And those that it was started by need do nothing."""
    with _forking() as forking:
        forking.process.kill()
        forking.wait_until_gone()
        os.close(forking.lifeline.writing)


@pytest.mark.slow
def test_all_end_when_whoever_started_them_is_gone() -> None:
    """However that ended: the kernel closes what it had."""
    with _forking() as forking:
        os.close(forking.lifeline.writing)
        assert forking.line() == "ended"
        forking.wait_until_gone()


def test_a_process_with_threads_does_not_fork() -> None:
    """What they had locked would stay so."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="threads"):
            keep_running([])
    finally:
        end.set()
        thread.join()


def test_what_is_shared_has_no_thread_and_nothing_open() -> None:
    """A worker would have a half of it: a connection, a lock, another's entropy."""
    program = (
        "import os\n"
        "from securecart.cli import main, up, worker\n"
        "worker.load_what_is_shared()\n"
        "print(os.listdir('/proc/self/task') == [str(os.getpid())],"
        " sorted(map(int, os.listdir('/proc/self/fd')))[:-1])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout == "True [0, 1, 2]\n"


def test_all_kinds_of_entities_are_prepared() -> None:
    """Whatever class of the package has a kind of its own."""
    kinds = set()
    for file in _SOURCE.rglob("*.py"):
        for found in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(found, ast.AnnAssign)
                and ast.unparse(found.target) == "kind"
                and ast.unparse(found.annotation) == "ClassVar[str]"
                and found.value is not None
            ):
                kinds.add(ast.literal_eval(found.value))
    assert {each.kind for each in worker._KINDS} == kinds  # noqa: SLF001 - what is loaded
