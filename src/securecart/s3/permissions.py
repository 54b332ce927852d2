"""What every operation of S3 must be allowed, spoken here or not.

Actions of other services, on resources that a body names (the role of
PutBucketReplication, the tables of metadata configurations), are not listed.

Source: Service Authorization Reference, "Actions, resources, and condition
keys for Amazon S3"; Amazon S3 User Guide, "Required permissions for Amazon
S3 API operations"; Amazon S3 API Reference, the pages of the operations.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class On(Enum):
    """What an action is done to."""

    ACCOUNT = "account"
    BUCKET = "bucket"
    OBJECT = "object"
    SOURCE = "the object that x-amz-copy-source names"


@dataclass(frozen=True, slots=True)
class Permission:
    """One action that an operation needs.

    Where a version is named, `versioned` takes its place. Where there are
    `headers`, it is needed only by a request that sends one of them.
    """

    action: str
    on: On
    versioned: str | None = None
    headers: frozenset[str] = frozenset()

    def for_version(self, version_id: str | None) -> str:
        """The action for one version of the resource, or for the latest."""
        return self.action if version_id is None else self.versioned or self.action


def _bucket(action: str, *headers: str) -> Permission:
    return Permission(f"s3:{action}", On.BUCKET, None, frozenset(headers))


def _object(
    action: str, versioned: str | None = None, headers: Iterable[str] = ()
) -> Permission:
    version_action = versioned and f"s3:{versioned}"
    return Permission(f"s3:{action}", On.OBJECT, version_action, frozenset(headers))


_ACL = (
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
)
_BYPASSING = _object(
    "BypassGovernanceRetention", None, ["x-amz-bypass-governance-retention"]
)
# Who may not read an object is not told, by what becomes of a guess at its
# entity tag, what is in it.
_MATCHING = _object("GetObject", None, ["if-match"])
_PUT = _object("PutObject")
_GET = _object("GetObject", "GetObjectVersion")
_DELETE = _object("DeleteObject", "DeleteObjectVersion")
_SOURCE = Permission("s3:GetObject", On.SOURCE, "s3:GetObjectVersion")
# Tags that are not sent but copied need it too, where the source has any.
_SOURCE_TAGS = Permission(
    "s3:GetObjectTagging",
    On.SOURCE,
    "s3:GetObjectVersionTagging",
    frozenset({"x-amz-tagging-directive"}),
)
_WRITING = (
    _PUT,
    _object("PutObjectAcl", None, _ACL),
    _object("PutObjectTagging", None, ["x-amz-tagging"]),
    _object("PutObjectLegalHold", None, ["x-amz-object-lock-legal-hold"]),
    _object(
        "PutObjectRetention",
        None,
        [
            "x-amz-object-lock-event-hold",
            "x-amz-object-lock-event-hold-duration-days",
            "x-amz-object-lock-event-hold-duration-years",
            "x-amz-object-lock-mode",
            "x-amz-object-lock-retain-until-date",
        ],
    ),
)
_LOCKING = "x-amz-bucket-object-lock-enabled"

_ON_BUCKETS = {
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "CreateBucketMetadataTableConfiguration": "CreateBucketMetadataTableConfiguration",
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetadataTableConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketWebsite": "DeleteBucketWebsite",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAbac": "GetBucketAbac",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAcl": "GetBucketAcl",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketLogging": "GetBucketLogging",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetadataTableConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotification": "GetBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketOwnershipControls": "GetBucketOwnershipControls",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketPolicyStatus": "GetBucketPolicyStatus",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetBucketRequestPayment": "GetBucketRequestPayment",
    "GetBucketTagging": "GetBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "GetBucketWebsite": "GetBucketWebsite",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAbac": "PutBucketAbac",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAcl": "PutBucketAcl",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketLogging": "PutBucketLogging",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotification": "PutBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketOwnershipControls": "PutBucketOwnershipControls",
    "PutBucketPolicy": "PutBucketPolicy",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutBucketRequestPayment": "PutBucketRequestPayment",
    "PutBucketTagging": "PutBucketTagging",
    "PutBucketVersioning": "PutBucketVersioning",
    "PutBucketWebsite": "PutBucketWebsite",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UpdateBucketMetadataAnnotationTableConfiguration": (
        "UpdateBucketMetadataAnnotationTableConfiguration"
    ),
    "UpdateBucketMetadataInventoryTableConfiguration": (
        "UpdateBucketMetadataInventoryTableConfiguration"
    ),
    "UpdateBucketMetadataJournalTableConfiguration": (
        "UpdateBucketMetadataJournalTableConfiguration"
    ),
}

PERMISSIONS: Mapping[str, tuple[Permission, ...]] = {
    **{operation: (_bucket(action),) for operation, action in _ON_BUCKETS.items()},
    "AbortMultipartUpload": (_object("AbortMultipartUpload"),),
    "CompleteMultipartUpload": (_PUT, _MATCHING),
    "CopyObject": (*_WRITING, _SOURCE, _SOURCE_TAGS, _MATCHING),
    "CreateBucket": (
        _bucket("CreateBucket"),
        _bucket("PutBucketAcl", *_ACL),
        _bucket("PutBucketObjectLockConfiguration", _LOCKING),
        _bucket("PutBucketVersioning", _LOCKING),
        _bucket("PutBucketOwnershipControls", "x-amz-object-ownership"),
    ),
    "CreateMultipartUpload": _WRITING,
    "DeleteObject": (_DELETE, _BYPASSING, _MATCHING),
    "DeleteObjectAnnotation": (
        _object("DeleteObjectAnnotation", "DeleteObjectVersionAnnotation"),
    ),
    "DeleteObjectTagging": (
        _object("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    ),
    # For each key of the body.
    "DeleteObjects": (_DELETE, _BYPASSING),
    "GetObject": (_GET,),
    "GetObjectAcl": (_object("GetObjectAcl", "GetObjectVersionAcl"),),
    "GetObjectAnnotation": (
        _object("GetObjectAnnotation", "GetObjectVersionAnnotation"),
    ),
    "GetObjectAttributes": (
        _GET,
        _object("GetObjectAttributes", "GetObjectVersionAttributes"),
    ),
    "GetObjectLegalHold": (_object("GetObjectLegalHold"),),
    "GetObjectRetention": (_object("GetObjectRetention"),),
    "GetObjectTagging": (_object("GetObjectTagging", "GetObjectVersionTagging"),),
    "GetObjectTorrent": (_object("GetObjectTorrent", "GetObjectVersionTorrent"),),
    "HeadObject": (_GET,),
    "ListBuckets": (Permission("s3:ListAllMyBuckets", On.ACCOUNT),),
    "ListObjectAnnotations": (
        _object("ListObjectAnnotations", "ListObjectVersionAnnotations"),
    ),
    "ListParts": (_object("ListMultipartUploadParts"),),
    "PutObject": (*_WRITING, _MATCHING),
    "PutObjectAcl": (_object("PutObjectAcl", "PutObjectVersionAcl"),),
    "PutObjectAnnotation": (
        _object("PutObjectAnnotation", "PutObjectVersionAnnotation"),
    ),
    "PutObjectLegalHold": (_object("PutObjectLegalHold"),),
    "PutObjectRetention": (_object("PutObjectRetention"), _BYPASSING),
    "PutObjectTagging": (_object("PutObjectTagging", "PutObjectVersionTagging"),),
    "RestoreObject": (_object("RestoreObject"),),
    "SelectObjectContent": (_GET,),
    "UpdateObjectEncryption": (_object("UpdateObjectEncryption"),),
    "UploadPart": (_PUT,),
    "UploadPartCopy": (_PUT, _SOURCE),
    # Directory buckets and Object Lambda are services of their own.
    "CreateSession": (Permission("s3express:CreateSession", On.BUCKET),),
    "ListDirectoryBuckets": (
        Permission("s3express:ListAllMyDirectoryBuckets", On.ACCOUNT),
    ),
    "RenameObject": (Permission("s3express:CreateSession", On.BUCKET),),
    "WriteGetObjectResponse": (
        Permission("s3-object-lambda:WriteGetObjectResponse", On.ACCOUNT),
    ),
}
"""The permissions by the operation's name; all that apply must be allowed."""

CREATES_AN_OBJECT = {
    "CompleteMultipartUpload": True,
    "CopyObject": True,
    "CreateMultipartUpload": False,
    "PutObject": True,
    "UploadPart": False,
    "UploadPartCopy": False,
}
"""The value of `s3:ObjectCreationOperation` where `s3:PutObject` is needed.

A part has no header of its own about what the object will be. A Deny of
writes that lack such a header would stop every part, and this key is what
AWS has it spared by ("Enforce conditional writes on Amazon S3 buckets").
"""

HEADER_KEYS = {
    "if-match": "s3:if-match",
    "if-none-match": "s3:if-none-match",
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-bucket-namespace": "s3:x-amz-bucket-namespace",
    "x-amz-copy-source": "s3:x-amz-copy-source",
    "x-amz-grant-full-control": "s3:x-amz-grant-full-control",
    "x-amz-grant-read": "s3:x-amz-grant-read",
    "x-amz-grant-read-acp": "s3:x-amz-grant-read-acp",
    "x-amz-grant-write": "s3:x-amz-grant-write",
    "x-amz-grant-write-acp": "s3:x-amz-grant-write-acp",
    "x-amz-metadata-directive": "s3:x-amz-metadata-directive",
    "x-amz-object-annotation-directive": "s3:x-amz-object-annotation-directive",
    "x-amz-object-if-match": "s3:x-amz-object-if-match",
    "x-amz-object-lock-event-hold": "s3:object-lock-event-hold",
    "x-amz-object-lock-event-hold-duration-days": (
        "s3:object-lock-event-hold-duration-days"
    ),
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-ownership": "s3:x-amz-object-ownership",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id": (
        "s3:x-amz-server-side-encryption-aws-kms-key-id"
    ),
    "x-amz-server-side-encryption-customer-algorithm": (
        "s3:x-amz-server-side-encryption-customer-algorithm"
    ),
    "x-amz-storage-class": "s3:x-amz-storage-class",
    "x-amz-website-redirect-location": "s3:x-amz-website-redirect-location",
}
"""Headers that are condition keys of those actions that have the key."""

PARAMETER_KEYS = {
    "annotation-prefix": "s3:annotation-prefix",
    "delimiter": "s3:delimiter",
    "max-annotation-results": "s3:max-annotation-results",
    "max-keys": "s3:max-keys",
    "prefix": "s3:prefix",
    "versionId": "s3:versionid",
}
"""Query parameters that are, likewise."""
