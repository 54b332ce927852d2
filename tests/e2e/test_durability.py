"""What was acknowledged survives kills; what is on the disk tells nothing."""

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

pytestmark = pytest.mark.slow

Session = dict[str, Any]
SignIn = Callable[[Any, str], Session]

_SIZES = (1, 1_000, 70_000, 300_000)
_VICTIMS = {
    "master": " master ",
    "volume": " volume ",
    "filer": " filer ",
    "s3": " s3 ",
    "one worker": "worker 0: ",
    "all workers": "worker ",
    "the parent of all parts": "parts: ",
    "everything": "",
}
"""What is killed, and the words by which its command line is known."""
_PARTS_SIZE = 6 * 2**20
_PARTS = TransferConfig(
    multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20, use_threads=False
)
_UPLOADING_SECONDS = 4.0
_KILLED_AFTER_SECONDS = 1.5
_RECOVERY_SECONDS = 60.0
"""A master that was killed takes some six seconds to be found again by the
others; the rest is for a busy machine."""


@dataclass
class Uploads:
    """What several people's worth of threads put, and what they were told."""

    s3: Any
    bucket: str
    prefix: str
    stop: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def run(self, thread: int) -> None:
        """Put documents until told to stop; a refusal is no reason to."""
        number = 0
        while not self.stop.is_set():
            key = f"{self.prefix}{thread}-{number}"
            number += 1
            try:
                self._put(key, in_parts=thread == 0)
            except (BotoCoreError, ClientError):
                self.refused.append(key)
                time.sleep(0.02)
            else:
                self.acknowledged.append(key)

    def _put(self, key: str, *, in_parts: bool) -> None:
        if not in_parts:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content_of(key))
            return
        place = {"Bucket": self.bucket, "Key": key}
        content = content_of(key, _PARTS_SIZE)
        upload = self.s3.create_multipart_upload(**place)["UploadId"]
        edge = 5 * 2**20
        parts = []
        for part, body in enumerate((content[:edge], content[edge:]), start=1):
            tag = self.s3.upload_part(
                **place, UploadId=upload, PartNumber=part, Body=body
            )["ETag"]
            parts.append({"PartNumber": part, "ETag": tag})
        self.s3.complete_multipart_upload(
            **place, UploadId=upload, MultipartUpload={"Parts": parts}
        )

    def size_of(self, key: str) -> int | None:
        """How large this key's document is, if that is not the key's own size."""
        return _PARTS_SIZE if key.startswith(f"{self.prefix}0-") else None


def content_of(key: str, size: int | None = None) -> bytes:
    """The document of that key: other bytes for each, and not kept meanwhile."""
    digest = hashlib.sha256(key.encode()).digest()
    if size is None:
        size = _SIZES[digest[0] % len(_SIZES)]
    return hashlib.shake_256(digest).digest(size)


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Any]
) -> Iterator[Any]:
    """One installation, killed in part or whole by each of the tests."""
    home = new_home(tmp_path_factory.mktemp("durable") / "data")
    home.up()
    yield home
    assert home.stop() == 0


def _named(installation: Any, words: str) -> list[int]:
    """The processes of which that is a part of the command line."""
    processes = installation.processes().items()
    return [pid for pid, command in processes if words in command]


@pytest.mark.parametrize("victim", _VICTIMS)
def test_every_acknowledged_document_survives_a_kill(
    installation: Any, sign_in_without_browser: SignIn, victim: str
) -> None:
    """Byte for byte; and of what was refused there is all or nothing."""
    running = installation.running()
    session = sign_in_without_browser(running, "engineering")
    uploads = Uploads(
        running.client("s3", session["credentials"]),
        session["bucket"],
        f"{session['folder']}{victim}/",
    )
    with ThreadPoolExecutor(5) as threads:
        running_uploads = [threads.submit(uploads.run, each) for each in range(5)]
        time.sleep(_KILLED_AFTER_SECONDS)
        before = len(uploads.acknowledged)
        _kill(installation, victim)
        time.sleep(_UPLOADING_SECONDS - _KILLED_AFTER_SECONDS)
        uploads.stop.set()
    for each in running_uploads:
        each.result()
    if victim in {"the parent of all parts", "everything"}:
        # `up` ends without it, and the store in its own time.
        installation.process.wait(_RECOVERY_SECONDS)
        installation.wait_gone()
        running = installation.up()
    s3 = running.client("s3", session["credentials"])
    _wait_until_healthy(s3, uploads)
    listed = _listed(s3, uploads)
    assert set(uploads.acknowledged) <= listed
    for key in listed - {f"{uploads.prefix}healthy"}:
        _assert_whole(s3, uploads, key)
    whole = listed & set(uploads.refused)
    for key in set(uploads.refused) - listed:
        # Who may not list the whole bucket is not told what is missing.
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=uploads.bucket, Key=key)
    print(  # noqa: T201  (the counts are what a reader of the log wants)
        f"\nkilled {victim}: {before} acknowledged before, "
        f"{len(uploads.acknowledged)} in all, each of them there; "
        f"{len(uploads.refused)} refused, {len(whole)} of them whole, the rest absent"
    )
    assert before > 0


def _kill(installation: Any, victim: str) -> None:
    pids = _named(installation, _VICTIMS[victim])
    assert pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _wait_until_healthy(s3: Any, uploads: Uploads) -> None:
    """Wait until several documents in a row go in and come out again."""
    deadline = time.monotonic() + _RECOVERY_SECONDS
    place = {"Bucket": uploads.bucket, "Key": f"{uploads.prefix}healthy"}
    well = 0
    while well < 5:
        try:
            s3.put_object(**place, Body=b"healthy")
            assert s3.get_object(**place)["Body"].read() == b"healthy"
            well += 1
        except (BotoCoreError, ClientError):
            assert time.monotonic() < deadline
            well = 0
            time.sleep(0.2)


def _listed(s3: Any, uploads: Uploads) -> set[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=uploads.bucket, Prefix=uploads.prefix
    )
    return {each["Key"] for page in pages for each in page.get("Contents", ())}


def _assert_whole(s3: Any, uploads: Uploads, key: str) -> None:
    got = s3.get_object(Bucket=uploads.bucket, Key=key)["Body"].read()
    assert got == content_of(key, uploads.size_of(key)), key


def test_documents_on_the_disk_are_unreadable(
    installation: Any, sign_in_without_browser: SignIn
) -> None:
    """Put whole or in parts, no file holds any of their text."""
    running = installation.running()
    session = sign_in_without_browser(running, "finance")
    s3 = running.client("s3", session["credentials"])
    marker = b"the figures of the third quarter are for nobody else; "
    name = "name-that-the-search-finds"
    for size, suffix in ((2**20, "whole"), (12 * 2**20, "in-parts")):
        place = session["bucket"], f"{session['folder']}{name}-{suffix}"
        content = (marker * (size // len(marker) + 1))[:size]
        source = Path(installation.data.parent / "source")
        source.write_bytes(content)
        s3.upload_file(str(source), *place, Config=_PARTS)
        source.unlink()
        got = s3.get_object(Bucket=place[0], Key=place[1])["Body"].read()
        assert got == content
    files = [each for each in installation.data.rglob("*") if each.is_file()]
    kept = [each.read_bytes() for each in files]
    assert any(name.encode() in content for content in kept)
    assert not any(marker in content for content in kept)


def test_a_disabled_key_closes_every_document_until_it_is_enabled(
    installation: Any, sign_in_without_browser: SignIn
) -> None:
    """At once, also what was just read: the gateway does not trust a cache."""
    running = installation.running()
    session = sign_in_without_browser(running, "finance")
    s3 = running.client("s3", session["credentials"])
    kms = running.client("kms")
    key = kms.describe_key(KeyId="alias/securecart-user-docs")["KeyMetadata"]["KeyId"]
    place = {"Bucket": session["bucket"], "Key": f"{session['folder']}locked"}
    s3.put_object(**place, Body=b"text")
    assert s3.get_object(**place)["Body"].read() == b"text"
    kms.disable_key(KeyId=key)
    try:
        with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
            s3.get_object(**place)
        with pytest.raises(ClientError, match=r"KMS\.DisabledException"):
            s3.put_object(**place, Body=b"other text")
    finally:
        kms.enable_key(KeyId=key)
    assert s3.get_object(**place)["Body"].read() == b"text"
