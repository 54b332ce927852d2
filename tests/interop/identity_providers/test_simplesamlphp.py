"""SimpleSAMLphp 1.19, set up as docs/identity-providers/simplesamlphp.md says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.scenarios import (
    Scenarios,
    StrictScenarios,
    passively,
    renewed_in_a_frame,
)
from tests.interop.identity_providers.simplesamlphp import SimpleSamlPhp
from tests.interop.identity_providers.site import Person, Site

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleSamlPhp]:
    """A running SimpleSAMLphp."""
    made = SimpleSamlPhp(tmp_path_factory.mktemp("simplesamlphp"))
    made.set_up(new_privatekey="'next.key'", new_certificate="'next.crt'")
    with made.peer():
        yield made


@pytest.fixture(scope="module")
def strict_settings() -> str:
    """It takes the portal's word for a second factor, so one can be required."""
    return "[mfa]\nrequired = true\n"


class TestAsItComes(Scenarios):
    """What every provider does, and what SimpleSAMLphp does besides."""

    def test_an_open_session_renews(self, plain: Site, browser: Browser) -> None:
        """IsPassive: new credentials, and nobody is asked anything."""
        plain.sign_in(browser, plain.provider.people[0])
        before = plain.session(browser)
        assert 'data-outcome="renewed"' in passively(plain, browser).text
        after = plain.session(browser)
        assert after["folder"] == before["folder"]
        assert after["credentials"] != before["credentials"]

    def test_the_portal_renews_in_a_hidden_frame(self, plain: Site, tab: Page) -> None:
        """By a real browser: framing, cookies and scripts are as they must be."""
        who = plain.provider.people[0]
        tab.goto(f"{plain.portal}/login")
        tab.locator("input[name=username]").fill(who.name)
        tab.locator("input[name=password]").fill(who.password)
        tab.get_by_role("button", name="Login").click()
        tab.get_by_role("heading", name="My documents").wait_for()
        assert renewed_in_a_frame(tab) == "renewed"

    def test_without_a_session_there_a_renewal_wants_a_sign_in(
        self, plain: Site, browser: Browser
    ) -> None:
        """NoPassive: the frame says so, and the session lives on as it was."""
        plain.sign_in(browser, plain.provider.people[0])
        before = plain.session(browser)
        plain.forget_provider(browser)
        assert 'data-outcome="sign-in-needed"' in passively(plain, browser).text
        assert plain.session(browser) == before

    def test_a_renewal_takes_nobody_else(self, plain: Site, browser: Browser) -> None:
        """Another person signed in at the provider meanwhile."""
        plain.sign_in(browser, plain.provider.people[0])
        before = plain.session(browser)
        plain.forget_provider(browser)
        browser.holds_answers = True
        page = browser.get(plain.provider.begin)
        plain.at_provider(browser, page, plain.provider.people[1])
        browser.holds_answers = False
        assert 'data-outcome="sign-in-needed"' in passively(plain, browser).text
        assert plain.session(browser) == before

    def test_signing_out_at_the_provider_signs_out_at_the_portal(
        self, plain: Site, browser: Browser
    ) -> None:
        """By a signed request that the browser carries to the portal and back."""
        plain.sign_in(browser, plain.provider.people[0])
        page = browser.get(plain.provider.sign_out)
        assert page.url.path == "/simplesaml/logout.php", page.text
        assert plain.session(browser)["error"] == "signed_out_elsewhere"
        assert plain.asks(browser.get(f"{plain.portal}/login"))

    def test_a_new_signing_key_keeps_nobody_out(
        self, plain: Site, provider: SimpleSamlPhp, browser: Browser
    ) -> None:
        """Announced beside the old one before `apply`, it is good at once."""
        provider.set_up(privatekey="'next.key'", certificate="'next.crt'")
        page = plain.sign_in(browser, provider.people[0])
        assert str(page.url) == f"{plain.portal}/", page.text
        assert plain.session(browser)["person"] == provider.people[0].name


class TestStrict(StrictScenarios):
    """Encrypted, begun on either side, and with two factors."""

    def who(self, _strict: Site) -> Person:
        """With two factors."""
        return SimpleSamlPhp.with_code

    def test_a_second_factor_is_asked_for_and_told(
        self, strict: Site, browser: Browser
    ) -> None:
        """RequestedAuthnContext leads to the source that has one."""
        page = browser.get(f"{strict.portal}/login")
        page = strict.at_provider(browser, page, strict.provider.people[0])
        # The password alone is no sign-in at that source.
        assert strict.asks(page)
        strict.at_provider(browser, page, self.who(strict))
        assert strict.session(browser)["mfa"] is True

    def test_a_sign_in_with_a_password_alone_does_not_do(
        self, strict: Site, browser: Browser
    ) -> None:
        """Open at the provider from elsewhere: told, and the way on is offered."""
        browser.holds_answers = True
        page = browser.get(strict.provider.begin)
        strict.at_provider(browser, page, strict.provider.people[0])
        browser.holds_answers = False
        page = browser.get(f"{strict.portal}/login")
        assert page.status_code == 403
        assert "A second factor is needed" in page.text
        assert 'href="/login?reauthenticate=1"' in page.text
        page = browser.get(f"{strict.portal}/login?reauthenticate=1")
        strict.at_provider(browser, page, self.who(strict))
        assert strict.session(browser)["mfa"] is True
