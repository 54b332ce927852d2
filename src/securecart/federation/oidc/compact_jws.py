"""A signed token as it is sent: three parts, of which the last proves the rest.

Source: RFC 7515, sections 2, 4 and 7.1; RFC 8725, "JSON Web Token Best Current
Practices".
"""

import base64
import binascii
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact

from securecart.federation.oidc.errors import InvalidIdToken
from securecart.federation.oidc.json_object import read_object
from securecart.federation.oidc.jwk_set import ALGORITHMS, JwkSet

MAX_TOKEN: Final = 20_000
"""Characters: what AWS STS takes as WebIdentityToken."""

_PARTS: Final = 3
# Headers that bring a key along, or change what the rest means.
_REFUSED_HEADERS: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})


def verified_claims(
    token: str, keys: JwkSet, *, types: frozenset[str]
) -> dict[str, Any]:
    """Verify the signature and answer what it is over.

    `types` are the values of `typ` that are taken, in lower case (RFC 8725,
    section 3.11); a token without one counts as `jwt`.

    Raises:
        UnknownKey: if no key fits the header; fetch the keys again.
        InvalidIdToken: if it is no token of such a type, signed by a key.
    """
    header, claims = unverified_parts(token)
    algorithm, key_id = _check_header(header, types)
    selected = keys.select(key_id=key_id, algorithm=algorithm)
    try:
        # Its own limits on a header are tighter than the RFC's and ours.
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        registry.max_header_length = MAX_TOKEN
        deserialize_compact(token, selected.key, registry=registry)
    except (JoseError, ValueError):
        raise InvalidIdToken("the signature is not by the provider's key") from None
    return claims


def unverified_parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer header and claims, of which nothing is to be believed.

    Raises:
        InvalidIdToken: if it is no token.
    """
    if len(token) > MAX_TOKEN:
        raise InvalidIdToken(f"the token is longer than {MAX_TOKEN} characters")
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise InvalidIdToken("the token is no compact JWS")
    try:
        header, claims, _ = (_decode(part) for part in parts)
        return read_object(header), read_object(claims)
    except ValueError as error:
        raise InvalidIdToken(f"the token is no JWT: {error}") from None


def _decode(part: str) -> bytes:
    """Decode base64url, of which each value has one spelling only.

    Python's decoder also takes the other alphabet and stray last bits: then
    one signature would have several texts, and whoever remembers tokens by
    their text would not know one again.
    """
    try:
        raw = base64.b64decode(
            part + "=" * (-len(part) % 4), altchars=b"-_", validate=True
        )
    except binascii.Error:
        raise ValueError("not base64url") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        raise ValueError("not base64url as it is written")
    return raw


def _check_header(
    header: dict[str, Any], types: frozenset[str]
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
