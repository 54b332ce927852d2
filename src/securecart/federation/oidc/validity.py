"""When a token may be believed (RFC 7519, sections 4.1.4 to 4.1.6)."""

from datetime import datetime, timedelta
from typing import Any, Final

from securecart.federation.oidc.claim_values import moment, optional_moment
from securecart.federation.oidc.errors import ExpiredIdToken, InvalidIdToken

CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""


def check_times(claims: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """Answer when the token was issued and when it ends.

    Raises:
        ExpiredIdToken: if it is over.
        InvalidIdToken: if it has no such times, or they have not come yet.
    """
    expires_at, issued_at = moment(claims, "exp"), moment(claims, "iat")
    not_before = optional_moment(claims, "nbf")
    if now >= expires_at + CLOCK_SKEW:
        raise ExpiredIdToken(int(expires_at.timestamp()), int(now.timestamp()))
    if issued_at > now + CLOCK_SKEW:
        raise InvalidIdToken("the token comes from the future")
    if not_before is not None and not_before > now + CLOCK_SKEW:
        raise InvalidIdToken("the token is not valid yet")
    return issued_at, expires_at
