"""The direct way and SeaweedFS's own S3 endpoint read what the other wrote.

Each document is written by one and read by both, then the other way round; the
answers have to be the same, header for header. A release of SeaweedFS that keeps
documents in another form fails here.
"""

import asyncio
import base64
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securecart.adapters.direct_store import DirectStore
from securecart.adapters.seaweedfs import Store
from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4 import Signer

pytestmark = pytest.mark.slow

Headers = Sequence[tuple[str, str]]
Ask = Callable[..., tuple[int, bytes]]

BUCKET = "direct"
SEALED = ("x-amz-server-side-encryption", "AES256")
TYPE = ("content-type", "text/plain")
CHECKSUMS = ("x-amz-checksum-mode", "ENABLED")
UNLESS_A_FOLDER = ("if-none-match", '"d41d8cd98f00b204e9800998ecf8427e"')
CHUNK_BYTES = 4 * 1024 * 1024
"""The S3 endpoint begins a new one after so many."""
OWN = frozenset({"date", "last-modified", "vary", "x-amz-request-id", "server"})
"""Of one answer, or of the endpoint alone."""
NOT_SENT_ON = ("seaweed-", "x-amz-storage-class", "x-amz-tagging-")
COUNT = "x-amz-tagging-count"


class Ways:
    """The S3 endpoint, and the way round it, on one loop."""

    def __init__(self, store: Store, store_key: bytes) -> None:
        self._runner = asyncio.Runner()
        self._signer = Signer(store.credentials, region="us-east-1", service="s3")
        self._pool = StorePool(store.socket_path)
        self.direct = DirectStore(
            store.socket_path.parents[1], store_key, os.urandom, UpstreamLimits()
        )

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        async def close() -> None:
            self.direct.close()
            self._pool.close()

        self.run(close())
        self._runner.close()

    def s3(
        self, method: str, target: str, headers: Headers = (), body: bytes = b""
    ) -> HttpResponse:
        async def ask() -> HttpResponse:
            signed = self._signer.sign(
                method,
                target,
                (("host", "store"), *headers),
                now=datetime.now(UTC),
                payload_hash="UNSIGNED-PAYLOAD",
            )
            exchange = await self._pool.open(HttpRequest(method, target, signed, body))
            try:
                head = await exchange.head()
                pieces = []
                while piece := await exchange.read():
                    pieces.append(piece)
            finally:
                exchange.close()
            return HttpResponse(head.status, head.headers, b"".join(pieces))

        answer: HttpResponse = self.run(ask())
        return answer

    def read(
        self, target: str, headers: Headers = (), method: str = "GET"
    ) -> HttpResponse | None:
        async def ask() -> HttpResponse | None:
            request = HttpRequest(method, target, tuple(headers), b"")
            document = await self.direct.read(request)
            if document is None:
                return None
            try:
                head = await document.head()
                pieces = []
                while piece := await document.read():
                    pieces.append(piece)
            finally:
                document.close()
            return HttpResponse(head.status, head.headers, b"".join(pieces))

        answer: HttpResponse | None = self.run(ask())
        return answer

    def write(self, target: str, headers: Headers, body: bytes) -> HttpResponse | None:
        request = HttpRequest("PUT", target, tuple(headers), body)
        answer: HttpResponse | None = self.run(self.direct.write(request))
        return answer


@pytest.fixture(scope="module")
def ways(store: Store) -> Iterator[Ways]:
    ways = Ways(store, bytes(range(32)))
    assert ways.s3("PUT", f"/{BUCKET}").status == 200
    yield ways
    ways.close()


def told(answer: HttpResponse) -> dict[str, str]:
    """What of an answer's headers the gateway may send on."""
    return {
        name: value
        for name, value in answer.headers
        if name not in OWN and (name == COUNT or not name.startswith(NOT_SENT_ON))
    }


def entry_of(ways: Ways, target: str) -> dict[str, Any]:
    """How the filer has it, but for what differs from one writing to the next."""

    async def ask() -> bytes:
        processes = ways.direct._current()
        assert processes is not None
        # What is read by the way is thrown away.
        await processes.entry(f"/buckets{target}")
        exchange = await processes._filer.open(
            HttpRequest(
                "GET",
                f"/buckets{target}?metadata=true",
                (("host", "filer"), ("authorization", processes._token)),
                b"",
            )
        )
        pieces = []
        while piece := await exchange.read():
            pieces.append(piece)
        exchange.close()
        return b"".join(pieces)

    entry: dict[str, Any] = json.loads(ways.run(ask()))
    for name in ("FullPath", "Inode", "Mtime", "Crtime", "Ctime", "Atime"):
        del entry[name]
    for chunk in entry["chunks"]:
        chunk["sse_metadata"] = sorted(
            json.loads(base64.b64decode(chunk["sse_metadata"]))
        )
        for name in ("file_id", "fid", "modified_ts_ns", "e_tag"):
            assert chunk.pop(name, None), (target, name, entry)
    extended = entry["Extended"]
    described = base64.b64decode(extended.pop("x-seaweedfs-sse-s3-key"))
    extended["data key"] = sorted(json.loads(described))
    return entry


names = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc"), exclude_characters="/\\\ufffe\uffff"
    ),
    min_size=1,
    max_size=40,
).filter(lambda name: name not in {".", ".."} and not name.endswith(".versions"))
"""Segments of keys that the gateway does not refuse."""
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
metadata = st.dictionaries(
    st.from_regex(r"x-amz-meta-[a-z0-9_.-]{1,20}", fullmatch=True), values, max_size=3
)
describing = st.fixed_dictionaries(
    {},
    optional={
        "content-disposition": values,
        "content-language": values,
        "content-encoding": values,
    },
)
bodies = st.binary(min_size=1, max_size=200)


@st.composite
def puts(draw: st.DrawFn) -> tuple[list[tuple[str, str]], bytes]:
    body = draw(bodies)
    headers = [SEALED, ("content-type", draw(values))]
    headers += [*draw(metadata).items(), *draw(describing).items()]
    kind = draw(st.sampled_from(["", "crc32", "sha1", "sha256"]))
    if kind == "crc32":
        digest = zlib.crc32(body).to_bytes(4, "big")
    else:
        digest = hashlib.new(kind or "md5", body).digest()
    name = f"x-amz-checksum-{kind}" if kind else "content-md5"
    headers.append((name, base64.b64encode(digest).decode()))
    return headers, body


def target(*segments: str) -> str:
    return "/".join(("", BUCKET, *map(percent_encode, segments)))


@given(puts(), names, names)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_either_reads_what_the_other_wrote(
    ways: Ways, put: tuple[list[tuple[str, str]], bytes], folder: str, name: str
) -> None:
    headers, body = put
    by_s3, directly = target("s3", folder, name), target("direct", folder, name)
    answer = ways.s3("PUT", by_s3, headers, body)
    assert answer.status == 200, answer.body
    written = ways.write(directly, (*headers, UNLESS_A_FOLDER), body)
    assert written is not None
    own = {"accept-ranges", "content-length"}
    assert told(written) == {k: v for k, v in told(answer).items() if k not in own}
    assert entry_of(ways, directly) == entry_of(ways, by_s3)
    for each in (by_s3, directly):
        for asked in ((), (CHECKSUMS,)):
            expected = ways.s3("GET", each, asked)
            found = ways.read(each, asked)
            assert found is not None
            assert (found.status, found.body) == (200, body) == (200, expected.body)
            assert told(found) == told(expected)
            assert (
                dict(found.headers)["last-modified"]
                == (dict(expected.headers)["last-modified"])
            )
            head = ways.read(each, asked, "HEAD")
            assert head is not None
            assert head.headers == found.headers
            assert not head.body


def test_a_long_document_is_read_chunk_after_chunk(ways: Ways) -> None:
    body = os.urandom(3 * CHUNK_BYTES + 12_345)
    long = target("f", "long")
    assert ways.s3("PUT", long, (SEALED, TYPE), body).status == 200
    found = ways.read(long)
    assert found is not None
    assert found.body == body
