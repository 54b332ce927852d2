"""What is told of a key that has no object, and of a marker that it was deleted.

Source: Amazon S3 User Guide, "Working with delete markers"; Amazon S3 API
Reference, "GetObject" and "HeadObject".
"""

from securecart.names.errors import AccessDenied, ServiceError
from securecart.s3 import Required, Versioning, required_to_see_absence
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.refusals import Headed
from securecart.serve.gateway.store import target_of
from securecart.wire.xml_document import parse_xml

_MARKER = ("x-amz-delete-marker", "true")


class DeletedKey(Headed):
    """The newest version of the key says that it was deleted."""

    code = "NoSuchKey"

    def __init__(self, version_id: str) -> None:
        super().__init__("The specified key does not exist.")
        self.headers = (_MARKER, ("x-amz-version-id", version_id))


class MarkerNotAllowed(Headed):
    """A delete marker, which was named by its version, can only be deleted."""

    code = "MethodNotAllowed"

    def __init__(self, version_id: str) -> None:
        super().__init__("The specified method is not allowed against this resource.")
        self.headers = (
            ("allow", "DELETE"),
            _MARKER,
            ("x-amz-version-id", version_id),
        )


def may_see(backend: Backend, call: Call, action: str) -> bool:
    """Say whether the caller may do one more thing to the object."""
    requirement = Required(
        f"s3:{action}", call.s3.resource, call.tags.existing(), call.s3.bucket
    )
    return backend.guard.allows(call.principal, requirement, call.context)


async def absence(backend: Backend, call: Call, error: ServiceError) -> ServiceError:
    """Answer what a caller is told who asked for an object that is not there.

    Only who may list the bucket is told that it is not. `error` is the
    store's: NoSuchKey or NoSuchVersion.
    """
    try:
        backend.guard.require(
            call.principal, (required_to_see_absence(call.s3),), call.context
        )
    except AccessDenied as denied:
        return denied
    if call.existing_bucket.versioning is Versioning.NEVER:
        return error
    version = call.s3.version_id
    if version is not None:
        if call.request.method == "HEAD":
            error = await _in_words(backend, call, error)
        # Of a version that it does not have, the store says NoSuchVersion.
        return error if error.code == "NoSuchVersion" else MarkerNotAllowed(version)
    marker = await _latest_marker(backend, call)
    return error if marker is None else DeletedKey(marker)


async def _in_words(backend: Backend, call: Call, error: ServiceError) -> ServiceError:
    """Answer what the store says to GET: to HEAD it says a status alone."""
    try:
        await backend.store.call("GET", call.s3.target, (("range", "bytes=0-0"),))
    except ServiceError as told:
        return told
    return error


async def _latest_marker(backend: Backend, call: Call) -> str | None:
    """Answer the version id of the marker that hides the key, if one does."""
    query = {"versions": "", "prefix": call.key, "max-keys": "2"}
    answer = await backend.store.call("GET", target_of(call.bucket_name, None, query))
    for entry in parse_xml(answer.body).all("DeleteMarker"):
        if entry.text_of("Key") == call.key and entry.text_of("IsLatest") == "true":
            return entry.text_of("VersionId")
    return None
