"""Sign requests: towards the store behind the gateway, and towards AWS."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4.canonical import canonical_request, string_to_sign
from securecart.wire.sigv4.key import signature_of, signing_key
from securecart.wire.sigv4.signature import (
    ALGORITHM,
    TERMINATOR,
    UNSIGNED_PAYLOAD,
    format_timestamp,
)

_ALSO_SIGNED = frozenset({"host", "content-type", "content-md5"})
_REPLACED = frozenset(
    {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
)


def sign(
    request: HttpRequest,
    credentials: Credentials,
    *,
    region: str,
    service: str,
    now: datetime,
    payload_hash: str,
) -> HttpRequest:
    """Answer the request with its signature in the Authorization header.

    It must have a `host` header. Signed are host, content-type, content-md5
    and every x-amz-… header: what intermediaries leave alone. A signature
    that the request already had is dropped.
    """
    timestamp = format_timestamp(now)
    headers = [pair for pair in request.headers if pair[0] not in _REPLACED]
    headers.append(("x-amz-date", timestamp))
    if service == "s3":
        headers.append(("x-amz-content-sha256", payload_hash))
    if credentials.session_token is not None:
        headers.append(("x-amz-security-token", credentials.session_token))
    signed = sorted(
        {
            name
            for name, _ in headers
            if name in _ALSO_SIGNED or name.startswith("x-amz-")
        }
    )
    unsigned = replace(request, headers=tuple(headers))
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    signature = _signature(
        unsigned,
        credentials,
        scope=scope,
        timestamp=timestamp,
        signed_headers=signed,
        payload_hash=payload_hash,
    )
    authorization = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return replace(
        unsigned, headers=(*unsigned.headers, ("authorization", authorization))
    )


def presign(
    method: str,
    url: str,
    credentials: Credentials,
    *,
    region: str,
    service: str,
    now: datetime,
    expires: int,
) -> str:
    """Answer the address with its signature in the query string.

    `url` is absolute and already percent-encoded, `expires` in seconds. Only
    the host is signed besides, so that a plain link can be followed.
    """
    timestamp = format_timestamp(now)
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    parameters = [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key_id}/{scope}"),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if credentials.session_token is not None:
        parameters.append(("X-Amz-Security-Token", credentials.session_token))
    added = "&".join(f"{name}={percent_encode(value)}" for name, value in parameters)
    parts = urlsplit(url)
    query = f"{parts.query}&{added}" if parts.query else added
    path = parts.path or "/"
    signature = _signature(
        HttpRequest(method, f"{path}?{query}", (("host", parts.netloc),)),
        credentials,
        scope=scope,
        timestamp=timestamp,
        signed_headers=("host",),
        payload_hash=UNSIGNED_PAYLOAD,
    )
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature}"


def _signature(
    request: HttpRequest,
    credentials: Credentials,
    *,
    scope: str,
    timestamp: str,
    signed_headers: Sequence[str],
    payload_hash: str,
) -> str:
    date, region, service, _ = scope.split("/")
    canonical = canonical_request(
        request,
        service=service,
        signed_headers=signed_headers,
        payload_hash=payload_hash,
    )
    key = signing_key(credentials.secret_access_key, date, region, service)
    return signature_of(
        key, string_to_sign(canonical, timestamp=timestamp, scope=scope)
    )
