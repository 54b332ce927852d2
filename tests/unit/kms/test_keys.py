"""Keys, aliases, tags and key policies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from securecart.kms import Alias, Key, destroy_due_keys
from securecart.kms.errors import (
    AlreadyExistsException,
    DisabledException,
    InvalidAliasNameException,
    InvalidArnException,
    InvalidMarkerException,
    KMSInvalidStateException,
    LimitExceededException,
    MalformedPolicyDocumentException,
    NotFoundException,
    TagException,
    UnsupportedOperationException,
)
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ValidationError
from securecart.names.principal import IamUser

Run = Callable[..., Any]
ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PREFIX = f"arn:aws:kms:us-east-1:{ACCOUNT}:"


def _create(run: Run, **parameters: Any) -> str:
    key_id: str = run("CreateKey", **parameters)["KeyMetadata"]["KeyId"]
    return key_id


def _policy(principal: str, action: str = "kms:*") -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": action,
                "Resource": "*",
            },
        }
    )


def test_a_key_is_described_and_never_shown(
    run: Run, entities: InMemoryEntities
) -> None:
    """Metadata has the model's members; the material is in none of them."""
    made = run("CreateKey", Description="documents")["KeyMetadata"]
    assert UUID(made["KeyId"]).version == 4
    assert made["Arn"] == f"{PREFIX}key/{made['KeyId']}"
    assert made["KeyState"] == "Enabled"
    found = run("DescribeKey", KeyId=made["KeyId"])["KeyMetadata"]
    assert found == made
    with entities.reading() as store:
        key = store.get(Key, made["KeyId"])
    assert key is not None
    assert "material" not in repr(key)


def test_a_key_is_named_in_four_ways(run: Run) -> None:
    """By id, ARN, alias and alias ARN."""
    key_id = _create(run)
    run("CreateAlias", AliasName="alias/docs", TargetKeyId=key_id)
    for name in (
        key_id,
        f"{PREFIX}key/{key_id}",
        "alias/docs",
        f"{PREFIX}alias/docs",
    ):
        assert run("DescribeKey", KeyId=name)["KeyMetadata"]["KeyId"] == key_id


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("alias/none", NotFoundException),
        ("5f0c7f9e-0000-4000-8000-000000000000", NotFoundException),
        ("arn:aws:kms:eu-west-1:123456789012:key/x", InvalidArnException),
        ("arn:aws:kms:us-east-1:210987654321:key/x", InvalidArnException),
        ("arn:aws:s3:::docs", InvalidArnException),
        ("", NotFoundException),
        ("\0", NotFoundException),
    ],
)
def test_a_key_that_is_not_there_is_an_error(
    run: Run, name: str, error: type[Exception]
) -> None:
    """Keys of other places are not looked for."""
    with pytest.raises(error):
        run("DescribeKey", KeyId=name)


@pytest.mark.parametrize(
    "parameters",
    [
        {"KeySpec": "RSA_2048"},
        {"CustomerMasterKeySpec": "ECC_NIST_P256"},
        {"KeyUsage": "SIGN_VERIFY"},
        {"Origin": "EXTERNAL"},
        {"MultiRegion": True},
        {"CustomKeyStoreId": "x"},
    ],
)
def test_refuses_other_kinds_of_key(run: Run, parameters: dict[str, Any]) -> None:
    """What would not be done is not promised."""
    with pytest.raises(UnsupportedOperationException):
        run("CreateKey", **parameters)


def test_a_key_without_a_policy_leaves_it_to_iam(run: Run) -> None:
    """The default key policy delegates to the account."""
    key_id = _create(run)
    found = run("GetKeyPolicy", KeyId=key_id)
    assert found["PolicyName"] == "default"
    statement = json.loads(found["Policy"])["Statement"][0]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    with pytest.raises(NotFoundException):
        run("GetKeyPolicy", KeyId=key_id, PolicyName="other")


def test_a_key_policy_must_leave_its_author_in_control(run: Run) -> None:
    """A lockout has to be asked for by name."""
    ada = IamUser(ACCOUNT, "ada", "AIDA1")
    key_id = _create(run)
    for document in (
        _policy(f"arn:aws:iam::{ACCOUNT}:user/bob"),
        _policy(ada.arn, "kms:Decrypt"),
        "{}",
    ):
        with pytest.raises(MalformedPolicyDocumentException):
            run("PutKeyPolicy", KeyId=key_id, Policy=document, caller=ada)
    run("PutKeyPolicy", KeyId=key_id, Policy=_policy(ada.arn), caller=ada)
    other = _policy(f"arn:aws:iam::{ACCOUNT}:user/bob")
    run(
        "PutKeyPolicy",
        KeyId=key_id,
        Policy=other,
        BypassPolicyLockoutSafetyCheck=True,
        caller=ada,
    )
    assert run("GetKeyPolicy", KeyId=key_id)["Policy"] == other
    with pytest.raises(LimitExceededException):
        run("PutKeyPolicy", KeyId=key_id, Policy=" " * 40_000)


def test_canonical_users_are_for_buckets(run: Run) -> None:
    """A key policy that names one is refused, not left without effect."""
    named = _policy("a" * 64).replace('"AWS"', '"CanonicalUser"')
    with pytest.raises(MalformedPolicyDocumentException, match="Statement 1: Can"):
        run(
            "CreateKey",
            Policy=named,
            BypassPolicyLockoutSafetyCheck=True,
        )


def test_a_disabled_key_does_nothing(run: Run) -> None:
    """It can be described and enabled again, and that is all."""
    key_id = _create(run)
    run("DisableKey", KeyId=key_id)
    assert run("DescribeKey", KeyId=key_id)["KeyMetadata"]["Enabled"] is False
    with pytest.raises(DisabledException, match=r"is disabled\.$"):
        run("GenerateDataKey", KeyId=key_id, KeySpec="AES_256")
    run("EnableKey", KeyId=key_id)
    run("GenerateDataKey", KeyId=key_id, KeySpec="AES_256")


def test_a_key_waits_for_its_end(run: Run, entities: InMemoryEntities) -> None:
    """Unusable at once, kept on demand, gone at its date with its material."""
    key_id = _create(run)
    run("CreateAlias", AliasName="alias/docs", TargetKeyId=key_id)
    for days in (6, 31):
        with pytest.raises(ValidationError):
            run("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=days)
    answer = run("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    assert answer["DeletionDate"] == NOW + timedelta(days=7)
    assert run("DescribeKey", KeyId=key_id)["KeyMetadata"]["KeyState"] == (
        "PendingDeletion"
    )
    for operation in ("GenerateDataKey", "EnableKey", "ScheduleKeyDeletion"):
        with pytest.raises(KMSInvalidStateException, match="is pending deletion"):
            run(operation, KeyId=key_id, KeySpec="AES_256")
    run("CancelKeyDeletion", KeyId=key_id)
    with pytest.raises(KMSInvalidStateException, match="is not pending deletion"):
        run("CancelKeyDeletion", KeyId=key_id)
    with pytest.raises(DisabledException):
        run("GenerateDataKey", KeyId=key_id, KeySpec="AES_256")
    run("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    end = NOW + timedelta(days=7)
    assert destroy_due_keys(entities, now=end - timedelta(seconds=1)) == 0
    for operation in ("DescribeKey", "CancelKeyDeletion"):
        with pytest.raises(NotFoundException):
            run(operation, KeyId=key_id, now=end)
    assert run("ListKeys", now=end)["Keys"] == []
    assert destroy_due_keys(entities, now=end) == 1
    with entities.reading() as store:
        assert store.list(Key) == []
        assert store.list(Alias) == []


def test_aliases_come_and_go(run: Run) -> None:
    """An alias is one name for one key at a time."""
    first, second = _create(run), _create(run)
    run("CreateAlias", AliasName="alias/docs", TargetKeyId=first)
    with pytest.raises(AlreadyExistsException, match="alias/docs already exists"):
        run("CreateAlias", AliasName="alias/docs", TargetKeyId=second)
    run("UpdateAlias", AliasName="alias/docs", TargetKeyId=second)
    assert run("DescribeKey", KeyId="alias/docs")["KeyMetadata"]["KeyId"] == second
    assert run("ListAliases", KeyId=first)["Aliases"] == []
    listed = run("ListAliases")["Aliases"]
    assert [(a["AliasName"], a["TargetKeyId"]) for a in listed] == [
        ("alias/docs", second)
    ]
    run("DeleteAlias", AliasName="alias/docs")
    with pytest.raises(NotFoundException, match="alias/docs is not found"):
        run("DeleteAlias", AliasName="alias/docs")


@pytest.mark.parametrize("name", ["docs", "alias/", "alias/a b", "alias/aws/s3", ""])
def test_refuses_names_that_are_no_aliases(run: Run, name: str) -> None:
    """AWS's own aliases are reserved."""
    with pytest.raises(InvalidAliasNameException):
        run("CreateAlias", AliasName=name, TargetKeyId=_create(run))


def test_lists_come_in_pages(run: Run) -> None:
    """Following the markers answers each key once."""
    made = sorted(_create(run) for _ in range(5))
    first = run("ListKeys", Limit=3)
    assert first["Truncated"]
    rest = run("ListKeys", Limit=3, Marker=first["NextMarker"])
    assert not rest["Truncated"]
    assert [key["KeyId"] for key in first["Keys"] + rest["Keys"]] == made
    with pytest.raises(InvalidMarkerException):
        run("ListKeys", Marker="?")
    with pytest.raises(ValidationError):
        run("ListKeys", Limit=0)


def test_tags_come_and_go(run: Run) -> None:
    """Keys that differ in case alone are refused: conditions cannot tell them."""
    key_id = _create(run, Tags=[{"TagKey": "team", "TagValue": "it"}])
    run("TagResource", KeyId=key_id, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert run("ListResourceTags", KeyId=key_id)["Tags"] == [
        {"TagKey": "a", "TagValue": "b"},
        {"TagKey": "team", "TagValue": "it"},
    ]
    with pytest.raises(TagException):
        run("TagResource", KeyId=key_id, Tags=[{"TagKey": "Team", "TagValue": "x"}])
    with pytest.raises(TagException):
        run("TagResource", KeyId=key_id, Tags=[{"TagKey": "aws:x", "TagValue": "x"}])
    run("UntagResource", KeyId=key_id, TagKeys=["a", "none"])
    assert len(run("ListResourceTags", KeyId=key_id)["Tags"]) == 1
    many = [{"TagKey": f"k{n}", "TagValue": ""} for n in range(50)]
    with pytest.raises(LimitExceededException):
        run("TagResource", KeyId=key_id, Tags=many)
