"""Where versions are kept, the newest is read; KMS's data keys need a KMS."""

import json
from base64 import b64encode
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from securecart.adapters.direct_store import DirectStore, NotOpened
from securecart.s3 import Versioning
from securecart.wire.http import HttpRequest

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Servers = Any
"""`conftest.Servers`."""

GET = HttpRequest("GET", "/docs/ada/report", ())
FOLDER = "/buckets/docs/ada/report.versions"
NEWEST = "v_6713e4df96b3a3d593a0f56d35a566c6"
FILE = "Seaweed-X-Amz-Latest-Version-File-Name"
MARKER = "Seaweed-X-Amz-Latest-Version-Is-Delete-Marker"
SSE = "x-amz-server-side-encryption"
BOUND = {"aws:s3:arn": "arn:aws:s3:::docs/ada/report"}
KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
BY_KMS = HttpRequest(
    "PUT",
    GET.target,
    (
        (SSE, "aws:kms"),
        (f"{SSE}-aws-kms-key-id", KEY),
        ("content-type", "text/plain"),
    ),
    b"hello",
)


def point(servers: Servers, **extended: str) -> None:
    """Have a folder of versions that says so of the newest."""
    told = {
        name: b64encode(value.encode()).decode() for name, value in extended.items()
    }
    document = json.dumps({"Extended": told}).encode()
    servers.entries[f"{FOLDER}?metadata=true"] = document


async def text(document: Any) -> bytes:
    """Read to the end."""
    pieces = []
    while piece := await document.read():
        pieces.append(piece)
    document.close()
    return b"".join(pieces)


def test_the_newest_version_is_read(run: Run, servers: Servers) -> None:
    """Which it is, its folder is asked for first."""

    async def act() -> None:
        servers.start()
        servers.keep(f"{FOLDER}/{NEWEST}", b"hello")
        servers.keep("/buckets/docs/ada/report", b"of before")
        point(servers, **{FILE: NEWEST})
        document = await servers.store().read(GET, Versioning.ENABLED)
        assert await text(document) == b"hello"
        assert servers.done[:2] == [
            f"GET {FOLDER}?metadata=true",
            f"GET {FOLDER}/{NEWEST}?metadata=true",
        ]

    run(act())


def test_a_deletion_and_what_is_gone_are_left_to_s3(run: Run, servers: Servers) -> None:
    """And what was there before versions were kept: it is no answer here."""

    async def act() -> None:
        servers.start()
        servers.keep("/buckets/docs/ada/report", b"of before")
        direct = servers.store()
        assert await direct.read(GET, Versioning.ENABLED) is None
        point(servers, **{FILE: NEWEST})
        assert await direct.read(GET, Versioning.ENABLED) is None
        servers.keep(f"{FOLDER}/{NEWEST}", b"hello")
        point(servers, **{FILE: NEWEST, MARKER: "true"})
        assert await direct.read(GET, Versioning.ENABLED) is None

    run(act())


def test_where_versions_are_kept_no_longer_nothing_is_asked(
    run: Run, servers: Servers
) -> None:
    """The newest may be either of two."""

    async def act() -> None:
        servers.start()
        servers.keep("/buckets/docs/ada/report", b"hello")
        assert await servers.store().read(GET, Versioning.SUSPENDED) is None
        assert servers.asked == []

    run(act())


class Refusing:
    """A KMS that refuses everything."""

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        raise NotOpened(f"{key} {context}")

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        raise NotOpened(f"{made!r} {context}")


class Granting:
    """A KMS with one data key."""

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        assert key == KEY
        assert context == BOUND
        return bytes(range(32)), b"made"

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        assert (made, context) == (b"made", BOUND)
        return bytes(range(32))


@pytest.mark.parametrize("kms", [None, Refusing()])
def test_without_a_data_key_nothing_is_done(
    run: Run, servers: Servers, kms: Any
) -> None:
    """There is no KMS, or it refuses: S3 finds that out, and says it."""

    async def act() -> None:
        servers.start()
        direct = DirectStore(servers.directory, bytes(32), bytes, servers.limits, kms)
        assert await direct.write(BY_KMS) is None
        assert servers.asked == []
        assert servers.mutations == []

    run(act())


def test_a_data_key_of_kms_is_used(run: Run, servers: Servers) -> None:
    """What the volume server has is sealed with it."""

    async def act() -> None:
        servers.start()
        direct = DirectStore(
            servers.directory,
            bytes(32),
            bytes,
            servers.limits,
            Granting(),
        )
        written = await direct.write(BY_KMS)
        assert written is not None
        assert dict(written.headers)[f"{SSE}-aws-kms-key-id"] == KEY
        (sealed,) = servers.chunks.values()
        assert sealed != b"hello"
        assert len(sealed) == 5
        (message,) = (message for _, message in servers.mutations)
        assert b"hello" not in message
        assert b64encode(b"made") in message or b"encryptedDataKey" in message
        assert bytes(range(32)) not in message

    run(act())
