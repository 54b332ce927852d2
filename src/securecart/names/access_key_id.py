"""Access key ids: a prefix that says the kind, and the account within.

Sixteen characters of base32 follow the prefix. Of their 80 bits the first is
set, the next 40 are the account's number, and the rest is random: the layout
of AWS's own ids since 2019, which AWS uses in GetAccessKeyInfo and does not
document. An id is no secret; its 39 random bits need only be unlike others.

Source: AWS IAM User Guide, "IAM identifiers"; AWS STS API Reference,
"GetAccessKeyInfo". The layout is what others found in ids that AWS gave.
"""

import base64
import binascii
from typing import Final, Literal

from securecart.names.clock import Random
from securecart.names.errors import SecureCartError

_PREFIX_LENGTH: Final = 4
_LENGTH: Final = 20
_BYTES: Final = 10
_RANDOM_BITS: Final = 39
_RANDOM_BYTES: Final = 5  # One bit more than that.
_ACCOUNT_BITS: Final = 40
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS: Final = [one + other for one in _DIGITS for other in _DIGITS]
"""Base32 (RFC 4648, section 6), two digits at once; Python's own encoder takes
longer for an id than sealing the session takes."""
_SHIFTS: Final = range(70, -1, -10)
_FIRST_BIT: Final = 1 << (8 * _BYTES - 1)
_ACCOUNT_DIGITS: Final = 12


class MalformedAccessKeyId(SecureCartError):
    """The text is no access key id with an account in it."""


def new_access_key_id(
    prefix: Literal["AKIA", "ASIA"], account: str, random: Random
) -> str:
    """Answer an id of 20 characters; `account` is twelve digits."""
    noise = int.from_bytes(random(_RANDOM_BYTES)) >> 1
    bits = _FIRST_BIT | int(account) << _RANDOM_BITS | noise
    return prefix + "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])


def account_of(access_key_id: str) -> str:
    """Answer the twelve digits of the account that an id was made in.

    That says nothing about whether there is such a key, or ever was.

    Raises:
        MalformedAccessKeyId: unless the text has the layout above.
    """
    prefix, rest = access_key_id[:_PREFIX_LENGTH], access_key_id[_PREFIX_LENGTH:]
    if prefix not in {"AKIA", "ASIA"} or len(access_key_id) != _LENGTH:
        raise MalformedAccessKeyId("neither AKIA nor ASIA and 16 characters")
    try:
        bits = int.from_bytes(base64.b32decode(rest))
    except (binascii.Error, ValueError):
        raise MalformedAccessKeyId("not in base32") from None
    account = str(bits >> _RANDOM_BITS & ((1 << _ACCOUNT_BITS) - 1))
    if not bits & _FIRST_BIT or len(account) > _ACCOUNT_DIGITS:
        raise MalformedAccessKeyId("no account in it")
    return account.zfill(_ACCOUNT_DIGITS)
