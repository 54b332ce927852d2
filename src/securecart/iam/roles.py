"""Roles: created, read, changed, deleted, tagged.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace

from securecart.iam.bound_principals import bound_principals
from securecart.iam.boundaries import boundary_in
from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import Role
from securecart.iam.errors import DeleteConflict, EntityAlreadyExists
from securecart.iam.find import role_in
from securecart.iam.ids import unique_id
from securecart.iam.paging import page, under
from securecart.iam.rules import (
    MAX_ROLE_NAME,
    broken,
    checked_description,
    checked_name,
    checked_path,
    checked_trust_policy,
    merged_tags,
    tags_from,
)
from securecart.iam.shapes import role_shape, tag_list, whole_role_shape

_SHORTEST_SESSION = 3600
_LONGEST_SESSION = 43200  # `roleMaxSessionDurationType`: one to twelve hours.


def _session_duration(call: Call, default: int) -> int:
    seconds = int(call.parameters.get("MaxSessionDuration", default))
    if not _SHORTEST_SESSION <= seconds <= _LONGEST_SESSION:
        limits = f"be between {_SHORTEST_SESSION} and {_LONGEST_SESSION}"
        raise broken(str(seconds), "maxSessionDuration", limits)
    return seconds


def create_role(change: Change) -> Result:
    """Create a role with a trust policy; its id is its own for life."""
    name = checked_name(change.text("RoleName"), "roleName", MAX_ROLE_NAME)
    trust_policy = checked_trust_policy(change.text("AssumeRolePolicyDocument"))
    role = Role(
        account=change.account,
        name=name,
        path=checked_path(change.optional("Path", "/")),
        role_id=unique_id("AROA", change.random),
        created=change.now.replace(microsecond=0),
        trust_policy=trust_policy,
        description=checked_description(change.optional("Description")),
        max_session_duration=_session_duration(change, _SHORTEST_SESSION),
        boundary=boundary_in(change),
        tags=tags_from(change.parameters.get("Tags", ())),
        bound_principals=bound_principals(change.store, trust_policy),
    )
    if change.store.get(Role, role.key) is not None:
        raise EntityAlreadyExists(f"Role with name {name} already exists.")
    change.store.put(role)
    return {"Role": whole_role_shape(role)}


def get_role(call: Call) -> Result:
    """Answer one role."""
    return {"Role": whole_role_shape(role_in(call)) | {"RoleLastUsed": {}}}


def list_roles(call: Call) -> Result:
    """Answer the roles under a path."""
    roles: list[Role] = under(call, call.store.list(Role))
    return page(call, "Roles", {role.key: role_shape(role) for role in roles})


def update_role(change: Change) -> Result:
    """Change a role's description and the longest session it gives."""
    role = role_in(change)
    description = change.optional("Description", role.description)
    change.store.put(
        replace(
            role,
            description=checked_description(description),
            max_session_duration=_session_duration(change, role.max_session_duration),
        )
    )
    return {}


def update_role_description(change: Change) -> Result:
    """Change a role's description alone."""
    description = checked_description(change.text("Description"))
    role = replace(role_in(change), description=description)
    change.store.put(role)
    return {"Role": whole_role_shape(role)}


def update_assume_role_policy(change: Change) -> Result:
    """Replace a role's trust policy."""
    policy = checked_trust_policy(change.text("PolicyDocument"))
    bound = bound_principals(change.store, policy)
    change.store.put(
        replace(role_in(change), trust_policy=policy, bound_principals=bound)
    )
    return {}


def delete_role(change: Change) -> Result:
    """Delete a role on which no policy hangs any more."""
    role = role_in(change)
    if role.attached_policies:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if role.inline_policies:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    change.store.delete(Role, role.key)
    return {}


def tag_role(change: Change) -> Result:
    """Add tags to a role, or change the values of those it has."""
    role = role_in(change)
    added = tags_from(change.parameters.get("Tags", ()))
    change.store.put(replace(role, tags=merged_tags(role.tags, added)))
    return {}


def untag_role(change: Change) -> Result:
    """Remove tags from a role; keys it does not have are no error."""
    role = role_in(change)
    gone = {str(key).lower() for key in change.parameters.get("TagKeys", ())}
    kept = tuple(tag for tag in role.tags if tag[0].lower() not in gone)
    change.store.put(replace(role, tags=kept))
    return {}


def list_role_tags(call: Call) -> Result:
    """Answer a role's tags."""
    tags = role_in(call).tags
    return page(call, "Tags", {tag["Key"]: tag for tag in tag_list(tags)})
