"""Clients are told when a person signs out, and nobody else is."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from securecart.federation.oidc import (
    JwkSet,
    VerifiedLogoutToken,
    verify_id_token,
    verify_logout_token,
)

IDP = "http://localhost:8081"
CALLBACK = "http://localhost:8080/oidc/callback"
CLIENT = "securecart-portal"
_VERIFIER = "a-verifier-of-at-least-forty-three-characters"


def _question(**changes: str) -> str:
    challenge = hashlib.sha256(_VERIFIER.encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s",
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    } | changes
    return "/oidc/authorize?" + urlencode(parameters)


def _sign_in(world: Any, browser: Any, who: Any, **changes: str) -> Any:
    """Answer the ID token's claims, verified, and the token."""
    page = browser.get(_question(**changes))
    if not page.is_redirect:
        page = browser.sign_in(page, who, now=world.clock.now)
    code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
    tokens = browser.client.post(
        "/oidc/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": _VERIFIER,
        },
        auth=(CLIENT, "the client's secret"),
    ).json()
    verified = verify_id_token(
        tokens["id_token"],
        _keys(browser),
        issuer=IDP,
        audiences=frozenset({CLIENT}),
        nonce=None,
        now=world.clock.now,
    )
    return verified, tokens["id_token"]


def _keys(browser: Any) -> JwkSet:
    return JwkSet.parse(browser.client.get("/oidc/jwks").content)


def _told(world: Any, browser: Any) -> list[VerifiedLogoutToken]:
    told = []
    for address, token in world.posted.sent:
        assert address == "http://localhost:8080/backchannel"
        told.append(
            verify_logout_token(
                token,
                _keys(browser),
                issuer=IDP,
                audiences=frozenset({CLIENT}),
                now=world.clock.now,
            )
        )
    return told


@pytest.mark.parametrize("way", ["here", "at the client"])
def test_a_client_is_told_of_the_session_that_it_knows(
    world: Any, browser: Any, way: str
) -> None:
    """By person and session, whoever began the sign-out; once."""
    verified, id_token = _sign_in(world, browser, world.engineer)
    if way == "here":
        browser.submit(browser.get("/logout"))
    else:
        browser.get("/oidc/end-session?" + urlencode({"id_token_hint": id_token}))
    (told,) = _told(world, browser)
    assert (told.subject, told.session_id) == (verified.subject, verified.session_id)
    browser.get("/logout")
    assert len(world.posted.sent) == 1


def test_each_logout_token_has_its_own_id(world: Any, browser: Any) -> None:
    """The client may take each once."""
    for _ in range(2):
        _sign_in(world, browser, world.engineer)
        browser.submit(browser.get("/logout"))
    first, second = _told(world, browser)
    assert first.token_id != second.token_id
    assert first.session_id != second.session_id


def test_a_client_that_the_session_never_reached_is_not_told(
    world: Any, browser: Any
) -> None:
    """It has no session to end, and need not learn who was here."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    browser.submit(browser.get("/logout"))
    assert world.posted.sent == []


def test_a_new_sign_in_of_the_same_person_ends_nothing_elsewhere(
    world: Any, browser: Any
) -> None:
    """The portal asks for one where the second factor is too old."""
    _sign_in(world, browser, world.lawyer)
    world.clock.advance(minutes=5)
    _sign_in(world, browser, world.lawyer, prompt="login")
    assert world.posted.sent == []


def test_who_takes_the_browser_over_signs_the_other_out(
    world: Any, browser: Any
) -> None:
    """Everywhere: that person is no longer here."""
    before, _ = _sign_in(world, browser, world.engineer)
    world.clock.advance(minutes=5)
    _sign_in(world, browser, world.accountant, prompt="login")
    (told,) = _told(world, browser)
    assert (told.subject, told.session_id) == (before.subject, before.session_id)
