"""Groups: their life, their members, and what their policies do to those."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from securecart.iam import Authorizer
from securecart.iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.iam.groups import MAX_GROUPS, MAX_GROUPS_OF_USER
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ServiceError
from securecart.names.principal import IamUser
from securecart.policy import DeniedByPolicy

Run = Callable[..., Any]
ACCOUNT = "123456789012"


def _document(effect: str, action: str, sid: str = "s") -> str:
    statement = {"Sid": sid, "Effect": effect, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _names(answer: Any) -> list[str]:
    return [group["GroupName"] for group in answer["Groups"]]


def test_a_group_goes_when_nothing_hangs_on_it(run: Run) -> None:
    """Members first, then attached policies, then inline ones."""
    made = run("CreateGroup", GroupName="Ops", Path="/it/")["Group"]
    assert made["Arn"] == "arn:aws:iam::123456789012:group/it/Ops"
    assert made["GroupId"].startswith("AGPA")
    with pytest.raises(EntityAlreadyExists, match="Group with name OPS already"):
        run("CreateGroup", GroupName="OPS")
    run("CreateUser", UserName="ada")
    member = {"GroupName": "Ops", "UserName": "ada"}
    run("AddUserToGroup", **member)
    run("AddUserToGroup", **member)
    policy = _document("Allow", "s3:*")
    arn = run("CreatePolicy", PolicyName="m", PolicyDocument=policy)["Policy"]["Arn"]
    run("AttachGroupPolicy", GroupName="Ops", PolicyArn=arn)
    run("PutGroupPolicy", GroupName="Ops", PolicyName="p", PolicyDocument=policy)
    with pytest.raises(DeleteConflict, match="remove users from group"):
        run("DeleteUser", UserName="ada")
    with pytest.raises(DeleteConflict, match="remove users from group"):
        run("DeleteGroup", GroupName="Ops")
    run("RemoveUserFromGroup", **member)
    with pytest.raises(NoSuchEntity):
        run("RemoveUserFromGroup", **member)
    with pytest.raises(DeleteConflict, match="detach all policies"):
        run("DeleteGroup", GroupName="Ops")
    with pytest.raises(DeleteConflict, match="attached to entities"):
        run("DeletePolicy", PolicyArn=arn)
    run("DetachGroupPolicy", GroupName="Ops", PolicyArn=arn)
    with pytest.raises(DeleteConflict, match="delete policies"):
        run("DeleteGroup", GroupName="Ops")
    run("DeleteGroupPolicy", GroupName="Ops", PolicyName="p")
    run("DeleteGroup", GroupName="Ops")
    with pytest.raises(NoSuchEntity, match="group with name Ops cannot be found"):
        run("GetGroup", GroupName="Ops")


def test_names_change_and_what_hangs_on_them_stays(
    run: Run, entities: InMemoryEntities
) -> None:
    """Ids, members, keys and policies go along with the new names."""
    user = run("CreateUser", UserName="ada")["User"]
    key = run("CreateAccessKey", UserName="ada")["AccessKey"]["AccessKeyId"]
    group = run("CreateGroup", GroupName="ops")["Group"]
    run("CreateGroup", GroupName="dev")
    run("AddUserToGroup", GroupName="ops", UserName="ada")
    allow = _document("Allow", "s3:*")
    run("PutGroupPolicy", GroupName="ops", PolicyName="p", PolicyDocument=allow)
    with pytest.raises(EntityAlreadyExists):
        run("UpdateGroup", GroupName="ops", NewGroupName="DEV")
    run("UpdateGroup", GroupName="ops", NewGroupName="Operators", NewPath="/x/")
    run("CreateUser", UserName="bob")
    with pytest.raises(EntityAlreadyExists):
        run("UpdateUser", UserName="ada", NewUserName="BOB")
    run("UpdateUser", UserName="ada", NewUserName="Ada", NewPath="/y/")
    found = run("GetGroup", GroupName="Operators")
    assert found["Group"]["GroupId"] == group["GroupId"]
    assert [(u["Arn"], u["UserId"]) for u in found["Users"]] == [
        ("arn:aws:iam::123456789012:user/y/Ada", user["UserId"])
    ]
    keys = run("ListAccessKeys", UserName="Ada")["AccessKeyMetadata"]
    assert [(k["AccessKeyId"], k["UserName"]) for k in keys] == [(key, "Ada")]
    assert _names(run("ListGroupsForUser", UserName="Ada")) == ["Operators"]
    ada = IamUser(ACCOUNT, "Ada", user["UserId"], "/y/")
    Authorizer(entities).require(ada, "s3:GetObject", "*", {}, resource_account=ACCOUNT)
    with pytest.raises(NoSuchEntity):
        run("GetUser", UserName="ada")


def test_a_groups_policies_bear_on_its_members_alone(
    run: Run, entities: InMemoryEntities
) -> None:
    """Allow and Deny of a group hold from the next request on, and end so."""
    authorizer = Authorizer(entities)
    user = run("CreateUser", UserName="ada")["User"]
    ada = IamUser(ACCOUNT, "ada", user["UserId"])

    def may(action: str) -> bool:
        try:
            authorizer.require(ada, action, "*", {}, resource_account=ACCOUNT)
        except DeniedByPolicy:
            return False
        return True

    run("CreateGroup", GroupName="ops")
    policy = {"GroupName": "ops", "PolicyName": "p"}
    run("PutGroupPolicy", PolicyDocument=_document("Allow", "s3:*"), **policy)
    assert not may("s3:GetObject")
    run("AddUserToGroup", GroupName="ops", UserName="ada")
    assert may("s3:GetObject")
    deny = _document("Deny", "s3:DeleteObject")
    arn = run("CreatePolicy", PolicyName="m", PolicyDocument=deny)["Policy"]["Arn"]
    run("AttachGroupPolicy", GroupName="ops", PolicyArn=arn)
    assert may("s3:GetObject")
    assert not may("s3:DeleteObject")
    run("RemoveUserFromGroup", GroupName="ops", UserName="ada")
    assert not may("s3:GetObject")


def test_groups_have_quotas(run: Run) -> None:
    """Groups of an account, of a user, and the text written into one."""
    run("CreateUser", UserName="ada")
    for number in range(MAX_GROUPS):
        run("CreateGroup", GroupName=f"g{number}")
        if number < MAX_GROUPS_OF_USER:
            run("AddUserToGroup", GroupName=f"g{number}", UserName="ada")
    large = _document("Allow", "s3:*", "x" * 5120)
    for operation, parameters, quota in (
        ("CreateGroup", {"GroupName": "more"}, "GroupsPerAccount: 300"),
        ("AddUserToGroup", {"GroupName": "g10", "UserName": "ada"}, "PerUser: 10"),
        (
            "PutGroupPolicy",
            {"GroupName": "g0", "PolicyName": "p", "PolicyDocument": large},
            "5120 bytes exceeded for group g0",
        ),
    ):
        with pytest.raises(LimitExceeded, match=quota):
            run(operation, **parameters)


@pytest.mark.parametrize("kind", ["User", "Policy", "OpenIDConnectProvider"])
def test_tags_are_added_changed_and_removed(run: Run, kind: str) -> None:
    """Keys in another case are the same key; fifty at most, none of AWS's."""
    made = {
        "User": lambda: {
            "UserName": run("CreateUser", UserName="a")["User"]["UserName"]
        },
        "Policy": lambda: {
            "PolicyArn": run(
                "CreatePolicy", PolicyName="a", PolicyDocument=_document("Allow", "*")
            )["Policy"]["Arn"]
        },
        "OpenIDConnectProvider": lambda: {
            "OpenIDConnectProviderArn": run(
                "CreateOpenIDConnectProvider", Url="https://idp.example.com"
            )["OpenIDConnectProviderArn"]
        },
    }[kind]()
    run(f"Tag{kind}", Tags=[{"Key": "Team", "Value": "a"}], **made)
    run(f"Tag{kind}", Tags=[{"Key": "team", "Value": "b"}], **made)
    listed = run(f"List{kind}Tags", **made)
    assert listed["Tags"] == [{"Key": "team", "Value": "b"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    for tags in (many, [{"Key": "aws:x", "Value": ""}]):
        with pytest.raises(ServiceError):
            run(f"Tag{kind}", Tags=tags, **made)
    run(f"Untag{kind}", TagKeys=["TEAM", "none"], **made)
    assert run(f"List{kind}Tags", **made)["Tags"] == []
