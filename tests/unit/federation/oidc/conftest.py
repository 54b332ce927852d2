"""An OpenID provider's keys, and ID tokens that it could have signed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from securecart.federation.oidc import JwkSet, VerifiedIdToken, verify_id_token

ISSUER = "https://idp.example.com"
CLIENT = "securecart-portal"

Key = RSAKey | ECKey | OctKey


@dataclass(frozen=True)
class Mint:
    """Signs tokens, in order or not, and shows them to the verifier."""

    rsa: RSAKey
    now: datetime
    keys: JwkSet

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Answer claims in order, with changes; None takes one out."""
        seconds = int(self.now.timestamp())
        claims = {
            "iss": ISSUER,
            "sub": "ada",
            "aud": CLIENT,
            "iat": seconds,
            "exp": seconds + 300,
            "nonce": "n-1",
            "auth_time": seconds - 10,
            "amr": ["pwd", "otp", "mfa"],
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        *,
        header: dict[str, Any] | None = None,
        key: Key | None = None,
        **claims: Any,
    ) -> str:
        """Answer a token with claims in order but for these."""
        return self.sign(json.dumps(self.claims(**claims)), header=header, key=key)

    def sign(
        self,
        payload: str,
        *,
        header: dict[str, Any] | None = None,
        key: Key | None = None,
    ) -> str:
        """Answer a token with any payload and any header."""
        whole = {"alg": "RS256", "kid": "rsa"} | (header or {})
        registry = jws.JWSRegistry(algorithms=[whole["alg"]], strict_check_header=False)
        return jws.serialize_compact(
            {name: value for name, value in whole.items() if value is not None},
            payload,
            key or self.rsa,
            registry=registry,
        )

    def verify(self, token: str, **changes: Any) -> VerifiedIdToken:
        """Show a token to the verifier, as the portal would."""
        asked: dict[str, Any] = {
            "issuer": ISSUER,
            "audiences": frozenset({CLIENT}),
            "nonce": "n-1",
            "now": self.now,
        } | changes
        return verify_id_token(token, asked.pop("keys", self.keys), **asked)


@pytest.fixture(scope="session")
def rsa() -> RSAKey:
    """Answer the provider's RSA key."""
    return RSAKey.generate_key(2048)


KeySetOf = Callable[..., JwkSet]


def as_set(*keys: dict[str, Any]) -> JwkSet:
    """Answer a key set as it would be fetched."""
    return JwkSet.parse(json.dumps({"keys": keys}).encode())


@pytest.fixture(scope="session")
def key_set() -> KeySetOf:
    """Answer a reader of key sets."""
    return as_set


@pytest.fixture
def mint(rsa: RSAKey, now: datetime) -> Mint:
    """Answer the mint, whose keys are one RSA key named `rsa`."""
    return Mint(rsa, now, as_set(rsa.as_dict(private=False, kid="rsa")))
