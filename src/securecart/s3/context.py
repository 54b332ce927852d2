"""Condition keys that every request has, whatever it asks for.

Source: AWS IAM User Guide, "AWS global condition context keys"; Amazon S3
API Reference, "Bucket policy examples using condition keys" on signatures.
"""

from datetime import UTC, datetime
from functools import lru_cache

from securecart.wire.http import HttpRequest
from securecart.wire.sigv4.signature import UnverifiedSignature, VerifiedSignature

_MILLISECONDS = 1000
_SECONDS_REMEMBERED = 16
"""Many requests come in one second."""


def request_context(
    request: HttpRequest, *, now: datetime, region: str
) -> dict[str, str]:
    """The global keys of a request to any service.

    Its address and transport come from the listener, never from headers.
    `s3:TlsVersion` is never there: a proxy ends TLS and does not tell which.
    """
    current, epoch = _times(now.replace(microsecond=0))
    context = {
        "aws:currenttime": current,
        "aws:epochtime": epoch,
        "aws:requestedregion": region,
        "aws:securetransport": "true" if request.secure else "false",
        "aws:viaawsservice": "false",
    }
    if request.source_ip:
        context["aws:sourceip"] = request.source_ip
    for header, key in (("user-agent", "aws:useragent"), ("referer", "aws:referer")):
        value = request.header(header)
        if value is not None:
            context[key] = value
    return context


@lru_cache(maxsize=_SECONDS_REMEMBERED)
def _times(second: datetime) -> tuple[str, str]:
    """The text of a second, and its number."""
    text = second.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text, str(int(second.timestamp()))


def signature_context(
    signature: UnverifiedSignature | VerifiedSignature | None, *, now: datetime
) -> dict[str, str]:
    """The keys of S3 about how a request is signed; none if it is not."""
    if signature is None:
        return {}
    age = (now - signature.signed_at).total_seconds() * _MILLISECONDS
    return {
        "s3:authtype": signature.kind.value,
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:signatureage": str(max(0, int(age))),
        "s3:x-amz-content-sha256": signature.payload_hash,
    }
