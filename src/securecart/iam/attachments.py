"""Managed policies attached to a role, a user or a group.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import Group, Role, User
from securecart.iam.errors import LimitExceeded, NoSuchEntity
from securecart.iam.find import group_in, policy_in, role_in, user_in
from securecart.iam.paging import page

MAX_ATTACHED = 10
"""Quota of managed policies attached to one role, user or group."""

_Owner = Role | User | Group


def attach_role_policy(change: Change) -> Result:
    """Attach a managed policy to a role; once is enough."""
    role = role_in(change)
    attached = _with_policy(change, role, "PoliciesPerRole")
    change.store.put(replace(role, attached_policies=attached))
    return {}


def detach_role_policy(change: Change) -> Result:
    """Detach a managed policy from a role."""
    role = role_in(change)
    change.store.put(replace(role, attached_policies=_without_policy(change, role)))
    return {}


def list_attached_role_policies(call: Call) -> Result:
    """Answer the managed policies that are attached to a role."""
    return _listed(call, role_in(call))


def attach_user_policy(change: Change) -> Result:
    """Attach a managed policy to a user; once is enough."""
    user = user_in(change)
    attached = _with_policy(change, user, "PoliciesPerUser")
    change.store.put(replace(user, attached_policies=attached))
    return {}


def detach_user_policy(change: Change) -> Result:
    """Detach a managed policy from a user."""
    user = user_in(change)
    change.store.put(replace(user, attached_policies=_without_policy(change, user)))
    return {}


def list_attached_user_policies(call: Call) -> Result:
    """Answer the managed policies that are attached to a user."""
    return _listed(call, user_in(call))


def attach_group_policy(change: Change) -> Result:
    """Attach a managed policy to a group; once is enough."""
    group = group_in(change)
    attached = _with_policy(change, group, "PoliciesPerGroup")
    change.store.put(replace(group, attached_policies=attached))
    return {}


def detach_group_policy(change: Change) -> Result:
    """Detach a managed policy from a group."""
    group = group_in(change)
    change.store.put(replace(group, attached_policies=_without_policy(change, group)))
    return {}


def list_attached_group_policies(call: Call) -> Result:
    """Answer the managed policies that are attached to a group."""
    return _listed(call, group_in(call))


def _with_policy(call: Call, owner: _Owner, quota: str) -> tuple[str, ...]:
    attached = tuple(dict.fromkeys((*owner.attached_policies, policy_in(call).arn)))
    if len(attached) > MAX_ATTACHED:
        raise LimitExceeded(f"Cannot exceed quota for {quota}: {MAX_ATTACHED}")
    return attached


def _without_policy(call: Call, owner: _Owner) -> tuple[str, ...]:
    arn = call.text("PolicyArn")
    if arn not in owner.attached_policies:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return tuple(other for other in owner.attached_policies if other != arn)


def _listed(call: Call, owner: _Owner) -> Result:
    names = {arn: arn.rpartition("/")[2] for arn in owner.attached_policies}
    prefix = call.optional("PathPrefix", "/")
    return page(
        call,
        "AttachedPolicies",
        {
            name: {"PolicyName": name, "PolicyArn": arn}
            for arn, name in names.items()
            if f"/{arn.partition('/')[2]}".startswith(prefix)
        },
    )
