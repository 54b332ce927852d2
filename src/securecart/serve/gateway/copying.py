"""CopyObject and UploadPartCopy.

Source: Amazon S3 API Reference, "CopyObject" and "UploadPartCopy".
"""

import re

from securecart.s3 import CopySource
from securecart.s3.errors import InvalidArgument
from securecart.s3.xml import write_document
from securecart.serve.gateway.answers import document, written
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.encryption import encryption_of, require_decrypt
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store import target_of
from securecart.serve.gateway.writing import describing
from securecart.wire.http import HttpResponse
from securecart.wire.xml_document import parse_xml

_CONDITIONS = frozenset(
    {
        "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-unmodified-since",
    }
)
_DIRECTIVES = frozenset({"COPY", "REPLACE"})
_RANGE = re.compile(r"bytes=[0-9]{1,13}-[0-9]{1,13}")


async def copy_object(backend: Backend, call: Call) -> Answer:
    """Copy an object within the store; what is written is encrypted anew."""
    directive = call.request.header("x-amz-metadata-directive") or "COPY"
    if directive not in _DIRECTIVES:
        raise InvalidArgument("Unknown metadata directive.")
    encryption = encryption_of(backend, call)
    headers = [
        *await _source(backend, call),
        ("x-amz-metadata-directive", directive),
        *encryption,
    ]
    if directive == "REPLACE":
        headers += describing(call.request)
    answer = await backend.store.call("PUT", call.s3.target, headers)
    return _copied("CopyObjectResult", answer, encryption)


async def upload_part_copy(backend: Backend, call: Call) -> Answer:
    """Copy an object, or a range of one, into a part.

    The store cannot do it from an encrypted source, and says so.
    """
    headers = await _source(backend, call)
    part = call.request.header("x-amz-copy-source-range")
    if part is not None:
        if not _RANGE.fullmatch(part):
            raise InvalidArgument(
                "The x-amz-copy-source-range value must be of the form "
                "bytes=first-last where first and last are the zero-based offsets of "
                "the first and last bytes to copy"
            )
        headers.append(("x-amz-copy-source-range", part))
    answer = await backend.store.call("PUT", call.s3.target, headers)
    return _copied("CopyPartResult", answer, ())


async def _source(backend: Backend, call: Call) -> list[tuple[str, str]]:
    """Answer the source's headers, if the caller may decrypt it."""
    source = call.s3.copy_source
    if source is None:
        raise ValueError("a copy was resolved without its source")
    head = await backend.store.call("HEAD", _target(source))
    arn = f"arn:aws:s3:::{source.bucket}/{source.key}"
    require_decrypt(backend, call, head.headers, arn)
    conditions = [each for each in call.request.headers if each[0] in _CONDITIONS]
    return [("x-amz-copy-source", source.header), *conditions]


def _target(source: CopySource) -> str:
    version = {} if source.version_id is None else {"versionId": source.version_id}
    return target_of(source.bucket, source.key, version)


def _copied(
    root: str, answer: HttpResponse, encryption: tuple[tuple[str, str], ...]
) -> Answer:
    result = parse_xml(answer.body)
    tag = (result.text_of("ETag") or "").strip('"')
    content = {
        "LastModified": result.text_of("LastModified") or "",
        "ETag": f'"{tag}"',
    }
    headers = [
        header for header in written(answer, *encryption).headers if header[0] != "etag"
    ]
    return document(write_document(root, content), *headers)
