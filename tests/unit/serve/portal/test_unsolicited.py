"""Sign-ins that begin at the provider: off unless configured, and never silent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

ORIGIN = "http://localhost:8080"
OWN = {"Origin": ORIGIN}
COOKIE = "securecart-unsolicited"


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    """A company whose people may begin at the provider."""
    made = make_world()
    saml = replace(made.options.saml, idp_initiated=True)
    made.options = replace(made.options, saml=saml)
    return made


def confirm(browser: Any, **headers: str) -> Any:
    """Press the button."""
    return browser.post("/saml/confirm", headers=OWN | headers)


def test_the_person_is_asked_and_then_signed_in(world: Any) -> None:
    """Nothing begins before; then the session goes where RelayState says."""
    browser = world.browser()
    page = browser.post("/saml/acs", data=world.saml.unsolicited("/folder?a=b"))
    assert page.status_code == 200
    assert "Sign in as Ada Lovelace" in page.text
    assert world.sts.calls == []
    assert "securecart-session" not in browser.client.cookies
    answer = confirm(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/folder?a=b")
    assert browser.session()["person"] == "ada"
    assert COOKIE not in browser.client.cookies


@pytest.mark.parametrize(
    "relay_state",
    ["", "https://evil.example/", "//evil.example", "/\\evil.example", "x" * 600],
)
def test_relay_state_leads_to_our_own_pages_only(world: Any, relay_state: str) -> None:
    """Anything but a path of ours is the start page."""
    browser = world.browser()
    browser.post("/saml/acs", data=world.saml.unsolicited(relay_state))
    assert confirm(browser).headers["location"] == "/"


def test_another_site_cannot_press_the_button(world: Any) -> None:
    """Login CSRF: only our own page can."""
    browser = world.browser()
    browser.post("/saml/acs", data=world.saml.unsolicited())
    assert confirm(browser, Origin="https://evil.example").status_code == 403
    assert browser.post("/saml/confirm").status_code == 403
    assert "securecart-session" not in browser.client.cookies


def test_the_answer_waits_in_the_browser_that_brought_it(world: Any) -> None:
    """Once, and for as long as the assertion counts."""
    browser, other = world.browser(), world.browser()
    browser.post("/saml/acs", data=world.saml.unsolicited())
    assert confirm(other).status_code == 400
    cookie = browser.client.cookies[COOKIE]
    assert confirm(browser).status_code == 303
    other.client.cookies.set(COOKIE, cookie, domain="localhost.local")
    assert confirm(other).status_code == 400
    late = world.browser()
    late.post("/saml/acs", data=world.saml.unsolicited())
    world.time.pass_by(minutes=10)
    assert confirm(late).status_code == 400


def test_an_unsolicited_answer_counts_once_in_every_process(world: Any) -> None:
    """Also when nobody pressed the button."""
    form = world.saml.unsolicited()
    assert world.browser().post("/saml/acs", data=form).status_code == 200
    again = world.browser().post("/saml/acs", data=form)
    assert again.status_code == 403
    assert "was used already" in again.text


def test_the_session_that_was_there_is_replaced(world: Any) -> None:
    """By the one that the person said yes to."""
    browser, copy = world.browser(), world.browser()
    world.sign_in_saml(browser)
    copy.client.cookies.update(dict(browser.client.cookies))
    world.saml.person, world.saml.display_name = "bob", "Bob"
    browser.post("/saml/acs", data=world.saml.unsolicited())
    copy.session()
    confirm(browser)
    assert browser.session()["person"] == "bob"
    assert copy.get("/api/session").status_code == 401


def test_an_answer_to_a_question_is_not_taken_as_unsolicited(world: Any) -> None:
    """A sign-in begun in one browser cannot end in another one."""
    location = world.browser().get("/login/saml").headers["location"]
    victim = world.browser()
    answer = victim.post("/saml/acs", data=world.saml.answer(location))
    assert answer.status_code == 403
    assert COOKIE not in victim.client.cookies


def test_a_second_factor_is_asked_for_as_ever(world: Any) -> None:
    """The provider's word that began there is no way around it."""
    browser = world.browser(mfa_required=True)
    browser.post("/saml/acs", data=world.saml.unsolicited())
    answer = confirm(browser)
    assert answer.status_code == 403
    assert "second factor" in answer.text


def test_nothing_waits_where_it_is_off(make_world: Callable[..., Any]) -> None:
    """The default: sign-ins begin here."""
    world = make_world()
    browser = world.browser()
    answer = browser.post("/saml/acs", data=world.saml.unsolicited())
    assert answer.status_code == 400
    assert "Sign-ins begin here" in answer.text
    assert confirm(browser).status_code == 400
