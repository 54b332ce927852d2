"""Forged and stray ID tokens, shown to AssumeRoleWithWebIdentity.

`federation/oidc/test_attacks` has every line of the list; these few show that
STS lets nothing past that the verifier refuses, and what a true token with an
odd subject is good for.
"""

import base64
import functools
import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from securecart.names.errors import AccessDenied, SecureCartError, ValidationError
from securecart.policy import DeniedByPolicy
from securecart.sts import ExpiredIdentityToken, InvalidIdentityToken

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

Forge = Callable[["World"], str]


@functools.cache
def _attacker() -> RSAKey:
    return RSAKey.generate_key(2048)


def _encoded(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _payload(world: "World") -> str:
    return world.id_token().split(".")[1]


def _none(world: "World") -> str:
    return f"{_encoded(json.dumps({'alg': 'none'}))}.{_payload(world)}."


def _hmac(world: "World") -> str:
    signed = f"{_encoded(json.dumps({'alg': 'HS256', 'kid': 'one'}))}.{_payload(world)}"
    mac = hmac.digest(world.key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{_encoded(mac)}"


def _with_header(key: RSAKey | None = None, **header: Any) -> Forge:
    def forge(world: "World") -> str:
        claims = base64.urlsafe_b64decode(_payload(world) + "==")
        registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
        whole = {"alg": "RS256", "kid": "one"} | header
        return jws.serialize_compact(whole, claims, key or world.key, registry=registry)

    return forge


def _attackers(world: "World") -> str:
    return _with_header(_attacker())(world)


def _embedded(world: "World") -> str:
    jwk = _attacker().as_dict(private=False)
    return _with_header(_attacker(), jwk=jwk)(world)


def _with(**claims: Any) -> Forge:
    return lambda world: world.id_token(claims)


def _twice(world: "World") -> str:
    claims = base64.urlsafe_b64decode(_payload(world) + "==").decode()
    payload = claims[:-1] + ', "sub": "bob"}'
    return jws.serialize_compact({"alg": "RS256", "kid": "one"}, payload, world.key)


ATTACKS: Final[dict[str, tuple[Forge, type[SecureCartError]]]] = {
    "alg none": (_none, InvalidIdentityToken),
    "HMAC with the public key": (_hmac, InvalidIdentityToken),
    "a key of the attacker's": (
        _attackers,
        InvalidIdentityToken,
    ),
    "wrong kid": (_with_header(kid="other"), InvalidIdentityToken),
    "embedded jwk": (
        _embedded,
        InvalidIdentityToken,
    ),
    "jku": (_with_header(jku="https://evil.example/keys"), InvalidIdentityToken),
    "an access token": (_with_header(typ="at+jwt"), InvalidIdentityToken),
    "a logout token": (_with_header(typ="logout+jwt"), InvalidIdentityToken),
    "a logout token that does not say so": (
        _with(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
        InvalidIdentityToken,
    ),
    "a claim twice": (_twice, InvalidIdentityToken),
    "a huge token": (_with(padding="a" * 20_000), SecureCartError),
    "stray last bits": (lambda world: world.id_token() + "=", InvalidIdentityToken),
    "expired": (_with(exp=1_000), ExpiredIdentityToken),
    "not yet valid": (_with(nbf=4_000_000_000), InvalidIdentityToken),
    "from the future": (_with(iat=4_000_000_000), InvalidIdentityToken),
    "wrong audience": (_with(aud="other"), InvalidIdentityToken),
    "another client's token": (_with(azp="other"), InvalidIdentityToken),
    "wrong issuer": (_with(iss="https://evil.example"), InvalidIdentityToken),
    "sub missing": (_with(sub=None), InvalidIdentityToken),
    "aud missing": (_with(aud=None), InvalidIdentityToken),
    "exp missing": (_with(exp=None), InvalidIdentityToken),
    "iat missing": (_with(iat=None), InvalidIdentityToken),
    "iss missing": (_with(iss=None), InvalidIdentityToken),
}


def test_the_control_is_accepted(world: "World") -> None:
    """So it is the attack that is refused, and not everything."""
    assert world.with_oidc(_with_header()(world))["Credentials"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_yields_no_credentials(world: "World", attack: str) -> None:
    """In AWS's classes of errors."""
    forge, error = ATTACKS[attack]
    with pytest.raises(error):
        world.with_oidc(forge(world))


@pytest.mark.parametrize(
    "subject",
    ["a/b", "../ada", "*", "a*", "ad?", "ada\n", "a" * 65, "a", "ada:bob", "${aws:x}"],
)
@pytest.mark.parametrize("named", ["itself", "ada"])
def test_an_odd_subject_becomes_no_session(
    world: "World", subject: str, named: str
) -> None:
    """Neither under its own name, nor as a pattern under another's."""
    name = subject if named == "itself" else "ada"
    with pytest.raises((ValidationError, DeniedByPolicy, AccessDenied)):
        world.with_oidc(world.id_token({"sub": subject}), RoleSessionName=name)
