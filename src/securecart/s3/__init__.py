"""S3 without the bytes: what a request asks for, and what that requires.

Floor 2, sans-IO. Uses `names`, `policy` and `wire`. `resolve` names the
operation of a request or refuses it; `required` says what must be allowed;
the rest is how a bucket is set up.
"""

from securecart.s3.bucket import Bucket, Buckets, InMemoryBuckets
from securecart.s3.bucket_name import check_bucket_name
from securecart.s3.bucket_policy import keeps_out, read_bucket_policy
from securecart.s3.context import request_context, signature_context
from securecart.s3.cors import CorsConfiguration, CorsRule
from securecart.s3.delete_objects import (
    DeletedObject,
    DeleteError,
    DeleteObjects,
    ObjectToDelete,
    delete_objects_body,
    delete_objects_result,
    parse_delete_objects,
)
from securecart.s3.encryption import DefaultEncryption
from securecart.s3.folder import NoFolder, folder_of
from securecart.s3.key import check_key
from securecart.s3.location import (
    check_location,
    location_document,
    read_location_constraint,
)
from securecart.s3.operations import OPERATIONS, Operation, Scope
from securecart.s3.ownership import ObjectOwnership, parse_ownership, read_ownership
from securecart.s3.public_access_block import PublicAccessBlock
from securecart.s3.public_policy import is_public
from securecart.s3.request import CopySource, S3Request
from securecart.s3.required import (
    Required,
    required,
    required_for_key,
    required_to_see_absence,
)
from securecart.s3.resolve import read_path, resolve
from securecart.s3.versioning import Versioning, read_versioning

__all__ = [
    "OPERATIONS",
    "Bucket",
    "Buckets",
    "CopySource",
    "CorsConfiguration",
    "CorsRule",
    "DefaultEncryption",
    "DeleteError",
    "DeleteObjects",
    "DeletedObject",
    "InMemoryBuckets",
    "NoFolder",
    "ObjectOwnership",
    "ObjectToDelete",
    "Operation",
    "PublicAccessBlock",
    "Required",
    "S3Request",
    "Scope",
    "Versioning",
    "check_bucket_name",
    "check_key",
    "check_location",
    "delete_objects_body",
    "delete_objects_result",
    "folder_of",
    "is_public",
    "keeps_out",
    "location_document",
    "parse_delete_objects",
    "parse_ownership",
    "read_bucket_policy",
    "read_location_constraint",
    "read_ownership",
    "read_path",
    "read_versioning",
    "request_context",
    "required",
    "required_for_key",
    "required_to_see_absence",
    "resolve",
    "signature_context",
]
