"""An entry of the filer: how an object's headers and chunks are told.

Whatever is not of the plainest kind (in parts, locked, encrypted otherwise, of
a form that a later SeaweedFS may have) is refused here, and so left to its S3
endpoint, which knows it.

Source: SeaweedFS 4.48, its filer's `?metadata=true`; held to what the S3 endpoint
answers by `tests/interop/seaweedfs/test_direct_store.py`.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import orjson

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.sse_kms import ALGORITHM as KMS_ALGORITHM
from securecart.adapters.direct_store.sse_s3 import ALGORITHM
from securecart.wire.checksum import ALGORITHMS

SEALED = 3
SEALED_BY_KMS = 2
"""`SSE_S3` and `SSE_KMS` among SeaweedFS's kinds of encryption."""
ENCRYPTION = "X-Amz-Server-Side-Encryption"
DATA_KEY = "x-seaweedfs-sse-s3-key"
KMS_DATA_KEY = "x-seaweedfs-sse-kms-key"
KMS_KEY = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
VERSION = "Seaweed-X-Amz-Version-Id"
NONCURRENT = "Seaweed-X-Amz-Noncurrent-Since-Ns"
LATEST_FILE = "Seaweed-X-Amz-Latest-Version-File-Name"
LATEST_IS_MARKER = "Seaweed-X-Amz-Latest-Version-Is-Delete-Marker"
ENTITY_TAG = "Seaweed-X-Amz-ETag"
OWNER = "Seaweed-X-Amz-Owner"
CHECKSUM_NAME = "x-seaweedfs-checksum-algorithm"
CHECKSUM_VALUE = "x-seaweedfs-checksum-value"
METADATA = "X-Amz-Meta-"
CHECKSUM = "x-amz-checksum-"
TAG = "X-Amz-Tagging-"
STORAGE_CLASS = "X-Amz-Storage-Class"
DESCRIBING = frozenset(
    {
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Expires",
    }
)

_KNOWN = {
    *(ENCRYPTION, DATA_KEY, KMS_DATA_KEY, KMS_KEY, ENTITY_TAG, OWNER, STORAGE_CLASS),
    *(VERSION, NONCURRENT),
}
_NULL_IS_LATEST = "Seaweed-X-Amz-Null-Version-Is-Latest"
_DATA_KEYS = {DATA_KEY, KMS_DATA_KEY}
_SEALED = {ALGORITHM: SEALED, KMS_ALGORITHM: SEALED_BY_KMS}
_VERSION_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_VERSION_FILE = re.compile(r"v_[0-9a-f]{32}", re.ASCII)
_CHUNK = frozenset(
    {
        *("file_id", "fid", "offset", "size", "modified_ts_ns", "e_tag"),
        *("sse_type", "sse_metadata"),
    }
)
FILE_ID = re.compile(r"[0-9]{1,10},[0-9a-f]{9,24}", re.ASCII)
_TAG_VALUE = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PERMISSIONS = 0o777
_OCTETS = "application/octet-stream"
"""What the S3 endpoint does not keep, and answers for a name without an ending."""
_EMPTY = ("Content", "HardLinkId", "Remote", "SymlinkTarget", "TtlSec")


class Unusual(Exception):
    """The entry is left to the store's S3 endpoint."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object: its headers as S3 answers them, and its chunks in order.

    `kms_data_key` stands beside the object, where it is encrypted by KMS.
    """

    kms_data_key: bytes | None
    headers: tuple[tuple[str, str], ...]
    checksum: tuple[str, str] | None
    chunks: tuple[Chunk, ...]


def entry_of(document: bytes) -> Entry:
    """Read an entry.

    Raises:
        Unusual: it is another kind of thing, or tells what is not known here.
    """
    try:
        return _entry(orjson.loads(document))
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise Unusual(f"an entry of another form: {error!r}") from error


def _entry(told: Any) -> Entry:
    if told["Mode"] & ~_PERMISSIONS or any(told[name] for name in _EMPTY):
        raise Unusual("no plain file")
    extended = {
        name: b64decode(value).decode("latin-1")
        for name, value in told["Extended"].items()
    }
    tag, mime, size = extended[ENTITY_TAG], told["Mime"], told["FileSize"]
    algorithm = extended[ENCRYPTION]
    sealed = _SEALED[algorithm]
    if not _TAG_VALUE.fullmatch(tag):
        raise Unusual("in parts")
    if not mime and "." not in told["FullPath"].rpartition("/")[2]:
        mime = _OCTETS
    # A line break would make headers of its own.
    told_on = (value for name, value in extended.items() if name not in _DATA_KEYS)
    is_line = "".join((mime, *extended, *told_on)).isprintable()
    if not mime or not mime.isascii() or not is_line:
        raise Unusual("the type is guessed by the ending, or was told otherwise")
    chunks = _chunks(told["chunks"], size, sealed)
    modified = datetime.fromisoformat(told["Mtime"]).astimezone(UTC)
    headers = [
        ("accept-ranges", "bytes"),
        ("content-length", str(size)),
        ("content-type", mime),
        ("etag", f'"{tag}"'),
        ("last-modified", format_datetime(modified, usegmt=True)),
        ("x-amz-server-side-encryption", algorithm),
    ]
    data_key = None
    if sealed == SEALED_BY_KMS:
        headers.append((KMS_KEY.lower(), extended[KMS_KEY]))
        data_key = extended[KMS_DATA_KEY].encode("latin-1")
    headers += _kept_headers(extended)
    return Entry(data_key, tuple(headers), _checksum(extended), chunks)


def _kept_headers(extended: dict[str, str]) -> list[tuple[str, str]]:
    """Answer what was put with an object, and what S3 has given it since."""
    headers, tags = [], 0
    version = extended.get(VERSION)
    if version is not None:
        if not _VERSION_ID.fullmatch(version):
            raise Unusual("a version of another kind")
        headers.append(("x-amz-version-id", version))
    for name, value in extended.items():
        if name.startswith(METADATA) or name in DESCRIBING:
            headers.append((name.lower(), value))
        elif name.startswith(TAG):
            tags += 1
        elif name not in _KNOWN and name not in {CHECKSUM_NAME, CHECKSUM_VALUE}:
            raise Unusual(f"{name} is not known")
    if tags:
        headers.append(("x-amz-tagging-count", str(tags)))
    return headers


def latest_of(document: bytes) -> str | None:
    """Read the folder of an object's versions; answer the newest's file name.

    None: the newest is a deletion, or not among them.

    Raises:
        Unusual: it is another kind of thing.
    """
    try:
        extended = {
            name: b64decode(value).decode("ascii")
            for name, value in orjson.loads(document)["Extended"].items()
        }
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unusual(f"an entry of another form: {error!r}") from error
    name = extended.get(LATEST_FILE, "")
    if extended.get(_NULL_IS_LATEST, "false") != "false":
        return None
    if extended.get(LATEST_IS_MARKER, "false") != "false":
        return None
    if not _VERSION_FILE.fullmatch(name):
        return None
    return name


def _checksum(extended: dict[str, str]) -> tuple[str, str] | None:
    name = extended.get(CHECKSUM_NAME, "").lower()
    value = extended.get(CHECKSUM_VALUE)
    if value is None and not name:
        return None
    if value is None or name.removeprefix(CHECKSUM) not in ALGORITHMS:
        raise Unusual("a checksum of another kind")
    return name, value


def _chunks(told: Any, size: int, sealed: int) -> tuple[Chunk, ...]:
    offset, chunks = 0, []
    for each in sorted(told, key=lambda each: int(each.get("offset", 0))):
        if not _CHUNK.issuperset(each) or each["sse_type"] != sealed:
            raise Unusual("a chunk of another kind")
        if each.get("offset", 0) != offset or not FILE_ID.fullmatch(each["file_id"]):
            raise Unusual("the chunks do not follow one another")
        data_key = b64decode(each["sse_metadata"])
        chunks.append(Chunk(each["file_id"], offset, each["size"], data_key))
        offset += each["size"]
    if not chunks or offset != size:
        raise Unusual("the chunks are not the whole")
    return tuple(chunks)
