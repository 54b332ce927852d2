"""What was used up or ended stays so in a process that starts later."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.serve.portal import Endings


@pytest.fixture
def start_over(world: Any, tmp_path: Path) -> Callable[[], None]:
    """Give the world's next portal a store opened anew, on one file."""

    def start() -> None:
        engine = open_sqlite(tmp_path / "portal.db")
        create_tables(engine)
        world.records = SqlExpiringRecords(engine, "portal")

    start()
    return start


def test_an_answer_that_was_used_stays_used(
    world: Any, start_over: Callable[[], None]
) -> None:
    """Assertion and state, with the cookies of the browser that asked."""
    browser = world.browser()
    form = world.saml.answer(browser.get("/login/saml").headers["location"])
    query = world.oidc.authorize(browser.get("/login/oidc").headers["location"])
    cookies = dict(browser.client.cookies)
    assert browser.post("/saml/acs", data=form).status_code == 303
    assert browser.get("/oidc/callback", params=query).status_code == 303
    start_over()
    again = world.browser()
    again.client.cookies.update(cookies)
    for answer in (
        again.post("/saml/acs", data=form),
        again.get("/oidc/callback", params=query),
    ):
        assert answer.status_code == 403
        assert "was used already" in answer.text


def test_a_question_outlives_its_process_in_its_browser_alone(
    world: Any, start_over: Callable[[], None]
) -> None:
    """InResponseTo is kept with the browser that asked, in no process."""
    browser = world.browser()
    form = world.saml.answer(browser.get("/login/saml").headers["location"])
    start_over()
    stranger, same = world.browser(), world.browser()
    assert stranger.post("/saml/acs", data=form).status_code == 400
    same.client.cookies.update(dict(browser.client.cookies))
    assert same.post("/saml/acs", data=form).status_code == 303


def test_an_ended_session_stays_ended(
    world: Any, start_over: Callable[[], None]
) -> None:
    """Word that another process left in the store counts."""
    browser = world.browser()
    world.sign_in_saml(browser)
    browser.session()
    start_over()
    Endings(world.records, clock=world.time).end_person("ada")
    start_over()
    same = world.browser()
    same.client.cookies.update(dict(browser.client.cookies))
    for each in (browser, same):
        assert each.get("/api/session").status_code == 401
