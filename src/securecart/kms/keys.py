"""Keys: made, described, switched on and off, and destroyed in time.

Source: AWS KMS API Reference; each function is the action of its name.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from securecart.kms.call import Call, Change, Result
from securecart.kms.entities import Alias, Key
from securecart.kms.errors import (
    KMSInvalidStateException,
    NotFoundException,
    UnsupportedOperationException,
)
from securecart.kms.find import key_in, key_not_dying
from securecart.kms.key_policy import POLICY_NAME, checked_policy, default_policy
from securecart.kms.material import new_material
from securecart.kms.paging import page
from securecart.kms.tags import tags_from
from securecart.names.entities import Entities
from securecart.names.errors import ValidationError

_KEYS_PER_PAGE = 100
# ScheduleKeyDeletion, `PendingWindowInDays`.
_SHORTEST_WAIT = 7
_LONGEST_WAIT = 30

_OFFERED = {
    "KeySpec": "SYMMETRIC_DEFAULT",
    "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "Origin": "AWS_KMS",
    "MultiRegion": False,
}
_NOT_OFFERED = ("CustomKeyStoreId", "XksKeyId")


def key_metadata(key: Key) -> dict[str, Any]:
    """The shape `KeyMetadata`."""
    metadata: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.key_id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": key.state == "Enabled",
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": key.state,
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    if key.deletion_date is not None:
        metadata["DeletionDate"] = key.deletion_date
    return metadata


def create_key(change: Change) -> Result:
    """Make a symmetric key; other kinds are refused."""
    for name, offered in _OFFERED.items():
        asked = change.parameters.get(name, offered)
        if asked != offered:
            raise UnsupportedOperationException(f"{name} {asked} is not supported.")
    for name in _NOT_OFFERED:
        if name in change.parameters:
            raise UnsupportedOperationException(f"{name} is not supported.")
    key_id = str(UUID(bytes=change.random(16), version=4))
    key = Key(
        account=change.account,
        region=change.region,
        key_id=key_id,
        created=change.now,
        policy="",
        materials=(new_material(key_id, 0, change.keyring, change.random),),
        description=change.optional("Description"),
        tags=tags_from(change.parameters.get("Tags", ())),
    )
    document = change.optional("Policy") or default_policy(change.account)
    key = replace(key, policy=checked_policy(change, document, key.arn))
    change.store.put(key)
    return {"KeyMetadata": key_metadata(key)}


def describe_key(call: Call) -> Result:
    """Answer what a key is; never its material."""
    return {"KeyMetadata": key_metadata(key_in(call))}


def list_keys(call: Call) -> Result:
    """Answer the ids of all keys."""
    shapes = {
        key.key_id: {"KeyId": key.key_id, "KeyArn": key.arn}
        for key in call.store.list(Key)
        if not key.destroyed_by(call.now)
    }
    return page(call, "Keys", shapes, default=_KEYS_PER_PAGE)


def get_key_policy(call: Call) -> Result:
    """Answer the key policy."""
    key = key_in(call)
    _check_policy_name(call)
    return {"Policy": key.policy, "PolicyName": POLICY_NAME}


def put_key_policy(change: Change) -> Result:
    """Replace the key policy."""
    key = key_not_dying(change)
    _check_policy_name(change)
    document = checked_policy(change, change.text("Policy"), key.arn)
    change.store.put(replace(key, policy=document))
    return {}


def enable_key(change: Change) -> Result:
    """Switch a key on."""
    change.store.put(replace(key_not_dying(change), enabled=True))
    return {}


def disable_key(change: Change) -> Result:
    """Switch a key off: nothing is encrypted or decrypted with it."""
    change.store.put(replace(key_not_dying(change), enabled=False))
    return {}


def schedule_key_deletion(change: Change) -> Result:
    """Let a key wait for its destruction; it cannot be used from now on."""
    key = key_not_dying(change)
    days = int(change.parameters.get("PendingWindowInDays", _LONGEST_WAIT))
    if not _SHORTEST_WAIT <= days <= _LONGEST_WAIT:
        raise ValidationError(
            f"PendingWindowInDays is not between {_SHORTEST_WAIT} and {_LONGEST_WAIT}"
        )
    end = change.now + timedelta(days=days)
    change.store.put(replace(key, enabled=False, deletion_date=end))
    return {
        "KeyId": key.arn,
        "DeletionDate": end,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    }


def cancel_key_deletion(change: Change) -> Result:
    """Keep a key after all; it stays switched off until it is enabled."""
    key = key_in(change)
    if key.deletion_date is None:
        raise KMSInvalidStateException(f"{key.arn} is not pending deletion.")
    change.store.put(replace(key, deletion_date=None))
    return {"KeyId": key.arn}


def destroy_due_keys(entities: Entities, *, now: datetime) -> int:
    """Destroy the material of keys whose waiting time is over; count them.

    Such a key is as good as gone before, but its material is not.
    """
    with entities.writing() as store:
        due = {key.key_id for key in store.list(Key) if key.destroyed_by(now)}
        for alias in store.list(Alias):
            if alias.target_key_id in due:
                store.delete(Alias, alias.key)
        for key_id in due:
            store.delete(Key, key_id)
    return len(due)


def _check_policy_name(call: Call) -> None:
    if call.optional("PolicyName", POLICY_NAME) != POLICY_NAME:
        raise NotFoundException("No such policy exists")
