"""Roles, their policies, tags and boundaries."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from securecart.iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ServiceError, ValidationError

Run = Callable[..., Any]

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {
                "Federated": "arn:aws:iam::123456789012:saml-provider/SecureCart"
            },
            "Action": "sts:AssumeRoleWithSAML",
        },
    }
)
ALLOW = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    }
)


def _create(run: Run, name: str = "Employee", **parameters: Any) -> Any:
    return run(
        "CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST, **parameters
    )["Role"]


def _create_policy(run: Run, name: str) -> str:
    policy = run("CreatePolicy", PolicyName=name, PolicyDocument=ALLOW)["Policy"]
    arn: str = policy["Arn"]
    return arn


def test_a_role_has_what_it_was_created_with(run: Run) -> None:
    """GetRole answers every parameter, an id, and whole seconds."""
    made = _create(
        run,
        Path="/staff/",
        Description="Everybody",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "it"}],
    )
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", made["RoleId"])
    found = run("GetRole", RoleName="Employee")["Role"]
    assert found == made | {"RoleLastUsed": {}}
    assert found["Arn"] == "arn:aws:iam::123456789012:role/staff/Employee"
    assert found["CreateDate"] == datetime(2026, 3, 1, 12, 30, 1, tzinfo=UTC)
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert found["MaxSessionDuration"] == 7200
    assert found["Tags"] == [{"Key": "team", "Value": "it"}]


def test_names_differ_by_more_than_case(run: Run) -> None:
    """A taken name is taken in any case, but found only as written."""
    _create(run, "Employee")
    with pytest.raises(EntityAlreadyExists, match="employee already exists"):
        _create(run, "employee")
    with pytest.raises(
        NoSuchEntity, match=r"^The role with name employee cannot be found\.$"
    ):
        run("GetRole", RoleName="employee")


def test_a_role_made_anew_has_another_id(run: Run) -> None:
    """Changing a role keeps its id; deleting it gives the id up for good."""
    first = _create(run)["RoleId"]
    run("UpdateRole", RoleName="Employee", Description="x", MaxSessionDuration=43200)
    run("UpdateAssumeRolePolicy", RoleName="Employee", PolicyDocument=TRUST)
    assert run("GetRole", RoleName="Employee")["Role"]["RoleId"] == first
    run("DeleteRole", RoleName="Employee")
    assert _create(run)["RoleId"] != first


@pytest.mark.parametrize(
    "parameters",
    [
        {"RoleName": ""},
        {"RoleName": "x" * 65},
        {"RoleName": "a/b"},
        {"RoleName": "a*"},
        {"RoleName": "ünïcode"},
        {"RoleName": "line\n"},
        {"Path": "no/slash/"},
        {"Path": "/no/end"},
        {"Path": "/sp ace/"},
        {"MaxSessionDuration": 3599},
        {"MaxSessionDuration": 43201},
        {"Description": "x" * 1001},
    ],
)
def test_refuses_what_breaks_a_rule(run: Run, parameters: dict[str, Any]) -> None:
    """Names, paths and durations are held to AWS's limits."""
    rest = {"RoleName": "r", "AssumeRolePolicyDocument": TRUST} | parameters
    with pytest.raises(ValidationError):
        run("CreateRole", **rest)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "not JSON",
        ALLOW,
        TRUST.replace("Statement", "Statements"),
        TRUST.replace("Federated", "Friend"),
        TRUST.replace('"Allow"', '"Allow", "Resource": "*"'),
    ],
)
def test_refuses_a_trust_policy_it_does_not_understand(run: Run, document: str) -> None:
    """A trust policy names principals and no resource."""
    with pytest.raises(ServiceError) as refused:
        run("CreateRole", RoleName="r", AssumeRolePolicyDocument=document)
    assert refused.value.code == "MalformedPolicyDocument"


def test_white_space_does_not_count_towards_the_size(run: Run) -> None:
    """A trust policy may have 2,048 characters besides white space."""
    document = json.loads(TRUST)
    document["Statement"]["Sid"] = "x"
    spaced = json.dumps(document, indent=200)
    assert len(spaced) > 2048
    run("CreateRole", RoleName="a", AssumeRolePolicyDocument=spaced)
    document["Statement"]["Sid"] = "x" * 2048
    with pytest.raises(LimitExceeded, match="ACLSizePerRole: 2048"):
        run("CreateRole", RoleName="b", AssumeRolePolicyDocument=json.dumps(document))


def test_inline_policies_come_and_go(run: Run) -> None:
    """Put replaces, list sorts, delete deletes once."""
    _create(run)
    for name in ("b", "a", "b"):
        run("PutRolePolicy", RoleName="Employee", PolicyName=name, PolicyDocument=ALLOW)
    assert run("ListRolePolicies", RoleName="Employee")["PolicyNames"] == ["a", "b"]
    found = run("GetRolePolicy", RoleName="Employee", PolicyName="a")
    assert found == {
        "RoleName": "Employee",
        "PolicyName": "a",
        "PolicyDocument": ALLOW,
    }
    run("DeleteRolePolicy", RoleName="Employee", PolicyName="a")
    with pytest.raises(NoSuchEntity, match="role policy with name a cannot be found"):
        run("DeleteRolePolicy", RoleName="Employee", PolicyName="a")


def test_inline_policies_share_one_quota(run: Run) -> None:
    """All inline policies of a role together have 10,240 characters."""
    _create(run)
    document = json.loads(ALLOW)
    document["Statement"]["Sid"] = "x" * 6000
    text = json.dumps(document)
    run("PutRolePolicy", RoleName="Employee", PolicyName="a", PolicyDocument=text)
    run("PutRolePolicy", RoleName="Employee", PolicyName="a", PolicyDocument=text)
    with pytest.raises(LimitExceeded, match="10240 bytes exceeded for role Employee"):
        run("PutRolePolicy", RoleName="Employee", PolicyName="b", PolicyDocument=text)


def test_an_inline_policy_names_no_principal(run: Run) -> None:
    """The document is read as an identity policy."""
    _create(run)
    with pytest.raises(ServiceError) as refused:
        run("PutRolePolicy", RoleName="Employee", PolicyName="a", PolicyDocument=TRUST)
    assert refused.value.code == "MalformedPolicyDocument"


def test_a_role_with_policies_is_not_deleted(run: Run) -> None:
    """Attached ones must be detached, and inline ones deleted, before."""
    _create(run)
    arn = _create_policy(run, "p")
    run("AttachRolePolicy", RoleName="Employee", PolicyArn=arn)
    run("PutRolePolicy", RoleName="Employee", PolicyName="a", PolicyDocument=ALLOW)
    with pytest.raises(DeleteConflict, match="must detach all policies first"):
        run("DeleteRole", RoleName="Employee")
    run("DetachRolePolicy", RoleName="Employee", PolicyArn=arn)
    with pytest.raises(DeleteConflict, match="must delete policies first"):
        run("DeleteRole", RoleName="Employee")
    run("DeleteRolePolicy", RoleName="Employee", PolicyName="a")
    run("DeleteRole", RoleName="Employee")
    assert run("ListRoles")["Roles"] == []


def test_attaching_twice_is_once(run: Run) -> None:
    """Attach is idempotent; detaching what is not attached is an error."""
    _create(run)
    arn = _create_policy(run, "p")
    run("AttachRolePolicy", RoleName="Employee", PolicyArn=arn)
    run("AttachRolePolicy", RoleName="Employee", PolicyArn=arn)
    listed = run("ListAttachedRolePolicies", RoleName="Employee")
    assert listed["AttachedPolicies"] == [{"PolicyName": "p", "PolicyArn": arn}]
    run("DetachRolePolicy", RoleName="Employee", PolicyArn=arn)
    with pytest.raises(NoSuchEntity):
        run("DetachRolePolicy", RoleName="Employee", PolicyArn=arn)


def test_a_role_has_at_most_ten_attached_policies(run: Run) -> None:
    """The eleventh is refused."""
    _create(run)
    for number in range(10):
        arn = _create_policy(run, f"p{number}")
        run("AttachRolePolicy", RoleName="Employee", PolicyArn=arn)
    with pytest.raises(LimitExceeded, match="PoliciesPerRole: 10"):
        run(
            "AttachRolePolicy",
            RoleName="Employee",
            PolicyArn=_create_policy(run, "last"),
        )


def test_a_boundary_must_exist(run: Run) -> None:
    """Boundaries are managed policies of the account."""
    missing = "arn:aws:iam::123456789012:policy/none"
    with pytest.raises(NoSuchEntity):
        _create(run, PermissionsBoundary=missing)
    arn = _create_policy(run, "edge")
    made = _create(run, PermissionsBoundary=arn)
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    run("DeleteRolePermissionsBoundary", RoleName="Employee")
    with pytest.raises(NoSuchEntity):
        run("DeleteRolePermissionsBoundary", RoleName="Employee")
    run("PutRolePermissionsBoundary", RoleName="Employee", PermissionsBoundary=arn)
    assert "PermissionsBoundary" in run("GetRole", RoleName="Employee")["Role"]


def test_tag_keys_ignore_case(run: Run) -> None:
    """A key in another case replaces; two of them at once are refused."""
    _create(run, Tags=[{"Key": "Team", "Value": "it"}])
    run("TagRole", RoleName="Employee", Tags=[{"Key": "team", "Value": "hr"}])
    assert run("ListRoleTags", RoleName="Employee")["Tags"] == [
        {"Key": "team", "Value": "hr"}
    ]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    with pytest.raises(InvalidInput, match="Duplicate tag keys"):
        run("TagRole", RoleName="Employee", Tags=twice)
    with pytest.raises(InvalidInput, match="aws: prefixed"):
        run("TagRole", RoleName="Employee", Tags=[{"Key": "AWS:x", "Value": ""}])
    run("UntagRole", RoleName="Employee", TagKeys=["TEAM", "none"])
    assert run("ListRoleTags", RoleName="Employee")["Tags"] == []


def test_fifty_tags_are_the_most(run: Run) -> None:
    """The limit counts what is there and what is added."""
    _create(run, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    with pytest.raises(LimitExceeded):
        run("TagRole", RoleName="Employee", Tags=[{"Key": "more", "Value": ""}])


def test_lists_come_in_pages(run: Run) -> None:
    """Following the markers answers each role once, sorted, under its path."""
    for number in range(7):
        _create(run, f"r{number}", Path="/a/" if number % 2 else "/b/")
    seen: list[str] = []
    rest: dict[str, str] = {}
    pages = 0
    while True:
        answer = run("ListRoles", MaxItems=3, **rest)
        seen += [role["RoleName"] for role in answer["Roles"]]
        pages += 1
        if not answer["IsTruncated"]:
            break
        rest = {"Marker": answer["Marker"]}
    assert (seen, pages) == ([f"r{n}" for n in range(7)], 3)
    assert "Marker" not in answer
    under = run("ListRoles", PathPrefix="/a/")["Roles"]
    assert [role["RoleName"] for role in under] == ["r1", "r3", "r5"]


@pytest.mark.parametrize("marker", ["?", "a", "//79", "é"])
def test_refuses_a_marker_of_no_list(run: Run, marker: str) -> None:
    """A damaged marker is an error, not a traceback."""
    with pytest.raises(ValidationError, match="Invalid Marker"):
        run("ListRoles", Marker=marker)


def test_an_operation_that_fails_changes_nothing(
    run: Run, entities: InMemoryEntities
) -> None:
    """The store is as it was."""
    before = entities.generation()
    with pytest.raises(NoSuchEntity):
        run("TagRole", RoleName="none", Tags=[])
    assert entities.generation() == before
