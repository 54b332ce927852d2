"""Verify an ID token.

Source: OpenID Connect Core 1.0, sections 2 and 3.1.3.7.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from securecart.federation.oidc.claim_values import (
    MAX_SUBJECT,
    audiences_of,
    identifier,
    optional_moment,
    optional_text,
    texts,
)
from securecart.federation.oidc.compact_jws import CompactJws
from securecart.federation.oidc.errors import InvalidIdToken, WrongTokenAudience
from securecart.federation.oidc.jwk_set import JwkSet
from securecart.federation.oidc.validity import CLOCK_SKEW, check_times

_TYPES: Final = frozenset({"jwt"})


@dataclass(frozen=True, slots=True)
class VerifiedIdToken:
    """An ID token whose signature, issuer, audience and times were verified.

    `client_id` is whom it was made for: `azp` where present, else the one
    audience. `acr` is how strong
    the sign-in was, in the provider's words; `session_id` is `sid`, the one
    that a logout token names. `claims` holds every claim as JSON has it.
    """

    issuer: str
    subject: str
    audiences: tuple[str, ...]
    authorized_party: str | None
    issued_at: datetime
    expires_at: datetime
    auth_time: datetime | None
    amr: tuple[str, ...]
    claims: Mapping[str, Any]
    acr: str | None = None
    session_id: str | None = None

    @property
    def client_id(self) -> str:
        """The client that the token was made for."""
        return self.authorized_party or self.audiences[0]


def verify_id_token(
    token: str | CompactJws,
    keys: JwkSet,
    *,
    issuer: str,
    audiences: frozenset[str],
    nonce: str | None,
    now: datetime,
    max_age: timedelta | None = None,
) -> VerifiedIdToken:
    """Verify a compact JWS, taken apart or not yet, and answer its claims.

    `nonce` is the one that the sign-in began with; None where the verifier
    did not begin it, as STS. `max_age` bounds how long ago the person proved
    who they are.

    Raises:
        UnknownKey: if no key fits the header; fetch the keys again.
        ExpiredIdToken: if the token's time is over.
        WrongTokenAudience: if it is for another client.
        InvalidIdToken: for every other token that proves nothing.
    """
    jws = CompactJws.parse(token) if isinstance(token, str) else token
    claims = jws.verified(keys, types=_TYPES)
    if "events" in claims:
        # A logout token of a provider that does not say so in `typ` (OpenID
        # Connect Back-Channel Logout 1.0, section 2.4).
        raise InvalidIdToken("the token is a security event token")
    if claims.get("iss") != issuer:
        raise InvalidIdToken("the token is from another issuer")
    party = optional_text(claims, "azp")
    token_audiences = _audiences(claims, party, audiences)
    issued_at, expires_at = check_times(claims, now)
    _check_nonce(claims, nonce)
    auth_time = optional_moment(claims, "auth_time")
    if max_age is not None and (
        auth_time is None or now > auth_time + max_age + CLOCK_SKEW
    ):
        raise InvalidIdToken("the sign-in is longer ago than was asked for")
    return VerifiedIdToken(
        issuer=issuer,
        subject=_subject(claims),
        audiences=token_audiences,
        authorized_party=party,
        issued_at=issued_at,
        expires_at=expires_at,
        auth_time=auth_time,
        amr=texts(claims.get("amr", []), "amr"),
        claims=MappingProxyType(claims),
        acr=optional_text(claims, "acr"),
        session_id=identifier(claims, "sid"),
    )


def unverified_issuer(token: CompactJws) -> str:
    """Answer whom a token says it is from, to find the keys to verify it with.

    Raises:
        InvalidIdToken: if it does not say.
    """
    issuer = optional_text(token.claims, "iss")
    if not issuer:
        raise InvalidIdToken("the token has no issuer")
    return issuer


def _audiences(
    claims: dict[str, Any], party: str | None, accepted: frozenset[str]
) -> tuple[str, ...]:
    audiences = audiences_of(claims)
    if accepted.isdisjoint(audiences):
        raise WrongTokenAudience("the token is for another audience")
    if party is None and len(audiences) != 1:
        raise WrongTokenAudience("several audiences, and no authorized party")
    if party is not None and party not in accepted:
        raise WrongTokenAudience("the token was made for another client")
    return audiences


def _check_nonce(claims: dict[str, Any], nonce: str | None) -> None:
    found = optional_text(claims, "nonce")
    if nonce is not None and (
        found is None or not hmac.compare_digest(found.encode(), nonce.encode())
    ):
        raise InvalidIdToken("the token answers another sign-in")


def _subject(claims: dict[str, Any]) -> str:
    subject = identifier(claims, "sub")
    if subject is None:
        raise InvalidIdToken(f"no subject of 1 to {MAX_SUBJECT} ASCII characters")
    return subject
