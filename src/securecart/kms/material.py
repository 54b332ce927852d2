"""Key material, and the ciphertext that is made with it.

Layout of a ciphertext: 1 byte format (1), 16 bytes key id, 16 bytes salt,
then a sealed value of `sealing`. Each message has a key of its own, derived
from the material and the salt, as KMS itself does it; the encryption context
is authenticated with it.

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
_SALT_AT = len(_FORMAT) + _ID_LENGTH
_SEALED_AT = _SALT_AT + _SALT_LENGTH
_MATERIAL_LENGTH = 32  # A symmetric KMS key is AES-256.

EncryptionContext = Mapping[str, str]


def new_material(key_id: str, keyring: Keyring, random: Random) -> str:
    """Make the material of a new key and answer it sealed, in base64."""
    sealed = keyring.seal(
        random(_MATERIAL_LENGTH), purpose=_purpose(key_id), random=random
    )
    return base64.b64encode(sealed).decode()


def key_id_of(ciphertext: bytes) -> str:
    """Answer the id of the key that a ciphertext says it was made with.

    Raises:
        InvalidCiphertextException: if it is none of ours.
    """
    if len(ciphertext) < _SEALED_AT or ciphertext[:1] != _FORMAT:
        raise InvalidCiphertextException
    return str(UUID(bytes=ciphertext[len(_FORMAT) : _SALT_AT]))


def encrypt(
    key: Key,
    plaintext: bytes,
    context: EncryptionContext,
    *,
    keyring: Keyring,
    random: Random,
) -> bytes:
    """Encrypt up to 4,096 bytes under a key."""
    salt = random(_SALT_LENGTH)
    sealed = _message_keys(key, salt, keyring).seal(
        plaintext, purpose=_canonical(context), random=random
    )
    return _FORMAT + UUID(key.key_id).bytes + salt + sealed


def decrypt(
    key: Key, ciphertext: bytes, context: EncryptionContext, *, keyring: Keyring
) -> bytes:
    """Answer what was encrypted under this key with this context.

    Raises:
        InvalidCiphertextException: for any other key, context or bytes.
    """
    if key_id_of(ciphertext) != key.key_id:
        raise InvalidCiphertextException
    keys = _message_keys(key, ciphertext[_SALT_AT:_SEALED_AT], keyring)
    try:
        return keys.unseal(ciphertext[_SEALED_AT:], purpose=_canonical(context))
    except Unsealable:
        raise InvalidCiphertextException from None


def _purpose(key_id: str) -> str:
    # The id is in the purpose, so that no material can be moved to another key.
    return f"kms key material {key_id}"


def _message_keys(key: Key, salt: bytes, keyring: Keyring) -> Keyring:
    sealed = base64.b64decode(key.sealed_material)
    material = keyring.unseal(sealed, purpose=_purpose(key.key_id))
    return Keyring(SealingKey(derive(material, f"kms message {salt.hex()}")))


def _canonical(context: EncryptionContext) -> str:
    # JSON of sorted pairs: two different contexts never give the same text.
    return json.dumps(sorted(context.items()))
