"""LemonLDAP::NG 2.16, set up as docs/identity-providers/lemonldap.md says."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.lemonldap import LemonLdap
from tests.interop.identity_providers.scenarios import (
    Scenarios,
    StrictScenarios,
    passively,
    renewed_in_a_frame,
)
from tests.interop.identity_providers.site import Site

from securecart.federation.saml import (
    SigningIdentity,
    build_authn_request,
    encode_redirect,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LemonLdap]:
    """A running LemonLDAP::NG."""
    made = LemonLdap(tmp_path_factory.mktemp("lemonldap"))
    made.set_up()
    try:
        yield made
    finally:
        made.stop()


class TestAsItComes(Scenarios):
    """What every provider does, and what LemonLDAP::NG does besides."""

    def let_time_pass(self) -> None:
        """It takes a sign-in within this interval, a second here, for a forced one."""
        time.sleep(2)

    def test_an_open_session_renews(self, plain: Site, browser: Browser) -> None:
        """IsPassive, where there is nothing to ask: new credentials."""
        plain.sign_in(browser, plain.provider.people[0])
        before = plain.session(browser)
        assert 'data-outcome="renewed"' in passively(plain, browser).text
        after = plain.session(browser)
        assert after["folder"] == before["folder"]
        assert after["credentials"] != before["credentials"]

    def test_without_a_session_there_it_asks_all_the_same(
        self, plain: Site, browser: Browser
    ) -> None:
        """It does not know IsPassive: the hidden frame ends there, and no harm done."""
        plain.sign_in(browser, plain.provider.people[0])
        before = plain.session(browser)
        plain.forget_provider(browser)
        assert plain.asks(passively(plain, browser))
        assert plain.session(browser) == before

    def test_a_second_factor_that_is_asked_for_is_not_looked_at(
        self, plain: Site, browser: Browser
    ) -> None:
        """RequestedAuthnContext, signed by the portal's own key: a password does."""
        wanted = "https://refeds.org/profile/mfa"
        request = build_authn_request(
            issuer="urn:amazon:webservices",
            destination=plain.provider.begin.partition("?")[0],
            acs_address=f"{plain.portal}/saml/acs",
            now=datetime.now(UTC),
            random=os.urandom,
            contexts=[wanted],
        )
        keys = plain.running.data / "portal"
        identity = SigningIdentity(
            (keys / "signing.key.pem").read_bytes(),
            (keys / "signing.cert.pem").read_bytes(),
        )
        address = encode_redirect(
            request.to_xml(),
            destination=request.destination,
            identity=identity,
            relay_state="x",
        )
        browser.holds_answers = True
        plain.at_provider(browser, browser.get(address), plain.provider.people[0])
        assert b"status:Success" in browser.held_document
        assert wanted.encode() not in browser.held_document

    def test_signing_out_at_the_provider_signs_out_at_the_portal(
        self, plain: Site, tab: Page
    ) -> None:
        """By a signed request in a frame of its own page, as it sends them."""
        sign_in(plain, tab)
        tab.goto(plain.provider.sign_out)
        told: dict[str, str] = {}
        for _ in range(100):
            told = tab.request.get(f"{plain.portal}/api/session").json()
            if "error" in told:
                break
            tab.wait_for_timeout(100)
        assert told.get("error") == "signed_out_elsewhere"
        tab.goto(f"{plain.portal}/login")
        tab.locator("input[name=password]").wait_for()

    def test_the_portal_renews_in_a_hidden_frame(self, plain: Site, tab: Page) -> None:
        """By a real browser: framing, cookies and scripts are as they must be."""
        sign_in(plain, tab)
        assert renewed_in_a_frame(tab) == "renewed"


def sign_in(site: Site, tab: Page) -> None:
    """Sign in with a real browser."""
    who = site.provider.people[0]
    tab.goto(f"{site.portal}/login")
    tab.locator("input[name=user]").fill(who.name)
    tab.locator("input[name=password]").fill(who.password)
    tab.get_by_role("button", name="Connect").click()
    tab.get_by_role("heading", name="My documents").wait_for()


class TestStrict(StrictScenarios):
    """Encrypted, and begun on either side."""
