"""The source of a copy: looked at once, and read as it was then or not at all.

Source: Amazon S3 API Reference, "CopyObject" and "UploadPartCopy".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from securecart.names.errors import ServiceError
from securecart.s3 import CopySource, Required
from securecart.s3.customer_key import CustomerKey, Use, customer_key_of
from securecart.s3.preconditions import source_holds
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.checksums import elements_of
from securecart.serve.gateway.encryption import (
    Headers,
    require_customer_key,
    require_decrypt,
)
from securecart.serve.gateway.store import target_of
from securecart.serve.gateway.store_errors import refusal, store_error

_ERROR = 400
_CLOSED = frozenset({400, 403})
"""What the store answers where a customer's key is missing, or wrong."""


@dataclass(frozen=True, slots=True)
class Source:
    """The object to copy, which the caller may read, as it was looked at.

    `pin` makes the store read this very state of it or nothing.
    """

    named: CopySource
    target: str
    key: CustomerKey | None
    headers: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.headers["content-length"])

    @property
    def pin(self) -> str:
        """The entity tag, quoted."""
        return self.headers["etag"]

    @property
    def checksums(self) -> dict[str, str]:
        """The elements of an answer that tell the object's checksums."""
        return elements_of(tuple(self.headers.items()))

    @property
    def version(self) -> Headers:
        """The header that tells which version was copied."""
        version = self.headers.get("x-amz-version-id")
        if version is None:
            return ()
        return (("x-amz-copy-source-version-id", version),)


async def look_at_source(backend: Backend, call: Call) -> Source:
    """Look at the source, if the caller may read and decrypt it.

    Raises:
        AccessDenied, NoSuchKey, InvalidRequest, PreconditionFailed: it may
            not, it is not there, or not as the request has it.
    """
    named = call.s3.copy_source
    if named is None:
        raise ValueError("a copy was resolved without its source")
    key = customer_key_of(call.request, Use.SOURCE)
    version = {} if named.version_id is None else {"versionId": named.version_id}
    target = target_of(named.bucket, named.key, version)
    asking: list[tuple[str, str]] = [("x-amz-checksum-mode", "ENABLED")]
    if key is not None:
        asking += key.headers(Use.OBJECT)
    head = await backend.store.head(target, asking)
    if head.status in _CLOSED:
        require_customer_key(head.headers, key)
    if head.status >= _ERROR:
        raise _absent(backend, call, named, store_error(head.status, b""))
    require_customer_key(head.headers, key)
    arn = f"arn:aws:s3:::{named.bucket}/{named.key}"
    require_decrypt(backend, call, head.headers, arn)
    source = Source(named, target, key, dict(head.headers))
    modified = source.headers.get("last-modified", "")
    if not source_holds(call.request, etag=source.pin, modified=modified):
        raise refusal("PreconditionFailed")
    return source


def _absent(
    backend: Backend, call: Call, named: CopySource, error: ServiceError
) -> ServiceError:
    """Tell of a missing source only to who may list its bucket."""
    if error.code == "NoSuchKey":
        listing = Required(
            "s3:ListBucket", f"arn:aws:s3:::{named.bucket}", {}, named.bucket
        )
        backend.guard.require(call.principal, (listing,), call.context)
        if named.version_id is not None:
            return refusal("NoSuchVersion")
    return error
