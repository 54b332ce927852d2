"""Data keys: what was wrapped is opened, and nothing else is."""

import os
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.direct_store.sse_s3 import DataKey, DataKeys, NotOpened

STORE_KEY = bytes(range(32))
FIELDS = ("algorithm", "encryptedDEK", "iv", "keyCommitment", "nonce")


def text(octets: bytes) -> str:
    """As they stand in the document."""
    return b64encode(octets).decode()


def described(key: bytes = bytes(32), /, **fields: Any) -> bytes:
    """What stands beside a chunk, but for what a test has to say."""
    counter, nonce = bytes(range(16)), bytes(12)
    return orjson.dumps(
        {
            "algorithm": "AES256",
            "encryptedDEK": text(AESGCM(STORE_KEY).encrypt(nonce, key, None)),
            "iv": text(counter),
            "keyCommitment": text(DataKey(key, counter).commitment()),
            "keyId": "sse-s3-key-1",
            "nonce": text(nonce),
        }
        | fields
    )


@pytest.fixture
def keys() -> DataKeys:
    """Those of a store."""
    return DataKeys(STORE_KEY, os.urandom)


def test_what_is_made_is_opened(keys: DataKeys) -> None:
    """By whoever has the store's key."""
    made, document = keys.new()
    assert DataKeys(STORE_KEY, os.urandom).open(document) == made
    assert orjson.loads(document).keys() == {*FIELDS, "keyId"}


def test_each_has_a_key_a_counter_and_a_nonce_of_its_own(keys: DataKeys) -> None:
    """A counter block that comes again under a key would give the content away."""
    documents = [orjson.loads(keys.new()[1]) for _ in range(20)]
    for name in ("encryptedDEK", "iv", "keyId", "nonce"):
        assert len({each[name] for each in documents}) == 20


@given(st.binary(max_size=500), st.integers(0, 500))
def test_what_is_encrypted_in_pieces_is_decrypted(content: bytes, cut: int) -> None:
    """From the first byte on, wherever it is cut."""
    made, document = DataKeys(STORE_KEY, os.urandom).new()
    sealed = made.cipher().update(content)
    assert len(content) < 8 or sealed != content
    opening = DataKeys(STORE_KEY, os.urandom).open(document).cipher()
    assert opening.update(sealed[:cut]) + opening.update(sealed[cut:]) == content


def test_another_stores_key_opens_nothing(keys: DataKeys) -> None:
    """One that differs in a bit."""
    _, document = keys.new()
    other = DataKeys(bytes([1, *STORE_KEY[1:]]), os.urandom)
    with pytest.raises(NotOpened):
        other.open(document)


def test_the_document_of_these_tests_is_one(keys: DataKeys) -> None:
    """So the refusals are of what a test has changed."""
    assert keys.open(described()) == DataKey(bytes(32), bytes(range(16)))


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [None, 1, [], "", "?", "\u00e9", text(bytes(5))])
def test_another_value_is_refused(keys: DataKeys, name: str, value: Any) -> None:
    """Whatever it is, and wherever."""
    with pytest.raises(NotOpened):
        keys.open(described(**{name: value}))


@pytest.mark.parametrize("name", FIELDS)
def test_nothing_may_be_missing(keys: DataKeys, name: str) -> None:
    """Not the commitment either."""
    told = orjson.loads(described())
    del told[name]
    with pytest.raises(NotOpened):
        keys.open(orjson.dumps(told))


@pytest.mark.parametrize("name", ["encryptedDEK", "iv", "keyCommitment", "nonce"])
def test_no_bit_may_be_another(keys: DataKeys, name: str) -> None:
    """The counter block is bound to the key by the commitment alone."""
    told = orjson.loads(described())
    altered = bytearray(orjson.loads(orjson.dumps(told[name])).encode())
    altered[0] = ord("A") if altered[0] != ord("A") else ord("B")
    with pytest.raises(NotOpened):
        keys.open(described(**{name: altered.decode()}))


@pytest.mark.parametrize("name", ["iv", "keyCommitment", "nonce"])
@pytest.mark.parametrize("change", [lambda it: it[:-1], lambda it: it + b"\0"])
def test_each_has_its_length(
    keys: DataKeys, name: str, change: Callable[[bytes], bytes]
) -> None:
    """One that is committed to all the same, too."""
    counter = change(bytes(range(16))) if name == "iv" else bytes(range(16))
    fields = {
        "iv": counter,
        "keyCommitment": DataKey(bytes(32), counter).commitment(),
        "nonce": bytes(12),
    }
    if name != "iv":
        fields[name] = change(fields[name])
    with pytest.raises(NotOpened):
        keys.open(described(**{each: text(value) for each, value in fields.items()}))


@pytest.mark.parametrize("size", [16, 24, 31, 33])
def test_a_key_of_another_length_is_for_another_algorithm(
    keys: DataKeys, size: int
) -> None:
    """Though it is wrapped, and committed to."""
    with pytest.raises(NotOpened):
        keys.open(described(bytes(size)))


def test_another_algorithm_is_refused(keys: DataKeys) -> None:
    """Whatever it would be, the bytes are not to be read as this one's."""
    with pytest.raises(NotOpened):
        keys.open(described(algorithm="AES128"))


def test_a_counter_block_that_is_not_committed_to_is_refused(keys: DataKeys) -> None:
    """Whoever may write beside the chunks could else choose what is read."""
    with pytest.raises(NotOpened, match="committed"):
        keys.open(described(iv=text(bytes(16))))


@given(
    st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)
            ),
        ).map(orjson.dumps),
    )
)
def test_of_other_documents_nothing_worse_is_said(document: bytes) -> None:
    """Any at all."""
    with pytest.raises(NotOpened):
        DataKeys(STORE_KEY, os.urandom).open(document)


def test_a_key_is_not_shown(keys: DataKeys) -> None:
    """It may come into a log."""
    made, _ = keys.new()
    shown = f"{made!r} {made} {[made]}"
    assert repr(made.key) not in shown
    assert made.key.hex() not in shown
    assert "key" not in shown.replace("DataKey", "")
