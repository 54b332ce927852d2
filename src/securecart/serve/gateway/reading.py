"""GetObject and HeadObject.

Source: Amazon S3 API Reference, "GetObject" and "HeadObject".
"""

import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from securecart.names.errors import AccessDenied, ServiceError
from securecart.names.principal import Anonymous
from securecart.s3.customer_key import CustomerKey, Use, customer_key_of
from securecart.s3.errors import InvalidRequest
from securecart.serve.gateway.absence import absence, may_see
from securecart.serve.gateway.answers import content_length, kept
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.checksums import with_type
from securecart.serve.gateway.encryption import require_customer_key, require_decrypt
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.refusals import InternalError
from securecart.serve.gateway.store import read_whole
from securecart.serve.gateway.store_errors import refusal, store_error
from securecart.serve.gateway.upstream import Reading
from securecart.wire.http import HttpResponse

_CONDITIONS = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-[0-9]{1,18})")
_CHECKSUM_MODE = "x-amz-checksum-mode"
_ERROR = 400
_BAD_REQUEST = 400
_FORBIDDEN = 403
_PARTS_COUNT = "x-amz-mp-parts-count"
_IF_ALLOWED = {
    "x-amz-object-lock-legal-hold": ("GetObjectLegalHold", "GetObjectLegalHold"),
    "x-amz-object-lock-mode": ("GetObjectRetention", "GetObjectRetention"),
    "x-amz-object-lock-retain-until-date": (
        "GetObjectRetention",
        "GetObjectRetention",
    ),
    "x-amz-tagging-count": ("GetObjectTagging", "GetObjectVersionTagging"),
}
"""Headers for those alone who may ask for what they tell of: the action, and
the one on a version that is named."""

_BOUNDED = frozenset({*_IF_ALLOWED, _PARTS_COUNT})


async def read_object(backend: Backend, call: Call) -> Answer:
    """Answer an object, or a range of it; to HEAD, all but the object.

    It is streamed unless it is small and whole, see `Store.ask`.
    """
    _check(call)
    key = customer_key_of(call.request, Use.OBJECT)
    answered = await backend.store.ask(
        call.request.method,
        call.s3.target,
        _headers(call, key),
        versioning=None if call.bucket is None else call.bucket.versioning,
    )
    if isinstance(answered, HttpResponse):
        _require_keys(backend, call, answered, key)
        return _answer(backend, call, answered, answered.body, key)
    try:
        head = await _allowed_head(backend, call, answered, key)
        return _answer(backend, call, head, answered, key)
    except BaseException:
        answered.close()
        raise


def _answer(
    backend: Backend,
    call: Call,
    head: HttpResponse,
    body: bytes | Reading,
    key: CustomerKey | None,
) -> Answer:
    if call.request.method == "HEAD":
        head = _ranged(call, head)
    headers = told(backend, call, head)
    if key is not None:
        headers += key.answered
    return Answer(head.status, headers, body, content_length(head))


def _check(call: Call) -> None:
    if not call.s3.parameters:
        return
    names = {name for name, _ in call.s3.parameters}
    if isinstance(call.principal, Anonymous) and any(
        name.startswith("response-") for name in names
    ):
        raise InvalidRequest(
            "Request specific response headers cannot be used for anonymous GET "
            "requests."
        )
    if "partNumber" in names and call.request.header("range") is not None:
        raise InvalidRequest(
            "Cannot specify both Range header and partNumber query parameter"
        )


def told(
    backend: Backend, call: Call, head: HttpResponse
) -> tuple[tuple[str, str], ...]:
    """Answer the headers of an object that leave to this caller."""
    headers = with_type(kept(head.headers))
    if not any(name in _BOUNDED for name, _ in headers):
        return headers
    etag = next((value for name, value in headers if name == "etag"), "")
    return tuple(
        header
        for header in headers
        if (header[0] not in _IF_ALLOWED or _may_see(backend, call, header[0]))
        # A part number names the whole of what was not uploaded in parts.
        and (header[0] != _PARTS_COUNT or "-" in etag)
    )


def _may_see(backend: Backend, call: Call, header: str) -> bool:
    action, versioned = _IF_ALLOWED[header]
    return may_see(backend, call, action if call.s3.version_id is None else versioned)


async def _allowed_head(
    backend: Backend, call: Call, exchange: Reading, key: CustomerKey | None
) -> HttpResponse:
    """Answer the head of an object that the caller may see and decrypt."""
    head = await exchange.head()
    if head.status >= _ERROR:
        raise await _refused(backend, call, exchange, head, key)
    _require_keys(backend, call, head, key)
    return head


def _require_keys(
    backend: Backend, call: Call, head: HttpResponse, key: CustomerKey | None
) -> None:
    """Let the caller have an object, by the key that its head names."""
    require_customer_key(head.headers, key)
    if call.request.method == "GET" or call.request.header(_CHECKSUM_MODE):
        require_decrypt(backend, call, head.headers, call.s3.resource)


def _is_meant(name: str, value: str) -> bool:
    """Say whether a condition can hold at all: one on a time needs one."""
    if not name.endswith("-since"):
        return True
    try:
        parsedate_to_datetime(value)
    except ValueError:
        return False
    return True


def _headers(call: Call, key: CustomerKey | None) -> list[tuple[str, str]]:
    """Conditions, the checksum mode, a customer's key, and a range if it is one.

    RFC 9110, 13.1.3 and 14.2: a date or a range that is not understood is ignored.
    """
    headers = [
        (name, value)
        for name, value in call.request.headers
        if (name in _CONDITIONS and _is_meant(name, value))
        or (name == _CHECKSUM_MODE and value == "ENABLED")
        or (name == "range" and _is_range(value))
    ]
    if key is not None:
        headers += key.headers(Use.OBJECT)
    return headers


def _is_range(value: str) -> bool:
    found = _RANGE.fullmatch(value)
    if found is None:
        return False
    first, last = found.groups()
    return not last or int(first) <= int(last)


def _ranged(call: Call, head: HttpResponse) -> HttpResponse:
    """Answer the head of a part to HEAD too, which the store does not know.

    Raises:
        InvalidRange: the object has nothing there.
    """
    found = _RANGE.fullmatch(call.request.header("range") or "")
    size = content_length(head)
    if found is None or size is None or head.status != HTTPStatus.OK:
        return head
    if not _is_range(found[0]):
        return head
    if found[1] is None:
        first, last = max(size - int(found[0].partition("-")[2]), 0), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
    if first > last:
        raise refusal("InvalidRange")
    headers = tuple(each for each in head.headers if each[0] != "content-length")
    part = (
        ("content-length", str(last + 1 - first)),
        ("content-range", f"bytes {first}-{last}/{size}"),
    )
    return HttpResponse(HTTPStatus.PARTIAL_CONTENT, headers + part)


async def _refused(
    backend: Backend,
    call: Call,
    exchange: Reading,
    head: HttpResponse,
    key: CustomerKey | None,
) -> ServiceError:
    """Say why not, in S3's words where the store has its own or none."""
    error = store_error(head.status, await read_whole(exchange))
    if error.code in {"NoSuchKey", "NoSuchVersion"}:
        return await absence(backend, call, error)
    if head.status == _FORBIDDEN and key is not None:
        return AccessDenied("Access Denied")
    if isinstance(error, InternalError) or head.status == _BAD_REQUEST:
        # The store cannot open what KMS or its customer did not give the key
        # for; it does not say so.
        whole = await backend.store.head(call.s3.target)
        require_customer_key(whole.headers, key)
        require_decrypt(backend, call, whole.headers, call.s3.resource)
    return error
