"""The condition keys that a call brings, held to the catalogue."""

from collections.abc import Callable
from typing import Any

import pytest

from securecart.kms import OPERATIONS, Change
from securecart.names.entities import InMemoryEntities
from securecart.policy import Context
from securecart.policy.catalogue import find_action

Run = Callable[..., Any]
ContextOf = Callable[..., list[Context]]


@pytest.fixture
def key_id(run: Run) -> str:
    """A key with a tag and an alias."""
    made = run("CreateKey", Tags=[{"TagKey": "Team", "TagValue": "it"}])
    key_id: str = made["KeyMetadata"]["KeyId"]
    run("CreateAlias", AliasName="alias/docs", TargetKeyId=key_id)
    return key_id


@pytest.fixture
def contexts(entities: InMemoryEntities, make_call: Callable[..., Change]) -> ContextOf:
    """The contexts of a call's checks, of which every key is the action's."""

    def contexts(operation: str, **parameters: Any) -> list[Context]:
        with entities.writing() as store:
            checks = OPERATIONS[operation].checks(make_call(store, **parameters))
        for check in checks:
            action = find_action(check.action)
            assert action is not None
            for key in check.context:
                assert key.startswith("aws:") or action.has_key(key)
        return [check.context for check in checks]

    return contexts


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_call_brings_its_actions_own_keys(
    run: Run, contexts: ContextOf, key_id: str, operation: str
) -> None:
    """No other, and the account of the caller wherever AWS has it."""
    blob = run("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    listing = {"ListKeys", "ListAliases"}
    for context in contexts(
        operation,
        KeyId=key_id,
        DestinationKeyId=key_id,
        TargetKeyId=key_id,
        AliasName="alias/docs",
        CiphertextBlob=blob,
    ):
        assert ("kms:calleraccount" in context) is (operation not in listing)


def test_a_key_brings_what_it_is(contexts: ContextOf, key_id: str) -> None:
    """By whichever name it is called, and for its deletion of an alias too."""
    of_key = {
        "aws:resourcetag/team": "it",
        "kms:resourcealiases": ("alias/docs",),
        "kms:keyspec": "SYMMETRIC_DEFAULT",
        "kms:keyusage": "ENCRYPT_DECRYPT",
        "kms:keyorigin": "AWS_KMS",
        "kms:multiregion": "false",
    }
    (by_id,) = contexts("Encrypt", KeyId=key_id)
    assert of_key.items() <= by_id.items()
    assert by_id["kms:encryptionalgorithm"] == "SYMMETRIC_DEFAULT"
    assert "kms:requestalias" not in by_id
    (by_alias,) = contexts("Encrypt", KeyId="alias/docs")
    assert by_alias == {**by_id, "kms:requestalias": "alias/docs"}
    _, target = contexts("DeleteAlias", AliasName="alias/docs")
    assert of_key.items() <= target.items()
    (described,) = contexts("DescribeKey", KeyId=key_id)
    assert "kms:encryptionalgorithm" not in described


def test_tags_that_are_asked_for_are_keys(contexts: ContextOf, key_id: str) -> None:
    """On a new key, on an old one, and where they are taken away."""
    tags = [{"TagKey": "Team", "TagValue": "hr"}, {"TagKey": "x", "TagValue": "y"}]
    for operation in ("CreateKey", "TagResource"):
        (context,) = contexts(operation, KeyId=key_id, Tags=tags)
        assert context["aws:requesttag/team"] == "hr"
        assert context["aws:requesttag/x"] == "y"
        assert context["aws:tagkeys"] == ("Team", "x")
    (context,) = contexts("UntagResource", KeyId=key_id, TagKeys=["Team"])
    assert context["aws:tagkeys"] == ("Team",)
    assert not any(key.startswith("aws:requesttag/") for key in context)


@pytest.mark.parametrize(
    ("operation", "parameter", "value", "key"),
    [
        (
            "ScheduleKeyDeletion",
            "PendingWindowInDays",
            7,
            "kms:schedulekeydeletionpendingwindowindays",
        ),
        ("EnableKeyRotation", "RotationPeriodInDays", 90, "kms:rotationperiodindays"),
        (
            "PutKeyPolicy",
            "BypassPolicyLockoutSafetyCheck",
            True,
            "kms:bypasspolicylockoutsafetycheck",
        ),
    ],
)
def test_parameters_are_keys_where_they_are_sent(
    contexts: ContextOf,
    key_id: str,
    operation: str,
    parameter: str,
    value: Any,
    key: str,
) -> None:
    """And absent where they are not."""
    (context,) = contexts(operation, KeyId=key_id, **{parameter: value})
    assert context[key] == str(value).lower()
    (context,) = contexts(operation, KeyId=key_id)
    assert key not in context


def test_re_encrypting_says_whether_the_key_stays(
    run: Run, contexts: ContextOf, key_id: str
) -> None:
    """`kms:ReEncryptOnSameKey`, on either side."""
    other = run("CreateKey")["KeyMetadata"]["KeyId"]
    blob = run("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    for target, same in ((key_id, "true"), (other, "false")):
        for context in contexts(
            "ReEncrypt", CiphertextBlob=blob, DestinationKeyId=target
        ):
            assert context["kms:reencryptonsamekey"] == same
