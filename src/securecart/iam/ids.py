"""Unique ids: a prefix that says the kind, and random base32 characters.

Source: AWS IAM User Guide, "IAM identifiers", section "Unique identifiers".
"""

import base64

from securecart.names.clock import Random

_UNIQUE_ID_LENGTH = 17
_UNIQUE_ID_BYTES = 11  # 88 bits, more than 17 characters of base32 hold.
_LONG_ID_BYTES = 20  # 160 bits are 32 characters.
_SECRET_BYTES = 30  # 240 bits are the 40 characters that a secret key has.


def unique_id(prefix: str, random: Random) -> str:
    """Answer an id of 21 characters: `AROA…`, `AIDA…`, `ANPA…`, `ASPA…`."""
    return (
        prefix + base64.b32encode(random(_UNIQUE_ID_BYTES)).decode()[:_UNIQUE_ID_LENGTH]
    )


def long_id(random: Random) -> str:
    """Answer an id of 32 characters, as SAML providers and their keys have.

    Source: IAM's service model, the shape `privateKeyIdType`.
    """
    return base64.b32encode(random(_LONG_ID_BYTES)).decode()


def secret_access_key(random: Random) -> str:
    """Answer a secret of 40 characters."""
    return base64.b64encode(random(_SECRET_BYTES)).decode()
