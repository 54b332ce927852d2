"""Managed policies and their versions."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from securecart.iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.names.errors import ServiceError, ValidationError

Run = Callable[..., Any]


def _document(action: str = "s3:*", **more: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _create(run: Run, name: str = "p") -> str:
    made = run("CreatePolicy", PolicyName=name, PolicyDocument=_document())["Policy"]
    arn: str = made["Arn"]
    return arn


def test_a_policy_begins_with_its_first_version(run: Run) -> None:
    """CreatePolicy answers the ARN, an id, and v1 as the version in force."""
    made = run(
        "CreatePolicy",
        PolicyName="p",
        Path="/x/",
        PolicyDocument=_document(),
        Description="text",
    )["Policy"]
    assert made["Arn"] == "arn:aws:iam::123456789012:policy/x/p"
    assert re.fullmatch(r"ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert made["DefaultVersionId"] == "v1"
    found = run("GetPolicy", PolicyArn=made["Arn"])["Policy"]
    assert found == made | {"Description": "text"}
    version = run("GetPolicyVersion", PolicyArn=made["Arn"], VersionId="v1")
    assert version["PolicyVersion"]["Document"] == _document()
    assert version["PolicyVersion"]["IsDefaultVersion"] is True


def test_a_name_is_taken_in_every_path(run: Run) -> None:
    """AWS tells policies apart by name alone."""
    _create(run)
    with pytest.raises(EntityAlreadyExists, match="A policy called P already exists"):
        run("CreatePolicy", PolicyName="P", Path="/x/", PolicyDocument=_document())


def test_versions_are_never_numbered_twice(run: Run) -> None:
    """A deleted version's number is not given again."""
    arn = _create(run)
    second = run("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=_document("s3:G"))
    assert second["PolicyVersion"]["VersionId"] == "v2"
    assert second["PolicyVersion"]["IsDefaultVersion"] is False
    run("DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
    third = run(
        "CreatePolicyVersion",
        PolicyArn=arn,
        PolicyDocument=_document("s3:H"),
        SetAsDefault=True,
    )
    assert third["PolicyVersion"]["VersionId"] == "v3"
    assert run("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    with pytest.raises(DeleteConflict, match="default version"):
        run("DeletePolicyVersion", PolicyArn=arn, VersionId="v3")
    run("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v1")
    listed = run("ListPolicyVersions", PolicyArn=arn)["Versions"]
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in listed] == [
        ("v1", True),
        ("v3", False),
    ]
    with pytest.raises(NoSuchEntity, match="version v9"):
        run("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v9")


def test_five_versions_are_the_most(run: Run) -> None:
    """The sixth is refused until one is deleted."""
    arn = _create(run)
    for _ in range(4):
        run("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=_document())
    with pytest.raises(LimitExceeded, match="up to 5 versions"):
        run("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=_document())


def test_a_policy_in_use_is_not_deleted(run: Run) -> None:
    """Attachments, boundaries and further versions stand in the way."""
    arn = _create(run)
    run("CreateUser", UserName="ada", PermissionsBoundary=arn)
    with pytest.raises(DeleteConflict, match="attached to entities"):
        run("DeletePolicy", PolicyArn=arn)
    counts = run("GetPolicy", PolicyArn=arn)["Policy"]
    assert counts["PermissionsBoundaryUsageCount"] == 1
    run("DeleteUserPermissionsBoundary", UserName="ada")
    run("AttachUserPolicy", UserName="ada", PolicyArn=arn)
    assert run("GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    with pytest.raises(DeleteConflict, match="attached to entities"):
        run("DeletePolicy", PolicyArn=arn)
    run("DetachUserPolicy", UserName="ada", PolicyArn=arn)
    run("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=_document())
    with pytest.raises(DeleteConflict, match="more than one version"):
        run("DeletePolicy", PolicyArn=arn)
    run("DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
    run("DeletePolicy", PolicyArn=arn)
    with pytest.raises(NoSuchEntity):
        run("GetPolicy", PolicyArn=arn)


def test_lists_by_scope_and_use(run: Run) -> None:
    """AWS's own policies are none here; the filters leave what is asked for."""
    used, unused = _create(run, "used"), _create(run, "unused")
    run("CreateUser", UserName="ada")
    run("AttachUserPolicy", UserName="ada", PolicyArn=used)

    def arns(**parameters: Any) -> list[str]:
        listed = run("ListPolicies", **parameters)["Policies"]
        return [policy["Arn"] for policy in listed]

    assert arns() == arns(Scope="Local") == [unused, used]
    assert arns(Scope="AWS") == []
    assert arns(OnlyAttached=True) == [used]
    assert arns(PolicyUsageFilter="PermissionsBoundary") == []


def test_a_policy_is_found_by_its_exact_arn(run: Run) -> None:
    """Another account, path or case is another policy, and no ARN an error."""
    arn = _create(run)
    for other in (
        arn.replace("123456789012", "210987654321"),
        arn.replace("policy/p", "policy/x/p"),
        arn.replace("policy/p", "policy/P"),
        "arn:aws:iam::aws:policy/AdministratorAccess",
    ):
        with pytest.raises(NoSuchEntity):
            run("GetPolicy", PolicyArn=other)
    with pytest.raises(ValidationError):
        run("GetPolicy", PolicyArn="p")


def test_a_policy_has_6144_characters_at_most(run: Run) -> None:
    """The quota of managed policies is their own."""
    with pytest.raises(LimitExceeded, match="PolicySize: 6144"):
        run("CreatePolicy", PolicyName="p", PolicyDocument=_document(Sid="x" * 6144))


@pytest.mark.parametrize(
    "document", ["{}", _document(Principal="*"), _document(Wat="x"), _document() + "\0"]
)
def test_refuses_a_document_it_does_not_understand(run: Run, document: str) -> None:
    """Nothing is ignored."""
    with pytest.raises(ServiceError) as refused:
        run("CreatePolicy", PolicyName="p", PolicyDocument=document)
    assert refused.value.code == "MalformedPolicyDocument"
