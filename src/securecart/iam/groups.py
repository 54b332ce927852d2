"""Groups of users: made, renamed, deleted, and who is in them.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import Group, User
from securecart.iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.iam.find import group_in, user_in
from securecart.iam.ids import unique_id
from securecart.iam.paging import page, under
from securecart.iam.rules import MAX_GROUP_NAME, checked_name, checked_path
from securecart.iam.shapes import group_shape, user_shape
from securecart.names.entities import EntityReader

MAX_GROUPS = 300
MAX_GROUPS_OF_USER = 10
"""Quotas of groups in an account, and of those that one user is in."""


def _members(store: EntityReader, group: Group) -> list[User]:
    return [user for user in store.list(User) if group.key in user.groups]


def create_group(change: Change) -> Result:
    """Create a group without members or policies."""
    name = checked_name(change.text("GroupName"), "groupName", MAX_GROUP_NAME)
    group = Group(
        account=change.account,
        name=name,
        path=checked_path(change.optional("Path", "/")),
        group_id=unique_id("AGPA", change.random),
        created=change.now.replace(microsecond=0),
    )
    if change.store.get(Group, group.key) is not None:
        raise EntityAlreadyExists(f"Group with name {name} already exists.")
    if len(change.store.list(Group)) >= MAX_GROUPS:
        raise LimitExceeded(f"Cannot exceed quota for GroupsPerAccount: {MAX_GROUPS}")
    change.store.put(group)
    return {"Group": group_shape(group)}


def get_group(call: Call) -> Result:
    """Answer a group and a page of its members."""
    group = group_in(call)
    users = {user.key: user_shape(user) for user in _members(call.store, group)}
    return {"Group": group_shape(group), **page(call, "Users", users)}


def list_groups(call: Call) -> Result:
    """Answer the groups under a path."""
    groups: list[Group] = under(call, call.store.list(Group))
    return page(call, "Groups", {group.key: group_shape(group) for group in groups})


def update_group(change: Change) -> Result:
    """Give a group another name or path; its id, members and policies stay."""
    group = group_in(change)
    name = change.optional("NewGroupName", group.name)
    new = replace(
        group,
        name=checked_name(name, "newGroupName", MAX_GROUP_NAME),
        path=checked_path(change.optional("NewPath", group.path)),
    )
    if new.key != group.key:
        if change.store.get(Group, new.key) is not None:
            raise EntityAlreadyExists(f"Group with name {name} already exists.")
        for user in _members(change.store, group):
            kept = (new.key if key == group.key else key for key in user.groups)
            change.store.put(replace(user, groups=tuple(kept)))
        change.store.delete(Group, group.key)
    change.store.put(new)
    return {}


def delete_group(change: Change) -> Result:
    """Delete a group that nobody is in and on which no policy hangs."""
    group = group_in(change)
    if _members(change.store, group):
        raise DeleteConflict(
            "Cannot delete entity, must remove users from group first."
        )
    if group.attached_policies:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if group.inline_policies:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    change.store.delete(Group, group.key)
    return {}


def add_user_to_group(change: Change) -> Result:
    """Put a user into a group; once is enough."""
    change.text("UserName")
    group, user = group_in(change), user_in(change)
    groups = tuple(dict.fromkeys((*user.groups, group.key)))
    if len(groups) > MAX_GROUPS_OF_USER:
        raise LimitExceeded(
            f"Cannot exceed quota for GroupsPerUser: {MAX_GROUPS_OF_USER}"
        )
    change.store.put(replace(user, groups=groups))
    return {}


def remove_user_from_group(change: Change) -> Result:
    """Take a user out of a group."""
    change.text("UserName")
    group, user = group_in(change), user_in(change)
    if group.key not in user.groups:
        raise NoSuchEntity(f"User {user.name} is not in group {group.name}.")
    kept = tuple(key for key in user.groups if key != group.key)
    change.store.put(replace(user, groups=kept))
    return {}


def list_groups_for_user(call: Call) -> Result:
    """Answer the groups that a user is in."""
    found = [call.store.get(Group, key) for key in user_in(call).groups]
    groups = {group.key: group_shape(group) for group in found if group}
    return page(call, "Groups", groups)
