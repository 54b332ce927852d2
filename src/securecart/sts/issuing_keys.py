"""The keys that session tokens are sealed with, and how they change.

They are entities like roles: a change of keys in one process holds in every
other at its next request. The newest seals. Those before it open what they
sealed for as long as that may live, and are then forgotten.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import ClassVar, Final

from securecart.names.clock import Random
from securecart.names.entities import Entities, EntityReader, EntityWriter
from securecart.names.entity_cache import EntityCache
from securecart.sealing import Keyring, SealingKey

LONGEST_SESSION: Final = timedelta(hours=36)
"""AWS STS API Reference, GetSessionToken: no other session may be as long."""
ROTATION: Final = timedelta(days=30)
"""How long one key seals. At a hundred sign-ins a second it has then sealed
some 2^28 tokens, of the 2^32 that NIST SP 800-38D allows (see `sealing`)."""

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class IssuingKey:
    """A key; `number` says which is newer, `sealed` is its secret in base64."""

    kind: ClassVar[str] = "sts.issuing-key"

    key_id: str
    number: int
    sealed: str = field(repr=False)
    created: datetime

    @property
    def key(self) -> str:
        """The id that the tokens name, in hex."""
        return self.key_id


class IssuingKeys:
    """The installation's issuing keys; shared by threads and processes.

    `keyring` is what the keys themselves are sealed with in the store.
    """

    def __init__(self, entities: Entities, keyring: Keyring) -> None:
        self._entities = entities
        self._sealing = keyring
        self._rings = EntityCache(entities, self._read, most=1)

    def keyring(self) -> Keyring:
        """Answer the keys as of the store's last change; an `Issuer` asks.

        Raises:
            LookupError: before `ensure` was ever called.
        """
        ring = self._rings.get("")
        if ring is None:
            raise LookupError("there is no issuing key yet")
        return ring

    def ensure(self, *, now: datetime, random: Random) -> None:
        """Make the first key, unless some process did so before."""
        with self._entities.writing() as store:
            if not store.list(IssuingKey):
                self._add(store, now, random)

    def rotate(
        self, *, now: datetime, random: Random, end_sessions: bool = False
    ) -> None:
        """Seal with a new key from now on.

        Sessions go on; with `end_sessions` all of them end at once.
        """
        with self._entities.writing() as store:
            older = store.list(IssuingKey)
            self._add(store, now, random)
            if end_sessions:
                for key in older:
                    store.delete(IssuingKey, key.key_id)

    def keep_house(self, *, now: datetime, random: Random) -> None:
        """Rotate when it is time, and forget what no session needs."""
        with self._entities.writing() as store:
            keys = _by_age(store)
            if not keys or now - keys[-1].created >= ROTATION:
                self._add(store, now, random)
            for key, successor in pairwise(keys):
                if now - successor.created >= LONGEST_SESSION:
                    store.delete(IssuingKey, key.key_id)

    def _add(self, store: EntityWriter, now: datetime, random: Random) -> None:
        key = SealingKey(random(_KEY_BYTES))
        key_id = key.key_id.hex()
        sealed = self._sealing.seal(key.secret, purpose=_purpose(key_id), random=random)
        last = max((known.number for known in store.list(IssuingKey)), default=0)
        store.put(IssuingKey(key_id, last + 1, base64.b64encode(sealed).decode(), now))

    def _read(self, store: EntityReader, _: str) -> Keyring | None:
        keys = [
            SealingKey(
                self._sealing.unseal(
                    base64.b64decode(key.sealed), purpose=_purpose(key.key_id)
                )
            )
            for key in reversed(_by_age(store))
        ]
        return Keyring(*keys) if keys else None


def _by_age(store: EntityReader) -> list[IssuingKey]:
    return sorted(store.list(IssuingKey), key=lambda key: key.number)


def _purpose(key_id: str) -> str:
    # The id is in it, so that no key can be put in another's place.
    return f"sts issuing key {key_id}"
