"""Every operation by its name; the test holds it against the rows of `s3`."""

from collections.abc import Mapping

from securecart.s3.absent import NOT_CONFIGURED
from securecart.serve.gateway import (
    absent,
    access_control_lists,
    bucket_operations,
    configuration,
    copying,
    deleting,
    listing,
    multipart,
    object_lock,
    object_tags,
    reading,
    uploads,
    writing,
)
from securecart.serve.gateway.call import Operation

OPERATIONS: Mapping[str, Operation] = {
    **dict.fromkeys(NOT_CONFIGURED, absent.answer),
    "GetBucketAcl": access_control_lists.get_bucket_acl,
    "PutBucketAcl": access_control_lists.put_bucket_acl,
    "GetObjectAcl": access_control_lists.get_object_acl,
    "PutObjectAcl": access_control_lists.put_object_acl,
    "ListBuckets": bucket_operations.list_buckets,
    "CreateBucket": bucket_operations.create_bucket,
    "HeadBucket": bucket_operations.head_bucket,
    "DeleteBucket": bucket_operations.delete_bucket,
    "GetBucketLocation": bucket_operations.get_bucket_location,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListObjectVersions": listing.list_object_versions,
    "ListMultipartUploads": uploads.list_multipart_uploads,
    "GetBucketPolicy": configuration.get_bucket_policy,
    "GetBucketPolicyStatus": configuration.get_bucket_policy_status,
    "PutBucketPolicy": configuration.put_bucket_policy,
    "DeleteBucketPolicy": configuration.delete_bucket_policy,
    "GetBucketVersioning": configuration.get_bucket_versioning,
    "PutBucketVersioning": configuration.put_bucket_versioning,
    "GetBucketEncryption": configuration.get_bucket_encryption,
    "PutBucketEncryption": configuration.put_bucket_encryption,
    "DeleteBucketEncryption": configuration.delete_bucket_encryption,
    "GetBucketCors": configuration.get_bucket_cors,
    "PutBucketCors": configuration.put_bucket_cors,
    "DeleteBucketCors": configuration.delete_bucket_cors,
    "GetPublicAccessBlock": configuration.get_public_access_block,
    "PutPublicAccessBlock": configuration.put_public_access_block,
    "DeletePublicAccessBlock": configuration.delete_public_access_block,
    "GetBucketOwnershipControls": configuration.get_bucket_ownership_controls,
    "PutBucketOwnershipControls": configuration.put_bucket_ownership_controls,
    "DeleteBucketOwnershipControls": configuration.delete_bucket_ownership_controls,
    "GetObject": reading.get_object,
    "HeadObject": reading.head_object,
    "GetObjectLockConfiguration": object_lock.get_object_lock_configuration,
    "PutObjectLockConfiguration": object_lock.put_object_lock_configuration,
    "GetObjectRetention": object_lock.get_object_retention,
    "PutObjectRetention": object_lock.put_object_retention,
    "GetObjectLegalHold": object_lock.get_object_legal_hold,
    "PutObjectLegalHold": object_lock.put_object_legal_hold,
    "GetObjectTagging": object_tags.get_object_tagging,
    "PutObjectTagging": object_tags.put_object_tagging,
    "DeleteObjectTagging": object_tags.delete_object_tagging,
    "PutObject": writing.put_object,
    "CopyObject": copying.copy_object,
    "DeleteObject": deleting.delete_object,
    "DeleteObjects": deleting.delete_objects,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "UploadPart": writing.upload_part,
    "UploadPartCopy": copying.upload_part_copy,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "ListParts": uploads.list_parts,
}

DECIDE_THEMSELVES = frozenset(
    {
        "CreateBucket",
        "DeleteObjects",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
    }
)
"""What they require stands in their bodies."""
