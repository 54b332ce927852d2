"""Key sets: which keys may verify ID tokens."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from securecart.federation.oidc import InvalidDiscovery, JwkSet, UnknownKey

KeySetOf = Callable[..., JwkSet]


@pytest.fixture(scope="module")
def public(rsa: RSAKey) -> dict[str, Any]:
    """Answer a public RSA key in its JSON form."""
    return dict(rsa.as_dict(private=False, kid="rsa"))


def test_keys_for_other_things_are_left_out(
    public: dict[str, Any], key_set: KeySetOf
) -> None:
    """RFC 7517, section 5: what is not understood is passed over."""
    keys = key_set(
        public | {"use": "enc"},
        public | {"key_ops": ["encrypt"]},
        public | {"alg": "RSA-OAEP"},
        public | {"alg": "PS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"},
        {"kty": "new"},
        public | {"use": "sig", "key_ops": ["verify"], "alg": "RS384"},
    )
    assert [key.algorithms for key in keys.keys] == [{"RS384"}]


def test_a_key_verifies_only_what_it_says(
    public: dict[str, Any], key_set: KeySetOf
) -> None:
    """`alg` holds a key to one algorithm."""
    keys = key_set(public | {"alg": "RS256"})
    assert keys.select(key_id="rsa", algorithm="RS256").key_id == "rsa"
    with pytest.raises(UnknownKey):
        keys.select(key_id="rsa", algorithm="RS512")


def test_a_curve_has_one_algorithm(key_set: KeySetOf) -> None:
    """RFC 7518, section 3.4."""
    keys = key_set(ECKey.generate_key("P-384").as_dict(private=False, kid="ec"))
    assert keys.select(key_id="ec", algorithm="ES384").key_id == "ec"
    with pytest.raises(UnknownKey):
        keys.select(key_id="ec", algorithm="ES256")


def test_two_keys_with_one_id_are_told_apart_by_algorithm(
    public: dict[str, Any], key_set: KeySetOf
) -> None:
    """Some providers publish one key once for each algorithm."""
    keys = key_set(public | {"alg": "RS256"}, public | {"alg": "RS512"})
    assert keys.select(key_id="rsa", algorithm="RS512").algorithms == {"RS512"}
    with pytest.raises(UnknownKey, match="2 keys"):
        key_set(public, public).select(key_id="rsa", algorithm="RS256")


def test_a_secret_in_the_set_spoils_it(rsa: RSAKey, key_set: KeySetOf) -> None:
    """A provider that publishes a secret can be anybody."""
    with pytest.raises(InvalidDiscovery, match="secret"):
        key_set(rsa.as_dict(private=True))
    with pytest.raises(InvalidDiscovery, match="secret"):
        key_set(OctKey.generate_key(256).as_dict(private=True))


def test_weak_and_giant_keys_are_refused(key_set: KeySetOf) -> None:
    """One falls to an attacker, the other costs a second a token."""
    for length in (170, 4_000):
        with pytest.raises(InvalidDiscovery, match="2048 to 8192"):
            key_set({"kty": "RSA", "n": "8" * length, "e": "AQAB"})


@pytest.mark.parametrize(
    "key",
    [
        1,
        {"kty": "RSA"},
        {"kty": "RSA", "n": 1, "e": "AQAB"},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "RSA", "n": "", "e": ""},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "kid": 1},
        {"kty": "RSA", "key_ops": 1},
    ],
)
def test_a_malformed_key_is_refused(key: object) -> None:
    """The message goes to the administrator's log."""
    with pytest.raises(InvalidDiscovery):
        JwkSet.parse(json.dumps({"keys": [key]}).encode())


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys":{}}',
        b'{"keys":[],"keys":[]}',
        b'{"keys":[' + b",".join([b"{}"] * 101) + b"]}",
        b" " * 262_145,
    ],
)
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    """A proxy's error page is none."""
    with pytest.raises(InvalidDiscovery):
        JwkSet.parse(document)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    """No bytes bring out another error."""
    with pytest.raises(InvalidDiscovery):
        JwkSet.parse(document)
