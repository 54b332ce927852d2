"""Object Lock over the real store, by an unchanged boto3."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow


def code_of(call: Any, **parameters: Any) -> str:
    """Answer the code of a call that must be refused."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    code: str = refused.value.response["Error"]["Code"]
    return code


@pytest.fixture
def locked(admin: Any, fresh: str) -> str:
    """A bucket whose versions can be locked."""
    name = f"locked-{fresh}"
    admin.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture
def until() -> datetime:
    """An hour from now, to the second."""
    return (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)


def retained(mode: str, until: datetime) -> dict[str, Any]:
    """Answer the parameters that keep a new version."""
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}


def test_a_bucket_with_a_lock_keeps_versions(admin: Any, locked: str) -> None:
    """For good: versioning cannot be suspended there."""
    assert admin.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    got = admin.get_object_lock_configuration(Bucket=locked)
    assert got["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    suspended = {"Status": "Suspended"}
    assert (
        code_of(
            admin.put_bucket_versioning,
            Bucket=locked,
            VersioningConfiguration=suspended,
        )
        == "InvalidBucketState"
    )


def test_a_bucket_without_a_lock_takes_none(
    admin: Any, fresh: str, until: datetime
) -> None:
    """Neither on an object nor by default."""
    assert code_of(admin.get_object_lock_configuration, Bucket=fresh) == (
        "ObjectLockConfigurationNotFoundError"
    )
    configuration = {"ObjectLockEnabled": "Enabled"}
    assert (
        code_of(
            admin.put_object_lock_configuration,
            Bucket=fresh,
            ObjectLockConfiguration=configuration,
        )
        == "InvalidBucketState"
    )
    put = {"Bucket": fresh, "Key": "a", "Body": b""}
    assert (
        code_of(admin.put_object, **put, **retained("GOVERNANCE", until))
        == "InvalidRequest"
    )
    assert code_of(admin.head_object, Bucket=fresh, Key="a") == "404"


@pytest.mark.parametrize("way", ["put", "parts", "copy", "afterwards", "default"])
@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_version_that_is_kept_is_not_deleted(
    admin: Any, locked: str, until: datetime, mode: str, way: str
) -> None:
    """However it came to be kept; governance gives way to who may bypass it."""
    named = {"Bucket": locked, "Key": "kept"}
    lock = retained(mode, until)
    if way == "put":
        version = admin.put_object(**named, Body=b"x", **lock)["VersionId"]
    elif way == "parts":
        upload = named | {
            "UploadId": admin.create_multipart_upload(**named, **lock)["UploadId"]
        }
        tag = admin.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
        version = admin.complete_multipart_upload(**upload, MultipartUpload=parts)[
            "VersionId"
        ]
    elif way == "copy":
        admin.put_object(Bucket=locked, Key="source", Body=b"x")
        version = admin.copy_object(**named, CopySource=f"{locked}/source", **lock)[
            "VersionId"
        ]
    elif way == "afterwards":
        version = admin.put_object(**named, Body=b"x")["VersionId"]
        retention = {"Mode": mode, "RetainUntilDate": until}
        admin.put_object_retention(**named, VersionId=version, Retention=retention)
    else:
        rule = {"DefaultRetention": {"Mode": mode, "Days": 1}}
        configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        admin.put_object_lock_configuration(
            Bucket=locked, ObjectLockConfiguration=configuration
        )
        got = admin.get_object_lock_configuration(Bucket=locked)
        assert got["ObjectLockConfiguration"] == configuration
        version = admin.put_object(**named, Body=b"x")["VersionId"]
    one = named | {"VersionId": version}
    head = admin.head_object(**one)
    assert head["ObjectLockMode"] == mode
    retention = admin.get_object_retention(**one)["Retention"]
    assert retention == {
        "Mode": mode,
        "RetainUntilDate": head["ObjectLockRetainUntilDate"],
    }
    if way != "default":
        assert retention["RetainUntilDate"] == until
    batch = {"Objects": [{"Key": "kept", "VersionId": version}]}
    assert code_of(admin.delete_object, **one) == "AccessDenied"
    (error,) = admin.delete_objects(Bucket=locked, Delete=batch)["Errors"]
    assert error["Code"] == "AccessDenied"
    admin.put_object(**named, Body=b"over")
    admin.delete_object(**named)
    assert admin.get_object(**one)["Body"].read() == b"x"
    if mode == "COMPLIANCE":
        assert code_of(admin.delete_object, **one, BypassGovernanceRetention=True) == (
            "AccessDenied"
        )
        (error,) = admin.delete_objects(
            Bucket=locked, Delete=batch, BypassGovernanceRetention=True
        )["Errors"]
        assert error["Code"] == "AccessDenied"
        assert admin.get_object(**one)["Body"].read() == b"x"
    else:
        admin.delete_object(**one, BypassGovernanceRetention=True)
        assert code_of(admin.get_object, **one) == "NoSuchVersion"


def test_a_retention_only_grows(admin: Any, locked: str, until: datetime) -> None:
    """In compliance whoever asks; in governance unless it is bypassed."""
    sooner, later = until - timedelta(minutes=30), until + timedelta(minutes=30)
    for mode in ("GOVERNANCE", "COMPLIANCE"):
        named = {"Bucket": locked, "Key": mode}
        admin.put_object(**named, Body=b"x", **retained(mode, until))

        def put(date: datetime, mode: str = mode, **more: Any) -> dict[str, Any]:
            return {
                "Bucket": locked,
                "Key": mode,
                "Retention": {"Mode": mode, "RetainUntilDate": date},
                **more,
            }

        retain = admin.put_object_retention
        assert code_of(retain, **put(sooner)) == "AccessDenied"
        bypassed = put(sooner, BypassGovernanceRetention=True)
        if mode == "GOVERNANCE":
            retain(**bypassed)
        else:
            assert code_of(retain, **bypassed) == "AccessDenied"
        retain(**put(later))
        assert admin.get_object_retention(**named)["Retention"] == {
            "Mode": mode,
            "RetainUntilDate": later,
        }
        assert code_of(retain, **named, Retention={}) == "NotImplemented"
        past = put(datetime(2020, 1, 1, tzinfo=UTC))
        assert code_of(retain, **past) == "InvalidArgument"


def test_a_held_version_stays_until_it_is_let_go(admin: Any, locked: str) -> None:
    """Whoever bypasses what."""
    named = {"Bucket": locked, "Key": "held"}
    put = admin.put_object(**named, Body=b"x", ObjectLockLegalHoldStatus="ON")
    one = named | {"VersionId": put["VersionId"]}
    assert admin.head_object(**one)["ObjectLockLegalHoldStatus"] == "ON"
    assert admin.get_object_legal_hold(**one)["LegalHold"] == {"Status": "ON"}
    assert code_of(admin.get_object_retention, **one) == (
        "NoSuchObjectLockConfiguration"
    )
    assert code_of(admin.delete_object, **one, BypassGovernanceRetention=True) == (
        "AccessDenied"
    )
    admin.put_object_legal_hold(**one, LegalHold={"Status": "OFF"})
    admin.delete_object(**one)
    assert code_of(admin.get_object_legal_hold, **one) == "NoSuchVersion"


def test_bypassing_is_decided_by_the_policies(
    admin: Any, locked: str, until: datetime
) -> None:
    """And so is how long somebody may keep what."""
    named = {"Bucket": locked, "Key": "a"}
    put = admin.put_object(**named, Body=b"x", **retained("GOVERNANCE", until))
    one = named | {"VersionId": put["VersionId"]}
    statements: list[dict[str, Any]] = [
        {"Action": "s3:BypassGovernanceRetention"},
        {
            "Action": "s3:PutObjectRetention",
            "Condition": {
                "NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}
            },
        },
        {
            "Action": "s3:PutObjectLegalHold",
            "Condition": {"StringEquals": {"s3:object-lock-legal-hold": "OFF"}},
        },
    ]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Resource": f"arn:aws:s3:::{locked}/*",
                **each,
            }
            for each in statements
        ],
    }
    admin.put_bucket_policy(Bucket=locked, Policy=json.dumps(policy))
    assert code_of(admin.delete_object, **one, BypassGovernanceRetention=True) == (
        "AccessDenied"
    )
    batch = {"Objects": [{"Key": "a", "VersionId": put["VersionId"]}]}
    (error,) = admin.delete_objects(
        Bucket=locked, Delete=batch, BypassGovernanceRetention=True
    )["Errors"]
    assert "s3:BypassGovernanceRetention" in error["Message"]
    far = until + timedelta(days=20)
    assert code_of(
        admin.put_object, **named, Body=b"", **retained("GOVERNANCE", far)
    ) == ("AccessDenied")
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": far}
    assert code_of(admin.put_object_retention, **one, Retention=retention) == (
        "AccessDenied"
    )
    admin.put_object_legal_hold(**one, LegalHold={"Status": "ON"})
    assert code_of(admin.put_object_legal_hold, **one, LegalHold={"Status": "OFF"}) == (
        "AccessDenied"
    )


def test_who_may_not_ask_for_a_lock_is_not_told_of_it(
    admin: Any, until: datetime
) -> None:
    """Its headers go to those alone who may get the retention."""
    name = f"lock-headers-{until:%H%M%S}"
    admin.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    admin.put_object(Bucket=name, Key="a", Body=b"x", **retained("GOVERNANCE", until))
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObjectRetention",
            "Resource": f"arn:aws:s3:::{name}/*",
        },
    }
    admin.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    assert "ObjectLockMode" not in admin.head_object(Bucket=name, Key="a")
    admin.delete_bucket_policy(Bucket=name)
    assert admin.head_object(Bucket=name, Key="a")["ObjectLockMode"] == "GOVERNANCE"
