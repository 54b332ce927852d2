"""Verify a logout token: the provider says that a session is over.

Source: OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.6.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from securecart.federation.oidc.claim_values import audiences_of, identifier
from securecart.federation.oidc.compact_jws import CompactJws
from securecart.federation.oidc.errors import InvalidIdToken, WrongTokenAudience
from securecart.federation.oidc.jwk_set import JwkSet
from securecart.federation.oidc.validity import check_times

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"

# Section 2.4 recommends the first; providers older than it send the second.
_TYPES: Final = frozenset({"logout+jwt", "jwt"})


@dataclass(frozen=True, slots=True)
class VerifiedLogoutToken:
    """A logout token whose signature, issuer, audience and times were verified.

    With a `session_id` that one session is over, with a `subject` alone all of
    that person's. `token_id` is to be taken once, until `expires_at`.
    """

    issuer: str
    subject: str | None
    session_id: str | None
    token_id: str
    issued_at: datetime
    expires_at: datetime


def verify_logout_token(
    token: str,
    keys: JwkSet,
    *,
    issuer: str,
    audiences: frozenset[str],
    now: datetime,
) -> VerifiedLogoutToken:
    """Verify a compact JWS and answer whose session it ends.

    Raises:
        UnknownKey: if no key fits the header; fetch the keys again.
        ExpiredIdToken: if the token's time is over.
        WrongTokenAudience: if it is for another client.
        InvalidIdToken: for every other token that proves nothing.
    """
    claims = CompactJws.parse(token).verified(keys, types=_TYPES)
    if claims.get("iss") != issuer:
        raise InvalidIdToken("the token is from another issuer")
    if audiences.isdisjoint(audiences_of(claims)):
        raise WrongTokenAudience("the token is for another audience")
    issued_at, expires_at = check_times(claims, now)
    if not is_logout(claims):
        raise InvalidIdToken("the token announces no logout")
    if "nonce" in claims:
        # It is forbidden there, so that an ID token can be no logout token.
        raise InvalidIdToken("a logout token has no nonce")
    subject, session_id = identifier(claims, "sub"), identifier(claims, "sid")
    if subject is None and session_id is None:
        raise InvalidIdToken("the token names neither a person nor a session")
    token_id = identifier(claims, "jti")
    if token_id is None:
        raise InvalidIdToken("the token has no jti")
    return VerifiedLogoutToken(
        issuer=issuer,
        subject=subject,
        session_id=session_id,
        token_id=token_id,
        issued_at=issued_at,
        expires_at=expires_at,
    )


def is_logout(claims: dict[str, Any]) -> bool:
    """Say whether the claims announce a logout, as no ID token's do."""
    events = claims.get("events")
    return isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict)
