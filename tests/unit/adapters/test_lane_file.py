"""Lanes of a file: each has one holder, which loses it when it dies."""

import os
import struct
from pathlib import Path

import pytest

from securecart.adapters.lane_file import LaneFile


def opened(directory: Path, *, lanes: int = 4) -> LaneFile:
    """One more holder of the same lanes."""
    return LaneFile(directory / "lanes", front=4096, lanes=lanes, size=4096)


def test_a_lane_has_one_holder(tmp_path: Path) -> None:
    """Until it lets go, or closes the file."""
    one, other = opened(tmp_path), opened(tmp_path)
    assert one.take(2)
    assert not other.take(2)
    assert other.take(3)
    one.let_go(2)
    assert other.take(2)
    other.close()
    assert one.take(2)
    assert one.take(3)


def test_one_process_can_hold_by_two_openings(tmp_path: Path) -> None:
    """Closing the one takes nothing from the other."""
    one, other, third = (opened(tmp_path) for _ in range(3))
    assert one.take(0)
    other.close()
    assert not third.take(0)


def test_who_dies_lets_go(tmp_path: Path) -> None:
    """However it dies; what it wrote stays."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        held = opened(tmp_path)
        held.take(1)
        held.memory[:8] = struct.pack("Q", 5)
        os.write(writing, b"x")
        os.read(os.pipe()[0], 1)  # For ever.
    os.read(reading, 1)
    ours = opened(tmp_path)
    assert not ours.take(1)
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert ours.take(1)
    assert struct.unpack_from("Q", ours.memory) == (5,)


def test_what_one_writes_the_other_reads(tmp_path: Path) -> None:
    """In one memory, of which nothing is on the disk that is not in use."""
    one, other = opened(tmp_path, lanes=4096), opened(tmp_path, lanes=4096)
    one.take(0)
    one.memory[4096:4100] = b"seen"
    assert other.memory[4096:4100] == b"seen"
    assert (tmp_path / "lanes").stat().st_mode & 0o777 == 0o700
    found = (tmp_path / "lanes/counters").stat()
    assert found.st_mode & 0o777 == 0o600
    assert found.st_blocks * 512 <= 64 * 1024 < found.st_size


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """It would be read and counted in wrong places."""
    opened(tmp_path)
    with pytest.raises(ValueError, match="another form"):
        opened(tmp_path, lanes=5)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """The directory is ours alone; the file is to be, too."""
    opened(tmp_path)
    (tmp_path / "lanes/counters").unlink()
    (tmp_path / "lanes/counters").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        opened(tmp_path)
