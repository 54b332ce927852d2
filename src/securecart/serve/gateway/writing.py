"""PutObject and UploadPart: a payload to the store, as it comes.

Source: Amazon S3 API Reference, "PutObject" and "UploadPart".
"""

from collections.abc import Sequence

from securecart.names.errors import ServiceError
from securecart.s3 import Versioning
from securecart.s3.customer_key import Use, customer_key_of
from securecart.s3.errors import NotImplementedHere
from securecart.s3.object_lock import lock_of
from securecart.s3.tagging import TagSet
from securecart.serve.gateway.answers import OCTETS, OCTETS_TO_STORE, written
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.checksums import with_type
from securecart.serve.gateway.encryption import encryption_of
from securecart.serve.gateway.guard import find_bucket
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.payload import Payload
from securecart.serve.gateway.same_name import (
    CONDITIONS,
    UNLESS_A_FOLDER,
    finds_out_by_writing,
    require_room,
)
from securecart.serve.gateway.store import Store, acknowledged, target_of
from securecart.serve.gateway.store_errors import refusal
from securecart.serve.gateway.upload_id import UploadId
from securecart.serve.gateway.upstream import Exchange
from securecart.wire.chunked import encode_chunk, encode_end
from securecart.wire.http import HttpRequest, HttpResponse

_SMALL_BYTES = 64 * 1024
"""Read wholly before the store hears of it: one write instead of several,
and at most 128 MB with every connection allowed at it."""

METADATA = "x-amz-meta-"
_CHECKSUM = "x-amz-checksum-"
DESCRIBING = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-language",
        "content-type",
        "expires",
    }
)
_GUARDING = CONDITIONS | {"content-md5"}
_DEFAULT_TYPE = ("content-type", "binary/octet-stream")
_STORAGE_CLASS = "x-amz-storage-class"
_TAGGING = "x-amz-tagging"

Headers = Sequence[tuple[str, str]]


async def put_object(backend: Backend, call: Call) -> Answer:
    """Store an object, encrypted as asked for or as the bucket is set."""
    return await store_object(backend, call, call.payload(backend.limits))


async def store_object(backend: Backend, call: Call, payload: Payload) -> Answer:
    """Store a payload as PutObject does, wherever it comes from."""
    check_condition(call.request)
    encryption = encryption_of(backend, call)
    headers = [
        *describing(call.request),
        *tagging(call.request),
        *lock_of(call.request, now=call.now),
        *_guarding(call.request),
        *encryption.sent,
    ]
    try:
        head = await _in_own_place(backend, call, headers, payload)
    except ServiceError as error:
        raise await told_as_missing(backend, call, error) from error
    answer = written(head, *encryption.answered)
    return Answer(answer.status, with_type(answer.headers))


async def _in_own_place(
    backend: Backend, call: Call, headers: Headers, payload: Payload
) -> HttpResponse:
    """Upload an object that takes no other's place.

    What is small finds that out as it is written, and a request is saved.
    """
    store, target = backend.store, call.s3.target
    if not finds_out_by_writing(call):
        return await upload(store, target, headers, payload)
    if not _is_small(payload):
        await require_room(backend, call)
        return await upload(store, target, headers, payload)
    body = await _whole(payload)
    headers = (*headers, *payload.trailers.items())
    # A client may have taken its time to send that, and somebody else have
    # deleted the bucket meanwhile, or begun to keep versions in it.
    bucket = find_bucket(backend.buckets, call.bucket_name)
    plain = bucket is not None and bucket.versioning is Versioning.NEVER
    try:
        unless = (*headers, UNLESS_A_FOLDER)
        return await store.put(target, unless, body, plain=plain)
    except ServiceError as error:
        if error.code != "PreconditionFailed":
            raise
    # A folder is there, or an object that is as empty.
    await require_room(backend, call)
    return await store.put(target, headers, body, plain=False)


async def upload_part(backend: Backend, call: Call) -> Answer:
    """Store one part of an upload; the upload says how it is encrypted."""
    upload_id = UploadId.of(call)
    key = customer_key_of(call.request, Use.OBJECT)
    upload_id.require(key)
    payload = call.payload(backend.limits)
    headers = _guarding(call.request)
    if key is not None:
        headers += key.headers(Use.OBJECT)
    head = await upload(backend.store, upload_id.target(call), headers, payload)
    await upload_id.hold(backend, call, key, head)
    return written(head, *(() if key is None else key.answered))


def describing(request: HttpRequest) -> list[tuple[str, str]]:
    """Answer the headers that are kept with an object.

    Raises:
        NotImplementedHere: for another storage class than the one there is.
    """
    if request.header(_STORAGE_CLASS) not in {None, "STANDARD"}:
        raise NotImplementedHere("The only storage class is STANDARD.")
    headers = [
        header if header != OCTETS else OCTETS_TO_STORE
        for header in request.headers
        if header[0] in DESCRIBING or header[0].startswith(METADATA)
    ]
    if request.header("content-encoding") is not None:
        codings = [
            coding.strip()
            for value in request.header_values("content-encoding")
            for coding in value.split(",")
        ]
        # S3 takes its own framing off before it keeps the header.
        kept = [each for each in codings if each and each.lower() != "aws-chunked"]
        if kept:
            headers.append(("content-encoding", ",".join(kept)))
    if request.header("content-type") is None:
        headers.append(_DEFAULT_TYPE)
    return headers


def tagging(request: HttpRequest) -> list[tuple[str, str]]:
    """Answer the header of the tags that come with an object, read and checked.

    Raises:
        InvalidArgument, InvalidTag, BadRequest: they are none.
    """
    value = request.header(_TAGGING)
    return [(_TAGGING, TagSet.from_header(value).to_header())] if value else []


def conditions(request: HttpRequest) -> list[tuple[str, str]]:
    """Answer the conditions on what is there already."""
    return [each for each in request.headers if each[0] in CONDITIONS]


def check_condition(request: HttpRequest) -> None:
    """Refuse the one condition on writing that S3 does not have.

    Raises:
        NotImplementedHere: `If-None-Match` names an entity tag.
    """
    if request.header("if-none-match") not in {None, "*"}:
        raise NotImplementedHere


def _guarding(request: HttpRequest) -> list[tuple[str, str]]:
    """Conditions and checksums, which the store holds the object to."""
    return [
        (name, value)
        for name, value in request.headers
        if name in _GUARDING or name.startswith(_CHECKSUM)
    ]


async def upload(
    store: Store, target: str, headers: Headers, payload: Payload
) -> HttpResponse:
    """Send a payload; answer the head of the store's answer.

    Whatever goes wrong before the last byte was let go, a wrong hash or a
    client that went away, breaks the connection off, and nothing is kept.

    Raises:
        ServiceError: the payload is not what was signed, or the store refused.
        ConnectionError, TimeoutError: the store is not there, or hangs.
    """
    if _is_small(payload):
        body = await _whole(payload)
        whole = (*headers, *payload.trailers.items())
        return await store.put(target, whole, body, plain=False)
    return await acknowledged(await _streamed(store, target, headers, payload))


def _is_small(payload: Payload) -> bool:
    return payload.length is not None and payload.length <= _SMALL_BYTES


async def _whole(payload: Payload) -> bytes:
    pieces = []
    while piece := await payload.read():
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _streamed(
    store: Store, target: str, headers: Headers, payload: Payload
) -> Exchange:
    # Of an upload that breaks off before its first byte the store keeps an empty
    # object. So it hears of none before there is one.
    piece = await payload.read()
    trailer = payload.trailer_name
    if trailer is None:
        exchange = await store.open("PUT", target, headers, length=payload.length)
    else:
        # The store computes every kind of checksum, and keeps it.
        announced = [("x-amz-trailer", trailer)]
        if payload.length is not None:
            announced.append(("x-amz-decoded-content-length", str(payload.length)))
        exchange = await store.open("PUT", target, [*headers, *announced], trailer=True)
    try:
        while piece and not exchange.answered:
            await exchange.send(piece if trailer is None else encode_chunk(piece))
            piece = await payload.read()
        if trailer is not None and not exchange.answered:
            await exchange.send(encode_end(payload.trailers))
            await exchange.end()
    except BaseException:
        exchange.close()
        raise
    return exchange


async def told_as_missing(
    backend: Backend, call: Call, error: ServiceError
) -> ServiceError:
    """If-Match on a key that is not there: 404 in S3, 412 from the store."""
    if error.code != "PreconditionFailed" or call.request.header("if-match") is None:
        return error
    try:
        await backend.store.call("HEAD", target_of(call.bucket_name, call.key))
    except ServiceError as missing:
        if missing.code == "NoSuchKey":
            return refusal("NoSuchKey")
    return error
