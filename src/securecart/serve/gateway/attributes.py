"""GetObjectAttributes.

The store knows neither checksums here nor pages of parts: they are put
together from what it tells of the object and of its parts.

Source: Amazon S3 API Reference, "GetObjectAttributes".
"""

from collections.abc import Iterator

from securecart.names.errors import AccessDenied, ServiceError
from securecart.s3.customer_key import Use, customer_key_of
from securecart.s3.errors import InvalidArgument, InvalidRequest
from securecart.s3.xml import Content, write_document
from securecart.serve.gateway.absence import absence
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.checksums import elements_of
from securecart.serve.gateway.encryption import (
    Headers,
    require_customer_key,
    require_decrypt,
)
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store import target_of
from securecart.serve.gateway.store_errors import store_error
from securecart.wire.http import HttpResponse
from securecart.wire.xml_document import parse_xml

_ASKED = "x-amz-object-attributes"
_ATTRIBUTES = frozenset(
    {"Checksum", "ETag", "ObjectParts", "ObjectSize", "StorageClass"}
)
_MOST = 1000
"""Parts of one answer."""
_ERROR, _FORBIDDEN = 400, 403
_TOLD = frozenset({"last-modified", "x-amz-version-id"})


async def get_object_attributes(backend: Backend, call: Call) -> Answer:
    """Answer what is asked for of an object, without the object."""
    asked = _asked(call)
    most = _number(call, "x-amz-max-parts", _MOST)
    marker = _number(call, "x-amz-part-number-marker", 0)
    key = customer_key_of(call.request, Use.OBJECT)
    opening = () if key is None else key.headers(Use.OBJECT)
    head = await _head(backend, call, opening)
    require_customer_key(head.headers, key)
    require_decrypt(backend, call, head.headers, call.s3.resource)
    headers = dict(head.headers)
    etag = headers.get("etag", "").strip('"')
    checksums = elements_of(head.headers)
    content: dict[str, Content | list[Content]] = {}
    if "ETag" in asked:
        content["ETag"] = etag
    if "Checksum" in asked and checksums:
        content["Checksum"] = checksums
    if "ObjectParts" in asked and "-" in etag:
        total = int(etag.rpartition("-")[2])
        parts = [] if not checksums else await _parts(backend, call, opening)
        content["ObjectParts"] = _page(parts, total, marker, min(most, _MOST))
    if "StorageClass" in asked:
        content["StorageClass"] = "STANDARD"
    if "ObjectSize" in asked:
        content["ObjectSize"] = headers.get("content-length", "")
    told = [each for each in head.headers if each[0] in _TOLD]
    return document(write_document("GetObjectAttributesResponse", content), *told)


def _asked(call: Call) -> frozenset[str]:
    value = call.request.header(_ASKED) or ""
    asked = frozenset(each.strip() for each in value.split(",") if each.strip())
    if not asked:
        raise InvalidRequest(
            "The x-amz-object-attributes header specifying the attributes to be "
            "retrieved is either missing or empty"
        )
    if not asked <= _ATTRIBUTES:
        raise InvalidArgument("Invalid attribute name specified.")
    return asked


def _number(call: Call, header: str, default: int) -> int:
    value = call.request.header(header)
    if value is None:
        return default
    if not value.isascii() or not value.isdecimal() or len(value) > 9:  # noqa: PLR2004 - within 31 bits
        raise InvalidArgument(f"Invalid value for {header}")
    return int(value)


async def _head(backend: Backend, call: Call, opening: Headers) -> HttpResponse:
    """Look at the object; say why not, in S3's words."""
    target = _target(call)
    asking = (("x-amz-checksum-mode", "ENABLED"), *opening)
    head = await backend.store.head(target, asking)
    if head.status < _ERROR:
        return head
    if head.status == _FORBIDDEN and opening:
        raise AccessDenied("Access Denied")
    require_customer_key(head.headers, customer_key_of(call.request, Use.OBJECT))
    error: ServiceError = store_error(head.status, b"")
    if error.code == "NoSuchKey":
        raise await absence(backend, call, error)
    raise error


async def _parts(
    backend: Backend, call: Call, opening: Headers
) -> list[tuple[int, dict[str, str]]]:
    """Answer the numbers and sizes of the parts that an object was made of."""
    separator = "&" if "?" in _target(call) else "?"
    found: list[tuple[int, dict[str, str]]] = []
    marker = "0"
    while True:
        answer = await backend.store.call(
            "GET",
            f"{_target(call)}{separator}attributes",
            (
                (_ASKED, "ObjectParts"),
                ("x-amz-max-parts", str(_MOST)),
                ("x-amz-part-number-marker", marker),
                *opening,
            ),
        )
        parts = parse_xml(answer.body).all("ObjectParts")
        page = next(iter(parts), None)
        if page is None:
            return found
        for each in page.all("Part"):
            number, size = each.text_of("PartNumber"), each.text_of("Size")
            if number and size:
                part = {"PartNumber": number, "Size": size}
                found.append((int(number), part))
        following = page.text_of("NextPartNumberMarker") or ""
        if page.text_of("IsTruncated") != "true" or following == marker:
            return found
        marker = following


def _page(
    parts: list[tuple[int, dict[str, str]]], total: int, marker: int, most: int
) -> Content:
    page: dict[str, Content | list[Content]] = {"PartsCount": str(total)}
    if not parts:
        # As S3 has it of an object without an additional checksum.
        return page
    behind = [each for each in parts if each[0] > marker]
    shown = behind[:most]
    return page | {
        "PartNumberMarker": str(marker),
        "NextPartNumberMarker": str(shown[-1][0] if shown else marker),
        "MaxParts": str(most),
        "IsTruncated": str(len(shown) < len(behind)).lower(),
        "Part": list(_elements(shown)),
    }


def _elements(parts: list[tuple[int, dict[str, str]]]) -> Iterator[Content]:
    for _, part in parts:
        yield part


def _target(call: Call) -> str:
    version = call.s3.version_id
    query = {} if version is None else {"versionId": version}
    return target_of(call.bucket_name, call.key, query)
