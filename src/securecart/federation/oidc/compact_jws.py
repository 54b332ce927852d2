"""A signed token as it is sent: three parts, of which the last proves the rest.

Source: RFC 7515, sections 2, 4 and 7.1; RFC 8725, "JSON Web Token Best Current
Practices".
"""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Self

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from securecart.federation.oidc.errors import InvalidIdToken
from securecart.federation.oidc.json_object import read_object
from securecart.federation.oidc.jwk_set import ALGORITHMS, JwkSet, PublicKey

MAX_TOKEN: Final = 20_000
"""Characters: what AWS STS takes as WebIdentityToken."""

_PARTS: Final = 3
_SHORT_HEADER: Final = 512
_HEADERS: Final = 256
"""Headers remembered, and characters of each."""
# Headers that bring a key along, or change what the rest means.
_REFUSED_HEADERS: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
"""Between base64 and base64url (RFC 4648, section 5)."""
_VERIFIERS: Final = {name: JWSRegistry.algorithms[name] for name in ALGORITHMS}


@dataclass(frozen=True, slots=True)
class CompactJws:
    """A token taken apart; nothing in it is to be believed until `verified`.

    `signing_input` is what the signature is over (RFC 7515, section 5.2).
    """

    header: Mapping[str, Any]
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes

    @classmethod
    def parse(cls, token: str) -> Self:
        """Take a token apart.

        Raises:
            InvalidIdToken: if it is no token.
        """
        if len(token) > MAX_TOKEN:
            raise InvalidIdToken(f"the token is longer than {MAX_TOKEN} characters")
        parts = token.split(".")
        if len(parts) != _PARTS:
            raise InvalidIdToken("the token is no compact JWS")
        try:
            header, claims, signature = parts
            return cls(
                _header(header),
                read_object(_decode(claims)),
                token[: token.rindex(".")].encode(),
                _decode(signature),
            )
        except ValueError as error:
            raise InvalidIdToken(f"the token is no JWT: {error}") from None

    def verified(self, keys: JwkSet, *, types: frozenset[str]) -> dict[str, Any]:
        """Verify the signature and answer the claims that it is over.

        `types` are the values of `typ` that are taken, in lower case (RFC
        8725, section 3.11); a token without one counts as `jwt`.

        Raises:
            UnknownKey: if no key fits the header; fetch the keys again.
            InvalidIdToken: if it is no token of such a type, signed by a key.
        """
        algorithm, key_id = _check_header(self.header, types)
        selected = keys.select(key_id=key_id, algorithm=algorithm)
        if not self._is_signed(algorithm, selected):
            raise InvalidIdToken("the signature is not by the provider's key")
        return self.claims

    def _is_signed(self, algorithm: str, key: PublicKey) -> bool:
        verifier = _VERIFIERS[algorithm]
        try:
            verifier.check_key(key.key)
            return verifier.verify(self.signing_input, self.signature, key.key)
        except (JoseError, ValueError):
            return False


def _header(part: str) -> Mapping[str, Any]:
    """Read a header, which is the same in all tokens of a provider's key."""
    if len(part) <= _SHORT_HEADER:
        return _short_header(part)
    return read_object(_decode(part))


@lru_cache(maxsize=_HEADERS)
def _short_header(part: str) -> Mapping[str, Any]:
    return MappingProxyType(read_object(_decode(part)))


def _decode(part: str) -> bytes:
    """Decode base64url, of which each value has one spelling only.

    Python's decoder also takes the other alphabet, stray last bits and what is
    no base64 at all: then one signature would have several texts, and whoever
    remembers tokens by their text would not know one again.
    """
    text = part.encode()
    try:
        raw = binascii.a2b_base64(text.translate(_STANDARD) + b"==")
    except binascii.Error:
        raise ValueError("not base64url") from None
    again = binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE)
    if again.rstrip(b"=") != text:
        raise ValueError("not base64url as it is written")
    return raw


def _check_header(
    header: Mapping[str, Any], types: frozenset[str]
) -> tuple[str, str | None]:
    algorithm, key_id = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidIdToken("the algorithm is not one of those accepted")
    if not isinstance(key_id, str | None):
        raise InvalidIdToken("the key id is no text")
    if not _REFUSED_HEADERS.isdisjoint(header):
        raise InvalidIdToken("the header has a member that is not accepted")
    if _media_type(header.get("typ", "JWT")) not in types:
        raise InvalidIdToken("the token is of another type")
    return algorithm, key_id


def _media_type(value: Any) -> str:
    # RFC 7515, section 4.1.9: `application/` may be left out.
    return str(value).lower().removeprefix("application/")
