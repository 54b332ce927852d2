"""Aliases: names that can be pointed to another key.

Source: AWS KMS API Reference; each function is the action of its name.
"""

import re
from dataclasses import replace
from typing import Any

from securecart.kms.call import Call, Change, Result
from securecart.kms.entities import Alias
from securecart.kms.errors import (
    AlreadyExistsException,
    InvalidAliasNameException,
    NotFoundException,
)
from securecart.kms.find import existing_key, key_not_dying
from securecart.kms.paging import page

_ALIASES_PER_PAGE = 50
_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]{1,250}")
_RESERVED = "alias/aws/"


def create_alias(change: Change) -> Result:
    """Give a key another name."""
    name = change.text("AliasName")
    if not _NAME.fullmatch(name):
        raise InvalidAliasNameException(f"Invalid alias name {name[:256]}")
    if name.startswith(_RESERVED):
        raise InvalidAliasNameException(f"Alias must not start with {_RESERVED}")
    alias = Alias(
        account=change.account,
        region=change.region,
        name=name,
        target_key_id=key_not_dying(change, "TargetKeyId").key_id,
        created=change.now,
        updated=change.now,
    )
    if change.store.get(Alias, name) is not None:
        raise AlreadyExistsException(
            f"An alias with the name {alias.arn} already exists"
        )
    change.store.put(alias)
    return {}


def update_alias(change: Change) -> Result:
    """Point an alias to another key."""
    alias = _alias_in(change)
    target = key_not_dying(change, "TargetKeyId").key_id
    change.store.put(replace(alias, target_key_id=target, updated=change.now))
    return {}


def delete_alias(change: Change) -> Result:
    """Delete an alias; its key stays."""
    change.store.delete(Alias, _alias_in(change).key)
    return {}


def list_aliases(call: Call) -> Result:
    """Answer all aliases, or those of one key."""
    only = None
    if "KeyId" in call.parameters:
        only = existing_key(call, call.text("KeyId")).key_id
    shapes = {
        alias.key: _shape(alias)
        for alias in call.store.list(Alias)
        if only in (None, alias.target_key_id)
    }
    return page(call, "Aliases", shapes, default=_ALIASES_PER_PAGE)


def _alias_in(call: Call) -> Alias:
    name = call.text("AliasName")
    alias = call.store.get(Alias, name)
    if alias is None:
        arn = f"arn:aws:kms:{call.region}:{call.account}:{name[:256]}"
        raise NotFoundException(f"Alias {arn} is not found.")
    return alias


def _shape(alias: Alias) -> dict[str, Any]:
    return {
        "AliasName": alias.name,
        "AliasArn": alias.arn,
        "TargetKeyId": alias.target_key_id,
        "CreationDate": alias.created,
        "LastUpdatedDate": alias.updated,
    }
