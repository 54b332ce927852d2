"""Users: created, read, deleted. Here they are administrators only.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace

from securecart.iam.access_keys import keys_of
from securecart.iam.boundaries import boundary_in
from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import User
from securecart.iam.errors import DeleteConflict, EntityAlreadyExists
from securecart.iam.find import user_in
from securecart.iam.ids import unique_id
from securecart.iam.paging import page, under
from securecart.iam.rules import MAX_USER_NAME, checked_name, checked_path, tags_from
from securecart.iam.shapes import user_shape, whole_user_shape


def create_user(change: Change) -> Result:
    """Create a user without any key or policy."""
    name = checked_name(change.text("UserName"), "userName", MAX_USER_NAME)
    user = User(
        account=change.account,
        name=name,
        path=checked_path(change.optional("Path", "/")),
        user_id=unique_id("AIDA", change.random),
        created=change.now.replace(microsecond=0),
        boundary=boundary_in(change),
        tags=tags_from(change.parameters.get("Tags", ())),
    )
    if change.store.get(User, user.key) is not None:
        raise EntityAlreadyExists(f"User with name {name} already exists.")
    change.store.put(user)
    return {"User": whole_user_shape(user)}


def get_user(call: Call) -> Result:
    """Answer one user; the caller where none is named."""
    return {"User": whole_user_shape(user_in(call))}


def list_users(call: Call) -> Result:
    """Answer the users under a path."""
    users: list[User] = under(call, call.store.list(User))
    return page(call, "Users", {user.key: user_shape(user) for user in users})


def update_user(change: Change) -> Result:
    """Give a user another name or path; id, keys, groups and policies stay."""
    user = user_in(change)
    name = change.optional("NewUserName", user.name)
    new = replace(
        user,
        name=checked_name(name, "newUserName", MAX_USER_NAME),
        path=checked_path(change.optional("NewPath", user.path)),
    )
    if new.key != user.key:
        if change.store.get(User, new.key) is not None:
            raise EntityAlreadyExists(f"User with name {name} already exists.")
        change.store.delete(User, user.key)
    for key in keys_of(change.store, user):
        change.store.put(replace(key, user_name=name))
    change.store.put(new)
    return {}


def delete_user(change: Change) -> Result:
    """Delete a user on whom no key and no policy hangs any more."""
    user = user_in(change)
    if keys_of(change.store, user):
        raise DeleteConflict("Cannot delete entity, must delete access keys first.")
    if user.groups:
        raise DeleteConflict(
            "Cannot delete entity, must remove users from group first."
        )
    if user.attached_policies:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if user.inline_policies:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    change.store.delete(User, user.key)
    return {}
