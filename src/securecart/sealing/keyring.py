"""AES-256-GCM under a key that is named in the sealed value.

Layout of a sealed value: 1 byte format (1), 4 bytes key id, 12 bytes nonce,
ciphertext with its 16-byte tag. The purpose is the additional data.

Source: NIST SP 800-38D. Its bound of 2^32 random nonces a key (section 8.3)
is why each room seals under a key of its own, derived with HKDF (RFC 5869).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from securecart.names.clock import Random
from securecart.names.errors import SecureCartError

_FORMAT = b"\x01"
_ID_LENGTH = 4
_NONCE_LENGTH = 12
_TAG_LENGTH = 16
_HEAD_LENGTH = len(_FORMAT) + _ID_LENGTH + _NONCE_LENGTH
KEY_LENGTH = 32


class Unsealable(SecureCartError):
    """The value was not sealed by these keys for this purpose, or is damaged."""


def key_id_of(sealed: bytes) -> bytes:
    """Answer the id of the key that a sealed value names, if it is one."""
    return sealed[1 : 1 + _ID_LENGTH]


def derive(root: bytes, purpose: str, length: int = KEY_LENGTH) -> bytes:
    """Derive an independent key from a root key (HKDF-SHA256, RFC 5869)."""
    return HKDF(
        algorithm=SHA256(), length=length, salt=None, info=purpose.encode()
    ).derive(root)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """256 bits; its id is a digest of the key, so no key is ever mistaken."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_LENGTH:
            raise ValueError(f"a sealing key has {KEY_LENGTH} bytes")

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in what it sealed."""
        return hashlib.sha256(b"sealing key id" + self.secret).digest()[:_ID_LENGTH]


class Keyring:
    """The key that seals now, and older ones that still open.

    Immutable, so it may be shared between threads.
    """

    def __init__(self, current: SealingKey, *older: SealingKey) -> None:
        self._current = current.key_id, AESGCM(current.secret)
        self._ciphers: Mapping[bytes, AESGCM] = {
            key.key_id: AESGCM(key.secret) for key in (current, *older)
        }

    def seal(self, plaintext: bytes, *, purpose: str, random: Random) -> bytes:
        """Encrypt and authenticate; 33 bytes longer than the plaintext."""
        key_id, cipher = self._current
        nonce = random(_NONCE_LENGTH)
        head = _FORMAT + key_id + nonce
        return head + cipher.encrypt(nonce, plaintext, purpose.encode())

    @property
    def current_id(self) -> bytes:
        """The id of the key that seals now."""
        return self._current[0]

    def unseal(self, sealed: bytes, *, purpose: str) -> bytes:
        """Answer what was sealed for this purpose.

        Raises:
            Unsealable: for any other input, without saying what was wrong.
        """
        if len(sealed) < _HEAD_LENGTH + _TAG_LENGTH or sealed[:1] != _FORMAT:
            raise Unsealable("not a sealed value")
        cipher = self._ciphers.get(key_id_of(sealed))
        if cipher is None:
            raise Unsealable("sealed by an unknown key")
        nonce = sealed[1 + _ID_LENGTH : _HEAD_LENGTH]
        try:
            return cipher.decrypt(nonce, sealed[_HEAD_LENGTH:], purpose.encode())
        except InvalidTag:
            raise Unsealable("damaged, or sealed for another purpose") from None
