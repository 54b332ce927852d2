"""Every attack on ID tokens that we know of, one line each.

Each is a forgery, or a true token where it does not belong; beside each line
stands what refuses it. The control is the token that they are made from.
"""

import base64
import functools
import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc.jwk import ECKey, RSAKey

from securecart.federation.oidc import (
    LOGOUT_EVENT,
    InvalidDiscovery,
    InvalidIdToken,
    JwkSet,
)

if TYPE_CHECKING:
    from tests.unit.federation.oidc.conftest import Mint

Forge = Callable[["Mint"], str]

_EC: Final = ECKey.generate_key("P-256")
_LARGER_EC: Final = ECKey.generate_key("P-384")
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@functools.cache
def _attacker() -> RSAKey:
    return RSAKey.generate_key(2048)


def _encoded(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unsigned(header: dict[str, Any], signature: bytes = b"\x01" * 256) -> Forge:
    def forge(mint: "Mint") -> str:
        head = f"{_encoded(json.dumps(header))}.{_encoded(json.dumps(mint.claims()))}"
        return f"{head}.{_encoded(signature)}"

    return forge


def _hmac(algorithm: str, secret: Callable[[RSAKey], bytes]) -> Forge:
    def forge(mint: "Mint") -> str:
        header = json.dumps({"alg": algorithm, "kid": "rsa"})
        signed = f"{_encoded(header)}.{_encoded(json.dumps(mint.claims()))}"
        mac = hmac.digest(secret(mint.rsa), signed.encode(), f"sha{algorithm[2:]}")
        return f"{signed}.{_encoded(mac)}"

    return forge


def _signed(header: dict[str, Any] | None = None, **claims: Any) -> Forge:
    return lambda mint: mint.token(header=header, **claims)


def _attackers(header: dict[str, Any] | None = None) -> Forge:
    return lambda mint: mint.token(header=header, key=_attacker())


def _embedded(mint: "Mint") -> str:
    header = {"jwk": _attacker().as_dict(private=False)}
    return mint.token(header=header, key=_attacker())


def _text(change: Callable[[str], str]) -> Forge:
    return lambda mint: mint.sign(change(json.dumps(mint.claims())))


def _respelled(change: Callable[[str], str]) -> Forge:
    """Write a true token's signature in another way that lax readers take."""

    def forge(mint: "Mint") -> str:
        for number in range(50):
            head, _, signature = mint.token(number=number).rpartition(".")
            if change(signature) != signature:
                return f"{head}.{change(signature)}"
        raise AssertionError("nothing to change")

    return forge


def _stray_bits(part: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = part[:-1] + alphabet[alphabet.index(part[-1]) + 1]
    padding = "=" * (-len(part) % 4)
    lax = base64.urlsafe_b64decode
    assert lax(changed + padding) == lax(part + padding)
    return changed


def _ec(
    signature: bytes | None = None, *, alg: str = "ES256", kid: str = "ec"
) -> Forge:
    def forge(mint: "Mint") -> str:
        if signature is None:
            return mint.token(header={"alg": alg, "kid": kid}, key=_EC)
        return _unsigned({"alg": alg, "kid": kid}, signature)(mint)

    return forge


def _der(mint: "Mint") -> str:
    head, _, signature = _ec()(mint).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    return f"{head}.{_encoded(encode_dss_signature(r, s))}"


def _swapped(mint: "Mint") -> str:
    """Put other claims under a true signature."""
    header, _, signature = mint.token().split(".")
    return f"{header}.{_encoded(json.dumps(mint.claims(sub='eve')))}.{signature}"


def _order() -> bytes:
    return _P256_ORDER.to_bytes(32)


ATTACKS: Final[dict[str, tuple[Forge, str]]] = {
    # Algorithms.
    "alg none": (_unsigned({"alg": "none"}, b""), "algorithm"),
    "alg None": (_unsigned({"alg": "None"}, b""), "algorithm"),
    "alg nOnE": (_unsigned({"alg": "nOnE"}, b""), "algorithm"),
    "alg NONE with a signature": (_unsigned({"alg": "NONE"}), "algorithm"),
    "alg missing": (_unsigned({"kid": "rsa"}), "algorithm"),
    "alg empty": (_unsigned({"alg": ""}), "algorithm"),
    "alg a list": (_unsigned({"alg": ["RS256"]}), "algorithm"),
    "alg with a space": (_unsigned({"alg": "RS256 "}), "algorithm"),
    "alg in lower case": (_unsigned({"alg": "rs256"}), "algorithm"),
    "alg RS1": (_unsigned({"alg": "RS1"}), "algorithm"),
    "alg PS256": (_unsigned({"alg": "PS256"}), "algorithm"),
    "alg EdDSA": (_unsigned({"alg": "EdDSA"}), "algorithm"),
    "alg ES256K": (_unsigned({"alg": "ES256K"}), "algorithm"),
    "alg RSA-OAEP": (_unsigned({"alg": "RSA-OAEP"}), "algorithm"),
    "HMAC with the public key, PEM": (
        _hmac("HS256", lambda key: key.as_pem(private=False)),
        "algorithm",
    ),
    "HMAC with the public key, PEM without its last line's end": (
        _hmac("HS256", lambda key: key.as_pem(private=False).strip()),
        "algorithm",
    ),
    "HMAC with the public key, DER": (
        _hmac("HS384", lambda key: key.as_der(private=False)),
        "algorithm",
    ),
    "HMAC with the public key, JWK": (
        _hmac("HS512", lambda key: json.dumps(key.as_dict(private=False)).encode()),
        "algorithm",
    ),
    "HMAC with nothing": (_hmac("HS256", lambda _: b""), "algorithm"),
    # Keys.
    "a key of the attacker's": (_attackers(), "not by the provider's key"),
    "wrong kid": (_signed({"kid": "other"}), "0 keys"),
    "kid a path": (_attackers({"kid": "../../../dev/null"}), "0 keys"),
    "kid SQL": (_attackers({"kid": "' UNION SELECT 'secret"}), "0 keys"),
    "kid a command": (_attackers({"kid": "rsa|id"}), "0 keys"),
    "kid an address": (_attackers({"kid": "https://evil.example/k"}), "0 keys"),
    "kid no text": (_unsigned({"alg": "RS256", "kid": {"a": 1}}), "key id"),
    "kid of 15,000 characters": (
        _unsigned({"alg": "RS256", "kid": "k" * 15_000}),
        "0 ",
    ),
    "embedded jwk": (
        _embedded,
        "not accepted",
    ),
    "embedded jwk, truly signed": (_signed({"jwk": {"kty": "RSA"}}), "not accepted"),
    "jku": (_attackers({"jku": "https://evil.example/keys"}), "not accepted"),
    "x5u": (_attackers({"x5u": "https://evil.example/c.pem"}), "not accepted"),
    "x5c": (_attackers({"x5c": ["MIIB"]}), "not accepted"),
    "RSA key's kid, EC algorithm": (_ec(kid="rsa"), "0 keys"),
    "EC key's kid, RSA algorithm": (_attackers({"kid": "ec"}), "0 keys"),
    "an algorithm of another curve": (_ec(bytes(96), alg="ES384"), "0 keys"),
    "a signature by another curve's key": (
        lambda mint: mint.token(header={"alg": "ES384", "kid": "ec"}, key=_LARGER_EC),
        "0 keys",
    ),
    # What the header says of the rest.
    "crit": (_unsigned({"alg": "RS256", "crit": ["exp"], "exp": 1}), "not accepted"),
    "crit empty": (_unsigned({"alg": "RS256", "crit": []}), "not accepted"),
    "b64 false": (_unsigned({"alg": "RS256", "b64": False}), "not accepted"),
    "zip": (_unsigned({"alg": "RS256", "zip": "DEF"}), "not accepted"),
    "nested": (lambda mint: mint.sign(mint.token(), header={"cty": "JWT"}), "no JWT"),
    "JWE": (
        lambda _: ".".join((_encoded('{"alg":"dir","enc":"A256GCM"}'), "", "", "", "")),
        "no compact JWS",
    ),
    "JSON serialisation": (
        lambda mint: json.dumps(
            dict(
                zip(
                    ("protected", "payload", "signature"),
                    mint.token().split("."),
                    strict=True,
                )
            )
        ),
        "no compact JWS",
    ),
    "an access token": (_signed({"typ": "at+jwt"}), "another type"),
    "an access token, in full": (
        _signed({"typ": "application/at+jwt"}),
        "another type",
    ),
    "a logout token": (_signed({"typ": "logout+jwt"}), "another type"),
    "a logout token that does not say so": (
        _signed(events={LOGOUT_EVENT: {}}, nonce=None),
        "security event",
    ),
    "a client's own assertion": (
        _signed({"typ": "client-authentication+jwt"}),
        "another type",
    ),
    # Signatures.
    "other claims under a true signature": (_swapped, "not by the provider's key"),
    "no signature": (_unsigned({"alg": "RS256", "kid": "rsa"}, b""), "not by"),
    "a signature of zeroes": (
        _unsigned({"alg": "RS256", "kid": "rsa"}, bytes(256)),
        "not by",
    ),
    "a signature of one": (
        _unsigned({"alg": "RS256", "kid": "rsa"}, (1).to_bytes(256)),
        "not by",
    ),
    "a longer signature": (_respelled(lambda part: "AAAA" + part), "not by"),
    "ECDSA with r and s zero": (_ec(bytes(64)), "not by"),
    "ECDSA with r zero": (_ec(bytes(63) + b"\x01"), "not by"),
    "ECDSA with s zero": (_ec(bytes(31) + b"\x01" + bytes(32)), "not by"),
    "ECDSA with r and s the order": (_ec(_order() * 2), "not by"),
    "ECDSA in DER": (_der, "not by"),
    "ECDSA cut short": (_ec(b"\x01" * 63), "not by"),
    "ECDSA empty": (_ec(b""), "not by"),
    # Spelling.
    "base64 with padding": (_respelled(lambda part: part + "=="), "base64url"),
    "base64 with a space": (
        _respelled(lambda part: part[:9] + " " + part[9:]),
        "base64",
    ),
    "base64 with a newline at the end": (
        _respelled(lambda part: part + "\n"),
        "base64",
    ),
    "base64 of the other alphabet": (
        _respelled(lambda part: part.replace("-", "+").replace("_", "/")),
        "base64url",
    ),
    "base64 with stray last bits": (_respelled(_stray_bits), "as it is written"),
    "base64 that is not ASCII": (
        _respelled(lambda part: part[:-1] + "\u212a"),
        "no JWT",
    ),
    "a null in the text": (_respelled(lambda part: part + "\0"), "base64url"),
    "a claim twice": (_text(lambda text: text[:-1] + ', "sub": "eve"}'), "twice"),
    "a claim twice, once escaped": (
        _text(lambda text: text[:-1] + r', "s\u0075b": "eve"}'),
        "twice",
    ),
    "a claim within a claim twice": (
        _text(lambda text: text[:-1] + ', "a": {"b": 1, "b": 2}}'),
        "twice",
    ),
    "a header member twice": (
        lambda mint: mint.token().replace(
            mint.token().split(".")[0],
            _encoded('{"alg":"none","alg":"RS256","kid":"rsa"}'),
        ),
        "twice",
    ),
    "a byte-order mark": (_text(lambda text: "\ufeff" + text), "no JWT"),
    "not UTF-8": (lambda _: "e30." + _encoded(b'{"a": "\xff"}') + ".AA", "no JWT"),
    "half a character": (_text(lambda text: text[:-1] + r', "a": "\ud800"}'), "no JWT"),
    "text behind the claims": (_text(lambda text: text + "{}"), "no JWT"),
    "claims that are a list": (_text(lambda text: f"[{text}]"), "not a JSON object"),
    # Sizes.
    "a huge token": (_signed(padding="a" * 15_000), "longer than 20000"),
    "a token of a million dots": (lambda _: "." * 1_000_000, "longer than 20000"),
    "many dots": (lambda _: "." * 10_000, "no compact JWS"),
    "a huge number": (_text(lambda text: text[:-1] + f', "a": {"9" * 5_000}}}'), "JWT"),
    "a huge exponent": (_text(lambda text: text[:-1] + ', "a": 1e999999}'), "no JWT"),
    "not a number": (_text(lambda text: text[:-1] + ', "a": NaN}'), "no JWT"),
    "deep nesting": (
        _text(lambda text: text[:-1] + f', "a": {"[" * 6_000}{"]" * 6_000}}}'),
        "no JWT",
    ),
    "deep nesting in the header": (
        lambda _: f"{_encoded('[' * 5_000)}.e30.AA",
        "no JWT",
    ),
    "an end beyond all calendars": (_signed(exp=10**18), "exp is no time"),
    "an end before all calendars": (_signed(exp=-1), "exp is no time"),
    "an end that is true": (_signed(exp=True), "exp is no time"),
    "an end that is a text": (_signed(exp="9999999999"), "exp is no time"),
    # Times.
    "expired": (_signed(exp=1_000), "expired at 1000"),
    "not yet valid": (_signed(nbf=4_000_000_000), "not valid yet"),
    "from the future": (_signed(iat=4_000_000_000), "future"),
    # Whom it is for, and from.
    "wrong issuer": (_signed(iss="https://evil.example"), "another issuer"),
    "the issuer with a slash": (_signed(iss="https://idp.example.com/"), "issuer"),
    "the issuer in capitals": (_signed(iss="https://IDP.example.com"), "issuer"),
    "the issuer in a list": (_signed(iss=["https://idp.example.com"]), "issuer"),
    "wrong audience": (_signed(aud="other"), "another audience"),
    "the audience in capitals": (_signed(aud="SecureCart-Portal"), "audience"),
    "the audience in a longer one": (_signed(aud="securecart-portal-2"), "audience"),
    "the audience in an object": (_signed(aud={"securecart-portal": 1}), "aud"),
    "another client's token": (_signed(azp="other"), "another client"),
    "another client's token, ours among its audiences": (
        _signed(aud=["securecart-portal", "other"], azp="other"),
        "another client",
    ),
    "several audiences and no azp": (
        _signed(aud=["securecart-portal", "other"]),
        "no authorized party",
    ),
    "another sign-in's nonce": (_signed(nonce="n-2"), "another sign-in"),
    # Missing claims.
    "iss missing": (_signed(iss=None), "another issuer"),
    "sub missing": (_signed(sub=None), "no subject"),
    "aud missing": (_signed(aud=None), "aud"),
    "aud empty": (_signed(aud=[]), "another audience"),
    "exp missing": (_signed(exp=None), "no exp"),
    "iat missing": (_signed(iat=None), "no iat"),
    "nonce missing": (_signed(nonce=None), "another sign-in"),
    "claims missing": (_text(lambda _: "{}"), "issuer"),
    # Whom it is about.
    "an empty subject": (_signed(sub=""), "sub is not 1 to 255"),
    "a subject that is a number": (_signed(sub=7), "sub is no text"),
    "a subject of 256 characters": (_signed(sub="a" * 256), "sub is not 1 to 255"),
    "a subject that only looks ASCII": (_signed(sub="\u0430da"), "sub is not"),
}


@pytest.fixture
def keys(mint: "Mint") -> JwkSet:
    """Answer the provider's keys: one of RSA, one of an elliptic curve."""
    members = (
        mint.rsa.as_dict(private=False, kid="rsa"),
        _EC.as_dict(private=False, kid="ec"),
    )
    return JwkSet.parse(json.dumps({"keys": members}).encode())


def test_the_control_is_accepted(mint: "Mint", keys: JwkSet) -> None:
    """So it is the attack that is refused, and not everything."""
    assert mint.verify(mint.token(), keys=keys).subject == "ada"
    assert mint.verify(_ec()(mint), keys=keys).subject == "ada"


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(mint: "Mint", keys: JwkSet, attack: str) -> None:
    """Each for its own reason, as nothing else must happen to stop it."""
    forge, complaint = ATTACKS[attack]
    with pytest.raises(InvalidIdToken, match=complaint):
        mint.verify(forge(mint), keys=keys)


@pytest.mark.parametrize("subject", ["a/b", "*", "a*", "ada\n", "a" * 65, "${aws:x}"])
def test_any_ascii_subject_is_told_as_it_is(mint: "Mint", subject: str) -> None:
    """Providers name people as they like; STS decides what may come of it."""
    assert mint.verify(mint.token(sub=subject)).subject == subject


@pytest.mark.parametrize("bits", [1024, 2040])
def test_a_short_rsa_key_spoils_the_set(bits: int) -> None:
    """Whoever can break it can sign for everybody."""
    modulus = _encoded(((1 << bits) - 1).to_bytes(bits // 8))
    key = {"kty": "RSA", "kid": "rsa", "n": modulus, "e": "AQAB"}
    with pytest.raises(InvalidDiscovery, match="2048"):
        JwkSet.parse(json.dumps({"keys": [key]}).encode())


@pytest.mark.parametrize("extra", [{"use": "enc"}, {"key_ops": ["encrypt"]}])
def test_a_key_for_encryption_verifies_nothing(
    mint: "Mint", extra: dict[str, Any]
) -> None:
    """Who may encrypt with it may have signed nothing."""
    member = mint.rsa.as_dict(private=False, kid="rsa") | extra
    keys = JwkSet.parse(json.dumps({"keys": [member]}).encode())
    with pytest.raises(InvalidIdToken, match="0 keys"):
        mint.verify(mint.token(), keys=keys)


@pytest.mark.parametrize("key_id", ["rsa", None])
def test_keys_that_cannot_be_told_apart_verify_nothing(
    mint: "Mint", key_id: str | None
) -> None:
    """Trying one after the other would be a guess."""
    plain = mint.rsa.as_dict(private=False)
    plain.pop("kid", None)
    other = _attacker().as_dict(private=False)
    other.pop("kid", None)
    named = {} if key_id is None else {"kid": key_id}
    keys = JwkSet.parse(json.dumps({"keys": [plain | named, other | named]}).encode())
    with pytest.raises(InvalidIdToken, match="2 keys"):
        mint.verify(mint.token(header={"kid": key_id}), keys=keys)
