"""A process's log stays small without the process's help."""

import signal
from pathlib import Path

from securecart.adapters.seaweedfs.process import Process, Program


async def never() -> bool:
    """Answer as a process that does not run."""
    return False


def test_a_long_log_becomes_the_last_one(tmp_path: Path) -> None:
    """Whoever has the file open goes on writing, to the emptied one."""
    log = tmp_path / "s3.log"
    program = Program("s3", ("weed",), {}, tmp_path, log, signal.SIGTERM)
    with log.open("ab") as held:
        held.write(b"x" * (1024 * 1024 + 1))
        held.flush()
        Process(program, never).bound_log()
        held.write(b"and on")
    assert log.read_bytes() == b"and on"
    assert (tmp_path / "s3.log.1").stat().st_size == 1024 * 1024 + 1


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    """Nor is a log needed that is not there yet."""
    log = tmp_path / "s3.log"
    process = Process(
        Program("s3", ("weed",), {}, tmp_path, log, signal.SIGTERM), never
    )
    process.bound_log()
    log.write_bytes(b"short")
    process.bound_log()
    assert log.read_bytes() == b"short"
