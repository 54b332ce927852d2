"""The KMS keys that objects are encrypted with, and who may use them.

Source: Amazon S3 User Guide, "Using server-side encryption with AWS KMS
keys"; AWS KMS Developer Guide, "kms:ViaService".
"""

from datetime import datetime

from securecart.kms import Alias, Key, KeyAuthorizer
from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.names.errors import ServiceError
from securecart.names.principal import Principal

_MOST = 1024
"""Keys kept by each name they are called; buckets share few."""


class KmsNotFound(ServiceError):
    """The key does not exist."""

    code = "KMS.NotFoundException"


class KmsDisabled(ServiceError):
    """The key is switched off."""

    code = "KMS.DisabledException"


class KmsInvalidState(ServiceError):
    """The key waits for its deletion."""

    code = "KMS.KMSInvalidStateException"


class Keys:
    """Finds keys by id, ARN or alias, and decides for who uses them by S3."""

    def __init__(
        self,
        entities: Entities,
        authorizer: KeyAuthorizer,
        *,
        account: str,
        region: str,
    ) -> None:
        self._prefix = f"arn:aws:kms:{region}:{account}:"
        self._authorizer = authorizer
        self._keys = EntityCache(entities, self._load, most=_MOST)

    def arn_of(self, name: str) -> str:
        """Answer the ARN of a key that may be worked with.

        Raises:
            KmsNotFound, KmsDisabled, KmsInvalidState: it may not.
        """
        key = self._keys.get(name)
        if key is None:
            raise KmsNotFound(f"Key '{name[:256]}' does not exist")
        if key.deletion_date is not None:
            raise KmsInvalidState(f"{key.arn} is pending deletion.")
        if not key.enabled:
            raise KmsDisabled(f"{key.arn} is disabled.")
        return key.arn

    def require(
        self, principal: Principal, action: str, name: str, resource: str, now: datetime
    ) -> str:
        """Let the caller use a key for an object; answer the key's ARN.

        `action` is `kms:GenerateDataKey` to write and `kms:Decrypt` to read,
        `resource` the object's ARN.

        Raises:
            AccessDenied: in AWS's words.
            KmsNotFound, KmsDisabled, KmsInvalidState: the key is no good.
        """
        arn = self.arn_of(name)
        self._authorizer.require_via_s3(
            principal, action, arn, {"aws:s3:arn": resource}, now=now
        )
        return arn

    def _load(self, store: EntityReader, name: str) -> Key | None:
        if name.startswith("arn:") and not name.startswith(self._prefix):
            return None
        resource = name.removeprefix(self._prefix)
        if resource.startswith("alias/"):
            alias = store.get(Alias, resource)
            return None if alias is None else store.get(Key, alias.target_key_id)
        return store.get(Key, resource.removeprefix("key/"))
