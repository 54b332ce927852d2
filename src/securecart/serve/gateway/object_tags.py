"""The tags of objects: operations on them, and what decisions ask of them.

Source: Amazon S3 API Reference, "PutObjectTagging", "GetObjectTagging" and
"DeleteObjectTagging"; Amazon S3 User Guide, "Tagging and access control
policies".
"""

from collections.abc import Iterable
from functools import cache, lru_cache

from securecart.names.errors import ServiceError
from securecart.names.principal import Principal
from securecart.policy import Policy
from securecart.policy.catalogue import find_action
from securecart.s3 import S3Request, required
from securecart.s3.permissions import PERMISSIONS, On
from securecart.s3.tagging import NO_TAGS, TagSet
from securecart.serve.gateway.absence import absence
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.guard import Guard
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store import Store, target_of

_EXISTING = "s3:existingobjecttag/"
_MISSING = frozenset({"MethodNotAllowed", "NoSuchBucket", "NoSuchKey", "NoSuchVersion"})
_TEXTS = 512
"""Policies of which is kept whether they ask for tags: of 20 kB at most."""


async def get_object_tagging(backend: Backend, call: Call) -> Answer:
    """Answer an object's tags; an object without any has an empty set."""
    try:
        answer = await backend.store.call("GET", call.s3.target)
    except ServiceError as error:
        raise await _missing(backend, call, error) from error
    return document(TagSet.from_store(answer.body).to_xml(), *_version(call))


async def put_object_tagging(backend: Backend, call: Call) -> Answer:
    """Give an object these tags and no others; decided with them."""
    tags = TagSet.from_xml(await call.document(backend.limits))
    existing = NO_TAGS
    if tags_bear(backend.guard, call.principal, call.s3):
        existing, _ = await existing_tags(backend.store, call.s3)
    backend.guard.require(
        call.principal, required(call.s3, tags=tags, existing=existing), call.context
    )
    try:
        await backend.store.call("PUT", call.s3.target, (), tags.to_xml())
    except ServiceError as error:
        raise await _missing(backend, call, error) from error
    return Answer(200, _version(call))


async def delete_object_tagging(backend: Backend, call: Call) -> Answer:
    """Take an object's tags away."""
    try:
        await backend.store.call("DELETE", call.s3.target)
    except ServiceError as error:
        raise await _missing(backend, call, error) from error
    return Answer(204, _version(call))


def _version(call: Call) -> tuple[tuple[str, str], ...]:
    version = call.s3.version_id
    return () if version is None else (("x-amz-version-id", version),)


async def _missing(backend: Backend, call: Call, error: ServiceError) -> ServiceError:
    if error.code not in {"NoSuchKey", "NoSuchVersion"}:
        return error
    return await absence(backend, call, error)


def tags_bear(guard: Guard, principal: Principal, request: S3Request) -> bool:
    """Say whether a policy may ask for the tags of what a request is about.

    The store is asked for them only then: a plain GET costs nothing more.
    """
    if request.key is None or request.bucket is None:
        return False
    if _bear_on(request) and _asked_for(guard.policies(principal, request.bucket)):
        return True
    source = request.copy_source
    return source is not None and _asked_for(guard.policies(principal, source.bucket))


async def existing_tags(store: Store, request: S3Request) -> tuple[TagSet, TagSet]:
    """Answer the tags of a request's object, and those of a copy's source.

    An object that is not there has none.

    Raises:
        ServiceError, ConnectionError, TimeoutError: the store did not say, so
            that nothing can be decided.
    """
    of_object = of_source = NO_TAGS
    if request.bucket is not None and request.key is not None:
        of_object = await _read(store, request.bucket, request.key, request.version_id)
    source = request.copy_source
    if source is not None:
        of_source = await _read(store, source.bucket, source.key, source.version_id)
    return of_object, of_source


async def _read(store: Store, bucket: str, key: str, version_id: str | None) -> TagSet:
    query = {"tagging": ""}
    if version_id is not None:
        query["versionId"] = version_id
    try:
        answer = await store.call("GET", target_of(bucket, key, query))
    except ServiceError as error:
        if error.code in _MISSING:
            return NO_TAGS
        raise
    return TagSet.from_store(answer.body)


def _bear_on(request: S3Request) -> bool:
    """Say whether an action that the request needs knows its object's tags."""
    sent = request.request.first
    for headers in _knowing(request.operation):
        if not headers or not headers.isdisjoint(sent):
            return True
    return False


@cache
def _knowing(operation: str) -> tuple[frozenset[str], ...]:
    """Answer, for each action that knows them, the headers that it is needed for."""
    return tuple(
        permission.headers
        for permission in PERMISSIONS.get(operation, ())
        if permission.on is On.OBJECT
        and any(
            (found := find_action(action)) is not None
            and _EXISTING in found.condition_keys
            for action in (permission.action, permission.for_version("v"))
        )
    )


def _asked_for(policies: Iterable[Policy]) -> bool:
    return any(map(_asks, [policy.text for policy in policies]))


@lru_cache(_TEXTS)
def _asks(text: str) -> bool:
    """Say whether a policy may name the key, which JSON can spell otherwise."""
    lowered = text.lower()
    return _EXISTING in lowered or "\\u" in lowered
