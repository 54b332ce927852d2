"""Claims as the types that they must have (RFC 7519, section 2)."""

import math
from datetime import UTC, datetime
from typing import Any, Final

from securecart.federation.oidc.errors import InvalidIdToken

MAX_SUBJECT: Final = 255
"""Characters (OpenID Connect Core 1.0, section 2, `sub`)."""

_TEXT: Final = frozenset({str})
# 9998-12-31T23:59:59Z: a year before datetime ends, so that a tolerance fits.
_LAST_SECOND: Final = 253_370_764_799


def optional_text(claims: dict[str, Any], name: str) -> str | None:
    """Read a text; absent and null are the same.

    Raises:
        InvalidIdToken: if it is anything else.
    """
    value = claims.get(name)
    if not isinstance(value, str | None):
        raise InvalidIdToken(f"{name} is no text")
    return value


def identifier(claims: dict[str, Any], name: str) -> str | None:
    """Read an id, of a person or a session: up to 255 ASCII characters.

    Raises:
        InvalidIdToken: if it is there and is none.
    """
    value = optional_text(claims, name)
    if value is None:
        return None
    if not 0 < len(value) <= MAX_SUBJECT or not value.isascii():
        raise InvalidIdToken(f"{name} is not 1 to {MAX_SUBJECT} ASCII characters")
    return value


def texts(value: Any, name: str) -> tuple[str, ...]:
    """Read a list of texts.

    Raises:
        InvalidIdToken: if it is anything else.
    """
    if not isinstance(value, list) or not {type(text) for text in value} <= _TEXT:
        raise InvalidIdToken(f"{name} is no list of texts")
    return tuple(value)


def audiences_of(claims: dict[str, Any]) -> tuple[str, ...]:
    """Read `aud`: one text or a list of them.

    Raises:
        InvalidIdToken: if it is neither.
    """
    value = claims.get("aud")
    return (value,) if isinstance(value, str) else texts(value, "aud")


def moment(claims: dict[str, Any], name: str) -> datetime:
    """Read a NumericDate.

    Raises:
        InvalidIdToken: if it is none, or is missing.
    """
    value = optional_moment(claims, name)
    if value is None:
        raise InvalidIdToken(f"the token has no {name}")
    return value


def optional_moment(claims: dict[str, Any], name: str) -> datetime | None:
    """Read a NumericDate; some providers send it with a fraction.

    Raises:
        InvalidIdToken: if it is there and is none.
    """
    value = claims.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 <= value <= _LAST_SECOND
    ):
        raise InvalidIdToken(f"{name} is no time")
    return datetime.fromtimestamp(value, UTC)
