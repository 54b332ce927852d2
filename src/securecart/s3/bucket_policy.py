"""Bucket policies: what S3 asks of them beyond the policy language.

Source: Amazon S3 User Guide, "Policies and permissions in Amazon S3" and
"The meaning of 'public'" in "Blocking public access to your Amazon S3
storage".
"""

import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from securecart.names.errors import AccessDenied
from securecart.names.principal import Principal, Service
from securecart.policy import (
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    parse_policy,
)
from securecart.s3.bucket import Bucket
from securecart.s3.errors import MalformedPolicy

MAX_BYTES = 20 * 1024
"""Amazon S3 User Guide: a bucket policy has at most 20 KB."""

# Keys that hold a statement to somebody in particular, given fixed values.
_FIXING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
# Without IfExists, which lets in whoever lacks the key, and without
# ForAllValues, which lets in whoever has no value.
_FIXING_OPERATORS = frozenset(
    {
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "ArnEquals",
        "ArnLike",
        "ForAnyValue:StringEquals",
        "ForAnyValue:StringLike",
    }
)
_NOT_FIXED = frozenset("*?$")
# AWS takes very broad ranges for the public; narrower than these, for one.
_LEAST_PREFIX = {4: 8, 6: 32}


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
    for statement in _statements(policy):
        for action in _texts(statement, "Action") + _texts(statement, "NotAction"):
            if action != "*" and not action.lower().startswith("s3:"):
                raise MalformedPolicy("Policy has invalid action")
        for resource in _texts(statement, "Resource") + _texts(
            statement, "NotResource"
        ):
            if resource not in {"*", bucket.arn} and not resource.startswith(
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


def is_public(policy: Policy) -> bool:
    """Whether a policy lets in everybody, as AWS understands it.

    A statement is public unless it names its principals, or a condition holds
    it to fixed values of where a request comes from.
    """
    return any(
        statement["Effect"] == "Allow"
        and _names_everyone(statement)
        and not _is_held(statement)
        for statement in _statements(policy)
    )


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


def _statements(policy: Policy) -> list[dict[str, Any]]:
    found = json.loads(policy.text)["Statement"]
    return found if isinstance(found, list) else [found]


def _texts(statement: dict[str, Any], name: str) -> list[str]:
    found = statement.get(name, [])
    return found if isinstance(found, list) else [found]


def _names_everyone(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    if principal is None or principal == "*":
        # Without Principal there is NotPrincipal: everybody but a few.
        return True
    return "*" in _texts(principal, "AWS")


def _is_held(statement: dict[str, Any]) -> bool:
    for operator, key, values in _conditions(statement):
        if operator == "IpAddress" and key == "aws:sourceip":
            if all(_is_narrow(value) for value in values):
                return True
        elif (
            operator in _FIXING_OPERATORS
            and key in _FIXING_KEYS
            and not any(_NOT_FIXED & set(value) for value in values)
        ):
            return True
    return False


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            yield operator, key.lower(), [str(value) for value in _texts(keys, key)]


def _is_narrow(text: str) -> bool:
    network = ip_network(text, strict=False)
    return network.prefixlen >= _LEAST_PREFIX[network.version]
