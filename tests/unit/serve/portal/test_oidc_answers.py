"""What comes back from the OpenID provider's two endpoints."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from securecart.federation.oidc import ClientRefused


@pytest.mark.parametrize(("named", "status"), [(True, 303), (False, 403)])
def test_an_issuer_that_names_itself_must_do_so_each_time(
    world: Any, *, named: bool, status: int
) -> None:
    """RFC 9207: else another provider's code could be brought in its place."""
    plain = world.oidc.metadata
    world.oidc.metadata = lambda: replace(plain(), names_itself=True)
    browser = world.browser()
    location = browser.get("/login/oidc").headers["location"]
    answer = world.oidc.authorize(location)
    if not named:
        del answer["iss"]
    assert browser.get("/oidc/callback", params=answer).status_code == status
    assert bool(world.sts.calls) is named


def test_other_issuers_may_leave_it_out(world: Any) -> None:
    """Most providers do not know the parameter yet."""
    browser = world.browser()
    location = browser.get("/login/oidc").headers["location"]
    asked = dict(parse_qsl(urlsplit(location).query))
    answer = world.oidc.authorize(location)
    answer = {"code": answer["code"], "state": asked["state"]}
    assert browser.get("/oidc/callback", params=answer).status_code == 303


def test_a_wrong_client_secret_is_no_fault_of_the_person(world: Any) -> None:
    """The page says so, and says nothing of the secret."""

    def refuse(*_: str) -> None:
        raise ClientRefused("invalid_client: the secret is wrong")

    world.oidc.exchange_code = refuse
    answer = world.sign_in_oidc(world.browser())
    assert answer.status_code == 502
    assert "set-up" in answer.text
    assert "invalid_client" not in answer.text
