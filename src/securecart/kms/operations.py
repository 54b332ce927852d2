"""Every operation of KMS that this account knows, by AWS's name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from securecart.kms import aliases, checks, cryptography, keys, rotation, tags
from securecart.kms.call import Call, Change, Result
from securecart.kms.checks import ChecksOf


@dataclass(frozen=True, slots=True)
class Reading:
    """An operation that only reads, and what it is authorised against."""

    run: Callable[[Call], Result]
    checks: ChecksOf


@dataclass(frozen=True, slots=True)
class Changing:
    """An operation that writes, and what it is authorised against."""

    run: Callable[[Change], Result]
    checks: ChecksOf


Operation = Reading | Changing

OPERATIONS: Mapping[str, Operation] = {
    "CreateKey": Changing(keys.create_key, checks.on_everything("kms:CreateKey")),
    "DescribeKey": Reading(keys.describe_key, checks.on_key("kms:DescribeKey")),
    "ListKeys": Reading(keys.list_keys, checks.on_everything("kms:ListKeys")),
    "GetKeyPolicy": Reading(keys.get_key_policy, checks.on_key("kms:GetKeyPolicy")),
    "PutKeyPolicy": Changing(keys.put_key_policy, checks.on_key("kms:PutKeyPolicy")),
    "EnableKey": Changing(keys.enable_key, checks.on_key("kms:EnableKey")),
    "DisableKey": Changing(keys.disable_key, checks.on_key("kms:DisableKey")),
    "ScheduleKeyDeletion": Changing(
        keys.schedule_key_deletion, checks.on_key("kms:ScheduleKeyDeletion")
    ),
    "CancelKeyDeletion": Changing(
        keys.cancel_key_deletion, checks.on_key("kms:CancelKeyDeletion")
    ),
    "GetKeyRotationStatus": Reading(
        rotation.get_key_rotation_status, checks.on_key("kms:GetKeyRotationStatus")
    ),
    "EnableKeyRotation": Changing(
        rotation.enable_key_rotation, checks.on_key("kms:EnableKeyRotation")
    ),
    "DisableKeyRotation": Changing(
        rotation.disable_key_rotation, checks.on_key("kms:DisableKeyRotation")
    ),
    "CreateAlias": Changing(
        aliases.create_alias, checks.on_alias_and_target("kms:CreateAlias")
    ),
    "UpdateAlias": Changing(
        aliases.update_alias, checks.on_alias_and_both_keys("kms:UpdateAlias")
    ),
    "DeleteAlias": Changing(
        aliases.delete_alias, checks.on_alias_and_its_key("kms:DeleteAlias")
    ),
    "ListAliases": Reading(
        aliases.list_aliases, checks.on_everything("kms:ListAliases")
    ),
    "TagResource": Changing(tags.tag_resource, checks.on_key("kms:TagResource")),
    "UntagResource": Changing(tags.untag_resource, checks.on_key("kms:UntagResource")),
    "ListResourceTags": Reading(
        tags.list_resource_tags, checks.on_key("kms:ListResourceTags")
    ),
    "Encrypt": Reading(cryptography.encrypt, checks.on_key_with_context("kms:Encrypt")),
    "Decrypt": Reading(cryptography.decrypt, checks.on_ciphertext),
    "ReEncrypt": Reading(cryptography.re_encrypt, checks.on_both_ciphertexts),
    "GenerateDataKey": Reading(
        cryptography.generate_data_key,
        checks.on_key_with_context("kms:GenerateDataKey"),
    ),
    "GenerateDataKeyWithoutPlaintext": Reading(
        cryptography.generate_data_key_without_plaintext,
        checks.on_key_with_context("kms:GenerateDataKeyWithoutPlaintext"),
    ),
}
