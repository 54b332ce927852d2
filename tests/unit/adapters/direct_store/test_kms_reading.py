"""What KMS encrypts is read round S3 where KMS opens it, and else by S3."""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from securecart.adapters.direct_store import DirectStore, NotOpened
from securecart.adapters.direct_store.entry import Unusual, entry_of
from securecart.adapters.direct_store.sse_kms import KmsDataKeys
from securecart.s3 import Versioning
from securecart.wire.http import HttpRequest

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Servers = Any
"""`conftest.Servers`."""

TARGET = "/docs/ada/report"
PATH = f"/buckets{TARGET}"
ENTRY = f"{PATH}?metadata=true"
SSE = "x-amz-server-side-encryption"
KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
SIZE = 32


class Kms:
    """It keeps the data keys that it made, or refuses to open any."""

    def __init__(self) -> None:
        self.made: dict[bytes, tuple[bytes, dict[str, str]]] = {}
        self.refuses = False
        self.opened = 0

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        assert key == KEY
        plain, made = os.urandom(SIZE), os.urandom(SIZE)
        self.made[made] = plain, dict(context)
        return plain, made

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        plain, bound = self.made[made]
        if self.refuses or context != bound:
            raise NotOpened("refused")
        self.opened += 1
        return plain


def keep(servers: Servers, kms: Kms, *contents: bytes) -> None:
    """Have a document that KMS encrypts, in so many chunks."""
    servers.keep(PATH, *contents)
    entry = json.loads(servers.entries[ENTRY])
    data_key, beside, of_chunk = KmsDataKeys(kms, os.urandom).new(KEY, TARGET)
    for chunk, content in zip(entry["chunks"], contents, strict=True):
        at = chunk["offset"]
        told = json.dumps({**json.loads(of_chunk), "partOffset": at}).encode()
        servers.chunks[chunk["file_id"]] = data_key.cipher(at).update(content)
        chunk |= {"sse_type": 2, "sse_metadata": b64encode(told).decode()}
    entry["Extended"] |= {
        "X-Amz-Server-Side-Encryption": b64encode(b"aws:kms").decode(),
        "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": b64encode(KEY.encode()).decode(),
        "x-seaweedfs-sse-kms-key": b64encode(beside).decode(),
    }
    servers.entries[ENTRY] = json.dumps(entry).encode()


def store(servers: Servers, kms: Kms | None) -> DirectStore:
    """A worker's, with that KMS."""
    return DirectStore(servers.directory, bytes(32), os.urandom, servers.limits, kms)


def request(method: str = "GET") -> HttpRequest:
    """Of the document."""
    return HttpRequest(method, TARGET, ())


def test_what_kms_encrypts_is_read(run: Run, servers: Servers) -> None:
    """KMS is asked once, however many chunks there are."""

    async def act() -> None:
        kms = Kms()
        first, second = os.urandom(SIZE), b"there"
        keep(servers, kms, first, second)
        document = await store(servers, kms).read(request(), Versioning.NEVER)
        assert document is not None
        headers = dict((await document.head()).headers)
        assert headers[SSE] == "aws:kms"
        assert headers[f"{SSE}-aws-kms-key-id"] == KEY
        assert f"{SSE}-context" not in headers
        pieces = []
        while piece := await document.read():
            pieces.append(piece)
        document.close()
        assert b"".join(pieces) == first + second
        assert kms.opened == 1

    run(act())


def test_the_head_alone_asks_no_kms(run: Run, servers: Servers) -> None:
    """Nothing is opened for it."""

    async def act() -> None:
        kms = Kms()
        keep(servers, kms, b"hello")
        kms.refuses = True
        document = await store(servers, kms).read(request("HEAD"), Versioning.NEVER)
        assert document is not None
        assert dict((await document.head()).headers)[SSE] == "aws:kms"
        document.close()

    run(act())


@pytest.mark.parametrize("is_there", [True, False])
def test_what_kms_does_not_open_is_left_to_s3(
    run: Run, servers: Servers, *, is_there: bool
) -> None:
    """It refuses, or there is none; no chunk is asked for."""

    async def act() -> None:
        kms = Kms()
        keep(servers, kms, b"hello")
        kms.refuses = True
        direct = store(servers, kms if is_there else None)
        assert await direct.read(request(), Versioning.NEVER) is None
        assert servers.done == [f"GET {ENTRY}"]

    run(act())


def test_an_entry_tells_of_one_kind_of_encryption(servers: Servers) -> None:
    """A chunk of the other kind, or a missing data key or name of a key."""
    keep(servers, Kms(), b"hello")
    document = servers.entries[ENTRY]
    assert entry_of(document).kms_data_key is not None
    for name in (
        "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
        "x-seaweedfs-sse-kms-key",
    ):
        told = json.loads(document)
        del told["Extended"][name]
        with pytest.raises(Unusual):
            entry_of(json.dumps(told).encode())
    told = json.loads(document)
    told["chunks"][0]["sse_type"] = 3
    with pytest.raises(Unusual):
        entry_of(json.dumps(told).encode())


def test_what_is_written_under_kms_is_read_again(run: Run, servers: Servers) -> None:
    """What stands beside the object opens what the volume server has."""

    async def act() -> None:
        kms = Kms()
        put = HttpRequest(
            "PUT",
            TARGET,
            (
                (SSE, "aws:kms"),
                (f"{SSE}-aws-kms-key-id", KEY),
                ("content-type", "text/plain"),
            ),
            b"hello",
        )
        assert await store(servers, kms).write(put) is not None
        (message,) = (message for _, message in servers.mutations)
        begin = message.index(b'{"algorithm":"aws:kms"')
        end = message.index(b'"partOffset":0', begin)
        described = json.loads(message[begin:end] + b'"partOffset":0}')
        inner = json.loads(b64decode(described["encryptedDataKey"]))
        plain, bound = kms.made[b64decode(inner["ciphertext"])]
        assert bound == {"aws:s3:arn": f"arn:aws:s3::{TARGET.replace('/', ':', 1)}"}
        assert plain not in message
        (sealed,) = servers.chunks.values()
        digest = hashlib.md5(sealed, usedforsecurity=False).digest()
        assert b64encode(digest) in message

    run(act())
