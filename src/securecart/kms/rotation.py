"""Rotation: a key gets new material, and keeps the old to decrypt with.

Source: AWS KMS Developer Guide, "Rotate AWS KMS keys", and the API Reference;
each function but the last is the action of its name.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from securecart.kms.call import Call, Change, Result
from securecart.kms.entities import Key
from securecart.kms.find import key_in, key_not_dying, usable
from securecart.kms.material import new_material
from securecart.names.clock import Random
from securecart.names.entities import Entities
from securecart.names.errors import ValidationError
from securecart.sealing import Keyring

# EnableKeyRotation, `RotationPeriodInDays`.
_DEFAULT_PERIOD = 365
_SHORTEST_PERIOD = 90
_LONGEST_PERIOD = 2560


def enable_key_rotation(change: Change) -> Result:
    """Have the material renewed every so many days, counted from now."""
    key = usable(key_not_dying(change))
    days = int(change.parameters.get("RotationPeriodInDays", _DEFAULT_PERIOD))
    if not _SHORTEST_PERIOD <= days <= _LONGEST_PERIOD:
        raise ValidationError(
            "RotationPeriodInDays is not between "
            f"{_SHORTEST_PERIOD} and {_LONGEST_PERIOD}"
        )
    next_rotation = change.now + timedelta(days=days)
    if days == key.rotation_days and key.next_rotation is not None:
        next_rotation = key.next_rotation
    change.store.put(replace(key, rotation_days=days, next_rotation=next_rotation))
    return {}


def disable_key_rotation(change: Change) -> Result:
    """Keep the material as it is."""
    key = usable(key_not_dying(change))
    change.store.put(replace(key, rotation_days=None, next_rotation=None))
    return {}


def get_key_rotation_status(call: Call) -> Result:
    """Answer whether, how often and when next the material is renewed."""
    key = key_in(call)
    if key.rotation_days is None:
        return {"KeyRotationEnabled": False, "KeyId": key.arn}
    return {
        "KeyRotationEnabled": True,
        "KeyId": key.arn,
        "RotationPeriodInDays": key.rotation_days,
        "NextRotationDate": key.next_rotation,
    }


def rotate_due_keys(
    entities: Entities, *, now: datetime, keyring: Keyring, random: Random
) -> int:
    """Give new material to every key whose day has come; count them.

    A key that is switched off waits until it is on again, as AWS has it.
    """
    with entities.writing() as store:
        due = [key for key in store.list(Key) if key.rotation_due_by(now)]
        for key in due:
            made = new_material(key.key_id, len(key.materials), keyring, random)
            store.put(
                replace(
                    key,
                    materials=(*key.materials, made),
                    next_rotation=now + timedelta(days=key.rotation_days or 0),
                )
            )
    return len(due)
