"""The AWS CLI at its daily work."""

import json
import os
import time
from pathlib import Path

import httpx
import pytest
from tests.interop.clients.document import blocks, in_shell
from tests.interop.clients.person import Person

pytestmark = pytest.mark.slow


@pytest.fixture
def documents(alice: Person) -> Path:
    """A folder of documents on one's own disk, with names as people give them."""
    folder = alice.home / "documents"
    (folder / "2026/März").mkdir(parents=True)
    (folder / "report.txt").write_text("The third quarter\n")
    (folder / "2026/a b+c%20 & d.txt").write_text("odd")
    (folder / "2026/März/übersicht.txt").write_text("Umlaut")
    # S3 tells times in whole seconds: what was written within the second in which it
    # is sent would be newer than its copy, and `sync` would send it again.
    written = time.time() - 60
    for document in filter(Path.is_file, folder.rglob("*")):
        os.utime(document, (written, written))
    return folder


def test_the_pages_commands_work(alice: Person, documents: Path) -> None:
    """Those of `docs/clients.md`, one after the other."""
    printed = alice.run(in_shell("environment", blocks()["aws-version-1"]))
    printed += alice.run(in_shell("aws", ""))
    assert alice.read("documents/report.txt") == b"The third quarter\n"
    assert len(alice.names("documents/")) == sum(
        map(Path.is_file, documents.rglob("*"))
    )
    assert " report.txt\n" in printed
    address = next(line for line in printed.split() if line.startswith("http"))
    got = httpx.get(address, trust_env=False)
    assert (got.status_code, got.text) == (200, "The third quarter\n")
    assert '"IsLatest": true' in printed


def test_a_folder_is_synchronised_both_ways(alice: Person, documents: Path) -> None:
    """A second time there is nothing to do; `--delete` follows deletions."""
    there = alice.url("cli/sync")
    sync = ["aws", "s3", "sync", "--no-progress"]
    assert alice.run([*sync, "documents", there]).count("upload: ") == 3
    assert alice.run([*sync, "documents", there]) == ""
    assert alice.read("cli/sync/2026/a b+c%20 & d.txt") == b"odd"
    assert alice.run([*sync, there, "back"]).count("download: ") == 3
    assert (alice.home / "back/2026/März/übersicht.txt").read_text() == "Umlaut"
    (documents / "report.txt").unlink()
    (documents / "2026/a b+c%20 & d.txt").write_text("changed")
    printed = alice.run([*sync, "--delete", "documents", there])
    assert (printed.count("delete: "), printed.count("upload: ")) == (1, 1)
    assert alice.names("cli/sync/") == {
        "2026/a b+c%20 & d.txt",
        "2026/März/übersicht.txt",
    }
    assert alice.read("cli/sync/2026/a b+c%20 & d.txt") == b"changed"


def test_a_large_file_goes_up_comes_back_and_is_copied(
    alice: Person, large: Path
) -> None:
    """By parts, as the CLI does by itself from 8 MB on."""
    copy = ["aws", "s3", "cp", "--no-progress"]
    alice.run([*copy, str(large), alice.url("cli/large.bin")])
    alice.run([*copy, alice.url("cli/large.bin"), alice.url("cli/large copy.bin")])
    alice.run([*copy, alice.url("cli/large copy.bin"), "back.bin"])
    assert (alice.home / "back.bin").read_bytes() == large.read_bytes()
    assert alice.read("cli/large.bin") == large.read_bytes()


def test_documents_are_listed_moved_and_removed(alice: Person) -> None:
    """`ls`, `mv`, `rm --recursive`, and a stream from standard input."""
    for name in ("one.txt", "sub/two.txt"):
        alice.put(f"cli/moved/{name}", name.encode())
    printed = alice.run(["aws", "s3", "ls", alice.url("cli/moved/")])
    assert "PRE sub/\n" in printed
    assert " one.txt\n" in printed
    there = alice.url("cli/moved/sub/one.txt")
    alice.run(["aws", "s3", "mv", alice.url("cli/moved/one.txt"), there])
    assert alice.read("cli/moved/sub/one.txt") == b"one.txt"
    assert alice.names("cli/moved/") == {"sub/one.txt", "sub/two.txt"}
    to = alice.url("cli/moved/stream.txt")
    alice.run(["sh", "-c", f"echo streamed | aws s3 cp - '{to}'"])
    assert alice.read("cli/moved/stream.txt") == b"streamed\n"
    alice.run(["aws", "s3", "rm", "--recursive", alice.url("cli/moved/")])
    assert alice.names("cli/moved/") == set()


def test_an_older_version_is_brought_back(alice: Person) -> None:
    """`s3api` lists the versions, reads one and copies it over the newest."""
    name = ["--bucket", alice.bucket, "--key", f"{alice.folder}/cli/version.txt"]
    first = alice.put("cli/version.txt", b"first")
    alice.put("cli/version.txt", b"second")
    alice.run(["aws", "s3", "rm", alice.url("cli/version.txt")])
    prefix = ["--bucket", alice.bucket, "--prefix", f"{alice.folder}/cli/version.txt"]
    listed = json.loads(alice.run(["aws", "s3api", "list-object-versions", *prefix]))
    assert [each["IsLatest"] for each in listed["DeleteMarkers"]] == [True]
    assert len(listed["Versions"]) == 2
    assert first in {each["VersionId"] for each in listed["Versions"]}
    get = ["aws", "s3api", "get-object", *name, "--version-id", first, "old.txt"]
    alice.run(get)
    assert (alice.home / "old.txt").read_text() == "first"
    source = f"{alice.bucket}/{alice.folder}/cli/version.txt?versionId={first}"
    alice.run(["aws", "s3api", "copy-object", *name, "--copy-source", source])
    assert alice.read("cli/version.txt") == b"first"


def test_anothers_folder_is_closed(alice: Person, bob: Person) -> None:
    """To list, to write, to remove and to read."""
    (alice.home / "mine.txt").write_text("mine")
    theirs = bob.url("private.txt")
    denied = "is not authorized to perform"
    assert denied in alice.fail(["aws", "s3", "ls", bob.url()])
    assert denied in alice.fail(["aws", "s3", "cp", "mine.txt", theirs])
    assert denied in alice.fail(["aws", "s3", "rm", theirs])
    # A HEAD has no body that could say more.
    assert "(403)" in alice.fail(["aws", "s3", "cp", theirs, "stolen.txt"])
    assert bob.names("") == {"private.txt"}
    assert bob.read("private.txt") == b"bob's own"
