"""The calls that Terraform's AWS provider makes, replayed by boto3.

Terraform itself is not run: each resource is created, read, changed and
destroyed by the sequence of calls that its provider is known to make, with
botocore's waiters and paginators.
"""

import json
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
TAGS = [{"Key": "team", "Value": "it"}]


def _all(iam: Any, operation: str, member: str, **parameters: Any) -> list[Any]:
    pages = iam.get_paginator(operation).paginate(**parameters)
    return [item for page in pages for item in page[member]]


def test_a_role_with_its_policies(site: Any) -> None:
    """aws_iam_policy, aws_iam_role, _role_policy and _role_policy_attachment."""
    iam = site.client("iam")
    text = json.dumps(ALLOW)
    arn = iam.create_policy(PolicyName="p", PolicyDocument=text, Tags=TAGS)["Policy"][
        "Arn"
    ]
    iam.get_waiter("policy_exists").wait(PolicyArn=arn)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=TAGS)
    iam.get_waiter("role_exists").wait(RoleName="r")
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=text)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    role = {"RoleName": "r"}
    assert iam.get_role(**role)["Role"]["Tags"] == TAGS
    assert _all(iam, "list_role_policies", "PolicyNames", **role) == ["inline"]
    assert (
        len(_all(iam, "list_attached_role_policies", "AttachedPolicies", **role)) == 1
    )
    iam.update_role_description(Description="d", **role)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["team"])
    assert _all(iam, "list_policy_tags", "Tags", PolicyArn=arn) == [
        {"Key": "a", "Value": "b"}
    ]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    found = iam.list_entities_for_policy(PolicyArn=arn)
    assert [r["RoleName"] for r in found["PolicyRoles"]] == ["r"]
    assert (
        _all(iam, "list_instance_profiles_for_role", "InstanceProfiles", **role) == []
    )
    iam.detach_role_policy(PolicyArn=arn, **role)
    iam.delete_role_policy(PolicyName="inline", **role)
    iam.delete_role(**role)
    for version in _all(iam, "list_policy_versions", "Versions", PolicyArn=arn):
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(**role)


def test_a_user_with_key_and_groups(site: Any) -> None:
    """aws_iam_user, _access_key, _group, _group_policy and _group_membership."""
    iam = site.client("iam")
    user, group = {"UserName": "ada"}, {"GroupName": "ops"}
    iam.create_user(Tags=TAGS, **user)
    iam.get_waiter("user_exists").wait(**user)
    key = iam.create_access_key(**user)["AccessKey"]["AccessKeyId"]
    assert iam.get_access_key_last_used(AccessKeyId=key)["UserName"] == "ada"
    iam.create_group(**group)
    document = json.dumps(ALLOW)
    iam.put_group_policy(PolicyName="p", PolicyDocument=document, **group)
    assert iam.get_group_policy(PolicyName="p", **group)["PolicyDocument"] == ALLOW
    iam.add_user_to_group(**user, **group)
    assert [u["UserName"] for u in _all(iam, "get_group", "Users", **group)] == ["ada"]
    result = iam.simulate_principal_policy(
        PolicySourceArn=iam.get_user(**user)["User"]["Arn"],
        ActionNames=["s3:GetObject"],
    )["EvaluationResults"][0]
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "group_ops_p"
    details = iam.get_account_authorization_details(Filter=["Group"])
    assert (
        details["GroupDetailList"][0]["GroupPolicyList"][0]["PolicyDocument"] == ALLOW
    )
    iam.update_user(NewUserName="eve", **user)
    user = {"UserName": "eve"}
    iam.tag_user(Tags=[{"Key": "team", "Value": "hr"}], **user)
    assert _all(iam, "list_user_tags", "Tags", **user) == [
        {"Key": "team", "Value": "hr"}
    ]
    groups = _all(iam, "list_groups_for_user", "Groups", **user)
    assert [found["GroupName"] for found in groups] == ["ops"]
    for operation, member in (
        ("list_mfa_devices", "MFADevices"),
        ("list_signing_certificates", "Certificates"),
        ("list_ssh_public_keys", "SSHPublicKeys"),
        ("list_virtual_mfa_devices", "VirtualMFADevices"),
    ):
        named = {} if "virtual" in operation else user
        assert _all(iam, operation, member, **named) == []
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_login_profile(**user)
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(**user)
    iam.remove_user_from_group(**user, **group)
    iam.delete_access_key(AccessKeyId=key, **user)
    iam.delete_user(**user)
    iam.delete_group_policy(PolicyName="p", **group)
    iam.delete_group(**group)


def test_providers_and_the_alias(site: Any) -> None:
    """aws_iam_openid_connect_provider and aws_iam_account_alias."""
    iam = site.client("iam")
    arn = iam.create_open_id_connect_provider(Url="https://idp.example.com", Tags=TAGS)[
        "OpenIDConnectProviderArn"
    ]
    provider = {"OpenIDConnectProviderArn": arn}
    iam.untag_open_id_connect_provider(TagKeys=["team"], **provider)
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == []
    iam.delete_open_id_connect_provider(**provider)
    iam.create_account_alias(AccountAlias="example-corp")
    assert _all(iam, "list_account_aliases", "AccountAliases") == ["example-corp"]
    iam.delete_account_alias(AccountAlias="example-corp")


def test_a_rename_needs_leave_for_both_names(site: Any) -> None:
    """Who may rename under one path may not move a user out of it."""
    iam = site.client("iam")
    iam.create_user(UserName="ada")
    iam.create_user(UserName="low", Path="/low/")
    made = iam.create_access_key(UserName="ada")["AccessKey"]
    grant = {"Effect": "Allow", "Action": "iam:UpdateUser"}
    resource = "arn:aws:iam::123456789012:user/low/*"
    document = {"Version": "2012-10-17", "Statement": [{**grant, "Resource": resource}]}
    iam.put_user_policy(
        UserName="ada", PolicyName="p", PolicyDocument=json.dumps(document)
    )
    ada = site.client(
        "iam",
        type(site.administrator)(made["AccessKeyId"], made["SecretAccessKey"]),
    )
    ada.update_user(UserName="low", NewUserName="lower")
    with pytest.raises(iam.exceptions.ClientError) as denied:
        ada.update_user(UserName="lower", NewPath="/high/")
    assert denied.value.response["Error"]["Code"] == "AccessDenied"
