"""Multipart uploads: begin, list the parts, complete, abort.

Source: Amazon S3 API Reference, "CreateMultipartUpload",
"CompleteMultipartUpload", "AbortMultipartUpload" and "ListParts".
"""

from securecart.names.errors import ServiceError
from securecart.s3.checksum_headers import upload_checksum
from securecart.s3.errors import InvalidRequest, MalformedXML
from securecart.s3.object_lock import lock_of
from securecart.s3.xml import Element, read_document, write_document
from securecart.serve.gateway.answers import document, kept, written
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.encryption import encryption_of
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.patience import patiently
from securecart.serve.gateway.store import target_of
from securecart.serve.gateway.upload_id import UploadId
from securecart.serve.gateway.writing import (
    check_condition,
    describing,
    tagging,
    told_as_missing,
)
from securecart.wire.xml_document import parse_xml

MAX_PARTS = 10_000
"""Amazon S3 User Guide, "Amazon S3 multipart upload limits"."""

_CHECKSUMS = (
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
)
_SSE = "x-amz-server-side-encryption"
_GUARDING = frozenset({"if-match", "if-none-match", "x-amz-checksum-type"})


async def create_multipart_upload(backend: Backend, call: Call) -> Answer:
    """Begin an upload; its encryption is decided here, for all parts."""
    encryption = encryption_of(backend, call)
    algorithms = upload_checksum(call.request)
    answer = await backend.store.call(
        "POST",
        call.s3.target,
        [
            *describing(call.request),
            *tagging(call.request),
            *lock_of(call.request, now=call.now),
            *algorithms,
            *encryption.sent,
        ],
    )
    made = parse_xml(answer.body).text_of("UploadId") or ""
    upload_id = str(UploadId.made(made, encryption.customer_key))
    call.noted["uploadId"] = upload_id
    content = {
        "Bucket": call.bucket_name,
        "Key": call.key,
        "UploadId": upload_id,
    }
    body = write_document("InitiateMultipartUploadResult", content)
    return document(body, *encryption.answered, *algorithms)


async def complete_multipart_upload(backend: Backend, call: Call) -> Answer:
    """Make an object of the parts that the body lists."""
    check_condition(call.request)
    upload_id = UploadId.of(call)
    parts = read_parts(await call.document(backend.limits))
    headers = [
        (name, value)
        for name, value in call.request.headers
        if name in _GUARDING or name.startswith("x-amz-checksum-")
    ]
    size = call.request.header("x-amz-mp-object-size")
    if size is not None:
        await _check_size(backend, call, upload_id, parts, size)
    work = _completed(backend, call, upload_id, headers, parts)
    return await patiently(work, settled=backend.settled)


async def _completed(
    backend: Backend,
    call: Call,
    upload_id: UploadId,
    headers: list[tuple[str, str]],
    parts: bytes,
) -> Answer:
    try:
        answer = await backend.store.call(
            "POST", upload_id.target(call), headers, parts
        )
    except ServiceError as error:
        raise await told_as_missing(backend, call, error) from error
    made = parse_xml(answer.body)
    host = call.request.header("host") or ""
    content = {
        "Location": f"http://{host}{call.s3.target.partition('?')[0]}",
        "Bucket": call.bucket_name,
        "Key": call.key,
    }
    for name in ("ETag", *_CHECKSUMS, "ChecksumType"):
        value = made.text_of(name)
        if value is not None:
            content[name] = value
    body = write_document("CompleteMultipartUploadResult", content)
    # How it is encrypted the store tells of the object alone.
    head = await backend.store.head(target_of(call.bucket_name, call.key))
    encryption = (each for each in kept(head.headers) if each[0].startswith(_SSE))
    return document(body, *written(answer, *encryption).headers)


async def _check_size(
    backend: Backend, call: Call, upload_id: UploadId, parts: bytes, wanted: str
) -> None:
    """Hold the parts of a list to the size that the object is to have.

    Raises:
        InvalidRequest: together they have another.
    """
    numbers = {each.text_of("PartNumber") for each in parse_xml(parts).all("Part")}
    size, marker = 0, "0"
    while True:
        query = {
            "uploadId": upload_id.store,
            "max-parts": "1000",
            "part-number-marker": marker,
        }
        target = target_of(call.bucket_name, call.key, query)
        page = parse_xml((await backend.store.call("GET", target)).body)
        size += sum(
            int(each.text_of("Size") or 0)
            for each in page.all("Part")
            if each.text_of("PartNumber") in numbers
        )
        following = page.text_of("NextPartNumberMarker") or marker
        if page.text_of("IsTruncated") != "true" or following == marker:
            break
        marker = following
    if wanted != str(size):
        raise InvalidRequest(
            "The provided 'x-amz-mp-object-size' header does not match what was "
            "computed."
        )


def read_parts(body: bytes) -> bytes:
    """Read `CompleteMultipartUpload`; answer it as the store is sent it.

    Raises:
        MalformedXML: if it is none, or has no parts or more than 10,000.
        NotImplementedHere: if a part has elements that are unknown.
    """
    root = read_document(body, "CompleteMultipartUpload")
    root.only("Part")
    parts = [_part(element) for element in root.all("Part")]
    if not 0 < len(parts) <= MAX_PARTS:
        raise MalformedXML
    return write_document("CompleteMultipartUpload", {"Part": [*parts]})


def _part(element: Element) -> dict[str, str]:
    element.only("PartNumber", "ETag", *_CHECKSUMS)
    number = element.one("PartNumber").text
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= MAX_PARTS):
        raise MalformedXML
    part = {"PartNumber": number, "ETag": element.one("ETag").text}
    for name in _CHECKSUMS:
        value = element.optional(name)
        if value is not None:
            part[name] = value
    return part


async def abort_multipart_upload(backend: Backend, call: Call) -> Answer:
    """Forget an upload and its parts."""
    target = UploadId.of(call).target(call)
    return written(await backend.store.call("DELETE", target))
