"""Object Lock: kept and enforced by the store, decided here.

Source: Amazon S3 API Reference, the Get and Put of "ObjectLockConfiguration",
"ObjectRetention" and "ObjectLegalHold".
"""

from collections.abc import Mapping

from securecart.names.errors import AccessDenied, ServiceError
from securecart.s3 import Versioning, required
from securecart.s3.errors import InvalidBucketState, InvalidRequest, S3Error
from securecart.s3.object_lock import (
    LockConfiguration,
    Retention,
    legal_hold_context,
    legal_hold_document,
    read_legal_hold,
)
from securecart.s3.tagging import NO_TAGS
from securecart.serve.gateway.absence import absence
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.object_tags import existing_tags, tags_bear
from securecart.serve.gateway.store import target_of
from securecart.serve.gateway.store_errors import refusal

_BYPASS = "x-amz-bypass-governance-retention"


class ObjectLockConfigurationNotFoundError(S3Error):
    """The bucket has no Object Lock."""

    code = "ObjectLockConfigurationNotFoundError"
    sentence = "Object Lock configuration does not exist for this bucket"


class NoSuchObjectLockConfiguration(S3Error):
    """The object is not kept until any date, or not held."""

    code = "NoSuchObjectLockConfiguration"
    sentence = "The specified object does not have a ObjectLock configuration"


def bypassing(call: Call) -> tuple[tuple[str, str], ...]:
    """Answer the header that lets go what governance keeps; it was decided."""
    value = call.request.header(_BYPASS) or ""
    return ((_BYPASS, "true"),) if value.lower() == "true" else ()


async def get_object_lock_configuration(backend: Backend, call: Call) -> Answer:
    """Answer whether the bucket has a lock, and what it does by itself."""
    try:
        answer = await backend.store.call("GET", _bucket_target(call))
    except ServiceError as error:
        if error.code != "ObjectLockConfigurationNotFoundError":
            raise
        raise ObjectLockConfigurationNotFoundError from None
    return document(LockConfiguration.from_xml(answer.body).to_xml())


async def put_object_lock_configuration(backend: Backend, call: Call) -> Answer:
    """Say what the lock does by itself; a bucket has one from the first."""
    configuration = LockConfiguration.from_xml(await call.document(backend.limits))
    if call.existing_bucket.versioning is not Versioning.ENABLED:
        raise InvalidBucketState(
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
            "configuration"
        )
    await backend.store.call("PUT", _bucket_target(call), (), configuration.to_xml())
    return Answer(200)


async def get_object_retention(backend: Backend, call: Call) -> Answer:
    """Answer how and until when a version is kept."""
    body = await _ask(backend, call, "GET")
    return document(body)


async def put_object_retention(backend: Backend, call: Call) -> Answer:
    """Keep a version; what it was kept for already can only grow."""
    retention = Retention.from_xml(await call.document(backend.limits), now=call.now)
    await _decide(backend, call, retention.context(call.now))
    await _ask(backend, call, "PUT", retention.to_xml())
    return Answer(200)


async def get_object_legal_hold(backend: Backend, call: Call) -> Answer:
    """Answer whether a version is held until somebody lets it go."""
    body = await _ask(backend, call, "GET")
    return document(legal_hold_document(read_legal_hold(body)))


async def put_object_legal_hold(backend: Backend, call: Call) -> Answer:
    """Hold a version, or let it go."""
    status = read_legal_hold(await call.document(backend.limits))
    await _decide(backend, call, legal_hold_context(status))
    await _ask(backend, call, "PUT", legal_hold_document(status))
    return Answer(200)


async def _decide(backend: Backend, call: Call, lock: Mapping[str, str]) -> None:
    existing = NO_TAGS
    if tags_bear(backend.guard, call.principal, call.s3):
        existing, _ = await existing_tags(backend.store, call.s3)
    needs = required(call.s3, existing=existing, lock=lock)
    backend.guard.require(call.principal, needs, call.context)


async def _ask(backend: Backend, call: Call, method: str, body: bytes = b"") -> bytes:
    try:
        answer = await backend.store.call(
            method, call.s3.target, bypassing(call) if method == "PUT" else (), body
        )
    except ServiceError as error:
        raise await _refused(backend, call, error) from error
    return answer.body


async def _refused(backend: Backend, call: Call, error: ServiceError) -> ServiceError:
    if error.code in {"NoSuchKey", "NoSuchVersion"}:
        if call.s3.version_id is not None:
            error = refusal("NoSuchVersion")
        return await absence(backend, call, error)
    if error.code in {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLegalHold"}:
        return NoSuchObjectLockConfiguration()
    if error.code == "InvalidRequest":
        return missing_lock()
    if error.code == "AccessDenied":
        return locked()
    return error


def missing_lock() -> InvalidRequest:
    """Answer what is said of a lock on an object in a bucket without one."""
    return InvalidRequest("Bucket is missing Object Lock Configuration")


def locked() -> AccessDenied:
    """Answer what is said of a version whose time has not come."""
    return AccessDenied("Access Denied because object protected by object lock.")


def _bucket_target(call: Call) -> str:
    return target_of(call.bucket_name, None, {"object-lock": ""})
