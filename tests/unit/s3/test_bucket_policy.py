"""Bucket policies: which are refused, and which are public."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from securecart.names.errors import AccessDenied
from securecart.names.principal import Anonymous, IamUser, Service
from securecart.s3 import (
    Bucket,
    PublicAccessBlock,
    check_bucket_name,
    keeps_out,
    read_bucket_policy,
)
from securecart.s3.errors import InvalidBucketName, MalformedPolicy

BUCKET = Bucket("docs", "111122223333", "us-east-1", datetime(2025, 3, 1, tzinfo=UTC))
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::docs/*",
}


def policy_of(**changes: Any) -> bytes:
    """A policy of one statement, changed; None takes an element away."""
    statement = {k: v for k, v in (ALLOW | changes).items() if v is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{}",
        policy_of(Action="sts:AssumeRole"),
        policy_of(Action=["s3:GetObject", "iam:*"]),
        policy_of(Resource="arn:aws:s3:::other/*"),
        policy_of(Resource="arn:aws:s3:::docs2"),
        policy_of(Resource="arn:aws:s3:::doc*"),
        policy_of(Resource=None, NotResource="arn:aws:s3:::other"),
        policy_of(Principal={"AWS": "nobody"}),
        policy_of(Condition={"StringIs": {"aws:userid": "x"}}),
        policy_of(Sid="x" * 21_000),
    ],
)
def test_refused(body: bytes) -> None:
    """Another service, another bucket, or no policy at all."""
    with pytest.raises(MalformedPolicy):
        read_bucket_policy(body, BUCKET)


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws:s3:::docs", ["arn:aws:s3:::docs", "arn:aws:s3:::docs/a"]]
)
def test_accepted(resource: Any) -> None:
    """The bucket and what is in it."""
    body = policy_of(Resource=resource)
    assert read_bucket_policy(body, BUCKET).text == body.decode()


def test_a_public_policy_is_blocked() -> None:
    """Where the bucket says so."""
    blocking = replace(
        BUCKET, public_access_block=PublicAccessBlock(block_public_policy=True)
    )
    with pytest.raises(AccessDenied):
        read_bucket_policy(policy_of(), blocking)
    denial = policy_of(Effect="Deny")
    assert read_bucket_policy(denial, blocking).text == denial.decode()


def test_a_public_bucket_can_be_closed_to_strangers() -> None:
    """While its policy is public, the account and services are let in."""
    public = replace(BUCKET, policy=read_bucket_policy(policy_of(), BUCKET))
    closed = replace(
        public, public_access_block=PublicAccessBlock(restrict_public_buckets=True)
    )
    member = IamUser("111122223333", "admin", "AIDA")
    stranger = IamUser("999999999999", "admin", "AIDA")
    service = Service("999999999999", "s3.amazonaws.com")
    assert not keeps_out(public, Anonymous())
    assert keeps_out(closed, Anonymous())
    assert keeps_out(closed, stranger)
    assert not keeps_out(closed, member)
    assert not keeps_out(closed, service)
    assert not keeps_out(replace(closed, policy=None), stranger)


@pytest.mark.parametrize("name", ["docs", "a.b-c", "123", "a" * 63])
def test_bucket_names(name: str) -> None:
    """Letters, digits, dots and hyphens."""
    check_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 64,
        "Docs",
        "do_cs",
        "-docs",
        "docs-",
        "do..cs",
        "10.0.0.1",
        "xn--docs",
        "docs-s3alias",
        "docs\n",
        "d\xf6cs",
    ],
)
def test_bucket_names_that_are_none(name: str) -> None:
    """By the rules of S3."""
    with pytest.raises(InvalidBucketName):
        check_bucket_name(name)
