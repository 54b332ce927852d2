"""Data keys of KMS's: what is described is opened, and nothing else is."""

import base64
import os
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.sse_kms import KmsDataKeys
from securecart.adapters.direct_store.sse_s3 import DataKey, NotOpened

KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
TARGET = "/docs/ada/r%C3%A9port"
CONTEXT = {"aws:s3:arn": "arn:aws:s3:::docs/ada/r\u00e9port"}


class Kms:
    """One that wraps by putting the context before the key."""

    def __init__(self, length: int = 32) -> None:
        self.length = length

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        assert key == KEY
        plain = os.urandom(self.length)
        return plain, orjson.dumps(context) + plain

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        bound = orjson.dumps(context)
        if not made.startswith(bound):
            raise NotOpened("another context")
        return made.removeprefix(bound)


def keys(length: int = 32) -> KmsDataKeys:
    """Those of a KMS that makes keys of so many bytes."""
    return KmsDataKeys(Kms(length), os.urandom)


def test_what_is_described_is_opened() -> None:
    """Bound to the object's name, with its characters decoded."""
    made, document, of_chunk = keys().new(KEY, TARGET)
    assert keys().open(document) == made
    told = orjson.loads(document)
    assert told["encryptionContext"] == CONTEXT
    assert told["keyId"] == KEY
    assert {**orjson.loads(of_chunk), "keyCommitment": told["keyCommitment"]} == told
    assert base64.b64encode(made.key) not in document


def changed(**fields: Any) -> Callable[[dict[str, Any]], None]:
    """Other fields."""
    return lambda told: told.update(fields)


def wrapped(**fields: Any) -> Callable[[dict[str, Any]], None]:
    """Other fields of what KMS has wrapped."""

    def change(told: dict[str, Any]) -> None:
        inner = {**orjson.loads(base64.b64decode(told["encryptedDataKey"])), **fields}
        told["encryptedDataKey"] = base64.b64encode(orjson.dumps(inner)).decode()

    return change


def b64(octets: bytes) -> str:
    """As JSON has them."""
    return base64.b64encode(octets).decode()


CHANGES = {
    "another algorithm": changed(algorithm="AES256"),
    "another object": changed(encryptionContext={"aws:s3:arn": "arn:aws:s3:::docs/b"}),
    "no context": changed(encryptionContext=None),
    "another counter": changed(iv=b64(bytes(16))),
    "a short counter": changed(iv=b64(bytes(15))),
    "no counter": lambda told: told.pop("iv"),
    "another commitment": changed(keyCommitment=b64(bytes(32))),
    "no commitment": lambda told: told.pop("keyCommitment"),
    "a commitment that is none": changed(keyCommitment="\u00e9"),
    "no base64": changed(encryptedDataKey="*"),
    "no data key": lambda told: told.pop("encryptedDataKey"),
    "another KMS": wrapped(provider="gcp"),
    "no ciphertext": wrapped(ciphertext=None),
    "a place that is none": changed(partOffset="0"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_not_opened(what: str) -> None:
    """Whichever field it is."""
    document = keys().new(KEY, TARGET)[1]
    told = orjson.loads(document)
    CHANGES[what](told)
    with pytest.raises(NotOpened):
        keys().open(orjson.dumps(told))


@pytest.mark.parametrize("document", [b"", b"[]", b"null", b'"a"', b"{}", b"\xff"])
def test_what_is_no_description_is_not_opened(document: bytes) -> None:
    """Of whatever form."""
    with pytest.raises(NotOpened):
        keys().open(document)


def test_a_data_key_of_another_length_is_not_used() -> None:
    """Neither made nor opened."""
    with pytest.raises(NotOpened):
        keys(16).new(KEY, TARGET)
    document = keys().new(KEY, TARGET)[1]
    told = orjson.loads(document)
    wrapped(ciphertext=b64(orjson.dumps(CONTEXT) + bytes(16)))(told)
    with pytest.raises(NotOpened):
        keys().open(orjson.dumps(told))


def chunk(of_chunk: bytes, offset: int, **fields: Any) -> Chunk:
    """One that is described so."""
    told = {**orjson.loads(of_chunk), "partOffset": offset, **fields}
    return Chunk("3,010badcafe", offset, 32, orjson.dumps(told))


def test_chunks_are_one_stream() -> None:
    """The counter of each goes on where the one before ended."""
    made, document, of_chunk = keys().new(KEY, TARGET)
    content = os.urandom(96)
    sealed = made.cipher().update(content)
    cipher_of = keys().ciphers(document)
    opened = b"".join(
        cipher_of(chunk(of_chunk, at)).update(sealed[at : at + 32])
        for at in (0, 32, 64)
    )
    assert opened == content


def test_a_chunk_of_something_else_is_not_opened() -> None:
    """Another data key, another counter block, another place."""
    _, document, of_chunk = keys().new(KEY, TARGET)
    cipher_of = keys().ciphers(document)
    other = keys().new(KEY, TARGET)[2]
    for wrong in (
        chunk(other, 0),
        chunk(of_chunk, 0, iv=b64(bytes(16))),
        Chunk("3,010badcafe", 32, 32, of_chunk),
    ):
        with pytest.raises(NotOpened):
            cipher_of(wrong)


def test_the_counter_begins_again_at_its_end() -> None:
    """It has 128 bits."""
    last = DataKey(bytes(32), b"\xff" * 16)
    first = DataKey(bytes(32), bytes(16))
    assert last.cipher(16).update(bytes(16)) == first.cipher().update(bytes(16))
