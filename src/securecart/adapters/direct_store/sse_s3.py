"""SSE-S3 as SeaweedFS writes it down: a data key for each object, wrapped.

The data key is wrapped by AES-256-GCM with the store's own key, and a commitment
binds the initial counter block to it; the content is in AES-256-CTR. What stands
beside a chunk opens that chunk, whatever else the object consists of.

Source: SeaweedFS 4.48, read off what its S3 endpoint stores; `tests/interop/
seaweedfs/test_direct_store.py` holds both to one another.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

ALGORITHM = "AES256"
_KEY_BYTES = 32
_COUNTER_BYTES = 16
_COUNTERS = 1 << 8 * _COUNTER_BYTES
_NONCE_BYTES = 12
_ID_BYTES = 8


class NotOpened(Exception):
    """It is not of this form, or was not wrapped by this key."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """What an object, or one chunk, is encrypted with: key and first counter block."""

    key: bytes = field(repr=False)
    counter: bytes
    algorithm: str = ALGORITHM

    def cipher(self, offset: int = 0) -> CipherContext:
        """Begin so many bytes in, whole blocks; encrypting is decrypting."""
        first = int.from_bytes(self.counter, "big") + offset // _COUNTER_BYTES
        counter = (first % _COUNTERS).to_bytes(_COUNTER_BYTES, "big")
        return Cipher(AES256(self.key), CTR(counter)).encryptor()

    def commitment(self) -> bytes:
        """Answer what binds the counter block to the key."""
        bound = self.counter + self.algorithm.encode()
        return hmac.digest(self.key, bound, hashlib.sha256)


def is_committed(data_key: DataKey, commitment: bytes) -> bool:
    """Say, in constant time, whether that is the data key's commitment."""
    return hmac.compare_digest(data_key.commitment(), commitment)


class DataKeys:
    """Makes data keys and opens them, with the store's own key of 32 bytes."""

    def __init__(self, store_key: bytes, random: Callable[[int], bytes]) -> None:
        self._wrapping = AESGCM(store_key)
        self._random = random

    def new(self) -> tuple[DataKey, bytes]:
        """Answer a new data key, and what is to stand beside what it encrypts."""
        random = self._random
        made = DataKey(random(_KEY_BYTES), random(_COUNTER_BYTES))
        nonce = random(_NONCE_BYTES)
        name = int.from_bytes(random(_ID_BYTES), "big") >> 1
        return made, orjson.dumps(
            {
                "algorithm": ALGORITHM,
                "encryptedDEK": _text(self._wrapping.encrypt(nonce, made.key, None)),
                "iv": _text(made.counter),
                "keyCommitment": _text(made.commitment()),
                "keyId": f"sse-s3-key-{name}",
                "nonce": _text(nonce),
            }
        )

    def open(self, document: bytes) -> DataKey:
        """Answer the data key that a document of `new`'s form wraps.

        Raises:
            NotOpened: it is none, or is not committed to its counter block.
        """
        try:
            told = orjson.loads(document)
            nonce = _octets(told, "nonce", _NONCE_BYTES)
            counter = _octets(told, "iv", _COUNTER_BYTES)
            commitment = _octets(told, "keyCommitment", hashlib.sha256().digest_size)
            key = self._wrapping.decrypt(
                nonce, b64decode(told["encryptedDEK"], validate=True), None
            )
            algorithm = told["algorithm"]
        except (InvalidTag, KeyError, TypeError, ValueError) as error:
            raise NotOpened(f"no data key of the store's: {error!r}") from error
        opened = DataKey(key, counter)
        if algorithm != ALGORITHM or len(key) != _KEY_BYTES:
            raise NotOpened("the data key is for another algorithm")
        if not is_committed(opened, commitment):
            raise NotOpened("the data key is not committed to its counter block")
        return opened


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()


def _octets(told: Any, name: str, length: int) -> bytes:
    octets = b64decode(told[name], validate=True)
    if len(octets) != length:
        raise ValueError(f"{name} has {len(octets)} bytes")
    return octets
