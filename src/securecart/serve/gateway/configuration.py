"""A bucket's configuration: kept here; told to the store where it must act.

Source: Amazon S3 API Reference, "PutBucketPolicy", "PutBucketVersioning",
"PutBucketEncryption", "PutBucketCors", "PutPublicAccessBlock",
"PutBucketOwnershipControls", the Get and Delete of each, and
"GetBucketPolicyStatus".
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from securecart.s3 import (
    Bucket,
    CorsConfiguration,
    DefaultEncryption,
    PublicAccessBlock,
    Versioning,
    is_public,
    read_bucket_policy,
    read_ownership,
    read_versioning,
)
from securecart.s3.encryption import AES256, KMS
from securecart.s3.errors import (
    NoSuchBucketPolicy,
    NoSuchCORSConfiguration,
    NoSuchPublicAccessBlockConfiguration,
    NotImplementedHere,
    OwnershipControlsNotFoundError,
)
from securecart.s3.xml import write_document
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store import target_of

_DONE = Answer(200)
_GONE = Answer(204)
_JSON = ("content-type", "application/json")


async def _update(
    backend: Backend, call: Call, change: Callable[[Bucket], Bucket]
) -> None:
    """Change the bucket, away from the event loop: another writer may be at it."""
    await asyncio.to_thread(backend.buckets.update, call.bucket_name, change)


async def get_bucket_policy(_backend: Backend, call: Call) -> Answer:
    """Answer the policy as it was put."""
    policy = call.existing_bucket.policy
    if policy is None:
        raise NoSuchBucketPolicy
    return Answer(200, (_JSON,), policy.text.encode())


async def get_bucket_policy_status(_backend: Backend, call: Call) -> Answer:
    """Answer whether the policy lets in everybody."""
    policy = call.existing_bucket.policy
    if policy is None:
        raise NoSuchBucketPolicy
    public = str(is_public(policy)).lower()
    return document(write_document("PolicyStatus", {"IsPublic": public}))


async def put_bucket_policy(backend: Backend, call: Call) -> Answer:
    """Put a policy, if all of it is understood and the bucket may have it."""
    body = await call.document(backend.limits)
    await _update(
        backend,
        call,
        lambda bucket: replace(bucket, policy=read_bucket_policy(body, bucket)),
    )
    return _GONE


async def delete_bucket_policy(backend: Backend, call: Call) -> Answer:
    """Take the policy away."""
    await _update(backend, call, lambda bucket: replace(bucket, policy=None))
    return _GONE


async def get_bucket_versioning(_backend: Backend, call: Call) -> Answer:
    """Answer whether old versions are kept."""
    return document(call.existing_bucket.versioning.to_xml())


async def put_bucket_versioning(backend: Backend, call: Call) -> Answer:
    """Keep old versions from now on, or no longer."""
    versioning: Versioning = read_versioning(await call.document(backend.limits))
    await backend.store.call(
        "PUT",
        target_of(call.bucket_name, None, {"versioning": ""}),
        (),
        versioning.to_xml(),
    )
    await _update(backend, call, lambda bucket: replace(bucket, versioning=versioning))
    return _DONE


async def get_bucket_encryption(_backend: Backend, call: Call) -> Answer:
    """Answer the default encryption; there always is one."""
    encryption = call.existing_bucket.encryption or DefaultEncryption(AES256)
    return document(encryption.to_xml())


async def put_bucket_encryption(backend: Backend, call: Call) -> Answer:
    """Put the default encryption, here and in the store.

    Every write names its encryption anyway; the store's own default is there
    for the one that would not.
    """
    encryption = DefaultEncryption.from_xml(await call.document(backend.limits))
    stored = encryption
    if encryption.algorithm == KMS:
        if encryption.kms_key_id is None:
            raise NotImplementedHere(
                "Default encryption by aws:kms names its key here."
            )
        arn = backend.keys.arn_of(encryption.kms_key_id)
        stored = replace(encryption, kms_key_id=arn)
    await backend.store.call(
        "PUT",
        target_of(call.bucket_name, None, {"encryption": ""}),
        (),
        stored.to_xml(),
    )
    await _update(backend, call, lambda bucket: replace(bucket, encryption=encryption))
    return _DONE


async def delete_bucket_encryption(backend: Backend, call: Call) -> Answer:
    """Take the setting away: S3's own keys remain."""
    if call.existing_bucket.encryption is None:
        return _GONE  # The store would find that there is none.
    await backend.store.call(
        "DELETE", target_of(call.bucket_name, None, {"encryption": ""})
    )
    await _update(backend, call, lambda bucket: replace(bucket, encryption=None))
    return _GONE


async def get_bucket_cors(_backend: Backend, call: Call) -> Answer:
    """Answer the CORS rules."""
    cors = call.existing_bucket.cors
    if cors is None:
        raise NoSuchCORSConfiguration
    return document(cors.to_xml())


async def put_bucket_cors(backend: Backend, call: Call) -> Answer:
    """Put the CORS rules."""
    cors = CorsConfiguration.from_xml(await call.document(backend.limits))
    await _update(backend, call, lambda bucket: replace(bucket, cors=cors))
    return _DONE


async def delete_bucket_cors(backend: Backend, call: Call) -> Answer:
    """Take the CORS rules away."""
    await _update(backend, call, lambda bucket: replace(bucket, cors=None))
    return _GONE


async def get_public_access_block(_backend: Backend, call: Call) -> Answer:
    """Answer the switches."""
    block = call.existing_bucket.public_access_block
    if block is None:
        raise NoSuchPublicAccessBlockConfiguration
    return document(block.to_xml())


async def put_public_access_block(backend: Backend, call: Call) -> Answer:
    """Put the switches."""
    block = PublicAccessBlock.from_xml(await call.document(backend.limits))
    await _update(
        backend, call, lambda bucket: replace(bucket, public_access_block=block)
    )
    return _DONE


async def delete_public_access_block(backend: Backend, call: Call) -> Answer:
    """Take the switches away."""
    await _update(
        backend, call, lambda bucket: replace(bucket, public_access_block=None)
    )
    return _GONE


async def get_bucket_ownership_controls(_backend: Backend, call: Call) -> Answer:
    """Answer who owns what is written."""
    ownership = call.existing_bucket.ownership
    if ownership is None:
        raise OwnershipControlsNotFoundError
    return document(ownership.to_xml())


async def put_bucket_ownership_controls(backend: Backend, call: Call) -> Answer:
    """Put the one setting there is."""
    ownership = read_ownership(await call.document(backend.limits))
    await _update(backend, call, lambda bucket: replace(bucket, ownership=ownership))
    return _DONE


async def delete_bucket_ownership_controls(backend: Backend, call: Call) -> Answer:
    """Take the setting away; what it says goes on to hold."""
    await _update(backend, call, lambda bucket: replace(bucket, ownership=None))
    return _GONE
