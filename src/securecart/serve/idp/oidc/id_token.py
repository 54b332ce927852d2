"""Signing ID tokens, and reading them back when a client sends one as a hint."""

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from securecart.federation.saml import SigningIdentity
from securecart.serve.idp.parameters import BadRequest

ALGORITHM = "RS256"
"""Pinned: the one algorithm every relying party must support (OpenID Connect
Core 1.0, section 15.1), and one that AWS takes."""


class IdTokens:
    """The provider's key, as OpenID uses it."""

    def __init__(self, identity: SigningIdentity) -> None:
        self._key = RSAKey.import_key(identity.private_key)
        self._header = {"alg": ALGORITHM, "kid": self._key.thumbprint()}

    @property
    def header(self) -> Mapping[str, str]:
        """The JOSE header of every ID token."""
        return self._header

    @property
    def private_key(self) -> RSAKey:
        """What Authlib signs with."""
        return self._key

    def key_set(self) -> Mapping[str, Any]:
        """Answer the public keys (RFC 7517), for the discovery document."""
        public = self._key.as_dict(private=False)
        return {
            "keys": [
                {
                    **public,
                    "use": "sig",
                    "alg": ALGORITHM,
                    "kid": self._header["kid"],
                }
            ]
        }

    def sign_logout(self, claims: Mapping[str, Any]) -> str:
        """Sign a logout token, which its type keeps apart from ID tokens."""
        header = {**self._header, "typ": "logout+jwt"}
        return jwt.encode(header, dict(claims), self._key, algorithms=[ALGORITHM])

    def read_hint(self, id_token: str) -> Mapping[str, Any]:
        """Answer the claims of an ID token of ours, expired or not.

        Source: OpenID Connect RP-Initiated Logout 1.0, section 4: a provider
        accepts hints past their `exp`.

        Raises:
            BadRequest: if this key did not sign it.
        """
        try:
            claims: Mapping[str, Any] = jwt.decode(
                id_token, self._key, algorithms=[ALGORITHM]
            ).claims
        except (JoseError, TypeError) as error:
            # TypeError is joserfc's answer to a `crit` that is no list.
            raise BadRequest("The id_token_hint is not one of ours.") from error
        return claims
