"""Signing in at oidc-provider, a certified OpenID provider."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page
from tests.installation import free_ports
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.openid.oidc_provider import (
    ADA,
    BOB,
    EVE,
    OidcProvider,
)
from tests.interop.identity_providers.openid.scenarios import (
    is_redeemed_under_own_name_only,
    reaches_own_folder_only,
)
from tests.interop.identity_providers.openid.setting import OWN, Setting
from tests.interop.identity_providers.openid.world import World, running_world

pytestmark = pytest.mark.slow

_SETTINGS = """
[session]
minutes = 15
[mfa]
required = true
max_age_minutes = 12
"""


_SESSION = "fetch('/api/session').then(answer => answer.json())"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World[OidcProvider]]:
    """One of each for the module; a second factor is required."""
    ports = free_ports()
    portal = f"http://localhost:{ports['portal']}"
    provider = OidcProvider(tmp_path_factory.mktemp("oidc-provider"), portal)
    folder = tmp_path_factory.mktemp("securecart")
    with running_world(folder, ports, provider, _SETTINGS) as running:
        yield running


@pytest.fixture
def setting(world: World[OidcProvider]) -> Setting:
    """The installation and its provider."""
    return world.setting


@pytest.fixture
def provider(world: World[OidcProvider]) -> OidcProvider:
    """The provider by itself."""
    return world.provider


def test_people_reach_their_own_folder_and_no_other(
    setting: Setting, browser: Browser
) -> None:
    """Discovery, PKCE, state, nonce, code and ID token lead to credentials for S3."""
    reaches_own_folder_only(setting, browser, ADA, mfa=True)


def test_tags_in_both_forms_and_the_source_identity_decide(
    setting: Setting, browser: Browser
) -> None:
    """A Deny on each is met by who has it, and by nobody with another value."""
    told = setting.signed_in(browser, ADA)
    s3 = setting.running.client("s3", told["credentials"])
    iam = setting.running.client("iam")
    named = {"RoleName": "SecureCartEmployee", "PolicyName": "ByClaim"}
    for key, value, other in (
        ("aws:PrincipalTag/Department", "Engines", "Gardens"),
        ("aws:PrincipalTag/CostCenter", "42", "43"),
        ("aws:SourceIdentity", ADA.name, EVE.name),
    ):
        try:
            for wanted, refused in ((other, False), (value, True)):
                iam.put_role_policy(**named, PolicyDocument=_deny(key, wanted))
                assert _is_refused(s3, told) is refused, (key, wanted)
        finally:
            iam.delete_role_policy(**named)


def _deny(key: str, value: str) -> str:
    return (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", '
        '"Action": "s3:PutObject", "Resource": "*", '
        f'"Condition": {{"StringEquals": {{"{key}": "{value}"}}}}}}}}'
    )


def _is_refused(s3: Any, told: dict[str, Any]) -> bool:
    try:
        s3.put_object(Bucket=told["bucket"], Key=f"{told['folder']}t", Body=b"")
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return True
    return False


def test_an_id_token_is_redeemed_by_boto3_under_its_own_name_only(
    setting: Setting, browser: Browser
) -> None:
    """STS takes it without a portal; the trust policy refuses another's name."""
    token = setting.tokens(browser, ADA)["id_token"]
    is_redeemed_under_own_name_only(setting, ADA, token)


def test_a_refresh_token_renews_once(setting: Setting, browser: Browser) -> None:
    """New credentials each time, by the token that came with the last ones."""
    seen = [setting.signed_in(browser, ADA)]
    for _ in range(2):
        answer = setting.renew(browser)
        assert answer.status_code == 200, answer.text
        seen.append(answer.json())
    assert len({told["credentials"]["session_token"] for told in seen}) == 3
    assert len({told["folder"] for told in seen}) == 1


def test_a_refresh_token_used_twice_ends_the_session(
    setting: Setting, provider: OidcProvider, browser: Browser
) -> None:
    """A thief was first: the provider revokes what both hold, and renewal is over."""
    setting.signed_in(browser, ADA)
    stolen = provider.last_refresh_token()
    assert provider.refresh(stolen).status_code == 200
    thiefs = provider.last_refresh_token()
    assert thiefs != stolen
    answer = setting.renew(browser)
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")
    assert setting.session(browser)["error"] == "session_ended"
    assert provider.refresh(thiefs).json()["error"] == "invalid_grant"


def test_without_a_refresh_token_a_hidden_frame_renews(
    setting: Setting, browser: Browser
) -> None:
    """`prompt=none`: new credentials, and nobody is asked anything."""
    before = setting.signed_in(browser, EVE)
    answer = setting.renew(browser)
    assert answer.status_code == 409
    assert answer.json() == {"renew": "oidc-passive", "url": "/login/oidc?passive=1"}
    assert 'data-outcome="renewed"' in setting.passively(browser).text
    after = setting.session(browser)
    assert after["folder"] == before["folder"]
    assert after["credentials"] != before["credentials"]


def test_the_page_renews_by_its_hidden_frame(
    world: World[OidcProvider], setting: Setting, tab: Page
) -> None:
    """In a real browser, with its rules for frames and cookies."""
    tab.clock.install(time=datetime.now(UTC) + timedelta(seconds=world.ahead))
    tab.goto(f"{setting.portal}/login")
    tab.get_by_label("User name").fill(EVE.name)
    tab.get_by_label("Password").fill(EVE.password)
    tab.get_by_label("Code").fill(EVE.code())
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("heading", name="My documents").wait_for()
    before = tab.evaluate(_SESSION)
    world.pass_by(seconds=11 * 60)
    tab.clock.fast_forward("11:00")
    tab.get_by_label("Filter by name").click()
    end = time.monotonic() + 20
    while (after := tab.evaluate(_SESSION))["expiration"] == before["expiration"]:
        assert time.monotonic() < end, "not renewed"
        tab.clock.run_for(1000)
        tab.wait_for_timeout(100)
    assert after["folder"] == before["folder"]


def test_without_a_session_there_a_hidden_frame_wants_a_sign_in(
    setting: Setting, browser: Browser
) -> None:
    """`login_required`: the frame says so, and the session lives on as it was."""
    before = setting.signed_in(browser, EVE)
    setting.forget_provider(browser)
    assert 'data-outcome="sign-in-needed"' in setting.passively(browser).text
    assert any("error=login_required" in str(step.url) for step in browser.steps)
    assert setting.session(browser) == before


def test_a_missing_second_factor_is_told(setting: Setting, browser: Browser) -> None:
    """Asked for by `acr_values` and `max_age`; the page says why it is no sign-in."""
    page = browser.get(f"{setting.portal}/login")
    asked = next(step.url for step in browser.steps if step.url.path == "/auth")
    assert asked.params["acr_values"] == "https://refeds.org/profile/mfa"
    assert asked.params["max_age"] == "720"
    page = setting.provider.fill_in(browser, page, BOB)
    assert page.status_code == 403
    assert "A second factor is needed" in page.text
    assert setting.session(browser)["error"] == "signed_out"


def test_a_second_factor_is_due_again_when_it_is_too_old(
    world: World[OidcProvider], setting: Setting, browser: Browser
) -> None:
    """No renewal by any way; the forced sign-in asks, and its answer counts."""
    before = setting.signed_in(browser, ADA)
    assert before["mfa"] is True
    world.pass_by(seconds=13 * 60)
    answer = setting.renew(browser)
    assert (answer.status_code, answer.json()["error"]) == (401, "mfa_required")
    again = answer.json()["sign_in_url"]
    # The usual sign-in is no way around: `max_age` makes the provider ask too.
    assert setting.asks(browser.get(f"{setting.portal}/login"))
    page = setting.sign_in(browser, ADA, again)
    assert str(page.url) == f"{setting.portal}/", page.text
    after = setting.session(browser)
    assert after["folder"] == before["folder"]
    assert setting.renew(browser).status_code == 200


def test_a_forced_sign_in_needs_the_second_factor(
    setting: Setting, browser: Browser
) -> None:
    """A password alone is fresh, and still not enough."""
    setting.signed_in(browser, ADA)
    page = browser.get(f"{setting.portal}/login?reauthenticate=1")
    page = browser.submit(page, username=ADA.name, password=ADA.password)
    assert page.status_code == 403
    assert "A second factor is needed" in page.text


def test_signing_out_at_the_portal_signs_out_at_the_provider(
    setting: Setting, browser: Browser
) -> None:
    """To the provider's end of session and back; the next sign-in asks who it is."""
    setting.signed_in(browser, ADA)
    page = browser.get(f"{setting.portal}/logout", **OWN)
    assert str(page.url).startswith(setting.provider.issuer), page.text
    # The session here is over whatever the person does there.
    assert setting.session(browser)["error"] == "signed_out"
    page = browser.submit(page, logout="yes")
    assert str(page.url) == f"{setting.portal}/", page.text
    assert setting.asks(browser.get(f"{setting.portal}/login"))


def test_signing_out_at_the_provider_signs_out_at_the_portal(
    setting: Setting, new_browser: Callable[[], Browser]
) -> None:
    """By a logout token, server to server; another session of theirs lives on."""
    browser, elsewhere = new_browser(), new_browser()
    for each in (browser, elsewhere):
        setting.signed_in(each, ADA)
    page = browser.get(f"{setting.provider.issuer}/session/end")
    page = browser.get(f"{setting.provider.issuer}/session/end")
    browser.submit(page, logout="yes")
    end = time.monotonic() + 10
    while "error" not in setting.session(browser):
        assert time.monotonic() < end, "the portal was not told"
        time.sleep(0.05)
    assert setting.session(browser)["error"] == "signed_out_elsewhere"
    assert setting.session(elsewhere)["person"] == ADA.name


def test_new_signing_keys_keep_nobody_out(
    world: World[OidcProvider], setting: Setting, browser: Browser
) -> None:
    """Changed at once, without notice: the next sign-in has them fetched."""
    setting.signed_in(browser, ADA)
    world.provider.make_keys("second")
    world.restart_provider()
    world.pass_by(seconds=60)
    page = setting.sign_in(browser, ADA)
    assert str(page.url) == f"{setting.portal}/", page.text
