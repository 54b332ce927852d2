"""DeleteObject and DeleteObjects.

Source: Amazon S3 API Reference, "DeleteObject" and "DeleteObjects".
"""

from collections.abc import Iterator

from securecart.names.errors import ServiceError
from securecart.s3 import (
    DeletedObject,
    DeleteError,
    ObjectToDelete,
    delete_objects_body,
    delete_objects_result,
    parse_delete_objects,
    required_for_key,
)
from securecart.s3.errors import NotImplementedHere
from securecart.serve.gateway.answers import document, written
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.object_lock import bypassing, locked
from securecart.serve.gateway.refusals import InternalError
from securecart.serve.gateway.store_errors import refusal
from securecart.wire.xml_document import XmlElement, parse_xml

_MATCH = "if-match"
_NO_CONDITION = "A condition is on the newest version, and none is named beside it."
_TOLD = frozenset({"NoSuchKey", "NoSuchVersion", "PreconditionFailed"})


async def delete_object(backend: Backend, call: Call) -> Answer:
    """Delete an object, or one version of it."""
    matching = call.request.header(_MATCH)
    if matching is not None and call.s3.version_id is not None:
        raise NotImplementedHere(_NO_CONDITION)
    headers = [*bypassing(call), *(() if matching is None else ((_MATCH, matching),))]
    try:
        return written(await backend.store.call("DELETE", call.s3.target, headers))
    except ServiceError as error:
        raise (locked() if error.code == "AccessDenied" else error) from error


async def delete_objects(backend: Backend, call: Call) -> Answer:
    """Delete what may be deleted, key by key, and say what may not."""
    wanted = parse_delete_objects(await call.document(backend.limits))
    allowed: list[ObjectToDelete] = []
    errors: list[DeleteError] = []
    for each in wanted.objects:
        try:
            needs = required_for_key(call.s3, each.key, each.version_id, each.etag)
            backend.guard.require(call.principal, needs, call.context)
            if each.version_id is not None and each.etag is not None:
                raise NotImplementedHere(_NO_CONDITION)
        except ServiceError as error:
            if call.bucket is None and error.code == "NoSuchBucket":
                raise
            errors.append(_refused(each, error))
        else:
            allowed.append(each)
    deleted: list[DeletedObject] = []
    if allowed:
        answer = await backend.store.call(
            "POST",
            call.s3.target,
            bypassing(call),
            delete_objects_body(allowed),
            keys=[each.key for each in allowed],
        )
        result = parse_xml(answer.body)
        deleted = list(_deleted(result))
        errors += _failed(result)
    call.noted["deletedKeys"] = [each.key for each in deleted]
    call.noted["deniedKeys"] = [each.key for each in errors]
    return document(delete_objects_result(deleted, errors, quiet=wanted.quiet))


def _refused(wanted: ObjectToDelete, error: ServiceError) -> DeleteError:
    return DeleteError(wanted.key, wanted.version_id, error.code, error.message)


def _deleted(result: XmlElement) -> Iterator[DeletedObject]:
    for each in result.all("Deleted"):
        yield DeletedObject(
            each.text_of("Key") or "",
            each.text_of("VersionId"),
            each.text_of("DeleteMarker") == "true",
            each.text_of("DeleteMarkerVersionId"),
        )


def _failed(result: XmlElement) -> Iterator[DeleteError]:
    """What the store could not do is told in our words, not in its own."""
    for each in result.all("Error"):
        key, version = each.text_of("Key") or "", each.text_of("VersionId")
        yield _refused(ObjectToDelete(key, version), _failure(each.text_of("Code")))


def _failure(code: str | None) -> ServiceError:
    if code == "AccessDenied":
        return locked()
    if code in _TOLD:
        return refusal(code)
    return InternalError("We encountered an internal error. Please try again.")
