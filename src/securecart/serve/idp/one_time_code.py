"""One-time codes by time (TOTP, RFC 6238): six digits, half-minute steps."""

import base64
import hmac
from datetime import datetime, timedelta

import pyotp

from securecart.names.clock import Random
from securecart.names.expiring import ExpiringRecords

SECRET_BYTES = 20
"""As long as SHA-1's output, which RFC 4226 section 4 (R6) recommends."""

_STEP_SECONDS = 30
_STEPS_OFF = (0, -1, 1)
"""One step either way for slow typing and clocks that drift (RFC 6238, 5.2)."""

_REMEMBER = timedelta(seconds=_STEP_SECONDS * (len(_STEPS_OFF) + 1))
"""A used code is remembered until no clock would accept it any more."""


def new_secret(random: Random) -> str:
    """Answer a fresh secret in base32, as authenticator apps take it."""
    return base64.b32encode(random(SECRET_BYTES)).decode()


def redeem_code(
    records: ExpiringRecords, *, username: str, secret: str, code: str, now: datetime
) -> bool:
    """Say whether the code is right and was never used before; use it up.

    Source: RFC 6238 section 5.2: a second attempt with a code is refused.
    """
    if not (code.isascii() and code.isdigit()):
        return False
    generator = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    step = int(now.timestamp()) // _STEP_SECONDS
    matching = [
        step + off
        for off in _STEPS_OFF
        if hmac.compare_digest(generator.generate_otp(step + off), code)
    ]
    return any(
        records.insert(
            f"one-time-code:{username}:{used}",
            b"",
            expires_at=now + _REMEMBER,
            now=now,
        )
        for used in matching
    )
