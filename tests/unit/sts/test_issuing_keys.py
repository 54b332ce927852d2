"""Issuing keys: one seals, older ones open, and all processes agree."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from securecart.names.entities import InMemoryEntities
from securecart.names.session import RoleSession
from securecart.sealing import Keyring, SealingKey, Unsealable
from securecart.sts import Issuer, IssuingKeys, UnknownSessionToken
from securecart.sts.issuing_keys import LONGEST_SESSION, ROTATION, IssuingKey

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOT = Keyring(SealingKey(b"r" * 32))
_bytes = count(1)


def _random(length: int) -> bytes:
    return bytes([next(_bytes) % 256]) * length


def _session() -> RoleSession:
    return RoleSession(
        account="123456789012",
        role_name="SecureCartEmployee",
        role_path="/",
        role_id="AROAEXAMPLE",
        session_name="ada",
        credential_id="",
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


@pytest.fixture
def entities() -> InMemoryEntities:
    """An empty store."""
    return InMemoryEntities()


@pytest.fixture
def keys(entities: InMemoryEntities) -> IssuingKeys:
    """The keys of one process, the first of them made."""
    keys = IssuingKeys(entities, ROOT)
    keys.ensure(now=NOW, random=_random)
    return keys


def _token(keys: IssuingKeys) -> str:
    credentials, _ = Issuer(keys.keyring).issue(_session(), random=_random)
    return str(credentials.session_token)


def test_the_first_key_is_made_once(
    entities: InMemoryEntities, keys: IssuingKeys
) -> None:
    """Two processes that start together have the same one."""
    other = IssuingKeys(entities, ROOT)
    other.ensure(now=NOW, random=_random)
    assert Issuer(other.keyring).unpack(_token(keys))[0].account == "123456789012"
    with entities.reading() as store:
        assert len(store.list(IssuingKey)) == 1


def test_a_change_ends_no_session(
    entities: InMemoryEntities, keys: IssuingKeys
) -> None:
    """And another process seals with the new key at its next request."""
    other = IssuingKeys(entities, ROOT)
    token, before = _token(other), other.keyring().current_id
    keys.rotate(now=NOW, random=_random)
    assert other.keyring().current_id == keys.keyring().current_id != before
    assert Issuer(other.keyring).unpack(token)[0].issuing_key_id == before.hex()  # type: ignore[union-attr]


def test_all_sessions_can_be_ended(keys: IssuingKeys) -> None:
    """What the keys before had sealed opens no more."""
    token = _token(keys)
    keys.rotate(now=NOW, random=_random, end_sessions=True)
    with pytest.raises(UnknownSessionToken):
        Issuer(keys.keyring).unpack(token)
    assert Issuer(keys.keyring).unpack(_token(keys))


def test_a_key_changes_by_itself_and_is_forgotten_when_no_session_needs_it(
    entities: InMemoryEntities, keys: IssuingKeys
) -> None:
    """Not a moment earlier, for the longest session may be that long."""
    token, first = _token(keys), keys.keyring().current_id
    keys.keep_house(now=NOW + ROTATION - timedelta(seconds=1), random=_random)
    assert keys.keyring().current_id == first
    changed = NOW + ROTATION
    keys.keep_house(now=changed, random=_random)
    assert keys.keyring().current_id != first
    last = changed + LONGEST_SESSION
    keys.keep_house(now=last - timedelta(seconds=1), random=_random)
    assert Issuer(keys.keyring).unpack(token)
    keys.keep_house(now=last, random=_random)
    with pytest.raises(UnknownSessionToken):
        Issuer(keys.keyring).unpack(token)
    with entities.reading() as store:
        assert len(store.list(IssuingKey)) == 1


def test_keys_are_sealed_in_the_store_each_in_its_own_place(
    entities: InMemoryEntities, keys: IssuingKeys
) -> None:
    """Whoever writes to the database cannot put a key of their own there."""
    with entities.writing() as store:
        (key,) = store.list(IssuingKey)
        assert key.sealed not in repr(key)
        store.put(IssuingKey("00000000", 2, key.sealed, NOW))
    with pytest.raises(Unsealable):
        keys.keyring()


def test_without_a_key_nothing_is_issued(entities: InMemoryEntities) -> None:
    """A store that lost them, or was never set up."""
    with pytest.raises(LookupError):
        IssuingKeys(entities, ROOT).keyring()
