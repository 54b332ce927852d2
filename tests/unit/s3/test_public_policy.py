"""Public bucket policies: every JSON vector, and what a bucket does with them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from securecart.names.errors import AccessDenied
from securecart.names.principal import Anonymous, IamUser
from securecart.s3 import (
    Bucket,
    PublicAccessBlock,
    is_public,
    keeps_out,
    read_bucket_policy,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "s3" / "public.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())
BUCKET = Bucket("docs", "111122223333", "us-east-1", datetime(2025, 3, 1, tzinfo=UTC))
ANYBODY, STRANGER = Anonymous(), IamUser("999999999999", "admin", "AIDA")

every_case = pytest.mark.parametrize("case", CASES, ids=[c["says"] for c in CASES])


def body_of(case: dict[str, Any]) -> bytes:
    """The body of PutBucketPolicy."""
    document = {"Version": "2012-10-17", "Statement": case["statements"]}
    return json.dumps(document).encode()


@every_case
def test_public_or_not(case: dict[str, Any]) -> None:
    """As AWS says what is public."""
    assert is_public(read_bucket_policy(body_of(case), BUCKET)) is case["public"]


@every_case
def test_only_a_public_policy_is_blocked(case: dict[str, Any]) -> None:
    """BlockPublicPolicy refuses it; the other three switches do not."""
    others = PublicAccessBlock(
        block_public_acls=True, ignore_public_acls=True, restrict_public_buckets=True
    )
    bucket = replace(BUCKET, public_access_block=others)
    assert read_bucket_policy(body_of(case), bucket).statements
    blocking = PublicAccessBlock(block_public_policy=True)
    bucket = replace(BUCKET, public_access_block=blocking)
    if not case["public"]:
        assert read_bucket_policy(body_of(case), bucket).statements
        return
    with pytest.raises(AccessDenied):
        read_bucket_policy(body_of(case), bucket)


@every_case
def test_only_a_public_bucket_is_restricted(case: dict[str, Any]) -> None:
    """RestrictPublicBuckets keeps out whoever is not of the account.

    Other accounts that a statement names are kept out too, while another
    statement is public.
    """
    policy = read_bucket_policy(body_of(case), BUCKET)
    restricting = PublicAccessBlock(restrict_public_buckets=True)
    bucket = replace(BUCKET, policy=policy, public_access_block=restricting)
    assert keeps_out(bucket, ANYBODY) is case["public"]
    assert keeps_out(bucket, STRANGER) is case["public"]
    assert not keeps_out(replace(bucket, public_access_block=None), STRANGER)
    others = PublicAccessBlock(
        block_public_acls=True, ignore_public_acls=True, block_public_policy=True
    )
    assert not keeps_out(replace(bucket, public_access_block=others), ANYBODY)
