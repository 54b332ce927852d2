"""ID tokens from strangers, as sent and as signed by the provider.

As sent, a changed token may only be refused, or say what was signed. Then the
bytes are signed as a payload, so that every claim is reached too.
"""

import json
from datetime import UTC, datetime

from joserfc import jws
from joserfc.jwk import RSAKey

from securecart.federation.claims import (
    RejectedClaim,
    aws_session_claims_from_oidc,
    oidc_trust_context,
)
from securecart.federation.oidc import (
    CompactJws,
    InvalidIdToken,
    JwkSet,
    VerifiedIdToken,
    unverified_issuer,
    verify_id_token,
)

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SECONDS = int(_NOW.timestamp())
_KEY = RSAKey.generate_key(2048)
_KEY_SET = json.dumps({"keys": [_KEY.as_dict(private=False, kid="one")]}).encode()
_KEYS = JwkSet.parse(_KEY_SET)
_CLAIMS = {
    "iss": "https://idp",
    "sub": "ada",
    "aud": ["portal", "api"],
    "azp": "portal",
    "iat": _SECONDS,
    "nbf": _SECONDS,
    "exp": _SECONDS + 300.5,
    "auth_time": _SECONDS,
    "amr": ["pwd", "mfa"],
    "https://aws.amazon.com/tags": {
        "principal_tags": {"department": ["finance"]},
        "transitive_tag_keys": ["department"],
    },
    "https://aws.amazon.com/tags/principal_tags/team": "ledger",
    "https://aws.amazon.com/source_identity": "ada",
}


def _signed(payload: bytes) -> str:
    header = {"alg": "RS256", "kid": "one"}
    return jws.serialize_compact(header, payload, _KEY)


SEEDS = [
    _signed(json.dumps(_CLAIMS).encode()).encode(),
    json.dumps(_CLAIMS).encode(),
]


def one(data: bytes) -> None:
    """Take the bytes for a token, and for claims."""
    text = data.decode("latin-1")
    try:
        unverified_issuer(CompactJws.parse(text))
        if _verify(text).subject != "ada":
            raise AssertionError("a forgery was believed")
    except InvalidIdToken:
        pass
    try:
        verified = _verify(_signed(data))
        oidc_trust_context(verified)
        aws_session_claims_from_oidc(verified)
    except (InvalidIdToken, RejectedClaim):
        pass


def _verify(token: str) -> VerifiedIdToken:
    return verify_id_token(
        token,
        _KEYS,
        issuer="https://idp",
        audiences=frozenset({"portal"}),
        nonce=None,
        now=_NOW,
    )
