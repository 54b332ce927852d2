"""S3 requests and bodies: a request understood, or an error that S3 names."""

from collections.abc import Callable

from securecart.names.errors import ServiceError
from securecart.s3 import (
    CorsConfiguration,
    DefaultEncryption,
    PublicAccessBlock,
    parse_delete_objects,
    read_location_constraint,
    read_ownership,
    read_versioning,
    required,
    required_for_key,
    resolve,
)
from securecart.wire.http import HttpRequest

# A request line, header lines, an empty line and a body.
SEEDS = [
    b"GET /docs/AROA:ab/a%20b%2Fc?versionId=v1&X-Amz-Date=20250301T000000Z\n\n",
    b"GET /docs?list-type=2&prefix=AROA%3Aab%2F&delimiter=%2F&max-keys=10\n\n",
    (
        b"PUT /docs/a/b?partNumber=1&uploadId=u\n"
        b"x-amz-copy-source: /docs/x%2By?versionId=v\nx-amz-meta-a: b\n\n"
    ),
    b"PUT /docs/a/\ncontent-length: 0\nx-amz-acl: private\n\n",
    (
        b"POST /docs?delete\n\n<Delete><Object><Key>a/b</Key><VersionId>v</VersionId>"
        b"</Object><Quiet>true</Quiet></Delete>"
    ),
    (
        b"PUT /docs?cors\n\n<CORSConfiguration><CORSRule>"
        b"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
    ),
]
READERS: tuple[Callable[[bytes], object], ...] = (
    CorsConfiguration.from_xml,
    DefaultEncryption.from_xml,
    PublicAccessBlock.from_xml,
    read_location_constraint,
    read_ownership,
    read_versioning,
)


def one(data: bytes) -> None:
    """Resolve the request, and read the body as every document."""
    head, _, body = data.partition(b"\n\n")
    line, *lines = head.decode("latin-1").split("\n")
    method, _, target = line.partition(" ")
    pairs = (header.partition(": ") for header in lines)
    headers = tuple((name.lower(), value) for name, _, value in pairs)
    _resolve(HttpRequest(method, target, headers, body))
    for reader in READERS:
        _allowing_refusal(reader, body)


def _resolve(request: HttpRequest) -> None:
    try:
        resolved = resolve(request)
    except ServiceError as error:
        error.message.encode()
        return
    # What is passed on must be what was decided upon.
    again = HttpRequest(request.method, resolved.target, request.headers)
    if resolve(again).parameters != resolved.parameters:
        raise AssertionError(resolved.target)
    if resolved.operation != "DeleteObjects":
        required(resolved)
        return
    try:
        batch = parse_delete_objects(request.body)
    except ServiceError as error:
        error.message.encode()
        return
    for each in batch.objects:
        try:
            required_for_key(resolved, each.key, each.version_id)
        except ServiceError as error:
            error.message.encode()


def _allowing_refusal(read: Callable[[bytes], object], body: bytes) -> None:
    try:
        read(body)
    except ServiceError as error:
        error.message.encode()
