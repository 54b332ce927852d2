"""s3cmd, as Debian has it, at its daily work."""

import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.installation import Running
from tests.interop.clients.document import blocks
from tests.interop.clients.person import Person
from tests.interop.peer import require

pytestmark = pytest.mark.slow

_SECONDS = 20


@pytest.fixture(autouse=True)
def _s3cmd(alice: Person) -> None:
    require(
        shutil.which("s3cmd") is not None,
        "s3cmd",
        "Install it with: apt-get install s3cmd",
    )
    settings = blocks()["s3cmd"].replace(
        "localhost:9000", urlsplit(alice.endpoint).netloc
    )
    (alice.home / ".s3cfg").write_text(settings)


def s3cmd(command: str, *arguments: str) -> list[str]:
    """A command, its options, and names that may have spaces."""
    return ["s3cmd", "--no-progress", *command.split(), *arguments]


def test_a_document_goes_up_comes_back_and_is_moved(alice: Person) -> None:
    """`put`, `ls`, `get`, `mv`, `cp` and `del`."""
    (alice.home / "a.txt").write_text("The third quarter\n")
    to = alice.url("s3cmd/a b+c ü.txt")
    alice.run(s3cmd("put", "a.txt", to))
    assert alice.read("s3cmd/a b+c ü.txt") == b"The third quarter\n"
    assert re.search(rf" 18 +{re.escape(to)}\n", alice.run(s3cmd("ls", to)))
    alice.run(s3cmd("get", to, "back.txt"))
    assert (alice.home / "back.txt").read_text() == "The third quarter\n"
    alice.run(s3cmd("mv", to, alice.url("s3cmd/moved/b.txt")))
    alice.run(s3cmd("cp", alice.url("s3cmd/moved/b.txt"), alice.url("s3cmd/c.txt")))
    assert alice.names("s3cmd/") >= {"moved/b.txt", "c.txt"}
    assert "a b+c ü.txt" not in alice.names("s3cmd/")
    alice.run(s3cmd("del --recursive", alice.url("s3cmd/moved/")))
    assert alice.names("s3cmd/moved/") == set()
    assert alice.read("s3cmd/c.txt") == b"The third quarter\n"


def test_a_folder_is_synchronised_both_ways(alice: Person) -> None:
    """A second time nothing is sent; `--delete-removed` follows deletions."""
    up = alice.home / "up"
    (up / "sub").mkdir(parents=True)
    for name in ("a.txt", "sub/b.txt"):
        (up / name).write_text(name)
    there = alice.url("s3cmd/sync/")
    assert alice.run(s3cmd("sync", "up/", there)).count("upload: ") == 2
    assert "upload: " not in alice.run(s3cmd("sync", "up/", there))
    alice.run(s3cmd("sync", there, "back/"))
    assert (alice.home / "back/sub/b.txt").read_text() == "sub/b.txt"
    (up / "a.txt").unlink()
    (up / "sub/b.txt").write_text("changed")
    alice.run(s3cmd("sync --delete-removed", "up/", there))
    assert alice.names("s3cmd/sync/") == {"sub/b.txt"}
    assert alice.read("s3cmd/sync/sub/b.txt") == b"changed"


def wait_for_a_part(admin: Any, at: dict[str, str]) -> None:
    """Only an administrator may see which uploads there are."""
    deadline = time.monotonic() + _SECONDS
    where = {"Bucket": at["Bucket"], "Prefix": at["Key"]}
    while time.monotonic() < deadline:
        for upload in admin.list_multipart_uploads(**where).get("Uploads", ()):
            if admin.list_parts(**at, UploadId=upload["UploadId"]).get("Parts"):
                return
        time.sleep(0.1)
    raise AssertionError("no part came")


def test_a_large_file_is_sent_on_after_an_interruption(
    running: Running, alice: Person, large: Path
) -> None:
    """By parts; those that had come are not sent again."""
    to = alice.url("s3cmd/large.bin")
    parts = "put --multipart-chunk-size-mb=5 --no-check-md5"
    first = alice.begin(s3cmd(f"{parts} --limit-rate=6m", str(large), to))
    at = {"Bucket": alice.bucket, "Key": f"{alice.folder}/s3cmd/large.bin"}
    wait_for_a_part(running.client("s3"), at)
    first.send_signal(signal.SIGINT)
    told, _ = first.communicate(timeout=_SECONDS)
    found = re.search(r"--upload-id (\S+) put", told)
    assert found, told
    listed = alice.s3().list_parts(**at, UploadId=found[1])["Parts"]
    assert 0 < len(listed) < 6
    assert alice.names("s3cmd/large.bin") == set()
    resume = f"{parts} --continue-put --upload-id {found[1]} --debug"
    told = alice.log(s3cmd(resume, str(large), to))
    assert told.count("size and md5sum match") == len(listed), told
    assert alice.read("s3cmd/large.bin") == large.read_bytes()
    alice.run(s3cmd("get", to, "back.bin"))
    assert (alice.home / "back.bin").read_bytes() == large.read_bytes()


def test_what_it_cannot_do_here_it_says(alice: Person) -> None:
    """As on AWS: rules of the bucket are no affair of people's, nor is version 2."""
    alice.put("s3cmd/told.txt", b"told")
    told = alice.fail(s3cmd("info", alice.url("s3cmd/told.txt")))
    assert "File size: 4\n" in told
    assert "SSE:       aws:kms\n" in told
    assert "s3:GetBucketCORS" in told
    address = alice.run(s3cmd("signurl", alice.url("s3cmd/told.txt"), "+60")).strip()
    got = httpx.get(address, trust_env=False)
    assert got.status_code == 400
    assert "Please use AWS4-HMAC-SHA256" in got.text


def test_anothers_folder_is_closed(alice: Person, bob: Person) -> None:
    """To list, to read, to write, to copy from and to delete."""
    (alice.home / "mine.txt").write_text("mine")
    theirs = bob.url("private.txt")
    denied = "is not authorized to perform"
    assert denied in alice.fail(s3cmd("ls", bob.url()))
    assert denied in alice.fail(s3cmd("put", "mine.txt", theirs))
    assert denied in alice.fail(s3cmd("del", theirs))
    # These ask by a HEAD, whose answer has no body that could say more.
    stolen = alice.url("s3cmd/stolen.txt")
    assert "403 (Forbidden)" in alice.fail(s3cmd("get", theirs, "stolen.txt"))
    assert "403 (Forbidden)" in alice.fail(s3cmd("cp", theirs, stolen))
    assert bob.names("") == {"private.txt"}
    assert bob.read("private.txt") == b"bob's own"
