"""Headers that change what S3 does: the known ones, and no others.

Source: Amazon S3 API Reference, "Common request headers" and the pages of
the operations in `operations`.
"""

from collections import Counter

from securecart.s3.bucket_name import check_bucket_name
from securecart.s3.checksum_headers import PREFIX, check_checksums
from securecart.s3.errors import (
    AccessControlListNotSupported,
    InvalidArgument,
    InvalidURI,
    MetadataTooLarge,
    NotImplementedHere,
)
from securecart.s3.identifier import check_identifier
from securecart.s3.key import check_key, decode_path
from securecart.s3.request import CopySource
from securecart.wire.http import HttpRequest

# Amazon S3 User Guide, "Working with object metadata".
MAX_METADATA_BYTES = 2048
_METADATA = "x-amz-meta-"

_KNOWN = frozenset(
    {
        "x-amz-acl",
        "x-amz-checksum-algorithm",
        "x-amz-checksum-mode",
        "x-amz-checksum-type",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-unmodified-since",
        "x-amz-copy-source-range",
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key-md5",
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-expected-bucket-owner",
        "x-amz-bucket-object-lock-enabled",
        "x-amz-bypass-governance-retention",
        "x-amz-max-parts",
        "x-amz-metadata-directive",
        "x-amz-mp-object-size",
        "x-amz-object-attributes",
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-object-ownership",
        "x-amz-optional-object-attributes",
        "x-amz-part-number-marker",
        "x-amz-request-payer",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-security-token",
        "x-amz-tagging",
        "x-amz-tagging-directive",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5",
        "x-amz-source-expected-bucket-owner",
        "x-amz-storage-class",
        "x-amz-te",
        "x-amz-trailer",
        "x-amz-transition-default-minimum-object-size",
        "x-amz-user-agent",
    }
)
_GRANT = "x-amz-grant-"
# What an owner-enforced bucket accepts: it says nothing that is not so.
_HARMLESS_ACLS = frozenset({"private", "bucket-owner-full-control"})
_VERSION = "?versionId="


def check_headers(request: HttpRequest) -> None:
    """Refuse headers of AWS that are unknown, given twice, or too large.

    Raises:
        NotImplementedHere: for one that asks for something not done here.
        InvalidArgument: for one that stands twice.
        AccessControlListNotSupported: for ACLs, which no bucket here has.
        MetadataTooLarge: for over 2 KB of user metadata.
        InvalidRequest: for several checksums, or one that is none.
    """
    metadata_bytes = 0
    checksums: list[str] = []
    for name, value in request.headers:
        if not name.startswith("x-amz-") or name in _KNOWN:
            continue
        if name.startswith(_METADATA):
            metadata_bytes += len(name) - len(_METADATA) + len(value)
        elif name.startswith(_GRANT):
            raise AccessControlListNotSupported
        elif name.startswith(PREFIX):
            checksums.append(name)
        else:
            raise NotImplementedHere(
                "A header you provided implies functionality that is not "
                f"implemented: {name[:80]!r}"
            )
    if checksums:
        check_checksums(request, checksums)
    if request.repeats:
        _check_repeated(request)
    if request.header("x-amz-acl") not in {None, *_HARMLESS_ACLS}:
        raise AccessControlListNotSupported
    if metadata_bytes > MAX_METADATA_BYTES:
        raise MetadataTooLarge


def _check_repeated(request: HttpRequest) -> None:
    counts = Counter(name for name, _ in request.headers)
    if any(count > 1 and name.startswith("x-amz-") for name, count in counts.items()):
        raise InvalidArgument("A header was given more than once.")


def copy_source_of(request: HttpRequest) -> CopySource | None:
    """Read `x-amz-copy-source`; None if it was not sent.

    Raises:
        InvalidArgument, InvalidBucketName, KeyTooLongError: if it does not
            name an object that could be.
    """
    value = request.header("x-amz-copy-source")
    if value is None:
        return None
    raw_path, version, version_id = value.partition(_VERSION)
    # AWS reads a plus as a blank here, and others do not: neither is safe.
    if "+" in value:
        raise InvalidArgument("Copy Source must be URL-encoded")
    if version:
        check_identifier("versionId", version_id)
    try:
        path = decode_path(raw_path)
    except InvalidURI:
        raise InvalidArgument("Copy Source must be URL-encoded") from None
    bucket, _, key = path.removeprefix("/").partition("/")
    if not bucket or not key:
        raise InvalidArgument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        )
    check_bucket_name(bucket)
    check_key(key)
    return CopySource(bucket, key, version_id or None)
