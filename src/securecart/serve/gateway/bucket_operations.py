"""Buckets themselves: list, create, look, delete.

Source: Amazon S3 API Reference, "ListBuckets", "CreateBucket", "HeadBucket",
"DeleteBucket" and "GetBucketLocation".
"""

import asyncio
from collections.abc import Set as AbstractSet

from securecart.names.canonical_user import canonical_user_id
from securecart.names.errors import ServiceError
from securecart.s3 import (
    Bucket,
    ObjectOwnership,
    PublicAccessBlock,
    Versioning,
    check_location,
    location_document,
    parse_ownership,
    read_location_constraint,
    required,
)
from securecart.s3.errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    BucketNotEmpty,
)
from securecart.s3.listing import read_token, write_token
from securecart.s3.xml import Content, write_document
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store import target_of
from securecart.wire.xml_document import parse_xml

_LOCKING = "x-amz-bucket-object-lock-enabled"
_TAKEN = frozenset({BucketAlreadyExists.code, BucketAlreadyOwnedByYou.code})

# Amazon S3 API Reference, "ListBuckets".
_MOST_BUCKETS = 10_000
_PAGING = frozenset({"prefix", "max-buckets", "continuation-token", "bucket-region"})


async def list_buckets(backend: Backend, call: Call) -> Answer:
    """List the account's buckets, all of them or in pages."""
    given = dict(call.s3.parameters)
    asked = given.keys() & _PAGING
    prefix, after = given.get("prefix", ""), b""
    if "continuation-token" in given:
        after = read_token(given["continuation-token"])
    region = given.get("bucket-region", backend.region)
    found = [
        bucket
        for bucket in sorted(
            backend.buckets.list(backend.account), key=lambda each: each.name
        )
        if bucket.name.startswith(prefix)
        and bucket.name.encode() > after
        and bucket.region == region
    ]
    most = int(given.get("max-buckets", _MOST_BUCKETS))
    content: dict[str, Content | list[Content]] = {
        "Owner": {"ID": canonical_user_id(backend.account)},
        "Buckets": {"Bucket": [_listed(each, asked) for each in found[:most]]},
    }
    if len(found) > most:
        content["ContinuationToken"] = write_token(found[most - 1].name.encode())
    if prefix:
        content["Prefix"] = prefix
    return document(write_document("ListAllMyBucketsResult", content))


def _listed(bucket: Bucket, asked: AbstractSet[str]) -> Content:
    """A bucket's line; with its region where anything was asked for."""
    line: dict[str, Content | list[Content]] = {
        "Name": bucket.name,
        "CreationDate": f"{bucket.created:%Y-%m-%dT%H:%M:%S.000Z}",
    }
    if asked:
        line |= {"BucketRegion": bucket.region, "BucketArn": bucket.arn}
    return line


async def create_bucket(backend: Backend, call: Call) -> Answer:
    """Create a bucket, here and in the store; what was half done is finished."""
    constraint = read_location_constraint(await call.document(backend.limits))
    backend.guard.require(
        call.principal,
        required(call.s3, location_constraint=constraint),
        call.context,
        created=True,
    )
    check_location(constraint, backend.region)
    ownership = parse_ownership(
        call.request.header("x-amz-object-ownership")
        or ObjectOwnership.BUCKET_OWNER_ENFORCED.value
    )
    if call.bucket is not None:
        raise BucketAlreadyOwnedByYou
    locks = (call.request.header(_LOCKING) or "").lower() == "true"
    try:
        await backend.store.call(
            "PUT", target_of(call.bucket_name), ((_LOCKING, "true"),) if locks else ()
        )
    except ServiceError as error:
        if error.code not in _TAKEN or locks:
            raise
    bucket = Bucket(
        call.bucket_name,
        backend.account,
        backend.region,
        call.now,
        # A lock is on versions, and the store keeps them from then on.
        versioning=Versioning.ENABLED if locks else Versioning.NEVER,
        public_access_block=PublicAccessBlock.of_new_bucket(),
        ownership=ownership,
    )
    await asyncio.to_thread(backend.buckets.create, bucket)
    return Answer(200, (("location", f"/{call.bucket_name}"),))


async def head_bucket(_backend: Backend, call: Call) -> Answer:
    """Say that the bucket is there, and in which region."""
    bucket = call.existing_bucket
    return Answer(
        200,
        (
            ("x-amz-bucket-arn", bucket.arn),
            ("x-amz-bucket-region", bucket.region),
            ("x-amz-access-point-alias", "false"),
        ),
    )


async def get_bucket_location(_backend: Backend, call: Call) -> Answer:
    """Answer the bucket's region."""
    return document(location_document(call.existing_bucket.region))


async def delete_bucket(backend: Backend, call: Call) -> Answer:
    """Delete a bucket that holds no object, no old version and no upload.

    The store refuses one with objects, but it counts neither of the others.
    """
    for query, entries in (
        ({"versions": "", "max-keys": "1"}, ("Version", "DeleteMarker")),
        ({"uploads": "", "max-uploads": "1"}, ("Upload",)),
    ):
        answer = await backend.store.call(
            "GET", target_of(call.bucket_name, None, query)
        )
        listing = parse_xml(answer.body)
        if any(child.name in entries for child in listing.children):
            raise BucketNotEmpty
    await backend.store.call("DELETE", target_of(call.bucket_name))
    await asyncio.to_thread(backend.buckets.delete, call.bucket_name)
    return Answer(204)
