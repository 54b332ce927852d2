"""Encryption, its context, and data keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.kms import Key
from securecart.kms.errors import (
    DryRunOperationException,
    IncorrectKeyException,
    InvalidCiphertextException,
    InvalidKeyUsageException,
    NotFoundException,
    UnsupportedOperationException,
)
from securecart.kms.material import decrypt, encrypt, key_id_of, new_material
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ValidationError
from securecart.sealing import Keyring, SealingKey, Unsealable

Run = Callable[..., Any]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONTEXT = {"aws:s3:arn": "arn:aws:s3:::docs/a"}


@pytest.fixture
def key_id(run: Run) -> str:
    """A key to work with."""
    made: str = run("CreateKey")["KeyMetadata"]["KeyId"]
    return made


def test_what_was_encrypted_is_decrypted(run: Run, key_id: str) -> None:
    """The ciphertext knows its key; the context must be given again."""
    sealed = run(
        "Encrypt", KeyId=key_id, Plaintext=b"secret", EncryptionContext=CONTEXT
    )
    blob = sealed["CiphertextBlob"]
    assert b"secret" not in blob
    opened = run("Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"secret"
    assert opened["KeyId"] == sealed["KeyId"]
    for context in ({}, {"aws:s3:arn": "x"}, CONTEXT | {"more": ""}):
        with pytest.raises(InvalidCiphertextException):
            run("Decrypt", CiphertextBlob=blob, EncryptionContext=context)


def test_no_bit_of_a_ciphertext_can_change(run: Run, key_id: str) -> None:
    """Flipped or cut anywhere, it is refused the same way or names no key."""
    blob: bytes = run("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    refusals = InvalidCiphertextException, NotFoundException
    for index in range(len(blob)):
        damaged = bytearray(blob)
        damaged[index] ^= 1
        with pytest.raises(refusals):
            run("Decrypt", CiphertextBlob=bytes(damaged))
        with pytest.raises(refusals):
            run("Decrypt", CiphertextBlob=blob[:index])


def test_a_ciphertext_opens_under_no_other_key(run: Run, key_id: str) -> None:
    """Naming another key is an error of its own; forging the name is no way."""
    other = run("CreateKey")["KeyMetadata"]["KeyId"]
    blob = run("Encrypt", KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    with pytest.raises(IncorrectKeyException, match="does not identify a CMK"):
        run("Decrypt", CiphertextBlob=blob, KeyId=other)
    assert run("Decrypt", CiphertextBlob=blob, KeyId=key_id)["Plaintext"] == b"x"
    foreign = run("Encrypt", KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    with pytest.raises(InvalidCiphertextException):
        run("Decrypt", CiphertextBlob=foreign[:17] + blob[17:])


def test_data_keys_are_as_long_as_asked(run: Run, key_id: str) -> None:
    """By name or in bytes, but one of the two."""
    for asked, length in (
        ({"KeySpec": "AES_256"}, 32),
        ({"KeySpec": "AES_128"}, 16),
        ({"NumberOfBytes": 64}, 64),
    ):
        made = run("GenerateDataKey", KeyId=key_id, EncryptionContext=CONTEXT, **asked)
        assert len(made["Plaintext"]) == length
        opened = run(
            "Decrypt",
            CiphertextBlob=made["CiphertextBlob"],
            EncryptionContext=CONTEXT,
        )
        assert opened["Plaintext"] == made["Plaintext"]
    for wrong in (
        {},
        {"KeySpec": "AES_256", "NumberOfBytes": 32},
        {"NumberOfBytes": 0},
        {"NumberOfBytes": 1025},
        {"KeySpec": "DES"},
    ):
        with pytest.raises(ValidationError):
            run("GenerateDataKey", KeyId=key_id, **wrong)


def test_a_data_key_can_be_made_unseen(run: Run, key_id: str) -> None:
    """Without plaintext there is none in the answer."""
    made = run("GenerateDataKeyWithoutPlaintext", KeyId=key_id, KeySpec="AES_256")
    assert set(made) == {"CiphertextBlob", "KeyId"}
    opened = run("Decrypt", CiphertextBlob=made["CiphertextBlob"])
    assert len(opened["Plaintext"]) == 32


def test_re_encrypts_under_another_key_and_context(run: Run, key_id: str) -> None:
    """The plaintext is in no answer."""
    other = run("CreateKey")["KeyMetadata"]["KeyId"]
    blob = run("Encrypt", KeyId=key_id, Plaintext=b"x", EncryptionContext={"a": "1"})
    moved = run(
        "ReEncrypt",
        CiphertextBlob=blob["CiphertextBlob"],
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=other,
        DestinationEncryptionContext={"b": "2"},
    )
    assert b"x" not in moved.values()
    opened = run(
        "Decrypt", CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"}
    )
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", moved["KeyId"])


def test_refuses_what_it_would_not_do(run: Run, key_id: str) -> None:
    """Options are done or refused, never ignored."""
    plain = {"KeyId": key_id, "Plaintext": b"x"}
    with pytest.raises(InvalidKeyUsageException):
        run("Encrypt", EncryptionAlgorithm="RSAES_OAEP_SHA_256", **plain)
    with pytest.raises(DryRunOperationException):
        run("Encrypt", DryRun=True, **plain)
    with pytest.raises(UnsupportedOperationException):
        run("GenerateDataKey", KeyId=key_id, KeySpec="AES_256", Recipient={})
    with pytest.raises(ValidationError):
        run("Encrypt", KeyId=key_id, Plaintext=b"x" * 4097)


def test_material_stays_with_its_key_and_root(
    run: Run, key_id: str, entities: InMemoryEntities
) -> None:
    """Sealed material opens neither under another id nor another root key."""
    other = run("CreateKey")["KeyMetadata"]["KeyId"]
    blob = run("Encrypt", KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    with entities.reading() as store:
        first, second = store.get(Key, key_id), store.get(Key, other)
    assert first is not None
    assert second is not None
    keyring = Keyring(SealingKey(b"k" * 32))
    assert decrypt(second, blob, {}, keyring=keyring) == b"x"
    swapped = Key(
        second.account,
        second.region,
        second.key_id,
        second.created,
        second.policy,
        first.materials,
    )
    with pytest.raises(Unsealable):
        decrypt(swapped, blob, {}, keyring=keyring)
    with pytest.raises(Unsealable):
        decrypt(second, blob, {}, keyring=Keyring(SealingKey(b"s" * 32)))


_TEXTS = st.dictionaries(st.text(), st.text(), max_size=4)


@given(st.binary(max_size=100), _TEXTS, _TEXTS)
def test_a_context_opens_itself_alone(
    plaintext: bytes, context: dict[str, str], other: dict[str, str]
) -> None:
    """Order does not matter, anything else does."""
    keyring = Keyring(SealingKey(b"k" * 32))

    def random(length: int) -> bytes:
        return b"\x05" * length

    key_id = "5f0c7f9e-0000-4000-8000-000000000001"
    key = _key(key_id, new_material(key_id, 0, keyring, random))
    blob = encrypt(key, plaintext, context, keyring=keyring, random=random)
    assert key_id_of(blob) == key_id
    again = dict(reversed(context.items()))
    assert decrypt(key, blob, again, keyring=keyring) == plaintext
    if other != context:
        with pytest.raises(InvalidCiphertextException):
            decrypt(key, blob, other, keyring=keyring)


@given(st.binary(max_size=80))
def test_bytes_of_strangers_are_refused(stranger: bytes) -> None:
    """Any bytes at all give the one error."""
    keyring = Keyring(SealingKey(b"k" * 32))
    key_id = "5f0c7f9e-0000-4000-8000-000000000001"
    key = _key(key_id, new_material(key_id, 0, keyring, lambda length: b"\0" * length))
    with pytest.raises(InvalidCiphertextException):
        decrypt(key, stranger, {}, keyring=keyring)


def _key(key_id: str, material: str) -> Key:
    return Key("123456789012", "us-east-1", key_id, NOW, "", (material,))
