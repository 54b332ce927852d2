"""The port through which a provider's keys are found."""

from datetime import datetime, timedelta
from typing import Protocol

from securecart.federation.oidc.compact_jws import CompactJws
from securecart.federation.oidc.errors import UnknownKey
from securecart.federation.oidc.id_token import VerifiedIdToken, verify_id_token
from securecart.federation.oidc.jwk_set import JwkSet
from securecart.names.errors import SecureCartError


class KeysUnavailable(SecureCartError):
    """The provider's keys could not be had; the message is for the log."""


class KeySource(Protocol):
    """Answers the keys of OpenID providers, remembered for a while."""

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> JwkSet:
        """Answer the provider's keys.

        With `renew`, what is remembered was not enough: ask the provider
        again, unless that was done a moment ago.

        Raises:
            KeysUnavailable: if the provider cannot be asked, or answers badly.
        """
        ...


def verify_id_token_from(
    source: KeySource,
    token: str | CompactJws,
    *,
    issuer: str,
    audiences: frozenset[str],
    nonce: str | None,
    now: datetime,
    max_age: timedelta | None = None,
) -> VerifiedIdToken:
    """Verify an ID token, asking for new keys once if its key is unknown.

    Raises:
        KeysUnavailable: if there are no keys to verify it with.
        InvalidIdToken: as `verify_id_token`.
    """

    def verify(keys: JwkSet) -> VerifiedIdToken:
        return verify_id_token(
            token,
            keys,
            issuer=issuer,
            audiences=audiences,
            nonce=nonce,
            now=now,
            max_age=max_age,
        )

    try:
        return verify(source.keys(issuer, now=now))
    except UnknownKey:
        return verify(source.keys(issuer, now=now, renew=True))
