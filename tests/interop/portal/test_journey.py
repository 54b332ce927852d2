"""Sign-in and session life with the real provider, database and moto's STS."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.slow

METHODS = pytest.mark.parametrize("method", ["saml", "oidc"])
OWN = {"Sec-Fetch-Site": "same-origin"}


def renew(browser: Any, method: str) -> None:
    """Renew as the page does, and see it work."""
    answer = browser.renew()
    if method == "oidc":
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code == 409
        framed = browser.get(answer.json()["url"], headers=OWN)
        assert 'data-outcome="renewed"' in framed.text


@METHODS
def test_everybody_signs_in_and_out(world: Any, method: str) -> None:
    """With and without a second factor; each lands in their own folder."""
    folders = set()
    for who in world.people:
        browser = world.browser()
        page = browser.sign_in(f"/login/{method}?return_to=/x", who, world.clock)
        assert str(page.url) == f"{world.portal}/x"
        session = browser.session().json()
        assert session["person"] == who.username
        assert re.fullmatch(r"ARO[A-Z0-9]{13,18}:[\w.-]+/", session["folder"])
        assert session["folder"].endswith(f":{who.username}/")
        assert session["mfa"] is (who.totp_secret is not None)
        folders.add(session["folder"])
        left = browser.get("/logout", headers=OWN)
        assert left.status_code == 200
        assert "did not confirm" not in left.text
        assert browser.session().status_code == 401
        assert "User name" in browser.get(f"/login/{method}").text
    assert len(folders) == len(world.people)


@METHODS
def test_fifteen_minutes_renewed_while_active(world: Any, method: str) -> None:
    """Quarter by quarter as long as it is used, and over when it is not."""
    browser = world.browser()
    browser.sign_in(f"/login/{method}", world.people[0], world.clock)
    seen = {browser.session().json()["credentials"]["access_key_id"]}
    for _ in range(4):
        world.clock.pass_by(minutes=11)
        renew(browser, method)
        seen.add(browser.session().json()["credentials"]["access_key_id"])
    assert len(seen) == 5
    world.clock.pass_by(minutes=16)
    assert browser.session().json()["error"] == "session_ended"


@METHODS
def test_the_second_factor_is_asked_for_again(world: Any, method: str) -> None:
    """The provider shows its login page, though it remembers the person."""
    world.restart(mfa_max_age_seconds=1800)
    who = next(who for who in world.people if who.totp_secret is not None)
    browser = world.browser()
    browser.sign_in(f"/login/{method}", who, world.clock)
    for _ in range(3):
        world.clock.pass_by(minutes=9)
        renew(browser, method)
    world.clock.pass_by(minutes=4)
    told = browser.renew()
    assert told.status_code == 401
    assert told.json()["error"] == "mfa_required"
    page = browser.get(told.json()["sign_in_url"])
    assert 'name="password"' in page.text
    browser.sign_in(told.json()["sign_in_url"], who, world.clock)
    renew(browser, method)


@METHODS
def test_an_old_sign_in_at_the_provider_is_not_enough(world: Any, method: str) -> None:
    """Signing in anew, the person is led on to a forced sign-in by themselves."""
    world.restart(mfa_max_age_seconds=1800)
    who = next(who for who in world.people if who.totp_secret is not None)
    browser = world.browser()
    browser.sign_in(f"/login/{method}", who, world.clock)
    world.clock.pass_by(minutes=31)
    page = browser.get(f"/login/{method}")
    assert 'name="password"' in page.text
    assert browser.session().status_code == 401


def test_nobody_without_a_second_factor_where_it_is_required(world: Any) -> None:
    """The provider signs them in; the portal does not."""
    world.restart(mfa_required=True)
    for method in ("saml", "oidc"):
        for who in world.people:
            # The provider takes each one-time code once.
            world.clock.pass_by(minutes=1)
            browser = world.browser()
            page = browser.sign_in(f"/login/{method}", who, world.clock)
            signed_in = browser.session().status_code == 200
            assert signed_in is (who.totp_secret is not None)
            assert signed_in or "second factor is needed" in page.text


def test_a_passive_request_without_a_sign_in_at_the_provider(world: Any) -> None:
    """NoPassive, told to the page in the frame."""
    browser = world.browser()
    browser.sign_in("/login/saml", world.people[0], world.clock)
    provider = [
        cookie
        for cookie in browser.client.cookies.jar
        if "securecart" not in cookie.name
    ]
    for cookie in provider:
        browser.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
    framed = browser.get(browser.renew().json()["url"], headers=OWN)
    assert 'data-outcome="sign-in-needed"' in framed.text
    assert browser.session().status_code == 200


@METHODS
def test_sessions_and_used_answers_outlive_the_process(world: Any, method: str) -> None:
    """Started again on the same database, nobody is signed out or let in twice."""
    browser = world.browser()
    location = browser.client.get(f"{world.portal}/login/{method}").headers["location"]
    cookies = dict(browser.client.cookies)
    sent: list[Any] = []
    browser.client.event_hooks["request"] = [sent.append]
    page = browser.get(location)
    browser.submit(
        page, username=world.people[0].username, password=world.people[0].password
    )
    browser.client.event_hooks["request"] = []
    before = browser.session().json()
    world.restart()
    assert browser.session().json() == before
    used = next(
        request
        for request in sent
        if request.url.path in {"/saml/acs", "/oidc/callback"}
    )
    thief = world.browser()
    thief.client.cookies.update(cookies)
    answer = thief.client.request(
        used.method,
        used.url,
        content=used.content,
        headers={"Content-Type": used.headers.get("content-type", "text/plain")},
    )
    assert answer.status_code == 403
    assert "was used already" in answer.text


def test_signing_out_with_oidc_signs_out_at_the_provider(world: Any) -> None:
    """RP-initiated logout: the next sign-in asks for the password again."""
    browser = world.browser()
    browser.sign_in("/login/oidc", world.people[0], world.clock)
    left = browser.get("/logout", headers=OWN)
    assert str(left.url) == f"{world.portal}/"
    assert 'name="password"' in browser.get("/login/oidc").text


def test_the_code_in_a_callback_is_bound_to_its_browser(world: Any) -> None:
    """A stolen code and state are worth nothing elsewhere."""
    browser = world.browser()
    location = browser.client.get(f"{world.portal}/login/oidc").headers["location"]
    state = parse_qs(urlsplit(location).query)["state"][0]
    answer = world.browser().get(f"/oidc/callback?code=abc&state={state}")
    assert answer.status_code == 400
