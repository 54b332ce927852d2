"""An entry of the filer: the plain are read, and all else is left to S3."""

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.entry import Unusual, entry_of

Told = dict[str, Any]
MD5 = "5d41402abc4b2a76b9719d911017c592"


def text(value: str) -> str:
    """As the filer tells what was extended."""
    return b64encode(value.encode("latin-1")).decode()


def chunk(offset: int, size: int, **fields: Any) -> Told:
    """A chunk; the filer leaves out an offset of 0."""
    return {
        "file_id": f"3,0{offset:x}0badcafe",
        "size": size,
        "modified_ts_ns": 1_700_000_000_123_456_789,
        "e_tag": "AAAAAAAAAAAAAAAAAAAAAA==",
        "fid": {"volume_id": 3, "file_key": 16, "cookie": 195_939_070},
        "sse_type": 3,
        "sse_metadata": text('{"algorithm":"AES256"}'),
        **({"offset": offset} if offset else {}),
        **fields,
    }


def plain() -> Told:
    """One as the filer of SeaweedFS 4.48 has it."""
    return {
        "FullPath": "/buckets/docs/ada/report.txt",
        "Mtime": "2026-11-23T14:00:00.9+02:00",
        "Crtime": "2026-11-23T14:00:00+02:00",
        "Mode": 0o660,
        "Uid": 0,
        "Gid": 0,
        "Mime": "text/plain",
        "TtlSec": 0,
        "UserName": "",
        "GroupNames": None,
        "SymlinkTarget": "",
        "Md5": "XUFAKrxLKna5cZ2REBfFkg==",
        "FileSize": 5,
        "Rdev": 0,
        "Inode": 1,
        "Extended": {
            "Seaweed-X-Amz-ETag": text(MD5),
            "Seaweed-X-Amz-Owner": text("gateway"),
            "X-Amz-Server-Side-Encryption": text("AES256"),
            "x-seaweedfs-sse-s3-key": text("{}"),
        },
        "chunks": [chunk(0, 5)],
        "HardLinkId": None,
        "HardLinkCounter": 0,
        "Content": None,
        "Remote": None,
        "Quota": 0,
    }


HEADERS = (
    ("accept-ranges", "bytes"),
    ("content-length", "5"),
    ("content-type", "text/plain"),
    ("etag", f'"{MD5}"'),
    ("last-modified", "Mon, 23 Nov 2026 12:00:00 GMT"),
    ("x-amz-server-side-encryption", "AES256"),
)


def read(told: Told) -> Any:
    """Read it, as the filer sends it."""
    return entry_of(orjson.dumps(told))


def test_a_plain_entry_is_told_as_s3_does() -> None:
    """Its headers, and its one chunk."""
    entry = read(plain())
    assert entry.headers == HEADERS
    assert entry.checksum is None
    assert entry.chunks == (Chunk("3,000badcafe", 0, 5, b'{"algorithm":"AES256"}'),)


def test_what_was_sent_with_it_is_told() -> None:
    """Metadata, what describes it, how many tags, and the checksum if asked for."""
    told = plain()
    told["Extended"] |= {
        "X-Amz-Meta-A-B": text("c \u00e9"),
        "Cache-Control": text("no-cache"),
        "Content-Disposition": text("inline"),
        "Content-Encoding": text("gzip"),
        "Content-Language": text("de"),
        "Expires": text("0"),
        "X-Amz-Storage-Class": text("STANDARD"),
        "X-Amz-Tagging-one": text("1"),
        "X-Amz-Tagging-two": text("2"),
        "x-seaweedfs-checksum-algorithm": text("X-Amz-Checksum-Crc32"),
        "x-seaweedfs-checksum-value": text("NhCmhg=="),
    }
    entry = read(told)
    assert entry.headers == (
        *HEADERS,
        ("x-amz-meta-a-b", "c \u00e9"),
        ("cache-control", "no-cache"),
        ("content-disposition", "inline"),
        ("content-encoding", "gzip"),
        ("content-language", "de"),
        ("expires", "0"),
        ("x-amz-tagging-count", "2"),
    )
    assert entry.checksum == ("x-amz-checksum-crc32", "NhCmhg==")


def test_chunks_are_read_in_their_order() -> None:
    """Whatever order they are told in."""
    told = plain()
    told["chunks"] = [chunk(9, 1), chunk(4, 5), chunk(0, 4)]
    told["FileSize"] = 10
    assert [each.size for each in read(told).chunks] == [4, 5, 1]


def test_a_name_without_an_ending_has_the_type_of_none() -> None:
    """The store forgets `application/octet-stream`."""
    told = plain() | {"Mime": "", "FullPath": "/buckets/docs/a.b/report"}
    assert ("content-type", "application/octet-stream") in read(told).headers


def having(**fields: Any) -> Callable[[Told], None]:
    """Change fields of the entry."""
    return lambda told: told.update(fields)


def extended(name: str, value: str) -> Callable[[Told], None]:
    """Add what was extended, or change it."""
    return lambda told: told["Extended"].update({name: text(value)})


def chunked(*chunks: Told, size: int = 5) -> Callable[[Told], None]:
    """Have other chunks."""
    return lambda told: told.update({"chunks": list(chunks), "FileSize": size})


def without(*path: str) -> Callable[[Told], None]:
    """Leave something out."""

    def change(told: Told) -> None:
        for name in path[:-1]:
            told = told[name]
        del told[path[-1]]

    return change


REASONS = {
    "a directory": having(Mode=0o20000000770),
    "a device": having(Mode=0o10000000660),
    "a link": having(SymlinkTarget="/etc/passwd"),
    "one of several names": having(HardLinkId="AAAA"),
    "held elsewhere": having(Remote={"storage_name": "cloud"}),
    "held in the entry": having(Content="aGVsbG8="),
    "gone some day": having(TtlSec=60),
    "of parts": extended("Seaweed-X-Amz-ETag", f"{MD5}-2"),
    "of an odd tag": extended("Seaweed-X-Amz-ETag", MD5.upper()),
    "of no tag": without("Extended", "Seaweed-X-Amz-ETag"),
    "encrypted by KMS": extended("X-Amz-Server-Side-Encryption", "aws:kms"),
    "not encrypted": without("Extended", "X-Amz-Server-Side-Encryption"),
    "under a customer's key": extended(
        "X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"
    ),
    "locked": extended("X-Amz-Object-Lock-Mode", "COMPLIANCE"),
    "a version": extended("Seaweed-X-Amz-Version-Id", "null"),
    "a deletion": extended("Seaweed-X-Amz-Delete-Marker", "true"),
    "redirected": extended("X-Amz-Website-Redirect-Location", "/"),
    "of a later release": extended("x-seaweedfs-later", "1"),
    "a type guessed by the ending": having(Mime=""),
    "a type beyond ASCII": having(Mime="text/pl\u00e4in"),
    "a type of two lines": having(Mime="text/plain\r\nset-cookie: a"),
    "metadata of two lines": extended("X-Amz-Meta-A", "b\r\nset-cookie: a"),
    "a header's name of two lines": extended("X-Amz-Meta-A\r\nB", "c"),
    "a checksum of two lines": lambda told: told["Extended"].update(
        {
            "x-seaweedfs-checksum-algorithm": text("x-amz-checksum-crc32"),
            "x-seaweedfs-checksum-value": text("NhCmhg==\r\nset-cookie: a"),
        }
    ),
    "a checksum of another kind": lambda told: told["Extended"].update(
        {
            "x-seaweedfs-checksum-algorithm": text("x-amz-checksum-md4"),
            "x-seaweedfs-checksum-value": text("NhCmhg=="),
        }
    ),
    "a checksum without a value": extended(
        "x-seaweedfs-checksum-algorithm", "x-amz-checksum-crc32"
    ),
    "a checksum without a name": extended("x-seaweedfs-checksum-value", "NhCmhg=="),
    "no chunk": chunked(),
    "no chunk and no byte": chunked(size=0),
    "a chunk with more to it": chunked(chunk(0, 5, later=1)),
    "a chunk of chunks": chunked(chunk(0, 5, is_chunk_manifest=True)),
    "a compressed chunk": chunked(chunk(0, 5, is_compressed=True)),
    "a chunk with the filer's key": chunked(chunk(0, 5, cipher_key="AAAA")),
    "a chunk under another key": chunked(chunk(0, 5, sse_type=1)),
    "a chunk in plain text": lambda told: told["chunks"][0].pop("sse_type"),
    "a chunk without a data key": lambda told: told["chunks"][0].pop("sse_metadata"),
    "a gap": chunked(chunk(0, 4), chunk(5, 4), size=8),
    "a gap before the first": chunked(chunk(1, 4), size=4),
    "an overlap": chunked(chunk(0, 4), chunk(3, 4), size=8),
    "twice the same": chunked(chunk(0, 5), chunk(0, 5), size=10),
    "more than the whole": chunked(chunk(0, 6)),
    "less than the whole": chunked(chunk(0, 4)),
    "sizes that cancel out": chunked(
        chunk(0, -1), chunk(-1, 6, file_id="3,010badcafe")
    ),
    "an id of another form": chunked(chunk(0, 5, file_id="3,01/../../2")),
    "an id with a query": chunked(chunk(0, 5, file_id="3,010badcafe?a=b")),
    "an id in other digits": chunked(chunk(0, 5, file_id="\u0663,010badcafe")),
    "no id": lambda told: told["chunks"][0].pop("file_id"),
    "a time that is none": having(Mtime="yesterday"),
    "a time that has no UTC": having(Mtime="0001-01-01T00:00:00+01:00"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_all_else_is_left_to_s3(reason: str) -> None:
    """Whatever is told that is not known here may say how it has to be read."""
    told = plain()
    REASONS[reason](told)
    with pytest.raises(Unusual):
        read(told)


@pytest.mark.parametrize(
    "name", sorted({*plain()} & {"Mode", "Mime", "FileSize", "Extended", "chunks"})
)
@pytest.mark.parametrize(
    "value", [None, [], {}, "\u00e9", 1e400, 2**63, -1, [[]], [{}]]
)
def test_a_field_of_another_kind_is_left_to_s3(name: str, value: Any) -> None:
    """Or missing."""
    with pytest.raises(Unusual):
        read(plain() | {name: value})
    told = plain()
    del told[name]
    with pytest.raises(Unusual):
        read(told)


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["AES256", text("AES256"), text(MD5), "3,010badcafe"]),
        st.datetimes().map(str),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(sorted(plain())), JSON, max_size=3),
    st.dictionaries(st.sampled_from(sorted(chunk(1, 1))), JSON, max_size=3),
)
def test_of_other_entries_nothing_worse_is_said(entry: Told, of_chunk: Told) -> None:
    """Any part of it may be any JSON."""
    told = plain() | entry
    with suppress(Unusual):
        read(told)
    told["chunks"] = [chunk(0, 5) | of_chunk]
    with suppress(Unusual):
        read(told)


@given(st.binary(max_size=40) | JSON.map(orjson.dumps))
def test_of_other_documents_nothing_worse_is_said(document: bytes) -> None:
    """Any bytes, and any JSON."""
    with pytest.raises(Unusual):
        entry_of(document)
