"""Signing out, and who may ask for it."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

OWN = {"Sec-Fetch-Site": "same-origin"}
METHODS = pytest.mark.parametrize("method", ["saml", "oidc"])


@METHODS
def test_signing_out_ends_the_session_in_the_store(world: Any, method: str) -> None:
    """Not only in this browser: a copy of the cookie is worth nothing after it."""
    browser, thief = world.browser(), world.browser()
    world.sign_in(method, browser)
    browser.get("/login/saml")
    thief.client.cookies.update(dict(browser.client.cookies))
    thief.session()
    form = {"csrf_token": browser.session()["csrf_token"]}
    answer = browser.post("/logout", data=form, headers={"Origin": browser.address})
    assert answer.status_code == 303
    assert not list(browser.client.cookies.jar)
    assert thief.get("/api/session").json()["error"] == "session_ended"
    assert browser.get("/api/session").json()["error"] == "signed_out"


def test_with_oidc_it_goes_on_to_the_provider(world: Any) -> None:
    """RP-initiated logout, with the ID token as hint and a way back."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    location = browser.get("/logout", headers=OWN).headers["location"]
    assert location.startswith("http://localhost:8081/end-session?")
    query = dict(parse_qsl(urlsplit(location).query))
    assert query["id_token_hint"].count(".") == 2
    assert query["client_id"] == "securecart-portal"
    assert query["post_logout_redirect_uri"] == "http://localhost:8080/"


def test_with_saml_it_goes_where_the_configuration_says(world: Any) -> None:
    """To the provider's logout address, or else to our own last page."""
    browser = world.browser()
    world.sign_in_saml(browser)
    assert browser.get("/logout", headers=OWN).headers["location"] == "/signed-out"
    assert "You are signed out" in browser.get("/signed-out").text
    there = "http://localhost:8081/logout"
    browser = world.browser(saml=replace(world.options.saml, logout_url=there))
    world.sign_in_saml(browser)
    assert browser.get("/logout", headers=OWN).headers["location"] == there


@pytest.mark.parametrize("end_session", [None, "down"])
def test_a_provider_without_logout_does_not_keep_anybody_in(
    world: Any, end_session: str | None
) -> None:
    """The session here is over all the same."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    world.oidc.end_session = None
    world.oidc.down = end_session == "down"
    answer = browser.get("/logout", headers=OWN)
    assert answer.headers["location"] == "/signed-out"
    assert browser.get("/api/session").status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_can_only_make_the_portal_ask(world: Any, site: str) -> None:
    """A link or an image signs nobody out; the page asks, by a form of ours."""
    browser = world.browser()
    world.sign_in_saml(browser)
    answer = browser.get("/logout", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 200
    assert "Sign out?" in answer.text
    token = browser.session()["csrf_token"]
    assert f'name="csrf_token" value="{token}"' in answer.text


def test_a_logout_form_needs_the_csrf_token_and_our_own_origin(world: Any) -> None:
    """Each alone is not enough."""
    browser = world.browser()
    world.sign_in_saml(browser)
    token = browser.session()["csrf_token"]
    for form, headers in (
        ({"csrf_token": token}, {}),
        ({"csrf_token": token}, {"Origin": "http://localhost:8081"}),
        ({"csrf_token": "wrong"}, {"Origin": browser.address}),
        ({}, {"Origin": browser.address}),
    ):
        answer = browser.post("/logout", data=form, headers=headers)
        assert answer.status_code in {400, 403}
    browser.session()


def test_signing_out_twice_is_no_error(world: Any) -> None:
    """Another window did it already."""
    browser = world.browser()
    assert browser.get("/logout", headers=OWN).headers["location"] == "/signed-out"
    answer = browser.post(
        "/logout", data={"csrf_token": ""}, headers={"Origin": browser.address}
    )
    assert answer.headers["location"] == "/signed-out"
