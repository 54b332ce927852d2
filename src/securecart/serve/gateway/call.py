"""One S3 request that was authenticated and understood."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from securecart.names.principal import Principal
from securecart.s3 import Bucket, Buckets, S3Request
from securecart.s3.tagging import NO_TAGS, TagSet
from securecart.serve.gateway.guard import Guard
from securecart.serve.gateway.keys import Keys
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Answer, Body
from securecart.serve.gateway.payload import (
    Payload,
    check_document,
    payload_of,
    read_document,
)
from securecart.serve.gateway.store import Store
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import VerifiedSignature


async def at_once() -> None:
    """Settle what needs no settling."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What operations are carried out with; the same for every request.

    `settled` is awaited before a write is acknowledged, and raises `OSError`
    if it may be lost. Operations leave that to the pipeline, but for those
    that begin to answer before they are done.
    """

    store: Store
    buckets: Buckets
    guard: Guard
    keys: Keys
    limits: Limits
    account: str
    region: str
    settled: Callable[[], Awaitable[None]] = at_once


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and who makes it.

    `bucket` is the one that the path names, None where it names none or one
    that is not there. `context` holds the condition keys of every request.
    What an operation wants recorded beyond the request it puts into `noted`.
    `tags` are those of the object, where a policy may ask for them.
    """

    s3: S3Request
    body: Body
    principal: Principal
    verified: VerifiedSignature | None
    context: Mapping[str, str]
    now: datetime
    bucket: Bucket | None
    noted: dict[str, Any] = field(default_factory=dict)
    tags: TagSet = NO_TAGS

    @property
    def request(self) -> HttpRequest:
        """The request as it was received."""
        return self.s3.request

    @property
    def existing_bucket(self) -> Bucket:
        """The bucket of an operation that was decided on it."""
        if self.bucket is None:
            raise ValueError(f"{self.s3.operation} was carried out without a bucket")
        return self.bucket

    @property
    def bucket_name(self) -> str:
        """The bucket's name; there is one in every path but that of `/`."""
        if self.s3.bucket is None:
            raise ValueError(f"{self.s3.operation} has no bucket in its path")
        return self.s3.bucket

    @property
    def key(self) -> str:
        """The object's key, where the operation is on an object."""
        if self.s3.key is None:
            raise ValueError(f"{self.s3.operation} has no key in its path")
        return self.s3.key

    def payload(self, limits: Limits) -> Payload:
        """Answer the body, held to what was signed."""
        return payload_of(self.request, self.body, self.verified, limits)

    async def document(self, limits: Limits) -> bytes:
        """Read a body that is a small document, held to its digests."""
        document = await read_document(self.payload(limits), limits)
        of_object = self.s3.operation == "CompleteMultipartUpload"
        check_document(self.request, document, checksums=not of_object)
        return document


Operation = Callable[[Backend, Call], Awaitable[Answer]]
"""Carries a request out. It was decided, unless its row has no action."""
