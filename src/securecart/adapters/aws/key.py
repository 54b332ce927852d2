"""The KMS key, by boto3."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from securecart.adapters.aws.failures import code
from securecart.blueprint.changes import (
    CreateAlias,
    CreateKey,
    EnableKeyRotation,
    KeyChange,
    PutKeyPolicy,
)
from securecart.blueprint.setup import Key

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient
    from types_boto3_kms.type_defs import KeyMetadataTypeDef

_POLICY = "default"
"""The only name that a key's policy may have."""


class AwsKey:
    """Reads and changes the key that an alias leads to."""

    def __init__(self, kms: "KMSClient") -> None:
        self._kms = kms

    def read(self, alias: str, description: str) -> Key | None:
        """The key behind the alias, else one that was made to get it."""
        metadata = self._describe(alias)
        has_alias = metadata is not None
        if metadata is None:
            metadata = self._interrupted(description)
        if metadata is None:
            return None
        arn, state = metadata["Arn"], metadata["KeyState"]
        if state != "Enabled":
            return Key(arn, "", state=state, has_alias=has_alias)
        policy = self._kms.get_key_policy(KeyId=arn, PolicyName=_POLICY)["Policy"]
        rotation = self._kms.get_key_rotation_status(KeyId=arn)
        return Key(
            arn,
            policy,
            rotates=rotation["KeyRotationEnabled"],
            has_alias=has_alias,
        )

    def carry_out(self, change: KeyChange) -> None:
        """Make the change; see `blueprint.changes` for each."""
        match change:
            case CreateKey(_, description, policy):
                self._kms.create_key(Description=description, Policy=policy)
            case CreateAlias(alias, arn):
                self._create_alias(alias, arn)
            case PutKeyPolicy(arn, policy):
                self._kms.put_key_policy(KeyId=arn, PolicyName=_POLICY, Policy=policy)
            case EnableKeyRotation(arn):
                self._kms.enable_key_rotation(KeyId=arn)

    def _create_alias(self, alias: str, arn: str) -> None:
        try:
            self._kms.create_alias(AliasName=alias, TargetKeyId=arn)
        except ClientError as error:
            if code(error) != "AlreadyExistsException":
                raise
            self._kms.update_alias(AliasName=alias, TargetKeyId=arn)

    def _describe(self, key_id: str) -> "KeyMetadataTypeDef | None":
        try:
            return self._kms.describe_key(KeyId=key_id)["KeyMetadata"]
        except ClientError as error:
            if code(error) == "NotFoundException":
                return None
            raise

    def _interrupted(self, description: str) -> "KeyMetadataTypeDef | None":
        """A key that an interrupted run made and did not come to name.

        Looked for only while there is no alias, which is once.
        """
        for page in self._kms.get_paginator("list_keys").paginate():
            for entry in page["Keys"]:
                metadata = self._describe(entry["KeyArn"])
                if (
                    metadata is not None
                    and metadata.get("Description") == description
                    and metadata["KeyState"] == "Enabled"
                ):
                    return metadata
        return None
