"""What a call is authorised against: actions, resources, condition keys.

Source: AWS Service Authorization Reference, "Actions, resources, and
condition keys for AWS Key Management Service".
"""

from collections.abc import Callable
from dataclasses import dataclass

from securecart.kms.call import Call
from securecart.kms.cryptography import ciphertext_key, context_in
from securecart.kms.entities import Alias, Key
from securecart.kms.find import existing_key, find_key, key_arn
from securecart.kms.material import EncryptionContext
from securecart.names.errors import ValidationError
from securecart.policy import Context
from securecart.policy.casing import ascii_lower


@dataclass(frozen=True, slots=True)
class Check:
    """One action on one resource; `key` is None where no key policy speaks."""

    action: str
    resource: str
    key: Key | None
    context: Context


ChecksOf = Callable[[Call], tuple[Check, ...]]


def encryption_context_keys(
    context: EncryptionContext,
) -> dict[str, str | tuple[str, ...]]:
    """Answer the condition keys of an encryption context.

    Raises:
        ValidationError: if two of its names differ in case alone: condition
            keys do not, and one would hide behind the other.
    """
    if len({name.lower() for name in context}) != len(context):
        raise ValidationError("Encryption context keys differ in case alone")
    keys: dict[str, str | tuple[str, ...]] = {
        f"kms:encryptioncontext:{ascii_lower(name)}": value
        for name, value in context.items()
    }
    if context:
        keys["kms:encryptioncontextkeys"] = tuple(context)
    return keys


def on_everything(action: str) -> ChecksOf:
    """An action that is done to no key in particular."""
    return lambda call: (Check(action, "*", None, _caller(call)),)


def on_key(action: str, parameter: str = "KeyId") -> ChecksOf:
    """An action on the key that a parameter names."""
    return lambda call: (_key_check(call, action, parameter),)


def on_key_with_context(action: str) -> ChecksOf:
    """An action on the key that `KeyId` names, under an encryption context."""

    def checks(call: Call) -> tuple[Check, ...]:
        check = _key_check(call, action, "KeyId")
        context = {**check.context, **encryption_context_keys(context_in(call))}
        return (Check(action, check.resource, check.key, context),)

    return checks


def on_ciphertext(call: Call) -> tuple[Check, ...]:
    """Decrypt: the key is the one that the ciphertext was made with."""
    return (_ciphertext_check(call, "kms:Decrypt", "KeyId", "EncryptionContext"),)


def on_both_ciphertexts(call: Call) -> tuple[Check, ...]:
    """ReEncrypt: from one key, and to another."""
    source = _ciphertext_check(
        call, "kms:ReEncryptFrom", "SourceKeyId", "SourceEncryptionContext"
    )
    target = _key_check(call, "kms:ReEncryptTo", "DestinationKeyId")
    context = encryption_context_keys(context_in(call, "DestinationEncryptionContext"))
    context = {**target.context, **context}
    return source, Check(target.action, target.resource, target.key, context)


def on_alias_and_target(action: str) -> ChecksOf:
    """CreateAlias: the alias, and the key that it will mean."""
    return lambda call: (
        _alias_check(call, action),
        _key_check(call, action, "TargetKeyId"),
    )


def on_alias_and_both_keys(action: str) -> ChecksOf:
    """UpdateAlias: the alias, the key that it meant, and the one it will."""
    return lambda call: (
        *on_alias_and_its_key(action)(call),
        _key_check(call, action, "TargetKeyId"),
    )


def on_alias_and_its_key(action: str) -> ChecksOf:
    """DeleteAlias: the alias, and the key that it means."""

    def checks(call: Call) -> tuple[Check, ...]:
        alias = call.store.get(Alias, call.text("AliasName"))
        if alias is None:
            return (_alias_check(call, action),)
        key = find_key(call.store, alias.target_key_id, now=call.now)
        if key is None:
            return (_alias_check(call, action),)
        return _alias_check(call, action), Check(action, key.arn, key, _caller(call))

    return checks


def _caller(call: Call) -> dict[str, str | tuple[str, ...]]:
    return {"kms:calleraccount": call.caller.account}


def _alias_check(call: Call, action: str) -> Check:
    arn = f"arn:aws:kms:{call.region}:{call.account}:{call.text('AliasName')}"
    return Check(action, arn, None, _caller(call))


def _key_check(call: Call, action: str, parameter: str) -> Check:
    name = call.text(parameter)
    arn = key_arn(call, name)
    key = find_key(call.store, arn.rpartition("/")[2], now=call.now)
    context = _caller(call)
    if "alias/" in name:
        context["kms:requestalias"] = name[name.index("alias/") :]
    if key is not None:
        context |= _of_key(call, key)
    return Check(action, arn, key, context)


def _ciphertext_check(call: Call, action: str, named: str, context: str) -> Check:
    key = existing_key(call, ciphertext_key(call, named).key_id)
    keys = encryption_context_keys(context_in(call, context))
    return Check(action, key.arn, key, {**_caller(call), **_of_key(call, key), **keys})


def _of_key(call: Call, key: Key) -> dict[str, str | tuple[str, ...]]:
    aliases = tuple(
        alias.name
        for alias in call.store.list(Alias)
        if alias.target_key_id == key.key_id
    )
    found: dict[str, str | tuple[str, ...]] = {
        f"aws:resourcetag/{ascii_lower(name)}": value for name, value in key.tags
    }
    if aliases:
        found["kms:resourcealiases"] = aliases
    return found
