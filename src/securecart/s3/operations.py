"""The operations of S3 that are spoken here; all others are refused.

Source: Amazon S3 API Reference, and the Service Authorization Reference,
"Actions, resources, and condition keys for Amazon S3".
"""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """What the path of a request names."""

    SERVICE = "service"
    BUCKET = "bucket"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Operation:
    """One row: how a request names the operation, and what it takes.

    `markers` are query parameters that must be there, `copies` says that the
    header `x-amz-copy-source` must be. `parameters` are those that may be
    there beside. `action` is the IAM action, None where each key of the body
    is decided for itself; `version_action` replaces it where a version is
    named.
    """

    name: str
    method: str
    scope: Scope
    action: str | None
    markers: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    copies: bool = False
    version_action: str | None = None


_LISTING = frozenset({"prefix", "delimiter", "encoding-type"})
_RESPONSE = frozenset(
    {
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    }
)
_READING = _RESPONSE | {"versionId", "partNumber"}


def _bucket(
    name: str,
    method: str,
    action: str | None,
    *markers: str,
    parameters: frozenset[str] = frozenset(),
) -> Operation:
    return Operation(name, method, Scope.BUCKET, action, frozenset(markers), parameters)


def _object(
    name: str,
    method: str,
    action: str,
    *markers: str,
    parameters: frozenset[str] = frozenset(),
    copies: bool = False,
    version_action: str | None = None,
) -> Operation:
    return Operation(
        name,
        method,
        Scope.OBJECT,
        action,
        frozenset(markers),
        parameters,
        copies,
        version_action,
    )


OPERATIONS = (
    Operation("ListBuckets", "GET", Scope.SERVICE, "s3:ListAllMyBuckets"),
    _bucket("CreateBucket", "PUT", "s3:CreateBucket"),
    _bucket("HeadBucket", "HEAD", "s3:ListBucket"),
    _bucket("DeleteBucket", "DELETE", "s3:DeleteBucket"),
    _bucket(
        "ListObjects",
        "GET",
        "s3:ListBucket",
        parameters=_LISTING | {"marker", "max-keys"},
    ),
    _bucket(
        "ListObjectsV2",
        "GET",
        "s3:ListBucket",
        "list-type",
        parameters=_LISTING
        | {"max-keys", "continuation-token", "start-after", "fetch-owner"},
    ),
    _bucket(
        "ListObjectVersions",
        "GET",
        "s3:ListBucketVersions",
        "versions",
        parameters=_LISTING | {"max-keys", "key-marker", "version-id-marker"},
    ),
    _bucket(
        "ListMultipartUploads",
        "GET",
        "s3:ListBucketMultipartUploads",
        "uploads",
        parameters=_LISTING | {"max-uploads", "key-marker", "upload-id-marker"},
    ),
    _bucket("DeleteObjects", "POST", None, "delete"),
    _bucket("GetBucketLocation", "GET", "s3:GetBucketLocation", "location"),
    _bucket("GetBucketPolicy", "GET", "s3:GetBucketPolicy", "policy"),
    _bucket("PutBucketPolicy", "PUT", "s3:PutBucketPolicy", "policy"),
    _bucket("DeleteBucketPolicy", "DELETE", "s3:DeleteBucketPolicy", "policy"),
    _bucket("GetBucketVersioning", "GET", "s3:GetBucketVersioning", "versioning"),
    _bucket("PutBucketVersioning", "PUT", "s3:PutBucketVersioning", "versioning"),
    _bucket(
        "GetBucketEncryption", "GET", "s3:GetEncryptionConfiguration", "encryption"
    ),
    _bucket(
        "PutBucketEncryption", "PUT", "s3:PutEncryptionConfiguration", "encryption"
    ),
    _bucket(
        "DeleteBucketEncryption",
        "DELETE",
        "s3:PutEncryptionConfiguration",
        "encryption",
    ),
    _bucket("GetBucketCors", "GET", "s3:GetBucketCORS", "cors"),
    _bucket("PutBucketCors", "PUT", "s3:PutBucketCORS", "cors"),
    _bucket("DeleteBucketCors", "DELETE", "s3:PutBucketCORS", "cors"),
    _bucket(
        "GetPublicAccessBlock",
        "GET",
        "s3:GetBucketPublicAccessBlock",
        "publicAccessBlock",
    ),
    _bucket(
        "PutPublicAccessBlock",
        "PUT",
        "s3:PutBucketPublicAccessBlock",
        "publicAccessBlock",
    ),
    _bucket(
        "DeletePublicAccessBlock",
        "DELETE",
        "s3:PutBucketPublicAccessBlock",
        "publicAccessBlock",
    ),
    _bucket(
        "GetBucketOwnershipControls",
        "GET",
        "s3:GetBucketOwnershipControls",
        "ownershipControls",
    ),
    _bucket(
        "PutBucketOwnershipControls",
        "PUT",
        "s3:PutBucketOwnershipControls",
        "ownershipControls",
    ),
    _bucket(
        "DeleteBucketOwnershipControls",
        "DELETE",
        "s3:PutBucketOwnershipControls",
        "ownershipControls",
    ),
    _object(
        "GetObject",
        "GET",
        "s3:GetObject",
        parameters=_READING,
        version_action="s3:GetObjectVersion",
    ),
    _object(
        "HeadObject",
        "HEAD",
        "s3:GetObject",
        parameters=_READING,
        version_action="s3:GetObjectVersion",
    ),
    _object("PutObject", "PUT", "s3:PutObject"),
    _object("CopyObject", "PUT", "s3:PutObject", copies=True),
    _object(
        "DeleteObject",
        "DELETE",
        "s3:DeleteObject",
        parameters=frozenset({"versionId"}),
        version_action="s3:DeleteObjectVersion",
    ),
    _object("CreateMultipartUpload", "POST", "s3:PutObject", "uploads"),
    _object("UploadPart", "PUT", "s3:PutObject", "uploadId", "partNumber"),
    _object(
        "UploadPartCopy",
        "PUT",
        "s3:PutObject",
        "uploadId",
        "partNumber",
        copies=True,
    ),
    _object("CompleteMultipartUpload", "POST", "s3:PutObject", "uploadId"),
    _object("AbortMultipartUpload", "DELETE", "s3:AbortMultipartUpload", "uploadId"),
    _object(
        "ListParts",
        "GET",
        "s3:ListMultipartUploadParts",
        "uploadId",
        parameters=frozenset({"max-parts", "part-number-marker"}),
    ),
)


def operations_of(method: str, scope: Scope) -> tuple[Operation, ...]:
    """The rows for a method and a scope, those with most markers first."""
    return _BY_METHOD.get((method, scope), ())


_BY_METHOD: dict[tuple[str, Scope], tuple[Operation, ...]] = {
    (row.method, row.scope): tuple(
        sorted(
            (
                other
                for other in OPERATIONS
                if (other.method, other.scope) == (row.method, row.scope)
            ),
            key=lambda other: -len(other.markers),
        )
    )
    for row in OPERATIONS
}
