"""Who owns a long-term access key, and its secret."""

from collections.abc import Mapping

from securecart.iam.access_keys import unsealed_secret
from securecart.iam.entities import AccessKey
from securecart.iam.find import find_user
from securecart.names.credentials import Credentials
from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.names.principal import IamUser, Service
from securecart.sealing import Keyring

KeyOwner = tuple[IamUser | Service, str]
"""Whose key it is, and its secret."""

_MAX_KEPT = 1024
"""Keys that are kept unsealed: here only administrators have any."""


class AccessKeys:
    """Finds keys by their id; shared by threads.

    `services` are those that may call with derived credentials.
    """

    def __init__(
        self,
        entities: Entities,
        keyring: Keyring,
        services: Mapping[Service, Credentials] | None = None,
    ) -> None:
        self._keyring = keyring
        self._services: Mapping[str, KeyOwner] = {
            made.access_key_id: (service, made.secret_access_key)
            for service, made in (services or {}).items()
        }
        self._owners = EntityCache(entities, self._read, most=_MAX_KEPT)

    def find(self, access_key_id: str) -> KeyOwner | None:
        """Answer the owner and the secret of an active key, or None.

        Raises:
            Unsealable: if the store was damaged or belongs to another root key.
        """
        owner = self._services.get(access_key_id)
        return self._owners.get(access_key_id) if owner is None else owner

    def _read(self, store: EntityReader, access_key_id: str) -> KeyOwner | None:
        key = store.get(AccessKey, access_key_id)
        user = find_user(store, key.user_name) if key and key.active else None
        if key is None or user is None:
            return None
        owner = IamUser(
            account=user.account,
            name=user.name,
            user_id=user.user_id,
            path=user.path,
            tags=user.tags,
            access_key_id=access_key_id,
        )
        return owner, unsealed_secret(key, self._keyring)
