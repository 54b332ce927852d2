"""The tokens that SeaweedFS's filer and volume server want with each request.

Source: RFC 7519; SeaweedFS, "security.toml", sections `jwt.*`.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

_HEADER = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
"""`{"alg":"HS256","typ":"JWT"}`"""
_LIFE_SECONDS = 10
"""As `expires_after_seconds` has it for those that SeaweedFS makes itself."""


def filer_token(key: str, now: float) -> str:
    """Answer a token for the whole filer; `now` is in Unix seconds."""
    return _token(key, b'{"exp":%d}' % _expiry(now))


def chunk_token(key: str, file_id: str, now: float) -> str:
    """Answer a token for one chunk, to read it or to write it as the key is for."""
    return _token(key, b'{"exp":%d,"fid":"%s"}' % (_expiry(now), file_id.encode()))


def _expiry(now: float) -> int:
    return int(now) + _LIFE_SECONDS


def _token(key: str, claims: bytes) -> str:
    signed = _HEADER + urlsafe_b64encode(claims).rstrip(b"=")
    signature = hmac.digest(key.encode(), signed, hashlib.sha256)
    return (signed + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()
