"""s3fs of Debian, which mounts a bucket as a file system (FUSE)."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.installation import Running
from tests.interop.clients.document import blocks, in_shell
from tests.interop.clients.fuse import require_fuse
from tests.interop.clients.person import Person
from tests.interop.peer import require

pytestmark = pytest.mark.slow

_SECONDS = 20


@pytest.fixture(autouse=True)
def _s3fs() -> None:
    require(
        shutil.which("s3fs") is not None,
        "s3fs",
        "Install it with: apt-get install s3fs",
    )
    require_fuse()


@pytest.fixture
def drive(running: Running, alice: Person) -> str:
    """A bucket that an administrator made for one person, as the page says."""
    name = f"drive-{os.urandom(4).hex()}"
    admin = running.client("s3")
    admin.create_bucket(Bucket=name)
    policy = blocks()["s3fs-bucket"].replace("DRIVE", name)
    policy = policy.replace("ACCOUNT", running.ready["account"])
    policy = policy.replace("PERSON", alice.folder.split(":", 1)[1])
    admin.put_bucket_policy(Bucket=name, Policy=policy)
    return name


def mount(drive: str, place: Path, options: str = "") -> list[str]:
    """The page's command, which stays in the foreground."""
    names = f"DRIVE='{drive}'\nMOUNT_POINT='{place}'\n"
    command = blocks()["s3fs-mount"].replace("s3fs ", "exec s3fs -f ", 1).rstrip()
    return in_shell("environment", f"{names}{command} {options}")


@contextmanager
def mounted(
    person: Person, drive: str, *, virtual_host: bool = False
) -> Iterator[Path]:
    """The bucket as a file system, while the block lasts."""
    place = person.home / "mounted"
    place.mkdir(exist_ok=True)
    command = mount(drive, place)
    if virtual_host:
        # libcurl knows names below localhost without asking a resolver.
        command[-1] = command[-1].replace("use_path_request_style,", "")
    process = person.begin(command)
    try:
        deadline = time.monotonic() + _SECONDS
        while not place.is_mount():
            assert time.monotonic() < deadline, "not mounted"
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        yield place
    finally:
        subprocess.run(["fusermount", "-u", str(place)], check=False)
        process.communicate(timeout=_SECONDS)


def test_a_bucket_of_ones_own_is_a_file_system(
    alice: Person, drive: str, large: Path
) -> None:
    """Written, appended to, renamed, deleted and listed; another mount sees it.

    The other one has the bucket's name in the host.
    """
    with mounted(alice, drive) as place:
        (place / "sub/deeper").mkdir(parents=True)
        (place / "a b+c ü.txt").write_text("hello")
        with (place / "a b+c ü.txt").open("a") as file:
            file.write(" world")
        (place / "a b+c ü.txt").rename(place / "sub/renamed.txt")
        (place / "gone.txt").write_text("gone")
        (place / "gone.txt").unlink()
        shutil.copyfile(large, place / "sub/large.bin")
        (place / "sub/deeper").rmdir()
    with mounted(alice, drive, virtual_host=True) as place:
        assert {path.name for path in place.iterdir()} == {"sub"}
        found = {path.name: path.stat().st_size for path in (place / "sub").iterdir()}
        assert found == {"renamed.txt": 11, "large.bin": large.stat().st_size}
        assert (place / "sub/renamed.txt").read_text() == "hello world"
        assert (place / "sub/large.bin").read_bytes() == large.read_bytes()
    body = alice.s3().get_object(Bucket=drive, Key="sub/large.bin")["Body"]
    assert body.read() == large.read_bytes()


def test_no_folder_is_mounted_where_the_bucket_may_not_be_listed(
    alice: Person, bob: Person
) -> None:
    """Neither another's nor one's own: this version asks for the whole bucket."""
    place = alice.home / "refused"
    place.mkdir()
    for folder in (f"{alice.bucket}:/{alice.folder}", f"{bob.bucket}:/{bob.folder}"):
        command = mount(folder, place, "-o retries=1,dbglevel=err")
        # It ends with success even so; what it says and does is what counts.
        told = alice.log(command)
        assert "is not authorized to perform: s3:ListBucket" in told
        assert not place.is_mount()


def test_anothers_bucket_is_closed(bob: Person, drive: str) -> None:
    """The policy names one session."""
    place = bob.home / "refused"
    place.mkdir()
    told = bob.log(mount(drive, place, "-o retries=1,dbglevel=err"))
    assert "is not authorized to perform: s3:ListBucket" in told
    assert not place.is_mount()
