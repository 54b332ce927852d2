"""ID tokens: what is accepted, and what is not."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from securecart.federation.oidc import (
    CompactJws,
    ExpiredIdToken,
    InvalidIdToken,
    JwkSet,
    UnknownKey,
    WrongTokenAudience,
    unverified_issuer,
    verify_id_token,
)

if TYPE_CHECKING:
    from tests.unit.federation.oidc.conftest import Mint

_SECOND = timedelta(seconds=1)


def _encoded(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_in_order_is_read(mint: "Mint") -> None:
    """Every claim comes back as it was signed."""
    token = mint.verify(mint.token(acr="urn:two", sid="s-1"))
    assert token.issuer == "https://idp.example.com"
    assert token.subject == "ada"
    assert token.audiences == ("securecart-portal",)
    assert token.client_id == "securecart-portal"
    assert token.issued_at == mint.now
    assert token.expires_at == mint.now + timedelta(minutes=5)
    assert token.auth_time == mint.now - timedelta(seconds=10)
    assert token.amr == ("pwd", "otp", "mfa")
    assert (token.acr, token.session_id) == ("urn:two", "s-1")
    assert token.claims["sub"] == "ada"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_rsa_algorithms_are_accepted(mint: "Mint", algorithm: str) -> None:
    """AWS takes RS with SHA-2 of three lengths."""
    assert mint.verify(mint.token(header={"alg": algorithm})).subject == "ada"


@pytest.mark.parametrize(
    ("curve", "algorithm"), [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512")]
)
def test_elliptic_curves_are_accepted(
    mint: "Mint", key_set: Callable[..., JwkSet], curve: str, algorithm: str
) -> None:
    """And ES, each with its own curve."""
    key = ECKey.generate_key(curve)
    token = mint.token(header={"alg": algorithm, "kid": "ec"}, key=key)
    keys = key_set(key.as_dict(private=False, kid="ec"))
    assert mint.verify(token, keys=keys).subject == "ada"


def test_a_fraction_of_a_second_is_accepted(mint: "Mint") -> None:
    """Canaille sends auth_time as a float."""
    auth_time = mint.now.timestamp() - 0.5
    token = mint.verify(mint.token(auth_time=auth_time))
    assert token.auth_time == mint.now - timedelta(seconds=0.5)


def test_no_key_id_will_do_where_there_is_one_key(mint: "Mint") -> None:
    """OpenID Connect Core 1.0, section 10.1."""
    assert mint.verify(mint.token(header={"kid": None})).subject == "ada"


def test_no_key_id_will_not_do_where_there_are_two(
    mint: "Mint", rsa: RSAKey, key_set: Callable[..., JwkSet]
) -> None:
    """Trying keys in turn is a guess."""
    public = rsa.as_dict(private=False)
    keys = key_set(public | {"kid": "a"}, public | {"kid": "b"})
    with pytest.raises(UnknownKey, match="2 keys"):
        mint.verify(mint.token(header={"kid": None}), keys=keys)


def test_sts_asks_for_no_nonce(mint: "Mint") -> None:
    """It did not begin the sign-in."""
    assert mint.verify(mint.token(nonce=None), nonce=None).subject == "ada"


def test_the_authorized_party_is_the_client(mint: "Mint") -> None:
    """With several audiences, azp says whom the token was made for."""
    token = mint.token(aud=["api", "securecart-portal"], azp="securecart-portal")
    verified = mint.verify(token)
    assert verified.client_id == "securecart-portal"
    assert verified.audiences == ("api", "securecart-portal")


# What is refused; `test_attacks` has every forgery that we know of.


def test_an_algorithm_of_another_family_finds_no_key(mint: "Mint") -> None:
    """An RSA key verifies no ES token."""
    header = _encoded(json.dumps({"alg": "ES256", "kid": "rsa"}))
    with pytest.raises(UnknownKey):
        mint.verify(f"{header}.{_encoded(json.dumps(mint.claims()))}.AA")


def test_another_key_id_is_unknown(mint: "Mint") -> None:
    """The caller may then fetch the keys again."""
    with pytest.raises(UnknownKey):
        mint.verify(mint.token(header={"kid": "other"}))


def test_another_key_under_a_known_id_is_refused(mint: "Mint") -> None:
    """Anybody can write the provider's key id into a header."""
    with pytest.raises(InvalidIdToken, match="not by the provider"):
        mint.verify(mint.token(key=RSAKey.generate_key(2048)))


def test_twenty_thousand_characters_are_the_most(mint: "Mint") -> None:
    """AWS takes no longer one; it is refused before it is decoded."""
    token = mint.token(padding="a" * 14_000)
    assert len(token) < 20_000
    assert mint.verify(token).subject == "ada"
    with pytest.raises(InvalidIdToken, match="longer than 20000"):
        mint.verify(mint.token(padding="a" * 15_000))


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "e30.e30.e30.e30.e30",
        "e30=.e30.AA",
        "e3 0.e30.AA",
        "e30.W10.AA",
        "W10.e30.AA",
        "é.e30.AA",
        _encoded("[" * 5_000) + ".e30.AA",
        _encoded('{"a":NaN}') + ".e30.AA",
        _encoded('{"a":"\\ud800"}') + ".e30.AA",
        _encoded(b'{"a":"\xff"}') + ".e30.AA",
        _encoded('{"a":' + "9" * 5_000 + "}") + ".e30.AA",
    ],
)
def test_what_is_no_token_is_refused(mint: "Mint", token: str) -> None:
    """Anything may be sent."""
    with pytest.raises(InvalidIdToken):
        mint.verify(token)
    with pytest.raises(InvalidIdToken):
        unverified_issuer(CompactJws.parse(token))


def test_the_end_is_kept_to_the_second(mint: "Mint") -> None:
    """A minute of tolerance, and not a second more."""
    token, end = mint.token(), mint.now + timedelta(minutes=6)
    assert mint.verify(token, now=end - _SECOND).subject == "ada"
    with pytest.raises(ExpiredIdToken) as error:
        mint.verify(token, now=end)
    assert error.value.expired_at == int(mint.now.timestamp()) + 300


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"iss": "https://other.example.com"}, "another issuer"),
        ({"iss": "https://idp.example.com/"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"iss": ["https://idp.example.com"]}, "another issuer"),
        ({"sub": None}, "no subject"),
        ({"sub": ""}, "sub is not 1 to 255"),
        ({"sub": 1}, "sub is no text"),
        ({"sub": "a" * 256}, "sub is not 1 to 255"),
        ({"sub": "adä"}, "sub is not 1 to 255"),
        ({"exp": None}, "no exp"),
        ({"iat": None}, "no iat"),
        ({"exp": "9999999999"}, "exp is no time"),
        ({"exp": True}, "exp is no time"),
        ({"exp": -1}, "exp is no time"),
        ({"exp": 253_402_300_799}, "exp is no time"),
        ({"exp": 1e300}, "exp is no time"),
        ({"nonce": None}, "another sign-in"),
        ({"nonce": "n-2"}, "another sign-in"),
        ({"nonce": 1}, "nonce is no text"),
        ({"amr": "mfa"}, "amr is no list"),
        ({"amr": [1]}, "amr is no list"),
        ({"azp": 1}, "azp is no text"),
        ({"auth_time": "now"}, "auth_time is no time"),
        ({"acr": 2}, "acr is no text"),
        ({"sid": ""}, "sid is not 1 to 255"),
        ({"events": {}}, "security event"),
    ],
)
def test_a_claim_that_is_wrong_or_missing_is_refused(
    mint: "Mint", changes: dict[str, Any], complaint: str
) -> None:
    """Signed by the provider, and still not believed."""
    with pytest.raises(InvalidIdToken, match=complaint):
        mint.verify(mint.token(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": None},
        {"aud": []},
        {"aud": ["other"]},
        {"aud": ["securecart-portal", "other"]},
        {"aud": ["securecart-portal", "other"], "azp": "other"},
        {"azp": "other"},
    ],
)
def test_a_token_for_another_client_is_refused(
    mint: "Mint", changes: dict[str, Any]
) -> None:
    """A token that another application got must not open this one."""
    with pytest.raises(InvalidIdToken) as refusal:
        mint.verify(mint.token(**changes))
    assert changes.get("aud", "") is None or isinstance(
        refusal.value, WrongTokenAudience
    )


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_from_the_future_is_refused(mint: "Mint", claim: str) -> None:
    """A minute of tolerance here too."""
    seconds = int(mint.now.timestamp())
    claims: dict[str, Any] = {claim: seconds + 60}
    assert mint.verify(mint.token(**claims)).subject == "ada"
    claims[claim] += 1
    with pytest.raises(InvalidIdToken, match=r"future|not valid yet"):
        mint.verify(mint.token(**claims))


def test_an_old_sign_in_is_refused_where_a_fresh_one_was_asked_for(
    mint: "Mint",
) -> None:
    """`max_age` counts from when the person proved who they are."""
    seconds = int(mint.now.timestamp())
    asked = timedelta(minutes=5)
    recent = mint.token(auth_time=seconds - 360)
    assert mint.verify(recent, max_age=asked).subject == "ada"
    for auth_time in (seconds - 361, None):
        with pytest.raises(InvalidIdToken, match="longer ago"):
            mint.verify(mint.token(auth_time=auth_time), max_age=asked)


def test_the_issuer_is_found_before_anything_is_believed(mint: "Mint") -> None:
    """STS looks the provider up by it."""
    forged = mint.token(key=RSAKey.generate_key(2048))
    assert unverified_issuer(CompactJws.parse(forged)) == "https://idp.example.com"
    with pytest.raises(InvalidIdToken, match="no issuer"):
        unverified_issuer(CompactJws.parse(mint.token(iss=None)))


@given(token=st.text(alphabet="ae30.-_=\u00e9", max_size=80))
def test_any_text_is_verified_or_refused(token: str) -> None:
    """No text brings out another error."""
    with pytest.raises(InvalidIdToken):
        verify_id_token(
            token,
            JwkSet(()),
            issuer="a",
            audiences=frozenset({"a"}),
            nonce=None,
            now=datetime(2026, 1, 1, tzinfo=UTC),
        )
