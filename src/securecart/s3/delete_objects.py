"""The body of DeleteObjects, and its answer.

Source: Amazon S3 API Reference, "DeleteObjects".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from securecart.s3.errors import MalformedXML
from securecart.s3.xml import Element, read_document, write_document

MAX_KEYS = 1000
"""AWS's own limit for one request."""


@dataclass(frozen=True, slots=True)
class ObjectToDelete:
    """One key, the version of it if one is named, and the tag it must have."""

    key: str
    version_id: str | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteObjects:
    """What is to be deleted; `quiet` asks for errors only in the answer."""

    objects: tuple[ObjectToDelete, ...]
    quiet: bool


@dataclass(frozen=True, slots=True)
class DeletedObject:
    """What became of one key that was deleted."""

    key: str
    version_id: str | None = None
    delete_marker: bool = False
    delete_marker_version_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteError:
    """What became of one key that was not."""

    key: str
    version_id: str | None
    code: str
    message: str


def parse_delete_objects(body: bytes) -> DeleteObjects:
    """Read the body; the keys are checked one by one, by `required_for_key`.

    Raises:
        MalformedXML: if it is none, or holds no key or more than `MAX_KEYS`.
        NotImplementedHere: if it asks for conditions on an object.
    """
    root = read_document(body, "Delete")
    root.only("Object", "Quiet")
    objects = tuple(_object(element) for element in root.all("Object"))
    if not 0 < len(objects) <= MAX_KEYS:
        raise MalformedXML
    quiet = root.optional("Quiet") or "false"
    if quiet not in ("true", "false"):
        raise MalformedXML
    return DeleteObjects(objects, quiet == "true")


def _object(element: Element) -> ObjectToDelete:
    element.only("Key", "VersionId", "ETag")
    key = element.optional("Key")
    if not key:
        raise MalformedXML
    version, etag = element.optional("VersionId"), element.optional("ETag")
    return ObjectToDelete(key, version or None, etag or None)


def delete_objects_body(objects: Iterable[ObjectToDelete]) -> bytes:
    """Write a body that asks for these, with an answer for each."""
    return write_document(
        "Delete",
        {
            "Object": [
                {"Key": each.key}
                | ({"VersionId": each.version_id} if each.version_id else {})
                | ({"ETag": each.etag} if each.etag else {})
                for each in objects
            ]
        },
    )


def delete_objects_result(
    deleted: Iterable[DeletedObject], errors: Iterable[DeleteError], *, quiet: bool
) -> bytes:
    """Write the answer."""
    return write_document(
        "DeleteResult",
        {
            "Deleted": [] if quiet else [_deleted(each) for each in deleted],
            "Error": [_error(each) for each in errors],
        },
    )


def _deleted(each: DeletedObject) -> dict[str, str]:
    found = {
        "Key": each.key,
        "VersionId": each.version_id,
        "DeleteMarker": "true" if each.delete_marker else None,
        "DeleteMarkerVersionId": each.delete_marker_version_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _error(each: DeleteError) -> dict[str, str]:
    version = {} if each.version_id is None else {"VersionId": each.version_id}
    return {"Key": each.key, **version, "Code": each.code, "Message": each.message}
