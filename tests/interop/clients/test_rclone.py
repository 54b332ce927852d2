"""rclone, as Debian has it, at its daily work."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi
import httpx
import pytest
from tests.interop.clients.document import in_shell
from tests.interop.clients.fuse import require_fuse
from tests.interop.clients.person import Person
from tests.interop.peer import require

pytestmark = pytest.mark.slow

_SECONDS = 20


@pytest.fixture(autouse=True)
def _rclone() -> None:
    require(
        shutil.which("rclone") is not None,
        "rclone",
        "Install it with: apt-get install rclone",
    )


@pytest.fixture
def documents(alice: Person) -> Path:
    """A folder of documents on one's own disk."""
    folder = alice.home / "documents"
    (folder / "2026").mkdir(parents=True)
    (folder / "report.txt").write_text("The third quarter\n")
    (folder / "2026/a b+c%20 & d.txt").write_text("odd")
    (folder / "2026/übersicht.txt").write_text("Umlaut")
    return folder


def rclone(command: str) -> list[str]:
    """A command; `$DOCS` in it is one's own folder."""
    docs = 'DOCS="docs:$BUCKET/$FOLDER/rclone"'
    return in_shell("rclone", f"{docs}\nexec rclone --config /dev/null {command}")


def test_a_folder_is_copied_checked_and_synchronised(
    alice: Person, documents: Path
) -> None:
    """A second time nothing is sent; `sync` follows deletions."""
    alice.run(rclone('copy documents "$DOCS/sync"'))
    alice.run(rclone('check documents "$DOCS/sync"'))
    alice.run(rclone('check --download documents "$DOCS/sync"'))
    assert alice.read("rclone/sync/2026/a b+c%20 & d.txt") == b"odd"
    alice.run(rclone('copy documents "$DOCS/sync"'))
    assert len(alice.versions("rclone/sync/report.txt")) == 1
    (documents / "report.txt").unlink()
    (documents / "2026/übersicht.txt").write_text("changed")
    alice.run(rclone('sync documents "$DOCS/sync"'))
    assert alice.names("rclone/sync/") == {
        "2026/a b+c%20 & d.txt",
        "2026/übersicht.txt",
    }
    assert alice.read("rclone/sync/2026/übersicht.txt") == b"changed"
    alice.run(rclone('sync "$DOCS/sync" back'))
    assert (alice.home / "back/2026/übersicht.txt").read_text() == "changed"


def test_a_listing_tells_names_sizes_and_sums(alice: Person) -> None:
    """`lsjson`, with the MD5 that others gave."""
    alice.put("rclone/listed/a.txt", b"four")
    alice.put("rclone/listed/sub/b.txt", b"x")
    listed = json.loads(alice.run(rclone('lsjson --hash "$DOCS/listed"')))
    found = {(each["Name"], each["Size"], each["IsDir"]) for each in listed}
    assert found == {("a.txt", 4, False), ("sub", 0, True)}
    md5 = next(each["Hashes"]["md5"] for each in listed if not each["IsDir"])
    assert md5 == "8cbad96aced40b3838dd9f07f6ef5772"


def test_a_large_file_goes_up_and_comes_back_by_parts(
    alice: Person, large: Path
) -> None:
    """And is moved in the store, by a copy that the client never sees."""
    (alice.home / "up").mkdir()
    (alice.home / "up/large.bin").symlink_to(large)
    by_parts = "--s3-upload-cutoff 5M --s3-chunk-size 8M"
    alice.run(rclone(f'copy -L {by_parts} up "$DOCS/large"'))
    alice.run(rclone('move "$DOCS/large" "$DOCS/moved"'))
    alice.run(rclone('copy "$DOCS/moved" down'))
    assert (alice.home / "down/large.bin").read_bytes() == large.read_bytes()
    assert alice.names("rclone/large/") == set()
    assert alice.read("rclone/moved/large.bin") == large.read_bytes()


def test_an_interrupted_copy_is_finished_by_the_same_command(alice: Person) -> None:
    """What had come is not sent again, and no half of a document is there."""
    up = alice.home / "up"
    up.mkdir()
    for number in range(4):
        (up / f"{number}.bin").write_bytes(os.urandom(6_000_000))
    by_parts = "--s3-upload-cutoff 5M --s3-chunk-size 5M"
    first = alice.begin(
        rclone(f'copy --transfers 1 --bwlimit 5M {by_parts} up "$DOCS/resumed"')
    )
    deadline = time.monotonic() + _SECONDS
    while not (came := alice.names("rclone/resumed/")):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.1)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=_SECONDS)
    assert first.returncode != 0
    came = alice.names("rclone/resumed/")
    assert len(came) < 4
    for name in came:
        assert alice.read(f"rclone/resumed/{name}") == (up / name).read_bytes()
    alice.run(rclone(f'copy {by_parts} up "$DOCS/resumed"'))
    for number in range(4):
        name = f"{number}.bin"
        assert alice.read(f"rclone/resumed/{name}") == (up / name).read_bytes()
        assert len(alice.versions(f"rclone/resumed/{name}")) == 1


def test_older_versions_are_listed_and_read(alice: Person) -> None:
    """`--s3-versions` shows them under names of their own."""
    alice.put("rclone/versions/a.txt", b"first")
    alice.put("rclone/versions/a.txt", b"second")
    names = alice.run(rclone('lsf --s3-versions "$DOCS/versions"')).split()
    assert len(names) == 2
    assert "a.txt" in names
    alice.run(rclone('copy --s3-versions "$DOCS/versions" old'))
    found = {(alice.home / "old" / name).read_text() for name in names}
    assert found == {"first", "second"}


def test_a_document_is_handed_on_by_an_address(alice: Person) -> None:
    """`link` presigns it, for plain HTTP."""
    alice.put("rclone/link.txt", b"linked")
    address = alice.run(rclone('link --expire 1h "$DOCS/link.txt"')).strip()
    got = httpx.get(address, trust_env=False)
    assert (got.status_code, got.content) == (200, b"linked")


def test_single_documents_are_copied_moved_and_streamed(alice: Person) -> None:
    """With `--no-check-dest`, since nobody may ask for what is not there."""
    (alice.home / "one.txt").write_text("one")
    assert "403" in alice.fail(rclone('copyto one.txt "$DOCS/single/a.txt"'))
    alice.run(rclone('copyto --no-check-dest one.txt "$DOCS/single/a.txt"'))
    alice.run(
        rclone('moveto --no-check-dest "$DOCS/single/a.txt" "$DOCS/single/b.txt"')
    )
    assert alice.names("rclone/single/") == {"b.txt"}
    assert alice.run(rclone('cat "$DOCS/single/b.txt"')) == "one"


def test_a_part_of_the_folder_is_purged(alice: Person) -> None:
    """That part, and no more."""
    for name in ("purged/a.txt", "purged/sub/b.txt", "purged2/c.txt"):
        alice.put(f"rclone/{name}", b"x")
    alice.run(rclone('purge "$DOCS/purged"'))
    assert alice.names("rclone/purged") == {"2/c.txt"}


@contextmanager
def mounted(alice: Person) -> Iterator[Path]:
    """The folder as a file system, while the block lasts."""
    place = alice.home / "mounted"
    place.mkdir()
    options = f"--vfs-cache-mode writes --vfs-write-back 1s --cache-dir {alice.home}"
    process = alice.begin(rclone(f'mount {options} "$DOCS/mounted" {place}'))
    try:
        deadline = time.monotonic() + _SECONDS
        while not place.is_mount():
            assert time.monotonic() < deadline, "not mounted"
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        yield place
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=_SECONDS)


def test_ones_own_folder_is_a_file_system(alice: Person, large: Path) -> None:
    """Written, read, renamed and deleted by programs that know of no S3."""
    require_fuse()
    with mounted(alice) as place:
        (place / "sub").mkdir()
        (place / "a.txt").write_text("hello")
        (place / "a.txt").rename(place / "sub/b.txt")
        shutil.copyfile(large, place / "sub/large.bin")
        assert (place / "sub/large.bin").read_bytes() == large.read_bytes()
        (place / "gone.txt").write_text("gone")
        (place / "gone.txt").unlink()
        assert {path.name for path in (place / "sub").iterdir()} == {
            "b.txt",
            "large.bin",
        }
        # It answers first and uploads then.
        deadline = time.monotonic() + _SECONDS
        while alice.names("rclone/mounted/") != {"sub/b.txt", "sub/large.bin"}:
            assert time.monotonic() < deadline, alice.names("rclone/mounted/")
            time.sleep(0.1)
    assert alice.read("rclone/mounted/sub/b.txt") == b"hello"
    assert alice.read("rclone/mounted/sub/large.bin") == large.read_bytes()


def test_certificates_are_named_by_its_own_option(alice: Person) -> None:
    """As the page says: with the SDK's variable it does not even start."""
    bundle = certifi.where()
    alice.put("rclone/certified.txt", b"x")
    command = rclone('lsf "$DOCS/certified.txt"')
    assert "AWS_CA_BUNDLE" not in alice.environment
    assert "CustomCABundle" in alice.fail(command, AWS_CA_BUNDLE=bundle)
    command = rclone(f'lsf --ca-cert {bundle} "$DOCS/certified.txt"')
    assert alice.run(command) == "certified.txt\n"


def test_anothers_folder_is_closed(alice: Person, bob: Person) -> None:
    """To list, to read, to write and to purge."""
    (alice.home / "mine").mkdir()
    (alice.home / "mine/mine.txt").write_text("mine")
    theirs = f"docs:{bob.bucket}/{bob.folder}"
    denied = "is not authorized to perform"
    once = "--retries 1"
    assert denied in alice.fail(rclone(f"lsf {once} {theirs}"))
    assert denied in alice.fail(rclone(f"lsf {once} docs:{bob.bucket}"))
    assert denied in alice.fail(rclone(f"copy {once} {theirs} back"))
    assert denied in alice.fail(rclone(f"copy {once} mine {theirs}"))
    assert denied in alice.fail(rclone(f"purge {once} {theirs}"))
    # A HEAD has no body that could say more.
    assert "403" in alice.fail(rclone(f"cat {once} {theirs}/private.txt"))
    unseen = f"copyto {once} --no-check-dest mine/mine.txt {theirs}/private.txt"
    assert "403" in alice.fail(rclone(unseen))
    assert bob.names("") == {"private.txt"}
    assert bob.read("private.txt") == b"bob's own"
