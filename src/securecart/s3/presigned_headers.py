"""Headers of S3 that a presigned address carries as parameters.

SDKs put what they would send as `x-amz-` headers into the address that they
presign, and S3 takes it from there: the signature covers it either way. So a
request is given such headers after it was verified, and whatever decides over
headers decides over these.

Source: AWS SDK for JavaScript, "@aws-sdk/s3-request-presigner" (hoisting);
Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".
"""

import re
from dataclasses import replace

from securecart.s3.errors import InvalidArgument
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import parse_query_string

# What says something of the object or of the operation. Not what says how the
# body is sent, which was read before, nor any key of the caller's.
_MOVED = frozenset(
    {
        "x-amz-acl",
        "x-amz-bypass-governance-retention",
        "x-amz-copy-source",
        "x-amz-expected-bucket-owner",
        "x-amz-metadata-directive",
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-request-payer",
        "x-amz-storage-class",
        "x-amz-tagging",
        "x-amz-tagging-directive",
        "x-amz-checksum-crc32",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-crc64nvme",
        "x-amz-checksum-sha1",
        "x-amz-checksum-sha256",
    }
)
_MOVED_BEGINNINGS = ("x-amz-grant-", "x-amz-meta-")
# RFC 9110, section 5.6.2; names are lower case here.
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+\-.^_`|~]++")


def with_presigned_headers(request: HttpRequest) -> HttpRequest:
    """Answer a presigned request with those parameters as headers.

    Raises:
        InvalidArgument: one could not be a header.
    """
    headers = []
    for given, value in request.parameters:
        name = given.lower()
        if _is_moved(name):
            # What was decoded may hold line ends.
            if not (_TOKEN.fullmatch(name) and value.isascii() and value.isprintable()):
                raise InvalidArgument("A parameter could not be a header.")
            headers.append((name, value.strip(" ")))
    if not headers:
        return request
    query = "&".join(filter(_stays, request.query.split("&")))
    return replace(
        request,
        target=f"{request.path}?{query}",
        headers=(*request.headers, *headers),
    )


def _is_moved(name: str) -> bool:
    return name in _MOVED or name.startswith(_MOVED_BEGINNINGS)


def _stays(raw: str) -> bool:
    return not any(_is_moved(name.lower()) for name, _ in parse_query_string(raw))
