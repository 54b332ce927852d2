"""The filer's messages, as far as an object of one chunk needs them.

Source: SeaweedFS 4.48, `filer.proto`, as its filer tells it by reflection.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from securecart.adapters.direct_store.entry import FILE_ID
from securecart.adapters.direct_store.protobuf import (
    Malformed,
    fields_of,
    number,
    octets,
)

STREAM_MUTATE_ENTRY = "/filer_pb.SeaweedFiler/StreamMutateEntry"
ASSIGN_VOLUME = "/filer_pb.SeaweedFiler/AssignVolume"

_IF_ETAG_NOT_MATCH = 4
_MODE = 0o660


class Refused(Exception):
    """The filer has done nothing, and says why."""


@dataclass(frozen=True, slots=True)
class Created:
    """An object of one chunk that is to be.

    Attributes:
        directory: the filer's path of the folder, which begins with `/buckets/`.
        md5: of the content, before it was encrypted.
        chunk_md5: of what the volume server has, encrypted.
        sealed: the kind of encryption, and what stands beside the chunk.
        unless_tagged: the entity tag, without quotes, that refuses the writing.
        modified_ns: in nanoseconds since 1970.
    """

    directory: str
    name: str
    content_type: str
    size: int
    md5: bytes
    file_id: str
    chunk_md5: bytes
    sealed: tuple[int, bytes]
    extended: Mapping[str, bytes]
    unless_tagged: str | None
    modified_ns: int


def create_request(request_id: int, created: Created) -> bytes:
    """Encode a StreamMutateEntryRequest that makes an entry, or takes its place."""
    request = octets(1, created.directory.encode())
    request += octets(2, _entry(created))
    if created.unless_tagged is not None:
        clause = number(1, _IF_ETAG_NOT_MATCH) + octets(
            2, created.unless_tagged.encode()
        )
        request += octets(7, octets(1, clause))
    return number(1, request_id) + octets(2, request)


def _entry(created: Created) -> bytes:
    sealed, data_key = created.sealed
    seconds = created.modified_ns // 1_000_000_000
    chunk = (
        octets(1, created.file_id.encode())
        + number(3, created.size)
        + number(4, created.modified_ns)
        + octets(5, b64encode(created.chunk_md5))
        + number(12, sealed)
        + octets(13, data_key)
    )
    attributes = (
        number(1, created.size)
        + number(2, seconds)
        + number(3, _MODE)
        + number(6, seconds)
        + octets(7, created.content_type.encode("latin-1"))
        + octets(14, created.md5)
    )
    entry = [octets(1, created.name.encode())]
    entry += [octets(3, chunk), octets(4, attributes)]
    entry += [
        octets(5, octets(1, name.encode()) + octets(2, value))
        for name, value in created.extended.items()
    ]
    return b"".join(entry)


def mutated(message: bytes) -> tuple[int, str | None]:
    """Read a StreamMutateEntryResponse: whose it is, and what was refused.

    Raises:
        Malformed: it is none, or not to a creation.
    """
    told = dict(fields_of(message))
    request_id, created, error = told.get(1, 0), told.get(3), _text(told, 7)
    if isinstance(created, bytes):
        error = _error(created) or error
    elif not error:
        raise Malformed("an answer to nothing that was asked")
    return request_id if isinstance(request_id, int) else 0, error or None


def _error(response: bytes) -> str:
    """Read a CreateEntryResponse: 1 is the error in words, 3 its code."""
    told = dict(fields_of(response))
    code = told.get(3)
    return _text(told, 1) or (f"code {code!r}" if code else "")


def _text(told: Mapping[int, int | bytes], field: int) -> str:
    value = told.get(field)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Ids that follow one another, on one volume, from `first` on."""

    volume: int
    first: int
    cookie: str
    count: int

    def file_id(self, index: int) -> str:
        """Answer the id of that index, below `count`."""
        return f"{self.volume},{self.first + index:x}{self.cookie}"


_COOKIE_DIGITS = 8


def assign_request(count: int, bucket: str, directory: str) -> bytes:
    """Encode an AssignVolumeRequest: a bucket's volumes are a collection's."""
    return number(1, count) + octets(2, bucket.encode()) + octets(6, directory.encode())


def assigned(message: bytes) -> Assigned:
    """Read an AssignVolumeResponse.

    Raises:
        Malformed: it is none.
        Refused: there is no room, say.
    """
    told = dict(fields_of(message))
    if error := _text(told, 8):
        raise Refused(error)
    file_id, count = _text(told, 1), told.get(4)
    if not FILE_ID.fullmatch(file_id):
        raise Malformed(f"no id: {file_id[:40]!r}")
    volume, _, rest = file_id.partition(",")
    key, cookie = rest[:-_COOKIE_DIGITS], rest[-_COOKIE_DIGITS:]
    count = count if isinstance(count, int) else 0
    return Assigned(int(volume), int(key, 16), cookie, count)
