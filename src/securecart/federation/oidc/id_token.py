"""Verify an ID token.

Source: OpenID Connect Core 1.0, sections 2 and 3.1.3.7; RFC 7515; RFC 8725,
"JSON Web Token Best Current Practices".
"""

import base64
import binascii
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact

from securecart.federation.oidc.errors import (
    ExpiredIdToken,
    InvalidIdToken,
    WrongTokenAudience,
)
from securecart.federation.oidc.json_object import read_object
from securecart.federation.oidc.jwk_set import ALGORITHMS, JwkSet

MAX_TOKEN: Final = 20_000
"""Characters: what AWS STS takes as WebIdentityToken."""
MAX_SUBJECT: Final = 255
"""Characters (OpenID Connect Core 1.0, section 2, `sub`)."""
CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""

_PARTS: Final = 3
# 9998-12-31T23:59:59Z: a year before datetime ends, so that a tolerance fits.
_LAST_SECOND: Final = 253_370_764_799
# Headers that bring a key along, or change what the rest means.
_REFUSED_HEADERS: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})


@dataclass(frozen=True, slots=True)
class VerifiedIdToken:
    """An ID token whose signature, issuer, audience and times were verified.

    `client_id` is whom it was made for: `azp` where present, else the one
    audience. `claims` holds every claim as JSON has it.
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

    @property
    def client_id(self) -> str:
        """The client that the token was made for."""
        return self.authorized_party or self.audiences[0]


def verify_id_token(
    token: str,
    keys: JwkSet,
    *,
    issuer: str,
    audiences: frozenset[str],
    nonce: str | None,
    now: datetime,
    max_age: timedelta | None = None,
) -> VerifiedIdToken:
    """Verify a compact JWS and answer its claims.

    `nonce` is the one that the sign-in began with; None where the verifier
    did not begin it, as STS. `max_age` bounds how long ago the person proved
    who they are.

    Raises:
        UnknownKey: if no key fits the header; fetch the keys again.
        ExpiredIdToken: if the token's time is over.
        WrongTokenAudience: if it is for another client.
        InvalidIdToken: for every other token that proves nothing.
    """
    header, claims = _unverified_parts(token)
    algorithm, key_id = _check_header(header)
    selected = keys.select(key_id=key_id, algorithm=algorithm)
    try:
        # Its own limits on a header are tighter than the RFC's and ours.
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        registry.max_header_length = MAX_TOKEN
        deserialize_compact(token, selected.key, registry=registry)
    except (JoseError, ValueError):
        raise InvalidIdToken("the signature is not by the provider's key") from None
    if claims.get("iss") != issuer:
        raise InvalidIdToken("the token is from another issuer")
    party = _optional_text(claims, "azp")
    token_audiences = _audiences(claims, party, audiences)
    issued_at, expires_at = _check_times(claims, now)
    _check_nonce(claims, nonce)
    auth_time = _optional_time(claims, "auth_time")
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
        amr=_texts(claims.get("amr", []), "amr"),
        claims=MappingProxyType(claims),
    )


def unverified_issuer(token: str) -> str:
    """Answer whom a token says it is from, to find the keys to verify it with.

    Raises:
        InvalidIdToken: if it is no token, or does not say.
    """
    _, claims = _unverified_parts(token)
    issuer = _optional_text(claims, "iss")
    if not issuer:
        raise InvalidIdToken("the token has no issuer")
    return issuer


def _unverified_parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(token) > MAX_TOKEN:
        raise InvalidIdToken(f"the token is longer than {MAX_TOKEN} characters")
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise InvalidIdToken("the token is no compact JWS")
    try:
        return read_object(_decode(parts[0])), read_object(_decode(parts[1]))
    except ValueError as error:
        raise InvalidIdToken(f"the token is no JWT: {error}") from None


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(
            part + "=" * (-len(part) % 4), altchars=b"-_", validate=True
        )
    except binascii.Error:
        raise ValueError("not base64url") from None


def _check_header(header: dict[str, Any]) -> tuple[str, str | None]:
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidIdToken("the algorithm is not one of those accepted")
    if not isinstance(key_id, str | None):
        raise InvalidIdToken("the key id is no text")
    if not _REFUSED_HEADERS.isdisjoint(header):
        raise InvalidIdToken("the header has a member that is not accepted")
    # RFC 8725, section 3.11: an access or logout token says so here.
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise InvalidIdToken("the token is of another type")
    return algorithm, key_id


def _audiences(
    claims: dict[str, Any], party: str | None, accepted: frozenset[str]
) -> tuple[str, ...]:
    value = claims.get("aud")
    audiences = (value,) if isinstance(value, str) else _texts(value, "aud")
    if accepted.isdisjoint(audiences):
        raise WrongTokenAudience("the token is for another audience")
    if party is None and len(audiences) != 1:
        raise WrongTokenAudience("several audiences, and no authorized party")
    if party is not None and party not in accepted:
        raise WrongTokenAudience("the token was made for another client")
    return audiences


def _check_times(claims: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    expires_at, issued_at = _time(claims, "exp"), _time(claims, "iat")
    not_before = _optional_time(claims, "nbf")
    if now >= expires_at + CLOCK_SKEW:
        raise ExpiredIdToken(int(expires_at.timestamp()), int(now.timestamp()))
    if issued_at > now + CLOCK_SKEW:
        raise InvalidIdToken("the token comes from the future")
    if not_before is not None and not_before > now + CLOCK_SKEW:
        raise InvalidIdToken("the token is not valid yet")
    return issued_at, expires_at


def _check_nonce(claims: dict[str, Any], nonce: str | None) -> None:
    found = _optional_text(claims, "nonce")
    if nonce is not None and (
        found is None or not hmac.compare_digest(found.encode(), nonce.encode())
    ):
        raise InvalidIdToken("the token answers another sign-in")


def _subject(claims: dict[str, Any]) -> str:
    subject = _optional_text(claims, "sub")
    if not subject or len(subject) > MAX_SUBJECT or not subject.isascii():
        raise InvalidIdToken(f"no subject of 1 to {MAX_SUBJECT} ASCII characters")
    return subject


def _optional_text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str | None):
        raise InvalidIdToken(f"{name} is no text")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise InvalidIdToken(f"{name} is no list of texts")
    return tuple(value)


def _time(claims: dict[str, Any], name: str) -> datetime:
    value = _optional_time(claims, name)
    if value is None:
        raise InvalidIdToken(f"the token has no {name}")
    return value


def _optional_time(claims: dict[str, Any], name: str) -> datetime | None:
    """Read a NumericDate; some providers send it with a fraction."""
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
