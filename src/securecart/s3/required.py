"""What a caller must be allowed, for a request to be carried out.

Source: Service Authorization Reference, "Actions, resources, and condition
keys for Amazon S3"; Amazon S3 User Guide, "Required permissions for Amazon
S3 API operations".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from securecart.s3.identifier import check_identifier
from securecart.s3.key import check_key
from securecart.s3.operations import Scope
from securecart.s3.request import S3Request

_PARAMETER_KEYS = {
    "prefix": "s3:prefix",
    "delimiter": "s3:delimiter",
    "max-keys": "s3:max-keys",
}
_LISTED = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})
_HEADER_KEYS = {
    "if-match": "s3:if-match",
    "if-none-match": "s3:if-none-match",
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-metadata-directive": "s3:x-amz-metadata-directive",
    "x-amz-object-ownership": "s3:x-amz-object-ownership",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id": (
        "s3:x-amz-server-side-encryption-aws-kms-key-id"
    ),
    "x-amz-storage-class": "s3:x-amz-storage-class",
}
_HEADER_ACTIONS = {
    "x-amz-acl": {Scope.BUCKET: "s3:PutBucketAcl", Scope.OBJECT: "s3:PutObjectAcl"},
    "x-amz-object-ownership": {Scope.BUCKET: "s3:PutBucketOwnershipControls"},
}


@dataclass(frozen=True, slots=True)
class Required:
    """One action on one resource, with the condition keys it brings.

    `bucket` is the bucket whose policy and account bear on it.
    """

    action: str
    resource: str
    context: Mapping[str, str]
    bucket: str | None


def required(
    request: S3Request, *, location_constraint: str | None = None
) -> tuple[Required, ...]:
    """Answer everything that must be allowed; all of it must.

    `location_constraint` is what the body of CreateBucket asks for.

    Raises:
        ValueError: for DeleteObjects, which `required_for_key` decides key by
            key, so that nobody takes nothing required for everything allowed.
    """
    row = request.row
    if row.action is None:
        raise ValueError(f"{row.name} is decided key by key")
    context = _parameter_context(request) | _header_context(request)
    if location_constraint is not None:
        context["s3:locationconstraint"] = location_constraint
    action = row.action
    if request.version_id is not None and row.version_action is not None:
        action = row.version_action
        context["s3:versionid"] = request.version_id
    found = tuple(
        Required(each, request.resource, context, request.bucket)
        for each in (action, *_actions_of_headers(request))
    )
    source = request.copy_source
    if source is None:
        return found
    read: dict[str, str] = {}
    if source.version_id is not None:
        read["s3:versionid"] = source.version_id
    return (
        *found,
        Required(
            "s3:GetObjectVersion" if source.version_id else "s3:GetObject",
            f"arn:aws:s3:::{source.bucket}/{source.key}",
            read,
            source.bucket,
        ),
    )


def required_for_key(
    request: S3Request, key: str, version_id: str | None = None
) -> Required:
    """What DeleteObjects must be allowed for one of its keys.

    Raises:
        InvalidArgument, KeyTooLongError: if the store could mistake the key
            for another; an error of that key alone.
    """
    check_key(key)
    resource = f"{request.resource}/{key}"
    if version_id is None:
        return Required("s3:DeleteObject", resource, {}, request.bucket)
    check_identifier("versionId", version_id)
    return Required(
        "s3:DeleteObjectVersion",
        resource,
        {"s3:versionid": version_id},
        request.bucket,
    )


def required_to_see_absence(request: S3Request) -> Required:
    """What a caller must be allowed to be told that a key is not there.

    Without it, a missing key is answered as a forbidden one is.
    """
    return Required(
        "s3:ListBucket", f"arn:aws:s3:::{request.bucket}", {}, request.bucket
    )


def _actions_of_headers(request: S3Request) -> Iterator[str]:
    """What some headers ask for beside the operation itself."""
    for header, by_scope in _HEADER_ACTIONS.items():
        if request.request.header(header) is not None and request.row.scope in by_scope:
            yield by_scope[request.row.scope]


def _parameter_context(request: S3Request) -> dict[str, str]:
    if request.operation not in _LISTED:
        return {}
    return {
        _PARAMETER_KEYS[name]: value
        for name, value in request.parameters
        if name in _PARAMETER_KEYS
    }


def _header_context(request: S3Request) -> dict[str, str]:
    found = {
        key: value
        for header, key in _HEADER_KEYS.items()
        if (value := request.request.header(header)) is not None
    }
    if request.copy_source is not None:
        source = request.copy_source
        found["s3:x-amz-copy-source"] = f"{source.bucket}/{source.key}"
    return found
