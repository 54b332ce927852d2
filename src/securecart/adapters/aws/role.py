"""The role, by boto3."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from securecart.adapters.aws.failures import code
from securecart.blueprint.changes import (
    CreateRole,
    DeleteRolePolicy,
    DetachRolePolicy,
    PutRolePolicy,
    RoleChange,
    UpdateMaxSession,
    UpdateTrust,
)
from securecart.blueprint.setup import Role

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_DESCRIPTION = "Employees in their own document folders (SecureCart)"


class AwsRole:
    """Reads and changes one role with everything that it may do."""

    def __init__(self, iam: "IAMClient") -> None:
        self._iam = iam

    def read(self, name: str) -> Role | None:
        """The role, or None where there is none."""
        try:
            role = self._iam.get_role(RoleName=name)["Role"]
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return None
            raise
        return Role(
            trust=_text(role["AssumeRolePolicyDocument"]),
            max_session_seconds=role["MaxSessionDuration"],
            inline=tuple(
                (policy, self._inline(name, policy))
                for page in self._iam.get_paginator("list_role_policies").paginate(
                    RoleName=name
                )
                for policy in page["PolicyNames"]
            ),
            attached=frozenset(
                policy["PolicyArn"]
                for page in self._iam.get_paginator(
                    "list_attached_role_policies"
                ).paginate(RoleName=name)
                for policy in page["AttachedPolicies"]
            ),
        )

    def carry_out(self, change: RoleChange) -> None:
        """Make the change; see `blueprint.changes` for each."""
        iam = self._iam
        match change:
            case CreateRole(role, trust, seconds):
                iam.create_role(
                    RoleName=role,
                    AssumeRolePolicyDocument=trust,
                    MaxSessionDuration=seconds,
                    Description=_DESCRIPTION,
                )
            case UpdateTrust(role, trust):
                iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
            case UpdateMaxSession(role, seconds):
                iam.update_role(
                    RoleName=role,
                    MaxSessionDuration=seconds,
                    Description=_DESCRIPTION,
                )
            case PutRolePolicy(role, name, policy):
                iam.put_role_policy(
                    RoleName=role, PolicyName=name, PolicyDocument=policy
                )
            case DeleteRolePolicy(role, name):
                iam.delete_role_policy(RoleName=role, PolicyName=name)
            case DetachRolePolicy(role, arn):
                iam.detach_role_policy(RoleName=role, PolicyArn=arn)

    def _inline(self, role: str, policy: str) -> str:
        answer = self._iam.get_role_policy(RoleName=role, PolicyName=policy)
        return _text(answer["PolicyDocument"])


def _text(document: str | Mapping[str, Any]) -> str:
    """A policy as text; boto3 has decoded the URL-encoding and the JSON."""
    return document if isinstance(document, str) else json.dumps(document)
