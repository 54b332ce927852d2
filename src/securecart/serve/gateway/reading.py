"""GetObject and HeadObject."""

import re

from securecart.names.errors import AccessDenied, ServiceError
from securecart.names.principal import Anonymous
from securecart.s3 import Required
from securecart.s3.errors import InvalidRequest
from securecart.serve.gateway.answers import content_length, kept
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.encryption import require_decrypt
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.refusals import InternalError
from securecart.serve.gateway.store import Exchange, read_whole
from securecart.serve.gateway.store_errors import store_error
from securecart.wire.http import HttpResponse

_CONDITIONS = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)
_RANGE = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")
_CHECKSUM_MODE = "x-amz-checksum-mode"
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion"})
_ERROR = 400


async def get_object(backend: Backend, call: Call) -> Answer:
    """Stream an object, or a range of it."""
    return await _read(backend, call)


async def head_object(backend: Backend, call: Call) -> Answer:
    """Answer what GetObject would, without the object."""
    return await _read(backend, call)


async def _read(backend: Backend, call: Call) -> Answer:
    if isinstance(call.principal, Anonymous) and any(
        name.startswith("response-") for name, _ in call.s3.parameters
    ):
        raise InvalidRequest(
            "Request specific response headers cannot be used for anonymous GET "
            "requests."
        )
    exchange = await backend.store.open(
        call.request.method, call.s3.target, _headers(call)
    )
    try:
        head = await _allowed_head(backend, call, exchange)
    except BaseException:
        exchange.close()
        raise
    return Answer(head.status, kept(head.headers), exchange, content_length(head))


async def _allowed_head(
    backend: Backend, call: Call, exchange: Exchange
) -> HttpResponse:
    """Answer the head of an object that the caller may see and decrypt."""
    head = await exchange.head()
    if head.status >= _ERROR:
        raise await _refused(backend, call, exchange, head)
    if call.request.method == "GET" or call.request.header(_CHECKSUM_MODE):
        require_decrypt(backend, call, head.headers, call.s3.resource)
    return head


def _headers(call: Call) -> list[tuple[str, str]]:
    """Conditions, the checksum mode, and a range if it is one range.

    RFC 9110, 14.2: a range that is not understood is ignored.
    """
    return [
        (name, value)
        for name, value in call.request.headers
        if name in _CONDITIONS
        or (name == _CHECKSUM_MODE and value == "ENABLED")
        or (name == "range" and _RANGE.fullmatch(value))
    ]


async def _refused(
    backend: Backend, call: Call, exchange: Exchange, head: HttpResponse
) -> ServiceError:
    """Say why not; a missing key is told only to who may list the bucket."""
    error = store_error(head.status, await read_whole(exchange))
    if error.code in _MISSING:
        listing = Required(
            "s3:ListBucket", f"arn:aws:s3:::{call.bucket_name}", {}, call.s3.bucket
        )
        try:
            backend.guard.require(call.principal, (listing,), call.context)
        except AccessDenied as denied:
            return denied
    elif isinstance(error, InternalError):
        # The store cannot open what KMS does not; it does not say so.
        whole = await backend.store.call("HEAD", call.s3.target)
        require_decrypt(backend, call, whole.headers, call.s3.resource)
    return error
