"""s3fs of PyPI, which fsspec and so many others open files by."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.interop.clients.document import blocks
from tests.interop.clients.person import Person
from tests.interop.peer import require

pytestmark = pytest.mark.slow

_PYTHON = Path(sys.prefix) / "s3fs/bin/python"
_PROGRAM = Path(__file__).with_name("s3fs_program.py")


@pytest.fixture(scope="module")
def worker(
    session_of_alice: Person, tmp_path_factory: pytest.TempPathFactory
) -> Person:
    """Whoever runs the program."""
    return replace(session_of_alice, home=tmp_path_factory.mktemp("s3fs"))


@pytest.fixture(scope="module")
def day(worker: Person, bob: Person, large: Path) -> dict[str, Any]:
    """What the program answers."""
    require(_PYTHON.exists(), "s3fs", "It comes from PyPI; `make peers` installs it.")
    (worker.home / "settings.py").write_text(blocks()["s3fs"])
    others = f"{bob.bucket}/{bob.folder}"
    command = [str(_PYTHON), str(_PROGRAM), "settings.py", str(large), others]
    return dict(json.loads(worker.run(command)))


def test_a_document_is_written_appended_to_and_read(
    day: dict[str, Any], worker: Person
) -> None:
    """By `open`, as if it were a file; what is not there is told by a listing."""
    assert day["text"] == {
        "whole": "hello world",
        "tail": "world",
        "size": 11,
        "there": True,
        "unlisted": "Forbidden",
        "listed": False,
    }
    assert worker.read("s3fs/a b+c ü.txt") == b"hello world"


def test_folders_are_listed_in_every_way(day: dict[str, Any]) -> None:
    """`ls`, `glob`, `find` and `walk`; and after a move and a removal."""
    assert day["tree"] == {
        "ls": ["tree/x/1.txt", "tree/x/2.csv", "tree/x/y"],
        "glob": ["tree/x/1.txt", "tree/x/y/3.txt"],
        "find": ["tree/x/1.txt", "tree/x/2.csv", "tree/x/y/3.txt"],
        "walk": [
            [["tree"], ["x"], []],
            [["tree/x"], ["y"], ["1.txt", "2.csv"]],
            [["tree/x/y"], [], ["3.txt"]],
        ],
        "after": ["tree/x/2.csv", "tree/x/moved.txt"],
    }


def test_a_large_file_goes_up_comes_back_and_grows(
    day: dict[str, Any], worker: Person, large: Path
) -> None:
    """By parts; what is appended to is copied as a part, not sent again."""
    assert (worker.home / "back.bin").read_bytes() == large.read_bytes()
    assert worker.read("s3fs/large.bin") == large.read_bytes() + b" more"
    assert worker.read("s3fs/written.bin") == large.read_bytes()
    assert day["by_parts"]["etag"].endswith('-6"')


def test_an_older_version_is_read(day: dict[str, Any]) -> None:
    """By its id."""
    assert day["versions"] == {"count": 2, "oldest": "first"}


def test_an_address_is_presigned(day: dict[str, Any]) -> None:
    """For plain HTTP."""
    assert day["address"] == {"body": "signed"}


def test_anothers_folder_is_closed(day: dict[str, Any], bob: Person) -> None:
    """As a `PermissionError`, with S3's words where it has any."""
    denied = "is not authorized to perform"
    assert set(day["refused"]) == {"ls", "pipe", "copy", "rm", "cat"}
    for name, told in day["refused"].items():
        # `cat` and `copy` ask by a HEAD, whose answer has no body.
        assert denied in told or (name in {"cat", "copy"} and told == "Forbidden")
    assert bob.names("") == {"private.txt"}
    assert bob.read("private.txt") == b"bob's own"
