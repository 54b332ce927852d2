"""Simulations: the engine's decisions, told in AWS's shapes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from securecart.iam.errors import InvalidInput, NoSuchEntity

Run = Callable[..., Any]
POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"},
    {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*",
     "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
  ]
}"""
BOUNDARY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
    }
)
OBJECT = "arn:aws:s3:::ada/x"


def _custom(run: Run, *actions: str, **more: Any) -> Any:
    answer = run(
        "SimulateCustomPolicy", PolicyInputList=[POLICY], ActionNames=actions, **more
    )
    return answer["EvaluationResults"]


def _entry(key: str, value: str, kind: str = "string") -> dict[str, Any]:
    return {
        "ContextKeyName": key,
        "ContextKeyValues": [value],
        "ContextKeyType": kind,
    }


def test_a_custom_policy_is_tried_with_what_the_call_brings(run: Run) -> None:
    """The deciding statement's place is told, and the keys that are missing."""
    (result,) = _custom(run, "s3:GetObject", ResourceArns=[OBJECT])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:username"]
    user = _entry("aws:username", "ada")
    got, gone = _custom(
        run,
        "s3:GetObject",
        "s3:DeleteObject",
        ResourceArns=[OBJECT],
        ContextEntries=[user, _entry("aws:MultiFactorAuthPresent", "false", "boolean")],
    )
    assert got["EvalDecision"] == "allowed"
    assert got["ResourceSpecificResults"][0]["EvalResourceDecision"] == "allowed"
    assert got["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 4, "Column": 5},
            "EndPosition": {"Line": 4, "Column": 88},
        }
    ]
    assert gone["EvalDecision"] == "explicitDeny"
    assert gone["MatchedStatements"][0]["StartPosition"]["Line"] == 5
    assert gone["MatchedStatements"][0]["EndPosition"]["Line"] == 6


def test_a_boundary_caps_and_says_so(run: Run) -> None:
    """Whether the boundary alone would allow stands beside the decision."""
    results = _custom(
        run,
        "s3:GetObject",
        "s3:PutObject",
        ResourceArns=[OBJECT],
        ContextEntries=[_entry("aws:username", "ada")],
        PermissionsBoundaryPolicyInputList=[BOUNDARY],
    )
    detail = "PermissionsBoundaryDecisionDetail"
    assert [(r["EvalDecision"], r[detail]) for r in results] == [
        ("allowed", {"AllowedByPermissionsBoundary": True}),
        ("implicitDeny", {"AllowedByPermissionsBoundary": False}),
    ]


def test_a_principal_is_tried_with_its_groups(run: Run) -> None:
    """The statement's source is named; results come in pages."""
    arn = run("CreateUser", UserName="ada")["User"]["Arn"]
    run("CreateGroup", GroupName="ops")
    run("PutGroupPolicy", GroupName="ops", PolicyName="p", PolicyDocument=POLICY)
    ask = {
        "PolicySourceArn": arn,
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": [OBJECT],
        "MaxItems": 1,
    }
    assert run("SimulatePrincipalPolicy", **ask)["EvaluationResults"][0][
        "EvalDecision"
    ] == ("implicitDeny")
    run("AddUserToGroup", GroupName="ops", UserName="ada")
    first = run("SimulatePrincipalPolicy", **ask)
    assert first["IsTruncated"]
    second = run("SimulatePrincipalPolicy", Marker=first["Marker"], **ask)
    for page, action in ((first, "s3:GetObject"), (second, "s3:PutObject")):
        (result,) = page["EvaluationResults"]
        assert (result["EvalActionName"], result["EvalDecision"]) == (action, "allowed")
        assert result["MatchedStatements"][0]["SourcePolicyId"] == "group_ops_p"
    keys = run("GetContextKeysForPrincipalPolicy", PolicySourceArn=arn)
    assert keys["ContextKeyNames"] == ["aws:username", "aws:MultiFactorAuthPresent"]
    with pytest.raises(NoSuchEntity):
        run("SimulatePrincipalPolicy", **ask | {"PolicySourceArn": arn + "x"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"ActionNames": ["GetObject"]},
        {"ResourceArns": ["no arn"]},
        {"CallerArn": "nobody"},
        {"CallerArn": "arn:aws:iam::123456789012:root"},
        {"ContextEntries": [_entry("a:b", "x", "numeric")]},
        {"ContextEntries": [_entry("a:b", "x", "colour")]},
        {"ActionNames": ["s3:GetObject"] * 101, "ResourceArns": ["*"] * 100},
        {"ResourcePolicy": POLICY},
    ],
)
def test_what_is_no_simulation_is_refused(run: Run, wrong: dict[str, Any]) -> None:
    """By InvalidInput, which says what it is about."""
    parameters = {"PolicyInputList": [POLICY], "ActionNames": ["s3:GetObject"]}
    with pytest.raises(InvalidInput):
        run("SimulateCustomPolicy", **parameters | wrong)


def test_the_account_is_told_as_a_whole(run: Run) -> None:
    """Details with filter and pages; who uses a policy; the account's alias."""
    arn = run("CreatePolicy", PolicyName="m", PolicyDocument=BOUNDARY)["Policy"]["Arn"]
    key = run("CreateUser", UserName="ada") and run("CreateAccessKey", UserName="ada")
    run("CreateGroup", GroupName="ops")
    run("AddUserToGroup", GroupName="ops", UserName="ada")
    run("AttachGroupPolicy", GroupName="ops", PolicyArn=arn)
    run("PutUserPermissionsBoundary", UserName="ada", PermissionsBoundary=arn)
    whole = run("GetAccountAuthorizationDetails")
    assert whole["UserDetailList"][0]["GroupList"] == ["ops"]
    assert whole["Policies"][0]["PolicyVersionList"][0]["Document"] == BOUNDARY
    assert whole["GroupDetailList"][0]["AttachedManagedPolicies"] == [
        {"PolicyName": "m", "PolicyArn": arn}
    ]
    page = run("GetAccountAuthorizationDetails", MaxItems=2)
    assert page["IsTruncated"]
    rest = run("GetAccountAuthorizationDetails", MaxItems=2, Marker=page["Marker"])
    assert len(rest["UserDetailList"]) == 1
    only = run("GetAccountAuthorizationDetails", Filter=["Group"])
    assert [only[name] for name in ("UserDetailList", "Policies")] == [[], []]
    users = run("ListEntitiesForPolicy", PolicyArn=arn)
    assert [u["UserName"] for u in users["PolicyUsers"]] == ["ada"]
    assert [g["GroupName"] for g in users["PolicyGroups"]] == ["ops"]
    attached = {"PolicyArn": arn, "PolicyUsageFilter": "PermissionsPolicy"}
    assert run("ListEntitiesForPolicy", **attached)["PolicyUsers"] == []
    key_id = key["AccessKey"]["AccessKeyId"]
    used = run("GetAccessKeyLastUsed", AccessKeyId=key_id)
    assert used["UserName"] == "ada"
    assert run("GetAccountSummary")["SummaryMap"]["Groups"] == 1
    run("CreateAccountAlias", AccountAlias="example-corp")
    assert run("ListAccountAliases")["AccountAliases"] == ["example-corp"]
    with pytest.raises(NoSuchEntity):
        run("DeleteAccountAlias", AccountAlias="another")
    run("DeleteAccountAlias", AccountAlias="example-corp")
    assert run("ListAccountAliases")["AccountAliases"] == []
    with pytest.raises(NoSuchEntity, match="Login Profile for User ada"):
        run("GetLoginProfile", UserName="ada")
    assert run("ListSSHPublicKeys", UserName="ada")["SSHPublicKeys"] == []
