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
import re
import time
import zlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securecart.adapters.direct_store import DirectStore
from securecart.adapters.direct_store.sse_kms import Kms
from securecart.adapters.direct_store.tokens import filer_token
from securecart.adapters.seaweedfs import Store
from securecart.adapters.seaweedfs.location import Location, token_keys
from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.s3 import Versioning
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4 import Signer

pytestmark = pytest.mark.slow

Headers = Sequence[tuple[str, str]]
NewStore = Callable[[Path], Store]
Run = Callable[[Coroutine[Any, Any, None]], None]

BUCKET = "direct"
STORE_KEY = bytes(range(32))
"""`conftest.SSE_KEY`."""
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


async def whole(pool: StorePool, request: HttpRequest) -> HttpResponse:
    """Ask a server, and read all of its answer."""
    exchange = await pool.open(request)
    try:
        head = await exchange.head()
        pieces = []
        while piece := await exchange.read():
            pieces.append(piece)
    finally:
        exchange.close()
    return HttpResponse(head.status, head.headers, b"".join(pieces))


class Ways:
    """The S3 endpoint, and the way round it, on one loop."""

    def __init__(self, store: Store, kms: Kms | None = None) -> None:
        self._runner = asyncio.Runner()
        self.directory = store.socket_path.parents[1]
        self.direct = DirectStore(
            self.directory, STORE_KEY, os.urandom, UpstreamLimits(), kms
        )
        self.turn_to(store)

    def turn_to(self, store: Store) -> None:
        """Speak to the S3 endpoint of a store; the way round it is left alone."""
        self._signer = Signer(store.credentials, region="us-east-1", service="s3")
        self._pool = StorePool(store.socket_path)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def close(self) -> None:
        async def close() -> None:
            self.direct.close()
            self._pool.close()

        self.run(close())
        self._runner.close()

    async def ask_s3(
        self, method: str, target: str, headers: Headers = (), body: bytes = b""
    ) -> HttpResponse:
        signed = self._signer.sign(
            method,
            target,
            (("host", "store"), *headers),
            now=datetime.now(UTC),
            payload_hash="UNSIGNED-PAYLOAD",
        )
        request = HttpRequest(method, target, signed, body)
        return await whole(self._pool, request)

    def s3(
        self, method: str, target: str, headers: Headers = (), body: bytes = b""
    ) -> HttpResponse:
        answer: HttpResponse = self.run(self.ask_s3(method, target, headers, body))
        return answer

    def read(
        self,
        target: str,
        headers: Headers = (),
        method: str = "GET",
        versioning: Versioning = Versioning.NEVER,
    ) -> HttpResponse | None:
        async def ask() -> HttpResponse | None:
            request = HttpRequest(method, target, tuple(headers), b"")
            document = await self.direct.read(request, versioning)
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
    """Both, with a bucket that has never kept versions."""
    ways = Ways(store)
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


def raw_entry(ways: Ways, target: str) -> dict[str, Any]:
    """How the filer has it."""
    location = Location.read(ways.directory)
    key = token_keys(STORE_KEY, location.salt)["WEED_JWT_FILER_SIGNING_READ_KEY"]
    request = HttpRequest(
        "GET",
        f"/buckets{target}?metadata=true",
        (
            ("host", "filer"),
            ("authorization", f"Bearer {filer_token(key, time.time())}"),
        ),
    )

    async def ask() -> HttpResponse:
        filer = StorePool(Path(location.filer_socket))
        answer = await whole(filer, request)
        filer.close()
        return answer

    entry: dict[str, Any] = json.loads(ways.run(ask()).body)
    return entry


def entry_of(ways: Ways, target: str) -> dict[str, Any]:
    """How the filer has it, but for what differs from one writing to the next."""
    entry = raw_entry(ways, target)
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
    """Headers of a PUT that is plain, and its body."""
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
    """Where a key of the bucket is asked for."""
    return "/".join(("", BUCKET, *map(percent_encode, segments)))


@given(puts(), names, names)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_either_reads_what_the_other_wrote(
    ways: Ways, put: tuple[list[tuple[str, str]], bytes], folder: str, name: str
) -> None:
    """Header for header, and as the filer has it."""
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
    """As S3 has written it."""
    body = os.urandom(3 * CHUNK_BYTES + 12_345)
    long = target("f", "long")
    assert ways.s3("PUT", long, (SEALED, TYPE), body).status == 200
    found = ways.read(long)
    assert found is not None
    assert found.body == body


def put_directly(ways: Ways, at: str, body: bytes) -> HttpResponse | None:
    """Write as the gateway does."""
    return ways.write(at, (SEALED, TYPE, UNLESS_A_FOLDER), body)


def put_by_s3(ways: Ways, at: str, body: bytes) -> HttpResponse:
    """Write the same by S3."""
    return ways.s3("PUT", at, (SEALED, TYPE, UNLESS_A_FOLDER), body)


def assert_reads(ways: Ways, at: str, body: bytes) -> None:
    """Either way answers that, and the same of it."""
    found, expected = ways.read(at), ways.s3("GET", at)
    assert found is not None
    assert (found.status, found.body) == (expected.status, expected.body) == (200, body)
    assert told(found) == told(expected)


def keys(ways: Ways, prefix: str) -> list[str]:
    """What S3 lists."""
    listed = ways.s3("GET", f"/{BUCKET}?list-type=2&prefix={percent_encode(prefix)}")
    assert listed.status == 200
    return re.findall("<Key>([^<]*)</Key>", listed.body.decode())


def test_each_overwrites_the_other(ways: Ways) -> None:
    """The newest is read by both, and S3 lists it once."""
    at = target("over", "report")
    for number in range(6):
        body = b"%d" % number * (number + 1)
        write = put_by_s3 if number in {1, 4} else put_directly
        written = write(ways, at, body)
        assert written is not None
        assert written.status == 200
        assert_reads(ways, at, body)
        assert keys(ways, "over/") == ["over/report"]


def test_what_s3_deletes_is_gone(ways: Ways) -> None:
    """And may be written again."""
    at = target("gone", "report")
    for body in (b"first", b"second"):
        assert put_directly(ways, at, body) is not None
        assert_reads(ways, at, body)
        assert ways.s3("DELETE", at).status == 204
        assert ways.read(at) is None
        assert ways.s3("GET", at).status == 404
    assert keys(ways, "gone/") == []


def test_s3_copies_what_was_written_directly(ways: Ways) -> None:
    """To a document of its own, which outlives the first."""
    first, second = target("copied", "first"), target("copied", "second")
    assert put_directly(ways, first, b"hello") is not None
    assert ways.s3("PUT", second, (SEALED, ("x-amz-copy-source", first))).status == 200
    assert ways.s3("DELETE", first).status == 204
    expected = ways.s3("GET", second)
    assert (expected.status, expected.body) == (200, b"hello")
    found = ways.read(second)
    assert found is None or (found.body, told(found)) == (b"hello", told(expected))


@given(st.integers(0, 99), st.integers(0, 120))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_s3_reads_parts_of_what_was_written_directly(
    ways: Ways, first: int, size: int
) -> None:
    """From wherever: the cipher's counter begins where it should."""
    at, body = target("part", "report"), bytes(range(100))
    if ways.read(at) is None:
        assert put_directly(ways, at, body) is not None
    answer = ways.s3("GET", at, (("range", f"bytes={first}-{first + size}"),))
    assert (answer.status, answer.body) == (206, body[first : first + size + 1])


def test_two_that_write_at_once_leave_one_whole(ways: Ways) -> None:
    """Of whichever way; nobody reads the one's entry with the other's chunk."""
    at = target("race", "report")
    bodies = [b"%d" % number * 1000 for number in range(12)]

    async def write(number: int) -> HttpResponse | None:
        headers = (SEALED, TYPE, UNLESS_A_FOLDER)
        if number % 3:
            request = HttpRequest("PUT", at, headers, bodies[number])
            return await ways.direct.write(request)
        return await ways.ask_s3("PUT", at, headers, bodies[number])

    async def write_all() -> list[HttpResponse | None]:
        return await asyncio.gather(*map(write, range(len(bodies))))

    written = ways.run(write_all())
    assert [answer is not None and answer.status for answer in written] == [200] * 12
    found = ways.s3("GET", at).body
    assert found in bodies
    assert_reads(ways, at, found)
    assert keys(ways, "race/") == ["race/report"]


def test_a_file_is_put_over_a_folder_that_nobody_put_by_s3_alone(ways: Ways) -> None:
    """The filer refuses it directly; what is in the folder stays, either way."""
    at, below = target("over", "folder"), target("over", "folder", "below")
    assert put_directly(ways, below, b"below") is not None
    assert put_directly(ways, at, b"beside") is None
    assert ways.read(at) is None
    assert put_by_s3(ways, at, b"beside").status == 200
    assert ways.s3("GET", at).body == b"beside"
    found = ways.read(at)  # To the filer it may be a folder still.
    assert found is None or found.body == b"beside"
    assert_reads(ways, below, b"below")


def test_a_file_is_not_put_where_somebody_put_a_folder(ways: Ways) -> None:
    """The way round declines, and S3 refuses."""
    at = target("marked", "folder")
    assert ways.s3("PUT", f"{at}/", (SEALED, TYPE)).status == 200
    assert put_directly(ways, at, b"hello") is None
    assert put_by_s3(ways, at, b"hello").status == 412
    assert ways.read(at) is None
    assert ways.s3("HEAD", f"{at}/").status == 200


@pytest.mark.parametrize("key", ["f/./a", "f/../a", "..", "f/."])
def test_a_name_that_leads_elsewhere_is_left_to_s3(ways: Ways, key: str) -> None:
    """Which refuses it; the filer would have followed."""
    at = target(*key.split("/"))
    assert put_by_s3(ways, at, b"hello").status >= 400
    assert put_directly(ways, at, b"hello") is None
    assert ways.read(at) is None


@pytest.mark.parametrize(
    "name",
    [
        "a" * 255,
        "a" * 256,
        "\x01",
        "a\nb",
        " a ",
        "a\\b",
        "a%2Fb",
        ".a",
        "A/.Versions/b",
    ],
)
def test_an_odd_name_is_written_by_both_or_left_to_s3(ways: Ways, name: str) -> None:
    """It is the same key to either."""
    by_s3, directly = target("odd", "s3", name), target("odd", "direct", name)
    written = put_directly(ways, directly, b"hello")
    assert written is None or written.status == put_by_s3(ways, by_s3, b"hello").status
    if written is not None:
        assert_reads(ways, by_s3, b"hello")
        assert_reads(ways, directly, b"hello")


@pytest.mark.parametrize(
    "header",
    [
        ("x-amz-meta-a", ""),
        ("x-amz-meta-a", "\u00e9\u00df"),
        ("x-amz-meta-a", "=?UTF-8?B?w6k=?="),
        ("x-amz-meta-a", "b" * 3000),
        ("x-amz-meta-a.b_c--d!e'*", "f"),
        ("x-amz-meta-", "a"),
        ("x-amz-meta-x-amz-a", "b"),
        ("content-language", ""),
        ("content-disposition", "\u00e9"),
        ("content-disposition", "a" * 20_000),
        ("x-amz-checksum-crc32c", "mnG7TA=="),
        ("x-amz-checksum-crc64nvme", "M3eFcAZSQlc="),
    ],
)
def test_an_odd_header_is_kept_by_both_alike_or_left_to_s3(
    ways: Ways, header: tuple[str, str]
) -> None:
    """As the filer has it, and as either tells it."""
    by_s3, directly = target("header", "s3"), target("header", "direct")
    headers = (SEALED, TYPE, header)
    assert ways.s3("PUT", by_s3, headers, b"hello").status == 200
    written = ways.write(directly, (*headers, UNLESS_A_FOLDER), b"hello")
    if written is None:
        assert not header[1]
        return
    assert entry_of(ways, directly) == entry_of(ways, by_s3)
    assert told(ways.s3("GET", by_s3)) == told(ways.s3("GET", directly))
    for each in (by_s3, directly):
        found = ways.read(each, (CHECKSUMS,))
        assert found is not None
        assert told(found) == told(ways.s3("GET", each, (CHECKSUMS,)))


def test_below_a_files_name_either_does_the_same(ways: Ways) -> None:
    """Whether that is to write it or to refuse; the file stays."""
    outcomes = []
    for folder, write in (("ours", put_directly), ("s3s", put_by_s3)):
        at, below = target("below", folder), target("below", folder, "below")
        assert put_directly(ways, at, b"beside") is not None
        written = write(ways, below, b"below")
        outcomes.append(written is not None and written.status == 200)
        assert ways.s3("GET", at).body == b"beside"
        found = ways.s3("GET", below)
        assert (found.status, found.body) == (200, b"below") or not outcomes[-1]
    assert outcomes[0] == outcomes[1]


def test_a_store_that_was_started_on_other_ports_is_found(
    tmp_path: Path, new_store: NewStore, run: Run
) -> None:
    """With what was written before; meanwhile nothing is raised."""
    first = new_store(tmp_path)
    run(first.start())
    ways = Ways(first)
    try:
        assert ways.s3("PUT", f"/{BUCKET}").status == 200
        at = target("report")
        assert put_directly(ways, at, b"before") is not None
        assert_reads(ways, at, b"before")
        before = Location.read(ways.directory)
        run(first.stop())
        assert ways.read(at) is None
        assert put_directly(ways, at, b"meanwhile") is None
        second = new_store(tmp_path)
        run(second.start())
        try:
            assert Location.read(ways.directory) != before
            ways.turn_to(second)
            deadline = time.monotonic() + 10
            while ways.read(at) is None:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert_reads(ways, at, b"before")
            assert put_directly(ways, at, b"after") is not None
            assert_reads(ways, at, b"after")
        finally:
            run(second.stop())
    finally:
        ways.close()
