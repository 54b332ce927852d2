"""Policies written into a role, a user or a group.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import Group, Role, User
from securecart.iam.errors import LimitExceeded, NoSuchEntity
from securecart.iam.find import group_in, role_in, user_in
from securecart.iam.paging import page
from securecart.iam.rules import (
    MAX_GROUP_INLINE,
    MAX_POLICY_NAME,
    MAX_ROLE_INLINE,
    MAX_USER_INLINE,
    checked_name,
    checked_policy,
    document_size,
)
from securecart.policy import PolicyKind

_Owner = Role | User | Group


def put_role_policy(change: Change) -> Result:
    """Add an inline policy to a role, or replace the one of that name."""
    role = role_in(change)
    policies = _with_policy(change, role, MAX_ROLE_INLINE)
    change.store.put(replace(role, inline_policies=policies))
    return {}


def get_role_policy(call: Call) -> Result:
    """Answer one inline policy of a role."""
    role = role_in(call)
    return {"RoleName": role.name, **_policy(call, role)}


def list_role_policies(call: Call) -> Result:
    """Answer the names of a role's inline policies."""
    return page(
        call, "PolicyNames", {name: name for name in role_in(call).inline_policies}
    )


def delete_role_policy(change: Change) -> Result:
    """Delete one inline policy of a role."""
    role = role_in(change)
    change.store.put(replace(role, inline_policies=_without_policy(change, role)))
    return {}


def put_user_policy(change: Change) -> Result:
    """Add an inline policy to a user, or replace the one of that name."""
    user = user_in(change)
    policies = _with_policy(change, user, MAX_USER_INLINE)
    change.store.put(replace(user, inline_policies=policies))
    return {}


def get_user_policy(call: Call) -> Result:
    """Answer one inline policy of a user."""
    user = user_in(call)
    return {"UserName": user.name, **_policy(call, user)}


def list_user_policies(call: Call) -> Result:
    """Answer the names of a user's inline policies."""
    return page(
        call, "PolicyNames", {name: name for name in user_in(call).inline_policies}
    )


def delete_user_policy(change: Change) -> Result:
    """Delete one inline policy of a user."""
    user = user_in(change)
    change.store.put(replace(user, inline_policies=_without_policy(change, user)))
    return {}


def put_group_policy(change: Change) -> Result:
    """Add an inline policy to a group, or replace the one of that name."""
    group = group_in(change)
    policies = _with_policy(change, group, MAX_GROUP_INLINE)
    change.store.put(replace(group, inline_policies=policies))
    return {}


def get_group_policy(call: Call) -> Result:
    """Answer one inline policy of a group."""
    group = group_in(call)
    return {"GroupName": group.name, **_policy(call, group)}


def list_group_policies(call: Call) -> Result:
    """Answer the names of a group's inline policies."""
    return page(
        call, "PolicyNames", {name: name for name in group_in(call).inline_policies}
    )


def delete_group_policy(change: Change) -> Result:
    """Delete one inline policy of a group."""
    group = group_in(change)
    change.store.put(replace(group, inline_policies=_without_policy(change, group)))
    return {}


def _noun(owner: _Owner) -> str:
    return owner.kind.rpartition(".")[2]


def _with_policy(call: Call, owner: _Owner, most: int) -> dict[str, str]:
    name = checked_name(call.text("PolicyName"), "policyName", MAX_POLICY_NAME)
    document = checked_policy(call.text("PolicyDocument"), PolicyKind.IDENTITY)
    policies = dict(owner.inline_policies) | {name: document}
    if sum(map(document_size, policies.values())) > most:
        raise LimitExceeded(
            f"Maximum policy size of {most} bytes exceeded for"
            f" {_noun(owner)} {owner.name}"
        )
    return policies


def _policy(call: Call, owner: _Owner) -> dict[str, str]:
    name = call.text("PolicyName")
    if name not in owner.inline_policies:
        raise NoSuchEntity(
            f"The {_noun(owner)} policy with name {name} cannot be found."
        )
    return {"PolicyName": name, "PolicyDocument": owner.inline_policies[name]}


def _without_policy(call: Call, owner: _Owner) -> dict[str, str]:
    gone = _policy(call, owner)["PolicyName"]
    policies = owner.inline_policies.items()
    return {name: document for name, document in policies if name != gone}
