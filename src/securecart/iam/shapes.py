"""Entities as IAM's service model shows them."""

from typing import Any

from securecart.iam.entities import (
    AccessKey,
    Group,
    ManagedPolicy,
    PolicyVersion,
    Role,
    Tags,
    User,
)


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """The shape `tagListType`."""
    return [{"Key": key, "Value": value} for key, value in tags]


def _details(entity: Role | User | ManagedPolicy) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if entity.tags:
        details["Tags"] = tag_list(entity.tags)
    if not isinstance(entity, ManagedPolicy) and entity.boundary:
        details["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": entity.boundary,
        }
    return details


def role_shape(role: Role) -> dict[str, Any]:
    """The shape `Role`, as ListRoles shows it."""
    shape: dict[str, Any] = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": role.trust_policy,
        "MaxSessionDuration": role.max_session_duration,
    }
    if role.description:
        shape["Description"] = role.description
    return shape


def whole_role_shape(role: Role) -> dict[str, Any]:
    """The shape `Role`, as GetRole shows it: with tags and boundary."""
    return role_shape(role) | _details(role)


def user_shape(user: User) -> dict[str, Any]:
    """The shape `User`, as ListUsers shows it."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.user_id,
        "Arn": user.arn,
        "CreateDate": user.created,
    }


def whole_user_shape(user: User) -> dict[str, Any]:
    """The shape `User`, as GetUser shows it: with tags and boundary."""
    return user_shape(user) | _details(user)


def group_shape(group: Group) -> dict[str, Any]:
    """The shape `Group`."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.group_id,
        "Arn": group.arn,
        "CreateDate": group.created,
    }


def access_key_shape(key: AccessKey) -> dict[str, Any]:
    """The shape `AccessKeyMetadata`."""
    return {
        "UserName": key.user_name,
        "AccessKeyId": key.access_key_id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.created,
    }


def policy_shape(
    policy: ManagedPolicy, *, attachments: int, boundaries: int
) -> dict[str, Any]:
    """The shape `Policy`, as ListPolicies shows it."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.policy_id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    }


def whole_policy_shape(
    policy: ManagedPolicy, *, attachments: int, boundaries: int
) -> dict[str, Any]:
    """The shape `Policy`, as GetPolicy shows it: with description and tags."""
    shape = policy_shape(policy, attachments=attachments, boundaries=boundaries)
    if policy.description:
        shape["Description"] = policy.description
    return shape | _details(policy)


def version_shape(policy: ManagedPolicy, version: PolicyVersion) -> dict[str, Any]:
    """The shape `PolicyVersion` without its document."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version_id,
        "CreateDate": version.created,
    }
