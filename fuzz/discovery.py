"""Discovery documents and key sets from strangers.

Whatever is read leads to the issuer's host or a named one, by https, and keys
verify nothing but the pinned algorithms.
"""

import contextlib
import json
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, RSAKey

from securecart.federation.oidc import (
    ALGORITHMS,
    InvalidDiscovery,
    JwkSet,
    ProviderMetadata,
    UnknownKey,
    read_jwks_uri,
)

_ISSUER = "https://idp.example.com"
_HOSTS = frozenset({"keys.example.net"})
_KEYS = [
    RSAKey.generate_key(2048).as_dict(private=False, kid="one", use="sig", alg="RS256"),
    ECKey.generate_key("P-256").as_dict(private=False, kid="two", key_ops=["verify"]),
]

SEEDS = [
    json.dumps(
        {
            "issuer": _ISSUER,
            "authorization_endpoint": _ISSUER + "/authorize",
            "token_endpoint": _ISSUER + "/token",
            "jwks_uri": "https://keys.example.net/jwks",
            "end_session_endpoint": _ISSUER + "/logout?a=b",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": ["urn:two"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
        }
    ).encode(),
    json.dumps({"keys": _KEYS}).encode(),
]


def one(data: bytes) -> None:
    """Take the bytes for a discovery document, then for keys."""
    with contextlib.suppress(InvalidDiscovery):
        _check(read_jwks_uri(data, issuer=_ISSUER, hosts=_HOSTS))
    with contextlib.suppress(InvalidDiscovery):
        read = ProviderMetadata.parse(data, issuer=_ISSUER, hosts=_HOSTS)
        for address in (
            read.authorization_endpoint,
            read.token_endpoint,
            read.jwks_uri,
            read.end_session_endpoint or _ISSUER,
        ):
            _check(address)
    with contextlib.suppress(InvalidDiscovery, UnknownKey):
        keys = JwkSet.parse(data)
        if any(not key.algorithms <= ALGORITHMS for key in keys.keys):
            raise AssertionError("a key verifies what is not pinned")
        keys.select(key_id=None, algorithm="RS256")


def _check(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" or parts.hostname not in {"idp.example.com", *_HOSTS}:
        raise AssertionError(f"led to {address}")
