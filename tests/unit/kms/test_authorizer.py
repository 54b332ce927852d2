"""Who may use a key: its policy, the caller's, and S3 in between."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from securecart.kms import OPERATIONS, S3, Change, Key, KeyAuthorizer
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import AccessDenied, ValidationError
from securecart.names.principal import IamUser, Principal, Service
from securecart.policy import Decision, DeniedByPolicy, Layers, PolicyKind, parse_policy
from securecart.policy.compiled import CompiledSession

Run = Callable[..., Any]
ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = IamUser(ACCOUNT, "ada", "AIDA1")
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
CONTEXT = {"aws:s3:arn": "arn:aws:s3:::docs"}


def _document(**more: Any) -> str:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _decision(require: Callable[[], None]) -> Decision:
    """What became of it; a refusal's explanation must tell the same."""
    try:
        require()
    except DeniedByPolicy as denied:
        return denied.explanation().answer.decision
    except AccessDenied:
        return Decision.IMPLICIT_DENY
    return Decision.ALLOW


ALL = Layers(identity=(parse_policy(_document(), PolicyKind.IDENTITY),))


@pytest.fixture
def authorizer(entities: InMemoryEntities) -> KeyAuthorizer:
    """Ada may do all that her own policies decide; others nothing."""

    def session_for(principal: Principal) -> CompiledSession:
        return CompiledSession(ALL if principal == ADA else Layers(), principal)

    return KeyAuthorizer(entities, session_for, account=ACCOUNT, region="us-east-1")


@pytest.fixture
def decisions(
    entities: InMemoryEntities,
    make_call: Callable[..., Change],
    authorizer: KeyAuthorizer,
) -> Callable[..., list[Decision]]:
    """Decide every check of a call."""

    def decisions(
        operation: str, caller: Principal = ADA, **parameters: Any
    ) -> list[Decision]:
        with entities.writing() as store:
            call = make_call(store, caller=caller, **parameters)
            checks = OPERATIONS[operation].checks(call)
        return [
            _decision(partial(authorizer.require, caller, check)) for check in checks
        ]

    return decisions


def _create(run: Run, policy: str | None = None) -> str:
    parameters = {} if policy is None else {"Policy": policy}
    made = run("CreateKey", BypassPolicyLockoutSafetyCheck=True, **parameters)
    key_id: str = made["KeyMetadata"]["KeyId"]
    return key_id


def test_a_key_that_delegates_leaves_it_to_iam(
    run: Run, decisions: Callable[..., list[Decision]]
) -> None:
    """With the default key policy, identity policies decide."""
    key_id = _create(run)
    assert decisions("DescribeKey", KeyId=key_id) == [Decision.ALLOW]
    bob = IamUser(ACCOUNT, "bob", "AIDA2")
    assert decisions("DescribeKey", bob, KeyId=key_id) == [Decision.IMPLICIT_DENY]


def test_a_key_that_does_not_delegate_is_closed(
    run: Run, decisions: Callable[..., list[Decision]]
) -> None:
    """No identity policy opens a key whose own policy names somebody else."""
    bob = IamUser(ACCOUNT, "bob", "AIDA2")
    key_id = _create(run, _document(Principal={"AWS": bob.arn}))
    assert decisions("DescribeKey", KeyId=key_id) == [Decision.IMPLICIT_DENY]
    assert decisions("DescribeKey", bob, KeyId=key_id) == [Decision.ALLOW]


def test_a_condition_sees_the_encryption_context(
    run: Run, decisions: Callable[..., list[Decision]]
) -> None:
    """`kms:EncryptionContext:<key>` holds Encrypt and Decrypt alike."""
    key_id = _create(
        run,
        _document(
            Principal={"AWS": ROOT_ARN},
            Condition={
                "StringEquals": {"kms:EncryptionContext:Team": "it"},
                "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["Team"]},
            },
        ),
    )
    right, wrong = {"Team": "it"}, {"Team": "hr"}
    blob = run("Encrypt", KeyId=key_id, Plaintext=b"x", EncryptionContext=right)

    def encrypting(context: dict[str, str]) -> list[Decision]:
        return decisions("Encrypt", KeyId=key_id, EncryptionContext=context)

    def decrypting(context: dict[str, str]) -> list[Decision]:
        return decisions(
            "Decrypt",
            CiphertextBlob=blob["CiphertextBlob"],
            EncryptionContext=context,
        )

    for decide in (encrypting, decrypting):
        assert decide(right) == [Decision.ALLOW]
        assert decide(wrong) == [Decision.IMPLICIT_DENY]
        assert decide({}) == [Decision.IMPLICIT_DENY]
        assert decide(right | {"other": "x"}) == [Decision.IMPLICIT_DENY]
        with pytest.raises(ValidationError):
            decide({"Team": "hr", "team": "it"})


def test_every_key_of_a_call_is_asked(
    run: Run, decisions: Callable[..., list[Decision]]
) -> None:
    """Aliases and re-encryption touch two or three resources."""
    mine = _create(run)
    closed = _create(run, _document(Principal={"AWS": f"{ROOT_ARN[:-4]}user/bob"}))
    yes, no = Decision.ALLOW, Decision.IMPLICIT_DENY
    alias = {"AliasName": "alias/docs"}
    assert decisions("CreateAlias", TargetKeyId=closed, **alias) == [yes, no]
    run("CreateAlias", TargetKeyId=closed, **alias)
    assert decisions("UpdateAlias", TargetKeyId=mine, **alias) == [yes, no, yes]
    assert decisions("DeleteAlias", **alias) == [yes, no]
    assert decisions("DeleteAlias", AliasName="alias/none") == [yes]
    blob = run("Encrypt", KeyId=closed, Plaintext=b"x")["CiphertextBlob"]
    moving = {"CiphertextBlob": blob, "DestinationKeyId": mine}
    assert decisions("ReEncrypt", **moving) == [no, yes]
    assert decisions("ListKeys") == [yes]


def test_a_key_that_is_not_there_is_decided_by_iam(
    decisions: Callable[..., list[Decision]],
) -> None:
    """Whoever may ask learns that it is missing; others do not."""
    missing = {"KeyId": "5f0c7f9e-0000-4000-8000-000000000000"}
    bob = IamUser(ACCOUNT, "bob", "AIDA2")
    assert decisions("DescribeKey", **missing) == [Decision.ALLOW]
    assert decisions("DescribeKey", bob, **missing) == [Decision.IMPLICIT_DENY]


def test_the_store_may_do_three_things(
    run: Run, decisions: Callable[..., list[Decision]]
) -> None:
    """S3's own credentials describe, generate and decrypt, and no more."""
    key_id = _create(run)
    blob = run("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    calls: dict[str, dict[str, Any]] = {
        "DescribeKey": {"KeyId": key_id},
        "GenerateDataKey": {"KeyId": key_id},
        "Decrypt": {"CiphertextBlob": blob},
        "Encrypt": {"KeyId": key_id},
        "GenerateDataKeyWithoutPlaintext": {"KeyId": key_id},
        "CreateKey": {},
        "ListKeys": {},
        "PutKeyPolicy": {"KeyId": key_id},
        "ScheduleKeyDeletion": {"KeyId": key_id},
    }

    def allowed(service: Service) -> set[str]:
        return {
            operation
            for operation, parameters in calls.items()
            if decisions(operation, service, **parameters) == [Decision.ALLOW]
        }

    may = {"DescribeKey", "GenerateDataKey", "Decrypt"}
    assert allowed(Service(ACCOUNT, S3)) == may
    assert allowed(Service(ACCOUNT, "ec2.amazonaws.com")) == set()
    assert allowed(Service("210987654321", S3)) == set()


def test_s3_asks_for_the_caller(
    run: Run, entities: InMemoryEntities, authorizer: KeyAuthorizer
) -> None:
    """`kms:ViaService` and the context are there; without S3 the key is shut."""
    key_id = _create(
        run,
        _document(
            Principal={"AWS": ROOT_ARN},
            Condition={
                "StringEquals": {
                    "kms:ViaService": "s3.us-east-1.amazonaws.com",
                    "kms:CallerAccount": ACCOUNT,
                    "kms:EncryptionContext:aws:s3:arn": CONTEXT["aws:s3:arn"],
                }
            },
        ),
    )
    with entities.reading() as store:
        key = store.get(Key, key_id)
    assert key is not None

    def via_s3(
        principal: Principal = ADA,
        arn: str = key.arn,
        context: dict[str, str] = CONTEXT,
        now: datetime = NOW,
    ) -> Decision:
        return _decision(
            partial(
                authorizer.require_via_s3,
                principal,
                "kms:Decrypt",
                arn,
                context,
                now=now,
            )
        )

    assert via_s3() is Decision.ALLOW
    assert via_s3(IamUser(ACCOUNT, "bob", "AIDA2")) is Decision.IMPLICIT_DENY
    assert via_s3(context={"aws:s3:arn": "x"}) is Decision.IMPLICIT_DENY
    assert via_s3(arn=key.arn.replace("us-east-1", "x")) is Decision.IMPLICIT_DENY
    assert via_s3(arn="") is Decision.IMPLICIT_DENY
    run("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    gone = NOW + timedelta(days=7)
    assert via_s3(now=gone) is Decision.IMPLICIT_DENY
    run("CancelKeyDeletion", KeyId=key_id)
    denying = json.loads(key.policy)
    denying["Statement"]["Effect"] = "Deny"
    run(
        "PutKeyPolicy",
        KeyId=key_id,
        Policy=json.dumps(denying),
        BypassPolicyLockoutSafetyCheck=True,
    )
    assert via_s3() is Decision.EXPLICIT_DENY
