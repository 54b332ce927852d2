"""What a caller must be allowed, for a request to be carried out.

The actions stand in `permissions`; which of the request's headers and
parameters are condition keys of an action says the catalogue. A key that the
action does not have is never supplied: a policy that names it there finds it
absent, as it does at AWS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from securecart.policy.catalogue import find_action
from securecart.s3.identifier import check_identifier
from securecart.s3.key import check_key
from securecart.s3.permissions import (
    CREATES_AN_OBJECT,
    HEADER_KEYS,
    PARAMETER_KEYS,
    PERMISSIONS,
    On,
)
from securecart.s3.request import CopySource, S3Request
from securecart.s3.tagging import NO_TAGS, Context, TagSet

_CREATES = "s3:objectcreationoperation"
_LOCATION = "s3:locationconstraint"
_SOURCE = "s3:x-amz-copy-source"
_VERSION = "s3:versionid"
_EXISTING = "s3:existingobjecttag/"
_TAG_KEYS = "s3:requestobjecttagkeys"
_MATCH = "s3:if-match"
_READ = "s3:GetObject"
_NOTHING: Context = {}


@dataclass(frozen=True, slots=True)
class Required:
    """One action on one resource, with the condition keys it brings.

    `bucket` is the bucket whose policy and account bear on it.
    """

    action: str
    resource: str
    context: Context
    bucket: str | None


def required(
    request: S3Request,
    *,
    location_constraint: str | None = None,
    tags: TagSet | None = None,
    existing: TagSet = NO_TAGS,
    source_existing: TagSet = NO_TAGS,
    lock: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Required, ...]:
    """Answer everything that must be allowed; all of it must.

    `location_constraint` is what the body of CreateBucket asks for, `tags`
    those in the body of PutObjectTagging; `existing` are the tags that the
    object has, and `source_existing` those of a copy's source. `lock` are keys
    of Object Lock that no header says: those of a body, and the days ahead.

    Raises:
        ValueError: for DeleteObjects, which `required_for_key` decides key by
            key, so that nobody takes nothing required for everything allowed.
    """
    if tags is None and (header := request.request.header("x-amz-tagging")):
        tags = TagSet.from_header(header)
    found = _all_required(request, location_constraint, tags)
    if not (lock or existing or source_existing):
        return tuple([each for _, each in found])
    return tuple(
        [
            _with(each, lock, source_existing if on is On.SOURCE else existing)
            for on, each in found
        ]
    )


def _with(required: Required, lock: Mapping[str, str], existing: TagSet) -> Required:
    if not lock and not existing:
        return required
    keys = _keys_of(required.action)
    context = {name: value for name, value in lock.items() if name in keys}
    tags = existing.existing() if _EXISTING in keys else _NOTHING
    return replace(required, context={**required.context, **context, **tags})


def _all_required(
    request: S3Request, location_constraint: str | None, tags: TagSet | None
) -> Iterator[tuple[On, Required]]:
    source, sent = request.copy_source, request.request.first
    for permission in PERMISSIONS[request.operation]:
        if permission.headers and permission.headers.isdisjoint(sent):
            continue
        if permission.on is On.SOURCE:
            if source is None:
                raise ValueError(f"{request.operation} has no source")
            action = permission.for_version(source.version_id)
            yield permission.on, _source_required(action, source)
            continue
        if permission.on is On.OBJECT and request.key is None:
            raise ValueError(f"{request.operation} is decided key by key")
        action = permission.for_version(request.version_id)
        context = _context(request, action)
        if location_constraint is not None and _LOCATION in _keys_of(action):
            context[_LOCATION] = location_constraint
        if tags is not None and _TAG_KEYS in _keys_of(action):
            context.update(tags.requested())
        resource = request.resource
        yield permission.on, Required(action, resource, context, request.bucket)


def _source_required(action: str, source: CopySource) -> Required:
    return Required(
        action,
        f"arn:aws:s3:::{source.bucket}/{source.key}",
        _version_context(action, source.version_id),
        source.bucket,
    )


def required_for_key(
    request: S3Request,
    key: str,
    version_id: str | None = None,
    etag: str | None = None,
) -> tuple[Required, ...]:
    """What DeleteObjects must be allowed for one of its keys: all of it.

    `etag` is the condition on it: who may not read an object is not told, by
    what becomes of a guess, what is in it.

    Raises:
        InvalidArgument, KeyTooLongError: if the store could mistake the key
            for another; an error of that key alone.
    """
    check_key(key)
    if version_id is not None:
        check_identifier("versionId", version_id)
    actions = [
        permission.for_version(version_id)
        for permission in PERMISSIONS[request.operation]
        if not permission.headers or _sends_one_of(request, permission.headers)
    ]
    if etag is not None:
        actions.append(_READ)
    return tuple(
        _required_for_key(request, action, key, version_id, etag) for action in actions
    )


def _required_for_key(
    request: S3Request, action: str, key: str, version_id: str | None, etag: str | None
) -> Required:
    context = dict(_version_context(action, version_id))
    if etag is not None and _MATCH in _keys_of(action):
        context[_MATCH] = etag
    return Required(action, f"{request.resource}/{key}", context, request.bucket)


def required_to_see_absence(request: S3Request) -> Required:
    """What a caller must be allowed to be told that a key is not there.

    Without it, a missing key is answered as a forbidden one is.
    """
    return Required(
        "s3:ListBucket", f"arn:aws:s3:::{request.bucket}", {}, request.bucket
    )


def _sends_one_of(request: S3Request, headers: frozenset[str]) -> bool:
    return not headers.isdisjoint(request.request.first)


@cache
def _keys_of(action: str) -> frozenset[str]:
    """The condition keys of an action; the caller names it, never a request."""
    found = find_action(action)
    return frozenset() if found is None else found.condition_keys


def _version_context(action: str, version_id: str | None) -> Context:
    if version_id is None or _VERSION not in _keys_of(action):
        return _NOTHING
    return {_VERSION: version_id}


def _context(request: S3Request, action: str) -> dict[str, str | tuple[str, ...]]:
    keys = _keys_of(action)
    context: dict[str, str | tuple[str, ...]] = {
        key: value
        for name, value in request.parameters
        if (key := PARAMETER_KEYS.get(name, "")) in keys
    }
    for name, value in request.request.headers:
        key = HEADER_KEYS.get(name, "")
        if key in keys:
            context.setdefault(key, value)
    if _SOURCE in context and request.copy_source is not None:
        # As it was read, for the header can be written in several ways.
        context[_SOURCE] = f"{request.copy_source.bucket}/{request.copy_source.key}"
    if _CREATES in keys:
        creates = CREATES_AN_OBJECT[request.operation]
        context[_CREATES] = "true" if creates else "false"
    return context
