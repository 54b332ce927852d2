"""Who owns a long-term access key, and its secret."""

import threading
from collections.abc import Mapping

from securecart.iam.access_keys import unsealed_secret
from securecart.iam.entities import AccessKey
from securecart.iam.find import find_user
from securecart.names.credentials import Credentials
from securecart.names.entities import Entities
from securecart.names.principal import IamUser, Service
from securecart.sealing import Keyring

_Owner = tuple[IamUser | Service, str]


class AccessKeys:
    """Finds keys by their id; shared by threads.

    `services` are those that may call with derived credentials. Keys that
    were found are kept until the store changes; there are only as many as
    the account has users for, so they need no bound. Ids that do not exist,
    of which a stranger could send any number, are not kept.
    """

    def __init__(
        self,
        entities: Entities,
        keyring: Keyring,
        services: Mapping[Service, Credentials] | None = None,
    ) -> None:
        self._entities = entities
        self._keyring = keyring
        self._services: Mapping[str, _Owner] = {
            made.access_key_id: (service, made.secret_access_key)
            for service, made in (services or {}).items()
        }
        self._lock = threading.Lock()
        self._generation: int | None = None
        self._found: dict[str, _Owner] = {}

    def find(self, access_key_id: str) -> _Owner | None:
        """Answer the owner and the secret of an active key, or None.

        Raises:
            Unsealable: if the store was damaged or belongs to another root key.
        """
        if access_key_id in self._services:
            return self._services[access_key_id]
        known = self._known()
        if access_key_id not in known:
            owner = self._read(access_key_id)
            if owner is None:
                return None
            known[access_key_id] = owner
        return known[access_key_id]

    def _known(self) -> dict[str, _Owner]:
        with self._lock:
            generation = self._entities.generation()
            if generation != self._generation:
                # A new dictionary: a slower thread goes on filling the old one.
                self._generation, self._found = generation, {}
            return self._found

    def _read(self, access_key_id: str) -> _Owner | None:
        with self._entities.reading() as store:
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
        )
        return owner, unsealed_secret(key, self._keyring)
