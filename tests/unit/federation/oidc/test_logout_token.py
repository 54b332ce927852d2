"""Logout tokens: which end a session, and which do not."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import RSAKey

from securecart.federation.oidc import (
    LOGOUT_EVENT,
    ExpiredIdToken,
    InvalidIdToken,
    UnknownKey,
    VerifiedLogoutToken,
    WrongTokenAudience,
    verify_logout_token,
)

if TYPE_CHECKING:
    from tests.unit.federation.oidc.conftest import Mint

ISSUER = "https://idp.example.com"


def _token(
    mint: "Mint",
    header: dict[str, Any] | None = None,
    key: RSAKey | None = None,
    **changes: Any,
) -> str:
    claims = {
        "nonce": None,
        "amr": None,
        "auth_time": None,
        "sid": "s-1",
        "jti": "t-1",
        "events": {LOGOUT_EVENT: {}},
    } | changes
    return mint.token(header={"typ": "logout+jwt"} | (header or {}), key=key, **claims)


def _verify(mint: "Mint", token: str, **changes: Any) -> VerifiedLogoutToken:
    asked: dict[str, Any] = {
        "issuer": ISSUER,
        "audiences": frozenset({"securecart-portal"}),
        "now": mint.now,
    } | changes
    return verify_logout_token(token, mint.keys, **asked)


def test_a_logout_token_in_order_is_read(mint: "Mint") -> None:
    """Every claim comes back as it was signed."""
    assert _verify(mint, _token(mint)) == VerifiedLogoutToken(
        issuer=ISSUER,
        subject="ada",
        session_id="s-1",
        token_id="t-1",
        issued_at=mint.now,
        expires_at=mint.now + timedelta(minutes=5),
    )


@pytest.mark.parametrize("kind", ["logout+jwt", "application/logout+jwt", "JWT", None])
def test_its_type_may_be_said_or_not(mint: "Mint", kind: str | None) -> None:
    """Section 2.4 only recommends it."""
    assert _verify(mint, _token(mint, header={"typ": kind})).subject == "ada"


@pytest.mark.parametrize(("left_out", "left"), [("sub", "sid"), ("sid", "sub")])
def test_a_person_or_a_session_is_enough(
    mint: "Mint", left_out: str, left: str
) -> None:
    """Either says whose session is over."""
    verified = _verify(mint, _token(mint, **{left_out: None}))
    found = {"sub": verified.subject, "sid": verified.session_id}
    assert found[left_out] is None
    assert found[left] is not None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"iss": "https://other.example.com"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"sub": None, "sid": None}, "neither a person nor a session"),
        ({"sub": ""}, "sub is not"),
        ({"sid": "a" * 256}, "sid is not"),
        ({"jti": None}, "no jti"),
        ({"jti": "a" * 256}, "jti is not"),
        ({"iat": None}, "no iat"),
        ({"exp": None}, "no exp"),
        ({"events": None}, "announces no logout"),
        ({"events": []}, "announces no logout"),
        ({"events": {"other": {}}}, "announces no logout"),
        ({"events": {LOGOUT_EVENT: "now"}}, "announces no logout"),
        ({"nonce": "n-1"}, "no nonce"),
    ],
)
def test_a_claim_that_is_wrong_or_missing_is_refused(
    mint: "Mint", changes: dict[str, Any], complaint: str
) -> None:
    """Section 2.6, line by line."""
    with pytest.raises(InvalidIdToken, match=complaint):
        _verify(mint, _token(mint, **changes))


def test_the_audience_must_be_this_client(mint: "Mint") -> None:
    """Another client's logout is none of ours; one for both is."""
    with pytest.raises(WrongTokenAudience):
        _verify(mint, _token(mint, aud="other"))
    both = _token(mint, aud=["other", "securecart-portal"])
    assert _verify(mint, both).subject == "ada"


def test_it_counts_for_its_time_only(mint: "Mint") -> None:
    """Neither after it nor long before."""
    token = _token(mint)
    with pytest.raises(ExpiredIdToken):
        _verify(mint, token, now=mint.now + timedelta(minutes=6))
    with pytest.raises(InvalidIdToken, match="future"):
        _verify(mint, token, now=mint.now - timedelta(minutes=2))


def test_nobody_else_can_sign_it(mint: "Mint") -> None:
    """Or anybody could sign anybody out."""
    with pytest.raises(InvalidIdToken, match="not by the provider"):
        _verify(mint, _token(mint, key=RSAKey.generate_key(2048)))
    with pytest.raises(UnknownKey):
        _verify(mint, _token(mint, header={"kid": "other"}))


def test_an_id_token_is_no_logout_token(mint: "Mint") -> None:
    """It passed through the browser, and may be in many hands."""
    with pytest.raises(InvalidIdToken, match="announces no logout"):
        _verify(mint, mint.token())
    with pytest.raises(InvalidIdToken, match="another type"):
        _verify(mint, mint.token(header={"typ": "at+jwt"}))


@pytest.mark.parametrize("kind", ["logout+jwt", "JWT", None])
def test_a_logout_token_is_no_id_token(mint: "Mint", kind: str | None) -> None:
    """STS asks for no nonce, so the type or the event must tell."""
    token = _token(mint, header={"typ": kind}, auth_time=int(mint.now.timestamp()))
    with pytest.raises(InvalidIdToken, match=r"another type|security event"):
        mint.verify(token, nonce=None)
