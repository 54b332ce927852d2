"""The direct way: what it declines, and what becomes of what it does not."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from securecart.adapters.direct_store.protobuf import fields_of, octets
from securecart.adapters.seaweedfs.location import LOCATION_FILE
from securecart.adapters.upstream import UpstreamLimits
from securecart.s3 import Versioning
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Servers = Any
"""`conftest.Servers`."""
Headers = Sequence[tuple[str, str]]

TARGET, PATH = "/docs/ada/r%C3%A9port", "/buckets/docs/ada/r\u00e9port"
READ = "/docs/ada/report"
KEPT = "/buckets/docs/ada/report"
BODY = b"hello"
PLAIN = Versioning.NEVER
SEALED = ("x-amz-server-side-encryption", "AES256")
TYPE = ("content-type", "text/plain")
UNLESS_A_FOLDER = ("if-none-match", '"d41d8cd98f00b204e9800998ecf8427e"')
CHECKSUMS = ("x-amz-checksum-mode", "ENABLED")
MD5 = hashlib.md5(BODY, usedforsecurity=False)
CRC32 = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()


def put(*headers: tuple[str, str], target: str = TARGET, body: bytes = BODY) -> Any:
    """A request to write."""
    return HttpRequest("PUT", target, (SEALED, TYPE, *headers), body)


def get(target: str = READ, *headers: tuple[str, str], method: str = "GET") -> Any:
    """A request to read."""
    return HttpRequest(method, target, headers)


async def read(servers: Servers, direct: Any, request: HttpRequest) -> Any:
    """Read to the end; every connection is given back."""
    document = await direct.read(request, PLAIN)
    if document is not None:
        head, pieces = await document.head(), []
        while piece := await document.read():
            pieces.append(piece)
        document.close()
        document = HttpResponse(head.status, head.headers, b"".join(pieces))
    assert all(each.closed for each in servers.exchanges)
    return document


def parts(message: Any) -> dict[int, list[Any]]:
    """The fields of a message, each as often as it is there."""
    found: dict[int, list[Any]] = {}
    for field, value in fields_of(message):
        found.setdefault(field, []).append(value)
    return found


HEADERS = (
    ("accept-ranges", "bytes"),
    ("content-length", "11"),
    ("content-type", "text/plain"),
    ("etag", '"5d41402abc4b2a76b9719d911017c592"'),
    ("last-modified", "Mon, 23 Nov 2026 12:00:00 GMT"),
    SEALED,
)


def test_a_document_is_read_out_of_its_chunks(run: Run, servers: Servers) -> None:
    """Its checksum is told to whom asks for it, and HEAD asks for no chunk."""

    async def act() -> None:
        servers.keep(KEPT, b"hello ", b"there")
        direct = servers.store()
        found = await read(servers, direct, get())
        assert found == HttpResponse(200, HEADERS, b"hello there")
        found = await read(servers, direct, get(READ, CHECKSUMS))
        summed = (*HEADERS, ("x-amz-checksum-crc32", "NhCmhg=="))
        assert found == HttpResponse(200, summed, b"hello there")
        assert direct.answered == len(servers.asked) == 6
        found = await read(servers, direct, get(method="HEAD"))
        assert found == HttpResponse(200, HEADERS)
        assert servers.done[-1] == f"GET {KEPT}?metadata=true"

    run(act())


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/docs",
        "/docs/",
        "/docs/ada/",
        "/docs/ada/report?versionId=null",
        "/docs?list-type=2",
        "/docs/ada/report.versions/v_1",
        "/docs/.versions",
        "/docs/.uploads/1/0001.part",
        "//docs/report",
        "/docs//report",
        "/docs/ada/../bob/report",
        "/docs/ada/./report",
        "/docs/ada/..",
        "/docs/ada/.",
        "/../docs/report",
        "/docs/ada/%2e%2E/bob/report",
        "/docs/ada%2F..%2fbob/report",
        "/docs/%2Eversions/v_1",
        "/docs/ada%5Creport",
        "/docs/ada%5c..%5creport",
        "/docs/ada\\report",
    ],
)
def test_what_is_no_plain_document_is_declined(
    run: Run, servers: Servers, target: str
) -> None:
    """Read or written, before anybody is asked."""

    async def act() -> None:
        direct = servers.store()
        servers.keep(f"/buckets{target}", BODY)
        assert await direct.read(get(target), PLAIN) is None
        assert await direct.write(put(target=target)) is None
        assert servers.pools == servers.asked == servers.connections == []

    run(act())


@pytest.mark.parametrize(
    "key", [".hidden", "a.", "..a", "a..b", "...", "a%25b", "a%20b", "%C3%A9", "a.b/c"]
)
def test_an_ordinary_name_is_plain(run: Run, servers: Servers, key: str) -> None:
    """Dots, too, where they lead nowhere."""

    async def act() -> None:
        servers.keep(f"/buckets/docs/{key}", BODY)
        direct = servers.store()
        assert (await read(servers, direct, get(f"/docs/{key}"))).body == BODY
        assert await direct.write(put(target=f"/docs/{key}")) is not None

    run(act())


@pytest.mark.parametrize(
    "header",
    [
        ("range", "bytes=0-1"),
        ("if-match", "*"),
        ("if-none-match", "*"),
        ("if-modified-since", "Mon, 23 Nov 2026 12:00:00 GMT"),
        ("x-amz-checksum-mode", "DISABLED"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
    ],
)
def test_a_question_with_more_to_it_is_declined(
    run: Run, servers: Servers, header: tuple[str, str]
) -> None:
    """S3 answers part of it, or nothing, or refuses."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        direct = servers.store()
        assert await direct.read(get(READ, header), PLAIN) is None
        assert await direct.read(get(READ, CHECKSUMS, header), PLAIN) is None
        assert servers.asked == []

    run(act())


REFUSED = {
    "in plain text": HttpRequest("PUT", TARGET, (TYPE,), BODY),
    "under KMS": HttpRequest(
        "PUT", TARGET, (TYPE, ("x-amz-server-side-encryption", "aws:kms")), BODY
    ),
    "under a key of KMS's": put(("x-amz-server-side-encryption-aws-kms-key-id", "k")),
    "under a customer's key": put(
        ("x-amz-server-side-encryption-customer-algorithm", "AES256")
    ),
    "without a type": HttpRequest("PUT", TARGET, (SEALED,), BODY),
    "of an empty type": HttpRequest(
        "PUT", TARGET, (SEALED, ("content-type", "")), BODY
    ),
    "of a type beyond ASCII": HttpRequest(
        "PUT", TARGET, (SEALED, ("content-type", "text/pl\u00e4in")), BODY
    ),
    "of two types": put(("content-type", "text/html")),
    "with tags": put(("x-amz-tagging", "a=b")),
    "locked": put(("x-amz-object-lock-mode", "COMPLIANCE")),
    "held": put(("x-amz-object-lock-legal-hold", "ON")),
    "of another class": put(("x-amz-storage-class", "GLACIER")),
    "kept by caches": put(("cache-control", "no-cache")),
    "expiring": put(("expires", "0")),
    "public": put(("x-amz-acl", "public-read")),
    "copied": put(("x-amz-copy-source", "/docs/bob/report")),
    "if it is there": put(("if-match", '"5d41402abc4b2a76b9719d911017c592"')),
    "if it is not there": put(("if-none-match", "*")),
    "if it is none of several": put(("if-none-match", '"a", "b"')),
    "if it is not, by halves": put(("if-none-match", '"a')),
    "on two conditions": put(UNLESS_A_FOLDER, ("if-none-match", '"a"')),
    "with metadata twice": put(("x-amz-meta-a", "b"), ("x-amz-meta-a", "c")),
    "with empty metadata": put(("x-amz-meta-a", "")),
    "with an empty disposition": put(("content-disposition", "")),
    "in two languages": put(("content-language", "de"), ("content-language", "en")),
    "of two checksums": put(
        ("x-amz-checksum-crc32", CRC32), ("x-amz-checksum-sha256", SHA256)
    ),
    "of a checksum of parts": put(
        ("x-amz-checksum-crc32", CRC32), ("x-amz-checksum-type", "COMPOSITE")
    ),
    "of a checksum of no kind": put(("x-amz-checksum-md4", "AAAA")),
    "of another MD5": put(("content-md5", base64.b64encode(bytes(16)).decode())),
    "of an MD5 that is none": put(("content-md5", "\u00e9")),
    "of another CRC": put(("x-amz-checksum-crc32", "AAAAAA==")),
    "of another SHA-256": put(("x-amz-checksum-sha256", CRC32)),
    "of nothing": put(body=b""),
    "of more than a chunk": put(body=bytes(1024 * 1024 + 1)),
    "by a name that is none": put(target="/docs/ada/%FF"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_not_written_plainly_is_declined(
    run: Run, servers: Servers, how: str
) -> None:
    """Before anything was done: S3 says what of it is right."""

    async def act() -> None:
        assert await servers.store().write(REFUSED[how]) is None
        assert servers.pools == servers.asked == servers.connections == []

    run(act())


def test_a_document_is_written_as_s3_does(run: Run, servers: Servers) -> None:
    """A chunk that its data key opens, then an entry that tells of it."""

    async def act() -> None:
        direct = servers.store()
        answer = await direct.write(
            put(
                ("x-amz-meta-a-b", "c \u00e9"),
                ("content-disposition", "inline"),
                ("content-md5", base64.b64encode(MD5.digest()).decode()),
                ("x-amz-checksum-crc32", CRC32),
                UNLESS_A_FOLDER,
            )
        )
        tag = MD5.hexdigest()
        summed = ("x-amz-checksum-crc32", CRC32)
        assert answer == HttpResponse(200, (("etag", f'"{tag}"'), SEALED, summed))
        assert servers.done == ["PUT /3,100badcafe"]
        ((number, request),) = servers.mutations
        whole = parts(request)
        assert whole[1] == [number] == [1]
        create = parts(whole[2][0])
        directory, _, name = PATH.rpartition("/")
        assert create[1] == [directory.encode()]
        clause = parts(parts(create[7][0])[1][0])
        assert clause[2] == [b"d41d8cd98f00b204e9800998ecf8427e"]
        entry = parts(create[2][0])
        assert entry[1] == [name.encode()]
        chunk = parts(entry[3][0])
        sealed = servers.chunks["3,100badcafe"]
        assert chunk[1] == [b"3,100badcafe"]
        assert chunk[4] == [int(servers.now * 1_000_000_000)]
        digest = hashlib.md5(sealed, usedforsecurity=False).digest()
        assert chunk[5] == [base64.b64encode(digest)]
        opened = servers.data_keys.open(chunk[13][0])
        assert opened.cipher().update(sealed) == BODY != sealed
        assert parts(entry[4][0])[14] == [MD5.digest()]
        extended = [parts(each) for each in entry[5]]
        assert {each[1][0].decode(): each[2][0] for each in extended} == {
            "Seaweed-X-Amz-ETag": tag.encode(),
            "Seaweed-X-Amz-Owner": b"gateway",
            "X-Amz-Meta-A-B": "c \u00e9".encode("latin-1"),
            "Content-Disposition": b"inline",
            "X-Amz-Server-Side-Encryption": b"AES256",
            "x-seaweedfs-sse-s3-key": chunk[13][0],
            "x-seaweedfs-checksum-algorithm": b"X-Amz-Checksum-Crc32",
            "x-seaweedfs-checksum-value": CRC32.encode(),
        }
        assert direct.answered == 2  # The chunk and the entry.

    run(act())


def test_each_has_an_id_and_a_data_key_of_its_own(run: Run, servers: Servers) -> None:
    """Though the content is the same."""

    async def act() -> None:
        direct = servers.store()
        for _ in range(3):
            assert await direct.write(put()) is not None
        assert len(set(servers.chunks.values())) == 3
        assert [number for number, _ in servers.mutations] == [1, 2, 3]

    run(act())


def test_a_refusal_deletes_the_chunk_and_is_left_to_s3(
    run: Run, servers: Servers
) -> None:
    """Nothing refers to it; that it cannot be deleted changes nothing."""

    async def act() -> None:
        servers.refusal = "existing /buckets/docs/ada/report is a directory"
        direct = servers.store()
        assert await direct.write(put()) is None
        assert servers.done == ["PUT /3,100badcafe", "DELETE /3,100badcafe"]
        assert servers.chunks == {}
        servers.failures["volume DELETE"] = ConnectionResetError()
        assert await direct.write(put()) is None

    run(act())


@pytest.mark.parametrize("failure", [ConnectionError(), TimeoutError()])
def test_a_writing_that_may_have_been_done_is_never_done_again(
    run: Run, servers: Servers, failure: Exception
) -> None:
    """Nor is the chunk deleted that an entry may tell of."""

    async def act() -> None:
        servers.failures["mutate"] = failure
        with pytest.raises(type(failure)):
            await servers.store().write(put())
        assert servers.done == ["PUT /3,100badcafe"]
        assert len(servers.chunks) == 1

    run(act())


@pytest.mark.parametrize(
    ("what", "failure"),
    [
        ("certificates", FileNotFoundError()),
        ("connect", ConnectionError()),
        ("assign", ConnectionError()),
        ("volume PUT", ConnectionError()),
        ("volume PUT", BlockingIOError()),
    ],
)
def test_a_writing_that_has_not_begun_is_left_to_s3(
    run: Run, servers: Servers, what: str, failure: Exception
) -> None:
    """Nothing refers to what may have been stored; the next time it may work."""

    async def act() -> None:
        direct = servers.store()
        servers.failures[what] = failure
        assert await direct.write(put()) is None
        assert servers.mutations == []
        servers.failures.clear()
        assert await direct.write(put()) is not None

    run(act())


@pytest.mark.parametrize("what", ["filer GET", "volume GET", "assign", "volume PUT"])
def test_a_store_that_hangs_is_not_asked_again(
    run: Run, servers: Servers, what: str
) -> None:
    """By S3 it would hang as long; and every connection is given back."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        direct = servers.store()
        servers.failures[what] = TimeoutError()
        work = read(servers, direct, get()) if "GET" in what else direct.write(put())
        with pytest.raises(TimeoutError):
            await work
        assert servers.mutations == []
        assert all(each.closed for each in servers.exchanges)

    run(act())


@pytest.mark.parametrize("what", ["assign", "mutate"])
def test_a_filer_that_never_answers_is_not_waited_for(
    run: Run, servers: Servers, what: str
) -> None:
    """No longer than any other connection to the store."""

    async def act() -> None:
        servers.limits = UpstreamLimits(stall_seconds=0.01)
        servers.hanging.add(what)
        with pytest.raises(TimeoutError):
            await servers.store().write(put())
        assert len(servers.chunks) == (1 if what == "mutate" else 0)

    run(act())


def test_a_volume_that_refuses_is_asked_no_more(run: Run, servers: Servers) -> None:
    """It is full, say: the next goes where the filer says then."""

    async def act() -> None:
        direct = servers.store()
        servers.statuses["volume PUT"] = 500
        assert await direct.write(put()) is None
        servers.statuses.clear()
        assert await direct.write(put()) is not None
        assert len(servers.assigned) == 2
        assert servers.done == ["PUT /3,100badcafe", "PUT /3,200badcafe"]

    run(act())


def test_a_filer_that_is_gone_leaves_no_chunk_behind(
    run: Run, servers: Servers
) -> None:
    """Though there are ids left of those that it has assigned."""

    async def act() -> None:
        direct = servers.store()
        assert await direct.write(put()) is not None
        servers.connections[0].drop()
        servers.failures["connect"] = ConnectionError()
        assert await direct.write(put()) is None
        assert len(servers.chunks) == 1

    run(act())


def test_no_room_is_left_to_s3(run: Run, servers: Servers) -> None:
    """Which waits for a volume."""

    async def act() -> None:
        servers.assigning = octets(8, b"no free volumes")
        assert await servers.store().write(put()) is None
        assert servers.asked == servers.mutations == []

    run(act())


@pytest.mark.parametrize(
    ("what", "failure"),
    [
        ("filer GET", ConnectionError()),
        ("filer GET", BlockingIOError()),
        ("volume GET", ConnectionError()),
        ("volume GET", BlockingIOError()),
    ],
)
def test_a_reading_that_has_not_begun_is_left_to_s3(
    run: Run, servers: Servers, what: str, failure: Exception
) -> None:
    """Whatever was the matter."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        direct = servers.store()
        servers.failures[what] = failure
        assert await read(servers, direct, get()) is None
        servers.failures.clear()
        assert (await read(servers, direct, get())).body == BODY
        assert len(servers.pools) == 2  # They are where they were.

    run(act())


def test_what_is_not_there_or_unusual_is_left_to_s3(run: Run, servers: Servers) -> None:
    """An entry, a chunk that was deleted meanwhile, one that does not open."""

    async def act() -> None:
        direct = servers.store()
        assert await read(servers, direct, get()) is None
        servers.entries[f"{KEPT}?metadata=true"] = b"{}"
        assert await read(servers, direct, get()) is None
        servers.keep(KEPT, BODY)
        servers.chunks.clear()
        assert await read(servers, direct, get()) is None
        servers.keep(KEPT, BODY)
        other = type(servers.data_keys)(bytes(32), bytes)
        servers.data_keys, ours = other, servers.data_keys
        servers.keep(KEPT, BODY)
        assert await read(servers, direct, get()) is None
        servers.data_keys = ours
        servers.keep(KEPT, BODY)
        assert (await read(servers, direct, get())).body == BODY

    run(act())


def test_a_store_that_was_never_started_is_left_to_s3(
    run: Run, servers: Servers
) -> None:
    """Nothing is raised, and it is looked for now and then."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        location = servers.directory / LOCATION_FILE
        direct = servers.store()
        for content in (None, b"", b"[]", b'{"salt": "x"}', b"\xff"):
            if content is None:
                location.unlink()
            else:
                location.write_bytes(content)
            direct = servers.store()
            assert await direct.read(get(), PLAIN) is None
            assert await direct.write(put()) is None
            assert direct.answered == 0
            direct.abandon()
            direct.close()
        servers.start()
        assert await direct.read(get(), PLAIN) is None  # It was looked for just now.
        servers.now += 0.5
        assert (await read(servers, direct, get())).body == BODY

    run(act())


@pytest.mark.parametrize("what", ["filer GET", "volume GET", "volume PUT", "assign"])
def test_a_store_that_was_started_anew_is_found(
    run: Run, servers: Servers, what: str
) -> None:
    """By what it has written down; what came before is still counted."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        direct = servers.store()
        assert (await read(servers, direct, get())).body == BODY
        answered = direct.answered
        old = list(servers.pools)
        servers.start(volume=28_080, filer_grpc=28_888, salt="other")
        servers.now += 60
        servers.failures[what] = ConnectionRefusedError()
        reads = what.endswith("GET")
        found = await (direct.read(get(), PLAIN) if reads else direct.write(put()))
        assert found is None
        assert all(pool.closed for pool in old)
        assert direct.answered >= answered
        servers.failures.clear()
        assert (await read(servers, direct, get())).body == BODY
        assert servers.pools[-1].address == ("127.0.0.1", 28_080)
        assert direct.answered > answered
        assert len(servers.pools) == 4

    run(act())


def test_a_store_that_was_started_anew_at_the_same_socket_is_found(
    run: Run, servers: Servers
) -> None:
    """It answers, but refuses the tokens: their keys are those of a start."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        direct = servers.store()
        assert (await read(servers, direct, get())).body == BODY
        servers.start(volume=28_080, salt="other")
        servers.now += 60
        servers.statuses["filer GET"] = 401
        assert await direct.read(get(), PLAIN) is None
        servers.statuses.clear()
        assert (await read(servers, direct, get())).body == BODY
        assert servers.pools[-1].address == ("127.0.0.1", 28_080)

    run(act())


def test_a_store_that_is_gone_is_looked_for(run: Run, servers: Servers) -> None:
    """Where it has written nothing down any more."""

    async def act() -> None:
        servers.keep(KEPT, BODY)
        direct = servers.store()
        assert (await read(servers, direct, get())).body == BODY
        (servers.directory / LOCATION_FILE).unlink()
        servers.failures["filer GET"] = ConnectionRefusedError()
        assert await direct.read(get(), PLAIN) is None
        assert all(pool.closed for pool in servers.pools)
        servers.failures.clear()
        servers.now += 1
        assert await direct.read(get(), PLAIN) is None
        servers.start()
        servers.now += 1
        assert (await read(servers, direct, get())).body == BODY

    run(act())


def test_all_that_is_under_way_can_be_given_up(run: Run, servers: Servers) -> None:
    """And all is closed at the end."""

    async def act() -> None:
        direct = servers.store()
        assert await direct.write(put()) is not None
        direct.abandon()
        assert [pool.abandoned for pool in servers.pools] == [True, True]
        assert servers.connections[0].lost
        assert await direct.write(put()) is not None
        direct.close()
        assert [pool.closed for pool in servers.pools] == [True, True]
        assert servers.connections[1].lost

    run(act())
