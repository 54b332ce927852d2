"""What a call is authorised against: actions, resources, condition keys.

Source: AWS Service Authorization Reference, "Actions, resources, and
condition keys for AWS Key Management Service".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from securecart.kms.call import Call
from securecart.kms.cryptography import ciphertext_key, context_in
from securecart.kms.entities import Alias, Key
from securecart.kms.find import existing_key, find_key, key_arn
from securecart.kms.material import EncryptionContext
from securecart.names.entities import EntityReader
from securecart.names.errors import ValidationError
from securecart.policy import Context
from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import find_action


@dataclass(frozen=True, slots=True)
class Check:
    """One action on one resource; `key` is None where no key policy speaks."""

    action: str
    resource: str
    key: Key | None
    context: Context


ChecksOf = Callable[[Call], tuple[Check, ...]]
Keys = dict[str, str | tuple[str, ...]]

_NONE: Context = {}
# Every key here is of one kind.
_OF_EVERY_KEY: Keys = {
    "kms:customermasterkeyspec": "SYMMETRIC_DEFAULT",
    "kms:customermasterkeyusage": "ENCRYPT_DECRYPT",
    "kms:encryptionalgorithm": "SYMMETRIC_DEFAULT",
    "kms:keyorigin": "AWS_KMS",
    "kms:keyspec": "SYMMETRIC_DEFAULT",
    "kms:keyusage": "ENCRYPT_DECRYPT",
    "kms:multiregion": "false",
}
# Parameters that are condition keys where they are sent.
_OF_PARAMETERS = {
    "BypassPolicyLockoutSafetyCheck": "kms:bypasspolicylockoutsafetycheck",
    "PendingWindowInDays": "kms:schedulekeydeletionpendingwindowindays",
    "RotationPeriodInDays": "kms:rotationperiodindays",
}


def encryption_context_keys(
    context: EncryptionContext,
) -> Keys:
    """Answer the condition keys of an encryption context.

    Raises:
        ValidationError: if two of its names differ in case alone: condition
            keys do not, and one would hide behind the other.
    """
    if len({ascii_lower(name) for name in context}) != len(context):
        raise ValidationError("Encryption context keys differ in case alone")
    keys: Keys = {
        f"kms:encryptioncontext:{ascii_lower(name)}": value
        for name, value in context.items()
    }
    if context:
        keys["kms:encryptioncontextkeys"] = tuple(context)
    return keys


def on_everything(action: str) -> ChecksOf:
    """An action that is done to no key in particular."""
    return lambda call: (_check(call, action, "*", None),)


def on_key(action: str, parameter: str = "KeyId") -> ChecksOf:
    """An action on the key that a parameter names."""
    return lambda call: (_key_check(call, action, parameter),)


def on_key_with_context(action: str) -> ChecksOf:
    """An action on the key that `KeyId` names, under an encryption context."""

    def checks(call: Call) -> tuple[Check, ...]:
        context = encryption_context_keys(context_in(call))
        return (_key_check(call, action, "KeyId", context),)

    return checks


def on_ciphertext(call: Call) -> tuple[Check, ...]:
    """Decrypt: the key is the one that the ciphertext was made with."""
    return (_ciphertext_check(call, "kms:Decrypt", "KeyId", "EncryptionContext"),)


def on_both_ciphertexts(call: Call) -> tuple[Check, ...]:
    """ReEncrypt: from one key, and to another."""
    source = _ciphertext_check(
        call, "kms:ReEncryptFrom", "SourceKeyId", "SourceEncryptionContext"
    )
    context = encryption_context_keys(context_in(call, "DestinationEncryptionContext"))
    target = _key_check(call, "kms:ReEncryptTo", "DestinationKeyId", context)
    same = {"kms:reencryptonsamekey": str(source.resource == target.resource).lower()}
    return (
        replace(source, context={**source.context, **same}),
        replace(target, context={**target.context, **same}),
    )


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
        return _alias_check(call, action), _check(call, action, key.arn, key)

    return checks


def key_context(store: EntityReader, key: Key) -> Keys:
    """What a key is called, tagged and made of."""
    aliases = tuple(
        alias.name for alias in store.list(Alias) if alias.target_key_id == key.key_id
    )
    found = _OF_EVERY_KEY | {
        f"aws:resourcetag/{ascii_lower(name)}": value for name, value in key.tags
    }
    return found | {"kms:resourcealiases": aliases} if aliases else found


def own_keys(action: str, context: Context) -> Keys:
    """Keep the global keys, and those of KMS that the action has."""
    known = find_action(action)
    if known is None:
        raise ValueError(f"{action} is no action of KMS")
    return {
        key: value
        for key, value in context.items()
        if key.startswith("aws:") or known.has_key(key)
    }


def _check(
    call: Call, action: str, resource: str, key: Key | None, more: Context = _NONE
) -> Check:
    of_key = _OF_EVERY_KEY if key is None else key_context(call.store, key)
    context = {
        "kms:calleraccount": call.caller.account,
        **of_key,
        **_of_request(call),
        **more,
    }
    return Check(action, resource, key, own_keys(action, context))


def _alias_check(call: Call, action: str) -> Check:
    arn = f"arn:aws:kms:{call.region}:{call.account}:{call.text('AliasName')}"
    return Check(
        action, arn, None, own_keys(action, {"kms:calleraccount": call.caller.account})
    )


def _key_check(call: Call, action: str, parameter: str, more: Context = _NONE) -> Check:
    name = call.text(parameter)
    arn = key_arn(call, name)
    key = find_key(call.store, arn.rpartition("/")[2], now=call.now)
    if "alias/" in name:
        more = {**more, "kms:requestalias": name[name.index("alias/") :]}
    return _check(call, action, arn, key, more)


def _ciphertext_check(call: Call, action: str, named: str, context: str) -> Check:
    key = existing_key(call, ciphertext_key(call, named).key_id)
    keys = encryption_context_keys(context_in(call, context))
    return _check(call, action, key.arn, key, keys)


def _of_request(call: Call) -> Keys:
    found: Keys = {
        key: str(call.parameters[name]).lower()
        for name, key in _OF_PARAMETERS.items()
        if name in call.parameters
    }
    tags = call.parameters.get("Tags", ())
    names = [tag["TagKey"] for tag in tags] + [*call.parameters.get("TagKeys", ())]
    if names:
        found["aws:tagkeys"] = tuple(names)
    return found | {
        f"aws:requesttag/{ascii_lower(tag['TagKey'])}": tag["TagValue"] for tag in tags
    }
