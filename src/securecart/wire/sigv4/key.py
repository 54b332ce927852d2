"""The signing key, derived from a secret for one day, region and service."""

import hmac
from functools import lru_cache

from securecart.wire.sigv4.signature import TERMINATOR

_REMEMBERED = 2048
"""Signing keys kept: one a session a day, so more than 1,200 people's, at
about half a kilobyte each."""


@lru_cache(maxsize=_REMEMBERED)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Derive the key (AWS IAM User Guide, "Create a signed AWS API request")."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature_of(key: bytes, text: bytes) -> str:
    """Sign a string: 64 lower-case hexadecimal digits."""
    return hmac.digest(key, text, "sha256").hex()
