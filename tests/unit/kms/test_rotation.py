"""Rotation: new material for new ciphertexts, the old still opens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from securecart.kms import Key, rotate_due_keys
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ValidationError
from securecart.sealing import Keyring, SealingKey

Run = Callable[..., Any]


@pytest.fixture
def key_id(run: Run) -> str:
    """A key to rotate."""
    made: str = run("CreateKey")["KeyMetadata"]["KeyId"]
    return made


def _next(run: Run, key_id: str) -> datetime:
    found: datetime = run("GetKeyRotationStatus", KeyId=key_id)["NextRotationDate"]
    return found


def _rotate(entities: InMemoryEntities, now: datetime) -> int:
    return rotate_due_keys(
        entities,
        now=now,
        keyring=Keyring(SealingKey(b"k" * 32)),
        random=lambda length: b"\x07" * length,
    )


def test_rotation_is_off_until_it_is_asked_for(run: Run, key_id: str) -> None:
    """And off again afterwards."""
    status = {"KeyRotationEnabled": False}
    assert status.items() <= run("GetKeyRotationStatus", KeyId=key_id).items()
    run("EnableKeyRotation", KeyId=key_id)
    assert run("GetKeyRotationStatus", KeyId=key_id)["RotationPeriodInDays"] == 365
    run("DisableKeyRotation", KeyId=key_id)
    assert status.items() <= run("GetKeyRotationStatus", KeyId=key_id).items()


def test_enabling_again_does_not_put_it_off(run: Run, key_id: str) -> None:
    """Every start applies the set-up; the day stays the same."""
    run("EnableKeyRotation", KeyId=key_id)
    day = _next(run, key_id)
    run("EnableKeyRotation", KeyId=key_id)
    assert _next(run, key_id) == day


@pytest.mark.parametrize("days", [89, 2561])
def test_a_period_out_of_bounds_is_refused(run: Run, key_id: str, days: int) -> None:
    """AWS takes 90 to 2,560 days."""
    with pytest.raises(ValidationError):
        run("EnableKeyRotation", KeyId=key_id, RotationPeriodInDays=days)


def test_old_ciphertexts_open_and_new_ones_use_new_material(
    run: Run, entities: InMemoryEntities, key_id: str
) -> None:
    """Nothing is re-encrypted, and nothing is lost."""
    run("EnableKeyRotation", KeyId=key_id)
    before = run("Encrypt", KeyId=key_id, Plaintext=b"old")["CiphertextBlob"]
    due = _next(run, key_id)
    assert _rotate(entities, due - timedelta(seconds=1)) == 0
    assert _rotate(entities, due) == 1
    assert _rotate(entities, due) == 0
    assert _next(run, key_id) == due + timedelta(days=365)
    with entities.reading() as store:
        key = store.get(Key, key_id)
    assert key is not None
    assert len(set(key.materials)) == 2
    assert run("Decrypt", CiphertextBlob=before)["Plaintext"] == b"old"
    after = run("Encrypt", KeyId=key_id, Plaintext=b"new")["CiphertextBlob"]
    assert run("Decrypt", CiphertextBlob=after)["Plaintext"] == b"new"
    assert before[17:19] == b"\0\0"
    assert after[17:19] == b"\0\1"


def test_a_key_that_is_off_waits(
    run: Run, entities: InMemoryEntities, key_id: str
) -> None:
    """It is rotated once it is on again."""
    run("EnableKeyRotation", KeyId=key_id)
    due = _next(run, key_id)
    run("DisableKey", KeyId=key_id)
    assert _rotate(entities, due) == 0
    run("EnableKey", KeyId=key_id)
    assert _rotate(entities, datetime.max.replace(tzinfo=UTC) - timedelta(366)) == 1
