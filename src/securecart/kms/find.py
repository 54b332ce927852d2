"""Finding the key that a request names by id, ARN, alias or alias ARN.

Source: AWS KMS Developer Guide, "Key identifiers (KeyId)".
"""

from datetime import datetime

from securecart.kms.call import Call
from securecart.kms.entities import Alias, Key
from securecart.kms.errors import (
    DisabledException,
    InvalidArnException,
    KMSInvalidStateException,
    NotFoundException,
)
from securecart.names.entities import EntityReader


def find_key(store: EntityReader, key_id: str, *, now: datetime) -> Key | None:
    """Answer the key with this id; one whose time has come is gone."""
    key = store.get(Key, key_id)
    return None if key is None or key.destroyed_by(now) else key


def key_arn(call: Call, name: str) -> str:
    """Answer the ARN that a key id or an alias means, existing or not.

    Raises:
        NotFoundException: if it is an alias that does not exist.
        InvalidArnException: if it is an ARN of another service or place.
    """
    prefix = f"arn:aws:kms:{call.region}:{call.account}:"
    if name.startswith("arn:") and not name.startswith(prefix):
        raise InvalidArnException(f"Invalid arn {name[:200]}")
    resource = name.removeprefix(prefix)
    if resource.startswith("alias/"):
        alias = call.store.get(Alias, resource)
        if alias is None:
            raise NotFoundException(f"Alias {prefix}{resource[:256]} is not found.")
        return f"{prefix}key/{alias.target_key_id}"
    return f"{prefix}key/{resource.removeprefix('key/')}"


def existing_key(call: Call, name: str) -> Key:
    """Answer the key that a key id, ARN or alias names.

    Raises:
        NotFoundException: if there is none.
    """
    arn = key_arn(call, name)
    key = find_key(call.store, arn.rpartition("/")[2], now=call.now)
    if key is None:
        raise NotFoundException(f"Key '{arn[:2048]}' does not exist")
    return key


def key_in(call: Call, parameter: str = "KeyId") -> Key:
    """Answer the key that a parameter names.

    Raises:
        NotFoundException: if there is none.
    """
    return existing_key(call, call.text(parameter))


def key_not_dying(call: Call, parameter: str = "KeyId") -> Key:
    """Answer the key that a parameter names, unless it waits for its end.

    Raises:
        NotFoundException: if there is none.
        KMSInvalidStateException: if its deletion is scheduled.
    """
    return _not_dying(key_in(call, parameter))


def usable(key: Key) -> Key:
    """Answer a key that may be worked with now.

    Raises:
        DisabledException: if it is switched off.
        KMSInvalidStateException: if its deletion is scheduled.
    """
    if not _not_dying(key).enabled:
        raise DisabledException(f"{key.arn} is disabled.")
    return key


def _not_dying(key: Key) -> Key:
    if key.deletion_date is not None:
        raise KMSInvalidStateException(f"{key.arn} is pending deletion.")
    return key
