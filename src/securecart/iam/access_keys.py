"""Long-term access keys: made for a user, sealed in the store.

Source: AWS IAM API Reference; each function is the action of its name.
"""

import base64
from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import AccessKey, User
from securecart.iam.errors import EntityAlreadyExists, LimitExceeded, NoSuchEntity
from securecart.iam.find import user_in
from securecart.iam.ids import secret_access_key
from securecart.iam.paging import page
from securecart.iam.rules import broken
from securecart.iam.shapes import access_key_shape
from securecart.names.access_key_id import new_access_key_id
from securecart.names.entities import EntityReader
from securecart.sealing import Keyring

MAX_ACCESS_KEYS = 2
"""Quota of access keys of one user."""


def _purpose(key_id: str) -> str:
    # The id is in the purpose, so that no secret can be moved to another key.
    return f"iam access key {key_id}"


def unsealed_secret(key: AccessKey, keyring: Keyring) -> str:
    """Answer the secret of a stored key.

    Raises:
        Unsealable: if the store was damaged or belongs to another root key.
    """
    sealed = base64.b64decode(key.sealed_secret)
    return keyring.unseal(sealed, purpose=_purpose(key.access_key_id)).decode()


def keys_of(store: EntityReader, user: User) -> list[AccessKey]:
    """Answer a user's access keys."""
    return [key for key in store.list(AccessKey) if key.user_name == user.name]


def create_access_key(change: Change) -> Result:
    """Make a key for a user. The secret is answered this once."""
    user = user_in(change)
    if len(keys_of(change.store, user)) >= MAX_ACCESS_KEYS:
        raise LimitExceeded(
            f"Cannot exceed quota for AccessKeysPerUser: {MAX_ACCESS_KEYS}"
        )
    key_id = new_access_key_id("AKIA", change.account, change.random)
    if change.store.get(AccessKey, key_id) is not None:
        # 39 random bits: once in a very long time, and never another's key.
        raise EntityAlreadyExists(f"Access key {key_id} already exists. Try again.")
    secret = secret_access_key(change.random)
    sealed = change.keyring.seal(
        secret.encode(), purpose=_purpose(key_id), random=change.random
    )
    key = AccessKey(
        access_key_id=key_id,
        user_name=user.name,
        sealed_secret=base64.b64encode(sealed).decode(),
        created=change.now.replace(microsecond=0),
    )
    change.store.put(key)
    return {"AccessKey": access_key_shape(key) | {"SecretAccessKey": secret}}


def list_access_keys(call: Call) -> Result:
    """Answer a user's keys without their secrets."""
    keys = keys_of(call.store, user_in(call))
    shapes = {key.key: access_key_shape(key) for key in keys}
    return page(call, "AccessKeyMetadata", shapes)


def update_access_key(change: Change) -> Result:
    """Switch a key on or off."""
    key = _key_in(change)
    status = change.text("Status")
    if status not in ("Active", "Inactive"):
        raise broken(status, "status", "satisfy enum value set: [Active, Inactive]")
    change.store.put(replace(key, active=status == "Active"))
    return {}


def delete_access_key(change: Change) -> Result:
    """Delete a user's key."""
    change.store.delete(AccessKey, _key_in(change).key)
    return {}


def _key_in(call: Call) -> AccessKey:
    user = user_in(call)
    key_id = call.text("AccessKeyId")
    key = call.store.get(AccessKey, key_id)
    if key is None or key.user_name != user.name:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    return key
