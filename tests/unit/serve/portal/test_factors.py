"""Asking the provider for a second factor, in its own words, and checking."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from securecart.federation.saml.names import NO_AUTHN_CONTEXT, REFEDS_MFA

OWN = {"Sec-Fetch-Site": "same-origin"}
SILVER, GOLD = "urn:example:silver", "urn:example:gold"


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    """A company that requires two factors, and has its own names for it."""
    world = make_world(mfa_required=True)
    world.options = replace(
        world.options,
        saml=replace(world.options.saml, mfa_contexts=(GOLD, SILVER)),
        oidc=replace(world.options.oidc, mfa_acr=(GOLD, SILVER)),
    )
    world.oidc.claims = {"auth_time": int(world.time.now.timestamp())}
    return world


def asked(browser: Any, path: str) -> dict[str, str]:
    """Answer the parameters of the question to the OpenID provider."""
    return dict(parse_qsl(urlsplit(browser.get(path).headers["location"]).query))


@pytest.mark.parametrize("context", [GOLD, SILVER])
def test_saml_asks_for_the_first_class_and_takes_each(world: Any, context: str) -> None:
    """RequestedAuthnContext, and what came of it."""
    world.saml.context = context
    browser = world.browser()
    assert world.sign_in_saml(browser).status_code == 303
    assert world.saml.requests[-1].contexts == (GOLD,)
    assert browser.session()["mfa"] is True


def test_saml_without_the_class_is_a_missing_factor(world: Any) -> None:
    """Even the one that counts by default: the list is the configuration's."""
    world.saml.context = REFEDS_MFA
    answer = world.sign_in_saml(world.browser())
    assert answer.status_code == 403
    assert "second factor is needed" in answer.text
    assert world.sts.calls == []


def test_a_provider_that_cannot_do_so_says_that_a_factor_is_missing(world: Any) -> None:
    """NoAuthnContext is told as what it means to the person."""
    browser = world.browser()
    location = browser.get("/login/saml").headers["location"]
    form = world.saml.refuse(location, NO_AUTHN_CONTEXT)
    answer = browser.post("/saml/acs", data=form)
    assert "second factor is needed" in answer.text


def test_nothing_is_asked_for_where_none_is_needed(
    make_world: Callable[..., Any],
) -> None:
    """The provider decides; but who used one once is asked for it again."""
    world = make_world()
    world.oidc.claims = {"acr": GOLD, "auth_time": int(world.time.now.timestamp())}
    world.options = replace(
        world.options, oidc=replace(world.options.oidc, mfa_acr=(GOLD,))
    )
    browser = world.browser()
    world.saml.context = REFEDS_MFA
    world.sign_in_saml(browser)
    assert world.saml.requests[-1].contexts == ()
    for query in ("passive=1", "reauthenticate=1"):
        location = browser.get(f"/login/saml?{query}", headers=OWN).headers["location"]
        assert world.saml.read(location)[0].contexts == (REFEDS_MFA,)
    assert "acr_values" not in asked(world.browser(), "/login/oidc")
    assert world.sign_in_oidc(browser).status_code == 303
    assert asked(browser, "/login/oidc?reauthenticate=1")["acr_values"] == GOLD


@pytest.mark.parametrize("acr", [GOLD, SILVER])
def test_openid_asks_by_acr_and_takes_each(world: Any, acr: str) -> None:
    """Also after a refresh that repeats it, and one that says nothing."""
    world.oidc.claims["acr"] = acr
    browser = world.browser()
    assert asked(browser, "/login/oidc")["acr_values"] == f"{GOLD} {SILVER}"
    assert world.sign_in_oidc(browser).status_code == 303
    assert browser.renew().status_code == 200
    del world.oidc.claims["acr"]
    assert browser.renew().status_code == 200
    world.oidc.claims["acr"] = "urn:example:bronze"
    assert browser.renew().json()["error"] == "mfa_required"


@pytest.mark.parametrize(
    "claims", [{}, {"acr": "urn:example:bronze"}, {"amr": ["pwd"]}]
)
def test_openid_without_it_is_a_missing_factor(
    world: Any, claims: dict[str, Any]
) -> None:
    """`acr_values` is a wish; only the answer counts."""
    world.oidc.claims |= claims
    answer = world.sign_in_oidc(world.browser())
    assert answer.status_code == 403
    assert "second factor is needed" in answer.text
    assert world.sts.calls == []


def test_the_methods_that_count_are_the_configurations(world: Any) -> None:
    """`amr` values of the provider's own."""
    oidc = replace(world.options.oidc, mfa_methods=("hwk",))
    world.oidc.claims["amr"] = ["mfa"]
    assert world.sign_in_oidc(world.browser(oidc=oidc)).status_code == 403
    world.oidc.claims["amr"] = ["pwd", "hwk"]
    assert world.sign_in_oidc(world.browser(oidc=oidc)).status_code == 303
