"""A provider's public keys.

Source: RFC 7517, sections 4 and 5; RFC 7518, sections 3.3, 3.4 and 6.
"""

import base64
from dataclasses import dataclass
from typing import Any, Final, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from securecart.federation.oidc.errors import InvalidDiscovery, UnknownKey
from securecart.federation.oidc.json_object import read_object

MAX_KEY_SET: Final = 262_144
"""Bytes; the key sets of large providers have some 10 kB."""
MAX_KEYS: Final = 100
"""Keys; large providers publish a dozen."""
MIN_RSA_BITS: Final = 2048
"""RFC 7518, section 3.3."""
MAX_RSA_BITS: Final = 8192
"""Beyond this one verification costs more than all the rest of a sign-in."""

RSA_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512"})
EC_ALGORITHMS: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
ALGORITHMS: Final = RSA_ALGORITHMS | frozenset(EC_ALGORITHMS.values())
"""What AWS takes for ID tokens; nothing that a provider says adds to it."""

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key, and the algorithms that it may verify."""

    key_id: str | None
    algorithms: frozenset[str]
    key: RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class JwkSet:
    """The keys of a provider that ID tokens may be signed with."""

    keys: tuple[PublicKey, ...]

    @classmethod
    def parse(cls, document: bytes) -> Self:
        """Read a JWK set; keys of other kinds or for other uses are left out.

        Raises:
            InvalidDiscovery: if it is no key set, holds a secret or private
                key, or a signing key that is weak or malformed.
        """
        if len(document) > MAX_KEY_SET:
            raise InvalidDiscovery(f"longer than {MAX_KEY_SET} bytes")
        try:
            members = read_object(document).get("keys")
        except ValueError as error:
            raise InvalidDiscovery(f"not JSON: {error}") from None
        if not isinstance(members, list) or len(members) > MAX_KEYS:
            raise InvalidDiscovery(f"no list of at most {MAX_KEYS} keys")
        found = [_public_key(member) for member in members]
        return cls(tuple(key for key in found if key is not None))

    def select(self, *, key_id: str | None, algorithm: str) -> PublicKey:
        """Answer the one key that the header of a token can mean.

        A token may leave its key id out where there is no choice (OpenID
        Connect Core 1.0, section 10.1).

        Raises:
            UnknownKey: if there is none, or more than one.
        """
        keys = [
            key
            for key in self.keys
            if algorithm in key.algorithms and key_id in (None, key.key_id)
        ]
        if len(keys) != 1:
            raise UnknownKey(f"{len(keys)} keys of the provider fit the token's header")
        return keys[0]


def _public_key(member: Any) -> PublicKey | None:
    if not isinstance(member, dict):
        raise InvalidDiscovery("a key is no JSON object")
    if not _PRIVATE_MEMBERS.isdisjoint(member):
        raise InvalidDiscovery("the key set holds a secret; it may be anybody's")
    operations = member.get("key_ops", ["verify"])
    if not isinstance(operations, list):
        raise InvalidDiscovery("key_ops is no list")
    if member.get("use", "sig") != "sig" or "verify" not in operations:
        return None
    key_id = member.get("kid")
    if not isinstance(key_id, str | None):
        raise InvalidDiscovery("a key id is no text")
    key = _import(member)
    if key is None:
        return None
    algorithms = _algorithms(key)
    if "alg" in member:
        algorithms &= {str(member["alg"])}
    return PublicKey(key_id, algorithms, key) if algorithms else None


def _import(member: dict[str, Any]) -> RSAKey | ECKey | None:
    # joserfc looks at use, alg and key_ops again, in its own way; they are
    # judged here, so it is handed the numbers alone.
    try:
        match member.get("kty"):
            case "RSA":
                numbers = _texts(member, "kty", "n", "e")
                _check_modulus(numbers["n"])
                return RSAKey.import_key(numbers)
            case "EC" if member.get("crv") in EC_ALGORITHMS:
                return ECKey.import_key(_texts(member, "kty", "crv", "x", "y"))
            case _:
                return None
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidDiscovery(f"a key cannot be read: {error}") from None


def _texts(member: dict[str, Any], *names: str) -> dict[str, Any]:
    values = {name: member.get(name) for name in names}
    if not all(isinstance(value, str) for value in values.values()):
        raise InvalidDiscovery("a key lacks its numbers")
    return values


def _algorithms(key: RSAKey | ECKey) -> frozenset[str]:
    if isinstance(key, ECKey):
        return frozenset({EC_ALGORITHMS[key.curve_name]})
    return RSA_ALGORITHMS


def _check_modulus(modulus: str) -> None:
    raw = base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))
    if not MIN_RSA_BITS <= int.from_bytes(raw).bit_length() <= MAX_RSA_BITS:
        raise InvalidDiscovery(
            f"an RSA key is not of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits"
        )
