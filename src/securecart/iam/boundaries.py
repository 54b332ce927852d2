"""Permissions boundaries: a managed policy that caps what others grant.

Source: AWS IAM User Guide, "Permissions boundaries for IAM entities".
"""

from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.errors import NoSuchEntity
from securecart.iam.find import policy_in, role_in, user_in


def boundary_in(call: Call) -> str | None:
    """Answer the ARN that `PermissionsBoundary` names, if it was sent.

    Raises:
        NoSuchEntity: if there is no such policy.
    """
    if "PermissionsBoundary" not in call.parameters:
        return None
    return policy_in(call, "PermissionsBoundary").arn


def put_role_permissions_boundary(change: Change) -> Result:
    """Set or replace a role's boundary."""
    arn = policy_in(change, "PermissionsBoundary").arn
    change.store.put(replace(role_in(change), boundary=arn))
    return {}


def delete_role_permissions_boundary(change: Change) -> Result:
    """Remove a role's boundary."""
    role = role_in(change)
    if role.boundary is None:
        raise NoSuchEntity(f"The role {role.name} has no permissions boundary.")
    change.store.put(replace(role, boundary=None))
    return {}


def put_user_permissions_boundary(change: Change) -> Result:
    """Set or replace a user's boundary."""
    arn = policy_in(change, "PermissionsBoundary").arn
    change.store.put(replace(user_in(change), boundary=arn))
    return {}


def delete_user_permissions_boundary(change: Change) -> Result:
    """Remove a user's boundary."""
    user = user_in(change)
    if user.boundary is None:
        raise NoSuchEntity(f"The user {user.name} has no permissions boundary.")
    change.store.put(replace(user, boundary=None))
    return {}
