"""OpenID Connect: discovery, keys and ID tokens, as documents.

Whoever fetches them stands above; joserfc checks signatures, with algorithms
that are pinned here whatever a provider offers.
"""

from securecart.federation.oidc.address import (
    is_loopback,
    is_on_loopback,
    is_trustworthy,
)
from securecart.federation.oidc.compact_jws import MAX_TOKEN, CompactJws
from securecart.federation.oidc.errors import (
    ClientRefused,
    ExpiredIdToken,
    InvalidDiscovery,
    InvalidIdToken,
    UnknownKey,
    WrongTokenAudience,
)
from securecart.federation.oidc.id_token import (
    VerifiedIdToken,
    unverified_issuer,
    verify_id_token,
)
from securecart.federation.oidc.jwk_set import ALGORITHMS, JwkSet, PublicKey
from securecart.federation.oidc.key_source import (
    KeySource,
    KeysUnavailable,
    verify_id_token_from,
)
from securecart.federation.oidc.logout_token import (
    LOGOUT_EVENT,
    VerifiedLogoutToken,
    verify_logout_token,
)
from securecart.federation.oidc.provider import (
    ProviderMetadata,
    discovery_address,
    read_jwks_uri,
)
from securecart.federation.oidc.validity import CLOCK_SKEW

__all__ = [
    "ALGORITHMS",
    "CLOCK_SKEW",
    "LOGOUT_EVENT",
    "MAX_TOKEN",
    "ClientRefused",
    "CompactJws",
    "ExpiredIdToken",
    "InvalidDiscovery",
    "InvalidIdToken",
    "JwkSet",
    "KeySource",
    "KeysUnavailable",
    "ProviderMetadata",
    "PublicKey",
    "UnknownKey",
    "VerifiedIdToken",
    "VerifiedLogoutToken",
    "WrongTokenAudience",
    "discovery_address",
    "is_loopback",
    "is_on_loopback",
    "is_trustworthy",
    "read_jwks_uri",
    "unverified_issuer",
    "verify_id_token",
    "verify_id_token_from",
    "verify_logout_token",
]
