"""A bucket's lifecycle, as it is set up; `expiry` carries it out.

Source: Amazon S3 API Reference, "PutBucketLifecycleConfiguration",
"GetBucketLifecycleConfiguration" and "DeleteBucketLifecycle".
"""

import asyncio
from dataclasses import replace

from securecart.s3.errors import InvalidArgument, NoSuchLifecycleConfiguration
from securecart.s3.lifecycle import LifecycleConfiguration
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer

_MINIMUM = "x-amz-transition-default-minimum-object-size"
_SIZES = frozenset({None, "all_storage_classes_128K", "varies_by_storage_class"})
# Nothing moves between storage classes, so it is told and never used.
_TOLD = (_MINIMUM, "all_storage_classes_128K")


async def get_bucket_lifecycle_configuration(_backend: Backend, call: Call) -> Answer:
    """Answer the rules."""
    lifecycle = call.existing_bucket.lifecycle
    if lifecycle is None:
        raise NoSuchLifecycleConfiguration
    return document(lifecycle.to_xml(), _TOLD)


async def put_bucket_lifecycle_configuration(backend: Backend, call: Call) -> Answer:
    """Put the rules, in place of those before."""
    if call.request.header(_MINIMUM) not in _SIZES:
        raise InvalidArgument
    lifecycle = LifecycleConfiguration.from_xml(await call.document(backend.limits))
    await _update(backend, call, lifecycle)
    return Answer(200, (_TOLD,))


async def delete_bucket_lifecycle(backend: Backend, call: Call) -> Answer:
    """Take the rules away."""
    await _update(backend, call, None)
    return Answer(204)


async def _update(
    backend: Backend, call: Call, lifecycle: LifecycleConfiguration | None
) -> None:
    await asyncio.to_thread(
        backend.buckets.update,
        call.bucket_name,
        lambda bucket: replace(bucket, lifecycle=lifecycle),
    )
