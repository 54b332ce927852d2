"""Bucket policies: what S3 asks of them beyond the policy language.

Source: Amazon S3 User Guide, "Policies and permissions in Amazon S3" and
"Blocking public access to your Amazon S3 storage".
"""

from securecart.names.errors import AccessDenied
from securecart.names.principal import Principal, Service
from securecart.policy import (
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    parse_policy,
)
from securecart.policy.casing import ascii_lower
from securecart.s3.bucket import Bucket
from securecart.s3.errors import MalformedPolicy
from securecart.s3.public_policy import is_public

MAX_BYTES = 20 * 1024
"""Amazon S3 User Guide: a bucket policy has at most 20 KB."""


def read_bucket_policy(body: bytes, bucket: Bucket) -> Policy:
    """Read the body of PutBucketPolicy, for this bucket.

    Raises:
        MalformedPolicy: if it is no policy, too long, or speaks of another
            service or another bucket.
        AccessDenied: if it is public, and the bucket blocks that.
    """
    if len(body) > MAX_BYTES:
        raise MalformedPolicy(f"Policies must not be longer than {MAX_BYTES} bytes")
    try:
        policy = parse_policy(body.decode(), PolicyKind.RESOURCE)
    except UnicodeDecodeError:
        raise MalformedPolicy from None
    except MalformedPolicyDocument as error:
        raise MalformedPolicy(error.message) from error
    for statement in policy.statements:
        for action in statement.actions.texts:
            if action != "*" and not ascii_lower(action).startswith("s3:"):
                raise MalformedPolicy("Policy has invalid action")
        for pattern in statement.resources.patterns if statement.resources else ():
            if pattern.text not in {"*", bucket.arn} and not pattern.text.startswith(
                f"{bucket.arn}/"
            ):
                raise MalformedPolicy("Policy has invalid resource")
    block = bucket.public_access_block
    if block is not None and block.block_public_policy and is_public(policy):
        raise AccessDenied(
            "The bucket policy grants public access, which its public access block "
            "prevents."
        )
    return policy


def keeps_out(bucket: Bucket, principal: Principal) -> bool:
    """Whether RestrictPublicBuckets closes the bucket to the principal.

    While a policy is public, only AWS's services and the owner's account are
    let in by it.
    """
    block = bucket.public_access_block
    return (
        block is not None
        and block.restrict_public_buckets
        and bucket.policy is not None
        and not isinstance(principal, Service)
        and principal.account != bucket.account
        and is_public(bucket.policy)
    )
