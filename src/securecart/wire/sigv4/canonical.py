"""The canonical request and the string to sign.

Source: AWS IAM User Guide, "Create a signed AWS API request". S3 signs the
path as it is; every other service signs it without dot segments and encoded
once more.
"""

import hashlib
import re
from collections.abc import Sequence
from urllib.parse import quote

from securecart.wire.http import HttpRequest
from securecart.wire.query_string import canonical_pairs, canonical_path
from securecart.wire.sigv4.signature import ALGORITHM

_SPACES = re.compile(" {2,}")
SIGNATURE_PARAMETER = "X-Amz-Signature"


def canonical_request(
    request: HttpRequest,
    *,
    service: str,
    signed_headers: Sequence[str],
    payload_hash: str,
) -> bytes:
    """Build the canonical request; header names are lower case and sorted."""
    values = joined(request.headers) if request.repeats else request.first
    return canonical_of(
        request.method,
        path_to_sign(request.path, service),
        canonical_query(request.query),
        [(name, values.get(name, "")) for name in signed_headers],
        payload_hash,
    )


def canonical_of(
    method: str,
    path: str,
    query: str,
    headers: Sequence[tuple[str, str]],
    payload_hash: str,
) -> bytes:
    """Put a canonical request together; `headers` are those to sign, sorted."""
    signed = canonical_headers(headers, payload_hash)
    return f"{method}\n{path}\n{query}\n{signed}".encode("latin-1")


def canonical_headers(headers: Sequence[tuple[str, str]], payload_hash: str) -> str:
    """Answer the part of a canonical request that method and target leave alone."""
    lines = [f"{name}:{_trimmed(value)}" for name, value in headers]
    lines += ("", ";".join([name for name, _ in headers]), payload_hash)
    return "\n".join(lines)


def path_to_sign(path: str, service: str) -> str:
    """Answer a raw path as the service has it signed."""
    if service != "s3":
        return quote(_without_dot_segments(path), safe="/~")
    return canonical_path(path) or "/"


def joined(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Answer each header's value; those of a repeated one with commas between."""
    values: dict[str, str] = {}
    for name, value in headers:
        trimmed = _trimmed(value)
        values[name] = f"{values[name]},{trimmed}" if name in values else trimmed
    return values


def canonical_query(query: str) -> str:
    """Sort and encode the parameters, the signature itself left out."""
    if not query:
        return ""
    return "&".join(
        f"{name}={value}"
        for name, value in sorted(canonical_pairs(query))
        if name != SIGNATURE_PARAMETER
    )


def string_to_sign(canonical: bytes, *, timestamp: str, scope: str) -> bytes:
    """Join algorithm, time, scope and the canonical request's digest."""
    digest = hashlib.sha256(canonical).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}".encode()


def _trimmed(value: str) -> str:
    # Not str.split: it also takes the no-break space, a byte of UTF-8 here.
    value = value.strip(" \t")
    return _SPACES.sub(" ", value) if "  " in value else value


def _without_dot_segments(path: str) -> str:
    """Remove `.`, `..` and doubled slashes (RFC 3986 section 5.2.4).

    Unlike there, a closing `.` leaves no slash: so do AWS's own signers.
    """
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    closing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + closing
