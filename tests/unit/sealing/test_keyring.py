"""What is sealed opens for its purpose, unchanged, or not at all."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.sealing import Keyring, SealingKey, Unsealable, derive

OLD, NEW, OTHER = (SealingKey(bytes((n,)) * 32) for n in range(3))


def random(length: int) -> bytes:
    """Answer the same bytes always, so that a failure repeats."""
    return bytes(range(length))


def sealed(plaintext: bytes = b"plain", *, key: SealingKey = OLD) -> bytes:
    """Seal for the purpose `test`."""
    return Keyring(key).seal(plaintext, purpose="test", random=random)


@given(plaintext=st.binary(max_size=200), purpose=st.text(max_size=20))
def test_a_sealed_value_opens(plaintext: bytes, purpose: str) -> None:
    """Whatever the bytes and the purpose."""
    ring = Keyring(OLD)
    value = ring.seal(plaintext, purpose=purpose, random=os.urandom)
    assert len(value) == len(plaintext) + 33
    assert ring.unseal(value, purpose=purpose) == plaintext


@given(mine=st.text(max_size=20), yours=st.text(max_size=20))
def test_another_purpose_does_not_open(mine: str, yours: str) -> None:
    """A session token is no cookie, though the key be the same."""
    ring = Keyring(OLD)
    value = ring.seal(b"plain", purpose=mine, random=random)
    if mine != yours:
        with pytest.raises(Unsealable):
            ring.unseal(value, purpose=yours)


@given(data=st.data())
def test_no_bit_can_be_changed(data: st.DataObject) -> None:
    """Format, key id, nonce, ciphertext and tag are all held."""
    value = sealed()
    position = data.draw(st.integers(0, len(value) - 1))
    changed = bytearray(value)
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unsealable):
        Keyring(OLD).unseal(bytes(changed), purpose="test")


@given(st.integers(0, 37))
def test_no_byte_can_be_missing(length: int) -> None:
    """A value cut short is none."""
    with pytest.raises(Unsealable):
        Keyring(OLD).unseal(sealed()[:length], purpose="test")


def test_no_byte_can_be_added() -> None:
    """Nor one grown longer."""
    with pytest.raises(Unsealable):
        Keyring(OLD).unseal(sealed() + b"\0", purpose="test")


@given(st.binary(max_size=100))
def test_strangers_bytes_do_not_open(value: bytes) -> None:
    """Anything else is refused in the same way."""
    with pytest.raises(Unsealable):
        Keyring(OLD).unseal(value, purpose="test")


def test_an_unknown_key_does_not_open() -> None:
    """A value of another installation is refused."""
    with pytest.raises(Unsealable, match="unknown key"):
        Keyring(OTHER).unseal(sealed(), purpose="test")


def test_a_key_that_only_claims_the_id_does_not_open() -> None:
    """The id finds the key; the key itself is what opens."""
    value = sealed(key=NEW)
    forged = value[:1] + OLD.key_id + value[5:]
    with pytest.raises(Unsealable):
        Keyring(OLD, NEW).unseal(forged, purpose="test")


def test_older_keys_still_open() -> None:
    """After a change of keys, what was sealed before opens; new is sealed new."""
    ring = Keyring(NEW, OLD)
    assert ring.unseal(sealed(), purpose="test") == b"plain"
    value = ring.seal(b"plain", purpose="test", random=random)
    assert Keyring(NEW).unseal(value, purpose="test") == b"plain"
    with pytest.raises(Unsealable):
        Keyring(OLD).unseal(value, purpose="test")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_keys_have_256_bits(length: int) -> None:
    """A key of another length is a mistake, never padded."""
    with pytest.raises(ValueError, match="32 bytes"):
        SealingKey(bytes(length))


def test_secrets_stay_out_of_repr() -> None:
    """A logged key shows nothing of itself."""
    assert repr(OLD.secret) not in repr(OLD)


def test_keys_are_derived_for_a_purpose() -> None:
    """HKDF-SHA256: RFC 5869's third test case has no info; ours always has."""
    assert derive(b"root", "a") != derive(b"root", "b")
    assert derive(b"root", "a") != derive(b"toor", "a")
    assert derive(b"root", "a", 16) == derive(b"root", "a")[:16]
    published = (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        "9d201395faa4b61a96c8"
    )
    assert derive(b"\x0b" * 22, "", 42).hex() == published
