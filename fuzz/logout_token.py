"""Logout tokens from strangers, as sent and as signed by the provider.

As sent, a changed token may only be refused, or say what was signed. Signed,
none may count as an ID token too.
"""

import json
from datetime import UTC, datetime

from joserfc import jws
from joserfc.jwk import ECKey

from securecart.federation.oidc import (
    LOGOUT_EVENT,
    InvalidIdToken,
    JwkSet,
    VerifiedLogoutToken,
    verify_id_token,
    verify_logout_token,
)

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SECONDS = int(_NOW.timestamp())
_KEY = ECKey.generate_key("P-256")
_KEYS = JwkSet.parse(
    json.dumps({"keys": [_KEY.as_dict(private=False, kid="one")]}).encode()
)
_CLAIMS = {
    "iss": "https://idp",
    "sub": "ada",
    "sid": "s-1",
    "aud": ["portal"],
    "iat": _SECONDS,
    "exp": _SECONDS + 120,
    "jti": "t-1",
    "events": {LOGOUT_EVENT: {}},
}


def _signed(payload: bytes) -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": "one"}, payload, _KEY)


SEEDS = [
    _signed(json.dumps(_CLAIMS).encode()).encode(),
    json.dumps(_CLAIMS).encode(),
    json.dumps({**_CLAIMS, "events": {}, "nonce": "n"}).encode(),
]


def one(data: bytes) -> None:
    """Take the bytes for a token, and for claims."""
    try:
        if _verify(data.decode("latin-1")).session_id != "s-1":
            raise AssertionError("a forgery was believed")
    except InvalidIdToken:
        pass
    token = _signed(data)
    try:
        verified = _verify(token)
    except InvalidIdToken:
        return
    if verified.subject is None and verified.session_id is None:
        raise AssertionError("nobody's logout was believed")
    try:
        verify_id_token(
            token,
            _KEYS,
            issuer="https://idp",
            audiences=frozenset({"portal"}),
            nonce=None,
            now=_NOW,
        )
    except InvalidIdToken:
        return
    raise AssertionError("a logout token was believed as an ID token")


def _verify(token: str) -> VerifiedLogoutToken:
    return verify_logout_token(
        token, _KEYS, issuer="https://idp", audiences=frozenset({"portal"}), now=_NOW
    )
