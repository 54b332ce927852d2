"""Authenticated encryption of small values, and keys derived for a purpose.

Floor 0, over `cryptography`. Used for session tokens, stored secrets, key
material and cookies: whoever seals names a purpose, and a value sealed for
one purpose does not open for another.
"""

from securecart.sealing.keyring import (
    Keyring,
    SealingKey,
    Unsealable,
    derive,
    key_id_of,
)

__all__ = ["Keyring", "SealingKey", "Unsealable", "derive", "key_id_of"]
