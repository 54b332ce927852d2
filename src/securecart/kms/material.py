"""Key material, and the ciphertext that is made with it.

Layout of a ciphertext: 1 byte format (1), 16 bytes key id, 2 bytes number of
the key's material, 16 bytes salt, then a sealed value of `sealing`. Each
message has a key of its own, derived from the material and the salt, as KMS
itself does it; the encryption context is authenticated with it.

Source: AWS KMS Cryptographic Details, "Symmetric key encrypt operations".
"""

import base64
import json
from collections.abc import Mapping
from uuid import UUID

from securecart.kms.entities import Key
from securecart.kms.errors import InvalidCiphertextException
from securecart.names.clock import Random
from securecart.sealing import Keyring, SealingKey, Unsealable, derive

_FORMAT = b"\x01"
_ID_LENGTH = 16
_SALT_LENGTH = 16
_NUMBER_LENGTH = 2
_NUMBER_AT = len(_FORMAT) + _ID_LENGTH
_SALT_AT = _NUMBER_AT + _NUMBER_LENGTH
_SEALED_AT = _SALT_AT + _SALT_LENGTH
_MATERIAL_LENGTH = 32  # A symmetric KMS key is AES-256.

EncryptionContext = Mapping[str, str]


def new_material(key_id: str, number: int, keyring: Keyring, random: Random) -> str:
    """Make a key's material of that number; answer it sealed, in base64."""
    sealed = keyring.seal(
        random(_MATERIAL_LENGTH), purpose=_purpose(key_id, number), random=random
    )
    return base64.b64encode(sealed).decode()


def key_id_of(ciphertext: bytes) -> str:
    """Answer the id of the key that a ciphertext says it was made with.

    Raises:
        InvalidCiphertextException: if it is none of ours.
    """
    if len(ciphertext) < _SEALED_AT or ciphertext[:1] != _FORMAT:
        raise InvalidCiphertextException
    return str(UUID(bytes=ciphertext[len(_FORMAT) : _NUMBER_AT]))


def encrypt(
    key: Key,
    plaintext: bytes,
    context: EncryptionContext,
    *,
    keyring: Keyring,
    random: Random,
) -> bytes:
    """Encrypt up to 4,096 bytes under a key."""
    number = len(key.materials) - 1
    salt = random(_SALT_LENGTH)
    sealed = _message_keys(key, number, salt, keyring).seal(
        plaintext, purpose=_canonical(context), random=random
    )
    head = _FORMAT + UUID(key.key_id).bytes + number.to_bytes(_NUMBER_LENGTH)
    return head + salt + sealed


def decrypt(
    key: Key, ciphertext: bytes, context: EncryptionContext, *, keyring: Keyring
) -> bytes:
    """Answer what was encrypted under this key, by whichever of its materials.

    Raises:
        InvalidCiphertextException: for any other key, context or bytes.
    """
    if key_id_of(ciphertext) != key.key_id:
        raise InvalidCiphertextException
    number = int.from_bytes(ciphertext[_NUMBER_AT:_SALT_AT])
    if number >= len(key.materials):
        raise InvalidCiphertextException
    keys = _message_keys(key, number, ciphertext[_SALT_AT:_SEALED_AT], keyring)
    try:
        return keys.unseal(ciphertext[_SEALED_AT:], purpose=_canonical(context))
    except Unsealable:
        raise InvalidCiphertextException from None


def _purpose(key_id: str, number: int) -> str:
    # Both are in the purpose, so that no material can be moved to another key.
    return f"kms key material {key_id} {number}"


def _message_keys(key: Key, number: int, salt: bytes, keyring: Keyring) -> Keyring:
    sealed = base64.b64decode(key.materials[number])
    material = keyring.unseal(sealed, purpose=_purpose(key.key_id, number))
    return Keyring(SealingKey(derive(material, f"kms message {salt.hex()}")))


def _canonical(context: EncryptionContext) -> str:
    # JSON of sorted pairs: two different contexts never give the same text.
    return json.dumps(sorted(context.items()))
