"""CopyObject and UploadPartCopy.

The store copies whole objects itself. What it cannot do, or does wrongly, is
read from it and written back here, a piece at a time: parts (it refuses them
from encrypted sources), another checksum, a lock, and what is so large that
it would be silent for too long.

Source: Amazon S3 API Reference, "CopyObject" and "UploadPartCopy".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from securecart.names.errors import ServiceError
from securecart.s3 import Required
from securecart.s3.checksum_headers import PREFIX, unsupported
from securecart.s3.customer_key import Use, customer_key_of
from securecart.s3.errors import InvalidArgument, InvalidRequest
from securecart.s3.object_lock import lock_of
from securecart.s3.tagging import TagSet
from securecart.s3.xml import Content, write_document
from securecart.serve.gateway.answers import document, written
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.checksums import elements_of
from securecart.serve.gateway.copy_source import Source, look_at_source
from securecart.serve.gateway.encryption import (
    Encryption,
    Headers,
    encryption_of,
)
from securecart.serve.gateway.limits import GIB
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.patience import patiently
from securecart.serve.gateway.store import succeeded
from securecart.serve.gateway.upload_id import UploadId
from securecart.serve.gateway.upstream import Exchange
from securecart.serve.gateway.writing import (
    DESCRIBING,
    METADATA,
    check_condition,
    conditions,
    describing,
    tagging,
    told_as_missing,
    upload,
)
from securecart.wire.checksum import ALGORITHMS, checksum, encoded
from securecart.wire.http import HttpResponse
from securecart.wire.xml_document import parse_xml

_DIRECTIVES = frozenset({"COPY", "REPLACE"})
_RANGE = re.compile(r"bytes=([0-9]{1,13})-([0-9]{1,13})")
_LARGEST = 5 * GIB
"""Amazon S3 User Guide, "Copying, moving, and renaming objects"."""
_LEFT_TO_STORE = GIB
"""It copies some 100 MB a second at the worst, and the pool drops who is silent
for a minute."""
_CHANGES = frozenset(
    {
        "x-amz-checksum-algorithm",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
    }
)
"""What a copy of an object onto itself may be for, beside other metadata."""


class OperationAborted(ServiceError):
    """The source was written anew while it was being copied."""

    code = "OperationAborted"

    def __init__(self) -> None:
        super().__init__(
            "A conflicting conditional operation is currently in progress against "
            "this resource. Please try again."
        )


class _CopiedPayload:
    """What an exchange with the store brings, to be written back to it."""

    def __init__(self, exchange: Exchange, length: int, algorithm: str | None) -> None:
        self._exchange = exchange
        self._left = length
        self._algorithm = algorithm
        self._checksum = None if algorithm is None else checksum(algorithm)
        self.length: int | None = length
        self.trailer_name = None if algorithm is None else PREFIX + algorithm

    @property
    def trailers(self) -> Mapping[str, str]:
        if self._checksum is None or self.trailer_name is None:
            return {}
        return {self.trailer_name: encoded(self._checksum)}

    async def read(self) -> bytes:
        piece = await self._exchange.read()
        self._left -= len(piece)
        if self._left < 0 or (not piece and self._left):
            raise ConnectionError("the store sent another size than it had said")
        if self._checksum is not None:
            self._checksum.update(piece)
        return piece


async def copy_object(backend: Backend, call: Call) -> Answer:
    """Copy an object within the store; what is written is encrypted anew."""
    metadata = _directive(call, "metadata")
    tags = _directive(call, "tagging")
    if tags == "COPY" and call.request.header("x-amz-tagging"):
        # To ignore them would let pass who only seems to tag.
        raise InvalidRequest("Tags are sent with a tagging directive of REPLACE.")
    algorithm = _algorithm(call)
    check_condition(call.request)
    encryption = encryption_of(backend, call)
    source = await look_at_source(backend, call)
    if source.size > _LARGEST:
        raise _too_large()
    _check_self_copy(call, metadata)
    if tags == "COPY" and source.headers.get("x-amz-tagging-count", "0") != "0":
        _require_copied_tags(backend, call, source)
    described = describing(call.request)
    locks = lock_of(call.request, now=call.now)
    copy = _Copy(source, encryption, described if metadata == "REPLACE" else None)
    # Onto itself the store copies for some changes, and not for another key.
    if _is_itself(call) or algorithm or locks or source.size > _LEFT_TO_STORE:
        work = copy.here(backend, call, algorithm, replaces_tags=tags == "REPLACE")
    else:
        work = copy.by_store(backend, call, replaces_tags=tags == "REPLACE")
    return await patiently(work, settled=backend.settled)


@dataclass(frozen=True, slots=True)
class _Copy:
    """One copy of a whole object. `metadata` is None where it is copied too."""

    source: Source
    encryption: Encryption
    metadata: list[tuple[str, str]] | None

    async def by_store(
        self, backend: Backend, call: Call, *, replaces_tags: bool
    ) -> Answer:
        """Let the store do it."""
        source = self.source
        headers = [
            ("x-amz-copy-source", source.named.header),
            ("x-amz-copy-source-if-match", source.pin),
            ("x-amz-metadata-directive", "REPLACE" if self.metadata else "COPY"),
            ("x-amz-tagging-directive", "REPLACE" if replaces_tags else "COPY"),
            *(self.metadata or ()),
            *tagging(call.request),
            *conditions(call.request),
            *self.encryption.sent,
        ]
        if source.key is not None:
            headers += source.key.headers(Use.SOURCE)
        try:
            answer = await backend.store.call("PUT", call.s3.target, headers)
        except ServiceError as error:
            raise await _refused(backend, call, error) from error
        found = parse_xml(answer.body)
        return _copied(
            "CopyObjectResult",
            answer,
            {
                "LastModified": found.text_of("LastModified") or "",
                "ETag": found.text_of("ETag") or "",
            }
            | source.checksums,
            (*source.version, *self.encryption.answered),
        )

    async def here(
        self,
        backend: Backend,
        call: Call,
        algorithm: str | None,
        *,
        replaces_tags: bool,
    ) -> Answer:
        """Read it from the store and write it back."""
        source = self.source
        tags = tagging(call.request)
        if not replaces_tags and source.headers.get("x-amz-tagging-count"):
            tags = [("x-amz-tagging", (await _tags(backend, source)).to_header())]
        metadata = self.metadata
        if metadata is None:
            metadata = [
                (name, value)
                for name, value in source.headers.items()
                if name in DESCRIBING
                or name == "content-encoding"
                or name.startswith(METADATA)
            ]
        headers = [
            *metadata,
            *tags,
            *lock_of(call.request, now=call.now),
            *conditions(call.request),
            *self.encryption.sent,
        ]
        kept = next((each[9:].lower() for each in source.checksums), None)
        head = await _copy_bytes(
            backend,
            call,
            source,
            call.s3.target,
            headers,
            # A copy has a checksum of the source's kind, of the whole object.
            algorithm=algorithm or (kept if kept in ALGORITHMS else None),
        )
        return _written(
            "CopyObjectResult",
            call,
            head,
            (*source.version, *self.encryption.answered),
        )


async def upload_part_copy(backend: Backend, call: Call) -> Answer:
    """Copy an object, or a range of one, into a part."""
    upload_id = UploadId.of(call)
    key = customer_key_of(call.request, Use.OBJECT)
    upload_id.require(key)
    source = await look_at_source(backend, call)
    wanted = _range(call, source)
    first, last = wanted or (0, source.size - 1)
    if last + 1 - first > _LARGEST:
        raise _too_large()
    work = _copy_bytes(
        backend,
        call,
        source,
        upload_id.target(call),
        [] if key is None else list(key.headers(Use.OBJECT)),
        wanted=wanted,
    )

    async def copy() -> Answer:
        answered = () if key is None else key.answered
        head = await work
        await upload_id.hold(backend, call, key, head)
        return _written("CopyPartResult", call, head, (*source.version, *answered))

    return await patiently(copy(), settled=backend.settled)


async def _copy_bytes(
    backend: Backend,
    call: Call,
    source: Source,
    target: str,
    headers: Headers | list[tuple[str, str]],
    *,
    algorithm: str | None = None,
    wanted: tuple[int, int] | None = None,
) -> HttpResponse:
    """Read the source, or a range of it, and write it to the target."""
    asking = [("if-match", source.pin)]
    length = source.size
    if wanted is not None:
        asking.append(("range", f"bytes={wanted[0]}-{wanted[1]}"))
        length = wanted[1] + 1 - wanted[0]
    if source.key is not None:
        asking += source.key.headers(Use.OBJECT)
    exchange = await backend.store.open("GET", source.target, asking)
    try:
        await succeeded(exchange)
        payload = _CopiedPayload(exchange, length, algorithm)
        return await upload(backend.store, target, headers, payload)
    except ServiceError as error:
        raise await _refused(backend, call, error) from error
    finally:
        exchange.close()


async def _refused(backend: Backend, call: Call, error: ServiceError) -> ServiceError:
    """Say what a condition of ours, or of the caller's, that failed means."""
    if error.code != "PreconditionFailed":
        return error
    if not conditions(call.request):
        return OperationAborted()
    return await told_as_missing(backend, call, error)


async def _tags(backend: Backend, source: Source) -> TagSet:
    query = "&tagging" if "?" in source.target else "?tagging"
    answer = await backend.store.call("GET", source.target + query)
    return TagSet.from_xml(answer.body)


def _require_copied_tags(backend: Backend, call: Call, source: Source) -> None:
    """Tags that come along are read there and written here.

    Raises:
        AccessDenied: the caller may not.
    """
    named = source.named
    reading = (
        "GetObjectTagging" if named.version_id is None else ("GetObjectVersionTagging")
    )
    arn = f"arn:aws:s3:::{named.bucket}/{named.key}"
    requirements = (
        Required(f"s3:{reading}", arn, {}, named.bucket),
        Required("s3:PutObjectTagging", call.s3.resource, {}, call.s3.bucket),
    )
    backend.guard.require(call.principal, requirements, call.context)


def _directive(call: Call, name: str) -> str:
    directive = call.request.header(f"x-amz-{name}-directive") or "COPY"
    if directive not in _DIRECTIVES:
        raise InvalidArgument(f"Unknown {name} directive.")
    return directive


def _algorithm(call: Call) -> str | None:
    """Read the kind of checksum that a copy is to have."""
    value = call.request.header("x-amz-checksum-algorithm")
    if value is None:
        return None
    if value.lower() not in ALGORITHMS:
        raise unsupported()
    return value.lower()


def _is_itself(call: Call) -> bool:
    source = call.s3.copy_source
    return (
        source is not None
        and (source.bucket, source.key) == (call.s3.bucket, call.s3.key)
        and source.version_id is None
    )


def _check_self_copy(call: Call, metadata: str) -> None:
    """Refuse a copy of what is there onto itself that would change nothing."""
    if (
        _is_itself(call)
        and metadata == "COPY"
        and not any(name in _CHANGES for name, _ in call.request.headers)
    ):
        raise InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to "
            "itself without changing the object's metadata, storage class, website "
            "redirect location or encryption attributes."
        )


def _range(call: Call, source: Source) -> tuple[int, int] | None:
    value = call.request.header("x-amz-copy-source-range")
    if value is None:
        return None
    found = _RANGE.fullmatch(value)
    if not found:
        raise InvalidArgument(
            "The x-amz-copy-source-range value must be of the form "
            "bytes=first-last where first and last are the zero-based offsets of "
            "the first and last bytes to copy"
        )
    first, last = int(found[1]), int(found[2])
    if not first <= last < source.size:
        raise InvalidArgument(
            f"Range specified is not valid for source object of size: {source.size}"
        )
    return first, last


def _too_large() -> InvalidRequest:
    return InvalidRequest(
        "The specified copy source is larger than the maximum allowable size for a "
        f"copy source: {_LARGEST}"
    )


def _written(root: str, call: Call, head: HttpResponse, more: Headers) -> Answer:
    told = {
        "LastModified": f"{call.now:%Y-%m-%dT%H:%M:%S.000Z}",
        "ETag": dict(head.headers).get("etag", ""),
    }
    checksums = elements_of(head.headers)
    if root == "CopyPartResult":
        checksums.pop("ChecksumType", None)
    return _copied(root, head, told | checksums, more)


def _copied(
    root: str, answer: HttpResponse, told: Mapping[str, str], more: Headers
) -> Answer:
    etag = told["ETag"].strip('"')
    content: dict[str, Content | list[Content]] = {**told, "ETag": f'"{etag}"'}
    headers = [
        header
        for header in written(answer, *more).headers
        if header[0] != "etag" and not header[0].startswith(PREFIX)
    ]
    return document(write_document(root, content), *headers)
