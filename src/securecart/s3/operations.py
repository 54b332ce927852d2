"""The operations of S3 that are spoken here; all others are refused.

What each must be allowed stands in `permissions`.

Source: Amazon S3 API Reference.
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
    there beside.
    """

    name: str
    method: str
    scope: Scope
    markers: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    copies: bool = False


_MORE = frozenset({"continuation-token"})
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
_VERSION = frozenset({"versionId"})
_READING = _RESPONSE | _VERSION | {"partNumber"}


def _bucket(
    name: str, method: str, *markers: str, parameters: frozenset[str] = frozenset()
) -> Operation:
    return Operation(name, method, Scope.BUCKET, frozenset(markers), parameters)


def _object(
    name: str,
    method: str,
    *markers: str,
    parameters: frozenset[str] = frozenset(),
    copies: bool = False,
) -> Operation:
    return Operation(name, method, Scope.OBJECT, frozenset(markers), parameters, copies)


OPERATIONS = (
    Operation(
        "ListBuckets",
        "GET",
        Scope.SERVICE,
        parameters=_MORE | {"prefix", "max-buckets", "bucket-region"},
    ),
    _bucket("CreateBucket", "PUT"),
    _bucket("HeadBucket", "HEAD"),
    _bucket("DeleteBucket", "DELETE"),
    _bucket("ListObjects", "GET", parameters=_LISTING | {"marker", "max-keys"}),
    _bucket(
        "ListObjectsV2",
        "GET",
        "list-type",
        parameters=_LISTING
        | {"max-keys", "continuation-token", "start-after", "fetch-owner"},
    ),
    _bucket(
        "ListObjectVersions",
        "GET",
        "versions",
        parameters=_LISTING | {"max-keys", "key-marker", "version-id-marker"},
    ),
    _bucket(
        "ListMultipartUploads",
        "GET",
        "uploads",
        parameters=_LISTING | {"max-uploads", "key-marker", "upload-id-marker"},
    ),
    _bucket("DeleteObjects", "POST", "delete"),
    _bucket("GetBucketLocation", "GET", "location"),
    _bucket("GetBucketPolicy", "GET", "policy"),
    _bucket("GetBucketPolicyStatus", "GET", "policyStatus"),
    _bucket("PutBucketPolicy", "PUT", "policy"),
    _bucket("DeleteBucketPolicy", "DELETE", "policy"),
    _bucket("GetBucketVersioning", "GET", "versioning"),
    _bucket("PutBucketVersioning", "PUT", "versioning"),
    _bucket("GetBucketEncryption", "GET", "encryption"),
    _bucket("PutBucketEncryption", "PUT", "encryption"),
    _bucket("DeleteBucketEncryption", "DELETE", "encryption"),
    _bucket("GetBucketCors", "GET", "cors"),
    _bucket("PutBucketCors", "PUT", "cors"),
    _bucket("DeleteBucketCors", "DELETE", "cors"),
    _bucket("GetPublicAccessBlock", "GET", "publicAccessBlock"),
    _bucket("PutPublicAccessBlock", "PUT", "publicAccessBlock"),
    _bucket("DeletePublicAccessBlock", "DELETE", "publicAccessBlock"),
    _bucket("GetBucketOwnershipControls", "GET", "ownershipControls"),
    _bucket("PutBucketOwnershipControls", "PUT", "ownershipControls"),
    _bucket("DeleteBucketOwnershipControls", "DELETE", "ownershipControls"),
    _bucket("GetBucketAcl", "GET", "acl"),
    _bucket("PutBucketAcl", "PUT", "acl"),
    _bucket("GetBucketLifecycleConfiguration", "GET", "lifecycle"),
    _bucket("PutBucketLifecycleConfiguration", "PUT", "lifecycle"),
    _bucket("DeleteBucketLifecycle", "DELETE", "lifecycle"),
    _bucket("GetBucketTagging", "GET", "tagging"),
    _bucket("DeleteBucketTagging", "DELETE", "tagging"),
    _bucket("GetBucketReplication", "GET", "replication"),
    _bucket("DeleteBucketReplication", "DELETE", "replication"),
    _bucket("GetBucketWebsite", "GET", "website"),
    _bucket("DeleteBucketWebsite", "DELETE", "website"),
    _bucket("GetBucketAbac", "GET", "abac"),
    _bucket("GetBucketAccelerateConfiguration", "GET", "accelerate"),
    _bucket("GetBucketLogging", "GET", "logging"),
    _bucket("GetBucketNotificationConfiguration", "GET", "notification"),
    _bucket("GetBucketRequestPayment", "GET", "requestPayment"),
    _bucket("GetBucketAnalyticsConfiguration", "GET", "analytics", "id"),
    _bucket("ListBucketAnalyticsConfigurations", "GET", "analytics", parameters=_MORE),
    _bucket(
        "GetBucketIntelligentTieringConfiguration", "GET", "intelligent-tiering", "id"
    ),
    _bucket(
        "ListBucketIntelligentTieringConfigurations",
        "GET",
        "intelligent-tiering",
        parameters=_MORE,
    ),
    _bucket("GetBucketInventoryConfiguration", "GET", "inventory", "id"),
    _bucket("ListBucketInventoryConfigurations", "GET", "inventory", parameters=_MORE),
    _bucket("GetBucketMetricsConfiguration", "GET", "metrics", "id"),
    _bucket("ListBucketMetricsConfigurations", "GET", "metrics", parameters=_MORE),
    _bucket("GetObjectLockConfiguration", "GET", "object-lock"),
    _bucket("PutObjectLockConfiguration", "PUT", "object-lock"),
    _object("GetObject", "GET", parameters=_READING),
    _object("HeadObject", "HEAD", parameters=_READING),
    _object("PutObject", "PUT"),
    _object("CopyObject", "PUT", copies=True),
    _object("DeleteObject", "DELETE", parameters=_VERSION),
    _object("GetObjectAttributes", "GET", "attributes", parameters=_VERSION),
    _object("GetObjectRetention", "GET", "retention", parameters=_VERSION),
    _object("PutObjectRetention", "PUT", "retention", parameters=_VERSION),
    _object("GetObjectLegalHold", "GET", "legal-hold", parameters=_VERSION),
    _object("PutObjectLegalHold", "PUT", "legal-hold", parameters=_VERSION),
    _object("GetObjectTagging", "GET", "tagging", parameters=_VERSION),
    _object("PutObjectTagging", "PUT", "tagging", parameters=_VERSION),
    _object("DeleteObjectTagging", "DELETE", "tagging", parameters=_VERSION),
    _object("GetObjectAcl", "GET", "acl", parameters=_VERSION),
    _object("PutObjectAcl", "PUT", "acl", parameters=_VERSION),
    _object("CreateMultipartUpload", "POST", "uploads"),
    _object("UploadPart", "PUT", "uploadId", "partNumber"),
    _object("UploadPartCopy", "PUT", "uploadId", "partNumber", copies=True),
    _object("CompleteMultipartUpload", "POST", "uploadId"),
    _object("AbortMultipartUpload", "DELETE", "uploadId"),
    _object(
        "ListParts",
        "GET",
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
