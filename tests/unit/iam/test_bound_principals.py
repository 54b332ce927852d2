"""Trust that names somebody ends with that one, whoever takes the name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from securecart.iam import Role, find_role, with_bound_principals
from securecart.names.entities import InMemoryEntities
from securecart.names.principal import IamUser, Principal
from securecart.names.session import RoleSession
from securecart.policy import PolicyKind, Request, decide_trust, parse_policy

Run = Callable[..., Any]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/it/ada"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Caller"
NOBODY = f"arn:aws:iam::{ACCOUNT}:user/nobody"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/Target"


def _document(*arns: str, **changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": list(arns)},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | changes]})


EVERYBODY = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "sts:AssumeRole",
}


@pytest.fixture
def callers(run: Run) -> Callable[[], tuple[Principal, Principal]]:
    """Make the user and the role anew, and answer them as callers."""

    def make() -> tuple[Principal, Principal]:
        user = run("CreateUser", UserName="ada", Path="/it/")["User"]
        trust = _document(f"arn:aws:iam::{ACCOUNT}:root")
        role = run("CreateRole", RoleName="Caller", AssumeRolePolicyDocument=trust)
        role_id = role["Role"]["RoleId"]
        session = RoleSession(ACCOUNT, "Caller", "/", role_id, "s", "ASIA", NOW, NOW)
        return IamUser(ACCOUNT, "ada", user["UserId"], "/it/"), session

    return make


def _trusted(entities: InMemoryEntities, principal: Principal) -> bool:
    with entities.reading() as store:
        role = find_role(store, "Target")
    assert isinstance(role, Role)
    policy = parse_policy(role.trust_policy, PolicyKind.TRUST)
    bound = with_bound_principals(policy, role.bound_principals)
    request = Request(principal, "sts:AssumeRole", TARGET, {}, ACCOUNT)
    answer = decide_trust(bound, request)
    # A role that is named still needs policies of its own.
    return answer.allowed or (answer.layer is not None and answer.layer != "trust")


def _forget(run: Run) -> None:
    run("DeleteUser", UserName="ada")
    run("DeleteRole", RoleName="Caller")


@pytest.mark.parametrize("put", ["CreateRole", "UpdateAssumeRolePolicy"])
def test_who_takes_the_name_is_not_trusted(
    run: Run, entities: InMemoryEntities, callers: Callable[..., Any], put: str
) -> None:
    """Until the policy is put again, which means the new ones."""
    user, session = callers()
    document = _document(USER, ROLE, NOBODY)
    if put == "CreateRole":
        run("CreateRole", RoleName="Target", AssumeRolePolicyDocument=document)
    else:
        run("CreateRole", RoleName="Target", AssumeRolePolicyDocument=_document(NOBODY))
        run("UpdateAssumeRolePolicy", RoleName="Target", PolicyDocument=document)
    assert _trusted(entities, user)
    assert _trusted(entities, session)
    _forget(run)
    other_user, other_session = callers()
    assert not _trusted(entities, other_user)
    assert not _trusted(entities, other_session)
    shown = run("GetRole", RoleName="Target")["Role"]["AssumeRolePolicyDocument"]
    assert USER in shown
    run("UpdateAssumeRolePolicy", RoleName="Target", PolicyDocument=document)
    assert _trusted(entities, other_user)
    assert _trusted(entities, other_session)


def test_a_deny_goes_on_naming_the_name(
    run: Run, entities: InMemoryEntities, callers: Callable[..., Any]
) -> None:
    """Whoever bears it: refusing is the safe mistake."""
    user, _ = callers()
    (denied,) = json.loads(_document(USER, Effect="Deny"))["Statement"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied, EVERYBODY]})
    run("CreateRole", RoleName="Target", AssumeRolePolicyDocument=document)
    assert not _trusted(entities, user)
    _forget(run)
    other, session = callers()
    assert not _trusted(entities, other)
    assert _trusted(entities, session)
