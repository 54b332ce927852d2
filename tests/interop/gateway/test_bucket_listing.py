"""ListBuckets in pages, by an unchanged boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

NAMES = [f"paged-bucket-{letter}" for letter in "cab"]


def test_buckets_are_listed_in_pages(admin: Any, bucket: str) -> None:
    """By prefix and region, in the order of their names."""
    for name in NAMES:
        admin.create_bucket(Bucket=name)
    pages = list(
        admin.get_paginator("list_buckets").paginate(
            Prefix="paged-", PaginationConfig={"PageSize": 2}
        )
    )
    assert [len(page["Buckets"]) for page in pages] == [2, 1]
    got = [each["Name"] for page in pages for each in page["Buckets"]]
    assert got == sorted(NAMES)
    assert pages[0]["Prefix"] == "paged-"
    assert pages[0]["Buckets"][0]["BucketRegion"] == "us-east-1"
    assert pages[0]["Buckets"][0]["BucketArn"] == "arn:aws:s3:::paged-bucket-a"
    every = admin.list_buckets()["Buckets"]
    assert {bucket, *NAMES} <= {each["Name"] for each in every}
    assert "BucketRegion" not in every[0]
    assert admin.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    for wrong in ({"MaxBuckets": 10_001}, {"ContinuationToken": "paged"}):
        with pytest.raises(ClientError, match="InvalidArgument"):
            admin.list_buckets(**wrong)
    for name in NAMES:
        admin.delete_bucket(Bucket=name)
