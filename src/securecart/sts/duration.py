"""How long a session lasts.

Source: AWS STS API Reference, DurationSeconds of each operation; AWS IAM User
Guide, "Roles terms and concepts" (role chaining).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from securecart.names.errors import ValidationError

MIN_SECONDS: Final = 900
MAX_SECONDS: Final = 43_200
DEFAULT_SECONDS: Final = 3_600
MAX_CHAINED_SECONDS: Final = 3_600


TOO_LONG: Final = (
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
)
TOO_LONG_BY_SAML: Final = (
    "Requested DurationSeconds exceeds MaxSessionDuration set for this role."
)
"""AWS IAM User Guide, "Troubleshoot SAML federation with IAM"."""


def asked_seconds(parameters: Mapping[str, Any], *, chained: bool = False) -> int:
    """Answer the seconds that the caller asks for, or AWS's default.

    Raises:
        ValidationError: if that is out of bounds, or more than a chain allows.
    """
    seconds = checked_seconds(
        int(parameters.get("DurationSeconds", DEFAULT_SECONDS)), most=MAX_SECONDS
    )
    if chained and seconds > MAX_CHAINED_SECONDS:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles"
            " assumed by role chaining."
        )
    return seconds


def require_within(
    seconds: int, role_maximum: int, *, too_long: str = TOO_LONG
) -> None:
    """Refuse what is longer than the role allows, to whom the role trusts alone.

    Raises:
        ValidationError: if it is.
    """
    if seconds > role_maximum:
        raise ValidationError(too_long)


def checked_seconds(seconds: int, *, most: int) -> int:
    """Answer the seconds, if they are within an operation's bounds.

    Raises:
        ValidationError: if they are not.
    """
    if not MIN_SECONDS <= seconds <= most:
        bound = (
            f"greater than or equal to {MIN_SECONDS}"
            if seconds < MIN_SECONDS
            else f"less than or equal to {most}"
        )
        raise ValidationError(
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds'"
            f" failed to satisfy constraint: Member must have value {bound}"
        )
    return seconds


def shortened(
    seconds: int,
    *,
    session_duration: int | None,
    session_end: datetime | None,
    now: datetime,
) -> int:
    """Cut a duration to what an assertion allows, which only ever shortens.

    It counts from the whole second in which the session begins.
    """
    limits = [seconds]
    if session_duration is not None:
        limits.append(session_duration)
    if session_end is not None:
        begin = now.replace(microsecond=0)
        limits.append(int((session_end - begin).total_seconds()))
    return min(limits)
