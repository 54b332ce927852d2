"""From an HTTP request to the operation it asks for: by tables alone."""

import re
from collections.abc import Callable, Sequence

from securecart.s3.bucket_name import check_bucket_name
from securecart.s3.errors import (
    InvalidArgument,
    InvalidURI,
    KeyTooLongError,
    MethodNotAllowed,
    NotImplementedHere,
)
from securecart.s3.headers import check_headers, copy_source_of
from securecart.s3.identifier import check_identifier
from securecart.s3.key import check_key, decode_path
from securecart.s3.operations import Operation, Scope, operations_of
from securecart.s3.permissions import CREATES_AN_OBJECT
from securecart.s3.request import S3Request
from securecart.wire.http import HttpRequest

# RFC 3986's characters of a query without the semicolon, which some servers
# take for a separator, and escapes that are ones.
_PLAIN = r"[A-Za-z0-9\-._~!$&'()*+,=:@/?]*+"
_QUERY = re.compile(rf"{_PLAIN}(?:%[0-9A-Fa-f]{{2}}{_PLAIN})*")
# What signs a request, or what an SDK says of itself and of checksums. No
# operation depends on these, and they are not passed on.
_SIGNING = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-checksum-mode",
        "x-amz-content-sha256",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
        "x-amz-user-agent",
        "x-id",
    }
)
# Amazon S3 User Guide, "Amazon S3 multipart upload limits".
_MAX_PART = 10_000
# A key, and what a marker may have behind one.
_MAX_BEGINNING_BYTES = 1024 + 8
_MAX_TOKEN = 2048
# Of a value that is refused, for its sender to know it again.
_MAX_TOLD = 200
_MAX_INTEGER = 2**31 - 1


def resolve(request: HttpRequest) -> S3Request:
    """Name the operation, and check everything that decides over it.

    Raises:
        InvalidURI, InvalidBucketName, InvalidArgument, KeyTooLongError: for
            what cannot be.
        MethodNotAllowed, NotImplementedHere: for what is not done here.
    """
    bucket, key = read_path(request)
    parameters = _read_query(request)
    check_headers(request)
    row = _operation(request, _scope(bucket, key), parameters)
    own = tuple([pair for pair in parameters if pair[0].lower() not in _SIGNING])
    for name, value in own:
        try:
            _CHECKS.get(name, _check_marker)(name, value)
        except InvalidArgument as error:
            error.details = {"ArgumentName": name, "ArgumentValue": value[:_MAX_TOLD]}
            raise
    resolved = S3Request(row, bucket, key, own, copy_source_of(request), request)
    _check_folder_marker(resolved)
    return resolved


def read_path(request: HttpRequest) -> tuple[str | None, str | None]:
    """The bucket and the key that a path names, decoded and checked.

    Raises:
        InvalidURI, InvalidBucketName, InvalidArgument, KeyTooLongError: for
            what cannot be.
    """
    if not request.path.startswith("/"):
        raise InvalidURI
    raw_bucket, _, raw_key = request.path[1:].partition("/")
    if not raw_bucket and not raw_key and request.path == "/":
        return None, None
    bucket = decode_path(raw_bucket)
    check_bucket_name(bucket)
    key = decode_path(raw_key)
    if not key:
        return bucket, None
    check_key(key)
    return bucket, key


def _scope(bucket: str | None, key: str | None) -> Scope:
    if bucket is None:
        return Scope.SERVICE
    return Scope.BUCKET if key is None else Scope.OBJECT


def _read_query(request: HttpRequest) -> Sequence[tuple[str, str]]:
    if not request.query:
        return ()
    if not _QUERY.fullmatch(request.query):
        raise InvalidURI
    parameters = request.parameters
    names = [name.lower() for name, _ in parameters]
    if len(set(names)) < len(names):
        raise InvalidArgument("A query parameter was given more than once.")
    return parameters


def _operation(
    request: HttpRequest, scope: Scope, parameters: Sequence[tuple[str, str]]
) -> Operation:
    names = {name for name, _ in parameters if name.lower() not in _SIGNING}
    copies = request.header("x-amz-copy-source") is not None
    row: Operation | None = None
    for each in operations_of(request.method, scope):
        if each.copies is copies and each.markers <= names:
            row = each
            break
    unknown = names - row.markers - row.parameters if row else names
    if unknown:
        raise NotImplementedHere(
            "A parameter you provided implies functionality that is not "
            f"implemented: {min(unknown)[:80]!r}"
        )
    if row is None and copies:
        raise NotImplementedHere
    if row is None:
        raise MethodNotAllowed
    return row


def _check_folder_marker(request: S3Request) -> None:
    """A key that ends in a slash is a folder, and the store forgets its body."""
    if request.key is None or not request.key.endswith("/"):
        return
    if request.operation == "PutObject":
        header = request.request.header
        length = header("x-amz-decoded-content-length") or header("content-length")
        if length == "0":
            return
    elif request.operation == "CopyObject":
        if request.copy_source and request.copy_source.key.endswith("/"):
            return
    elif request.operation not in CREATES_AN_OBJECT:
        return
    raise InvalidArgument("An object whose key ends in a slash has no content here.")


def _check_marker(name: str, value: str) -> None:
    if value:
        raise InvalidArgument(f"The parameter {name} has no value.")


def _check_text(_name: str, value: str) -> None:
    if not value.isprintable() or not value.isascii():
        raise InvalidArgument("A parameter holds other than printable ASCII.")


def _check_beginning(name: str, value: str) -> None:
    """Any text: what no key begins with has an empty listing."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidArgument(f"The parameter {name} is not valid UTF-8.") from None
    if size > _MAX_BEGINNING_BYTES:
        raise KeyTooLongError


def _check_token(_name: str, value: str) -> None:
    if len(value) > _MAX_TOKEN:
        raise InvalidArgument("The continuation token provided is incorrect")


def _one_of(*allowed: str) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        if value not in allowed:
            raise InvalidArgument(f"Invalid value for {name}")

    return check


def _integer(least: int, most: int) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        digits = len(str(most))
        if not re.fullmatch(rf"[0-9]{{1,{digits}}}", value) or not (
            least <= int(value) <= most
        ):
            raise InvalidArgument(
                f"Argument {name} must be an integer between {least} and {most}"
            )

    return check


_CHECKS: dict[str, Callable[[str, str], None]] = {
    "bucket-region": _check_text,
    "continuation-token": _check_token,
    "delimiter": _check_beginning,
    "encoding-type": _one_of("url"),
    "fetch-owner": _one_of("true", "false"),
    "id": _check_text,
    "key-marker": _check_beginning,
    "list-type": _one_of("2"),
    "marker": _check_beginning,
    "max-buckets": _integer(1, 10_000),
    "max-keys": _integer(0, _MAX_INTEGER),
    "max-parts": _integer(0, _MAX_INTEGER),
    "max-uploads": _integer(0, _MAX_INTEGER),
    "part-number-marker": _integer(0, _MAX_INTEGER),
    "partNumber": _integer(1, _MAX_PART),
    "prefix": _check_beginning,
    "response-cache-control": _check_text,
    "response-content-disposition": _check_text,
    "response-content-encoding": _check_text,
    "response-content-language": _check_text,
    "response-content-type": _check_text,
    "response-expires": _check_text,
    "start-after": _check_beginning,
    "upload-id-marker": check_identifier,
    "uploadId": check_identifier,
    "version-id-marker": check_identifier,
    "versionId": check_identifier,
}
