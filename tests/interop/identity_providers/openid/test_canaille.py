"""Signing in at Canaille, which keeps to OpenID Connect in its own way."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from tests.installation import free_ports
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.openid.canaille import ADA, Canaille
from tests.interop.identity_providers.openid.scenarios import (
    is_redeemed_under_own_name_only,
    reaches_own_folder_only,
)
from tests.interop.identity_providers.openid.setting import OWN, Setting
from tests.interop.identity_providers.openid.world import World, running_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World[Canaille]]:
    """A client without an audience, and a person who needs a password alone."""
    ports = free_ports()
    portal = f"http://localhost:{ports['portal']}"
    provider = Canaille(tmp_path_factory.mktemp("canaille"), portal)
    folder = tmp_path_factory.mktemp("securecart")
    with running_world(folder, ports, provider) as running:
        yield running


@pytest.fixture(scope="module")
def for_nobody(world: World[Canaille]) -> Setting:
    """As long as the client has no audience."""
    return world.setting


@pytest.fixture(scope="module")
def with_password(world: World[Canaille], for_nobody: Setting) -> Setting:
    """The client has one; a password is enough."""
    world.provider.set_audience()
    return for_nobody


@pytest.fixture(scope="module")
def with_code(world: World[Canaille], with_password: Setting) -> Setting:
    """Everybody is asked for a code too."""
    world.provider.ask_for("password", "otp")
    world.restart_provider()
    return with_password


def next_second() -> None:
    """Wait until Canaille can issue a person's next token.

    Two within one second are the same text, of which its database holds one.
    """
    time.sleep(1.05 - time.time() % 1)


@pytest.fixture(autouse=True)
def _alone() -> None:
    next_second()


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def test_it_offers_unsigned_tokens(for_nobody: Setting) -> None:
    """Discovery is taken all the same: what it offers is not what is taken."""
    address = f"{for_nobody.provider.issuer}/.well-known/openid-configuration"
    offered = httpx.get(address, trust_env=False).json()
    assert "none" in offered["id_token_signing_alg_values_supported"]
    # Which is why the guide says that signing out there is not noticed here.
    assert "backchannel_logout_supported" not in offered


def test_an_id_token_for_nobody_is_refused(
    for_nobody: Setting, browser: Browser
) -> None:
    """No session, a page that says so, and a log that names the cause."""
    page = for_nobody.sign_in(browser, ADA)
    assert page.status_code == 403
    assert "This sign-in was not accepted" in page.text
    assert for_nobody.session(browser)["error"] == "signed_out"
    assert "the token is for another audience" in for_nobody.portal_log()


def test_people_reach_their_own_folder_and_no_other(
    with_password: Setting, browser: Browser
) -> None:
    """Discovery, PKCE, state, nonce, code and ID token lead to credentials for S3."""
    reaches_own_folder_only(with_password, browser, ADA, mfa=False)


def test_an_id_token_is_redeemed_by_boto3_under_its_own_name_only(
    with_password: Setting, browser: Browser
) -> None:
    """Its `auth_time` has a fraction; the trust policy refuses another's name."""
    token = with_password.tokens(browser, ADA)["id_token"]
    assert isinstance(_claims(token)["auth_time"], float)
    is_redeemed_under_own_name_only(with_password, ADA, token)


def test_a_hidden_frame_renews(with_password: Setting, browser: Browser) -> None:
    """`prompt=none`: new credentials, and nobody is asked anything."""
    before = with_password.signed_in(browser, ADA)
    assert with_password.renew(browser).status_code == 409
    next_second()
    assert 'data-outcome="renewed"' in with_password.passively(browser).text
    after = with_password.session(browser)
    assert after["folder"] == before["folder"]
    assert after["credentials"] != before["credentials"]


def test_without_a_session_there_a_hidden_frame_wants_a_sign_in(
    with_password: Setting, browser: Browser
) -> None:
    """`login_required`: the frame says so, and the session lives on as it was."""
    before = with_password.signed_in(browser, ADA)
    with_password.forget_provider(browser)
    assert 'data-outcome="sign-in-needed"' in with_password.passively(browser).text
    assert any("error=login_required" in str(step.url) for step in browser.steps)
    assert with_password.session(browser) == before


def test_signing_out_at_the_portal_signs_out_at_the_provider(
    with_password: Setting, browser: Browser
) -> None:
    """To the provider's end of session and back; the next sign-in asks who it is."""
    with_password.signed_in(browser, ADA)
    page = browser.get(f"{with_password.portal}/logout", **OWN)
    assert str(page.url) == f"{with_password.portal}/", page.text
    assert with_password.session(browser)["error"] == "signed_out"
    assert with_password.asks(browser.get(f"{with_password.portal}/login"))


def test_a_second_factor_is_told_and_asked_for_again(
    with_code: Setting, browser: Browser
) -> None:
    """`amr` has it; a forced sign-in asks once, and its answer counts as fresh."""
    told = with_code.signed_in(browser, ADA)
    assert told["mfa"] is True
    next_second()
    page = with_code.sign_in(browser, ADA, "/login?reauthenticate=1")
    assert str(page.url) == f"{with_code.portal}/", page.text
    assert with_code.session(browser)["mfa"] is True


def test_a_refresh_token_without_an_id_token_leads_to_the_hidden_frame(
    world: World[Canaille], with_code: Setting, browser: Browser
) -> None:
    """Nobody is signed out because the provider renews in half only."""
    world.provider.allow_refresh_tokens()
    before = with_code.signed_in(browser, ADA)
    next_second()
    answer = with_code.renew(browser)
    assert answer.status_code == 409, answer.text
    assert answer.json() == {"renew": "oidc-passive", "url": "/login/oidc?passive=1"}
    next_second()
    assert 'data-outcome="renewed"' in with_code.passively(browser).text
    after = with_code.session(browser)
    assert after["credentials"] != before["credentials"]


def test_new_signing_keys_keep_nobody_out(
    world: World[Canaille], with_code: Setting, browser: Browser
) -> None:
    """Changed at once, without notice: the next sign-in has them fetched."""
    world.provider.make_key()
    world.provider.ask_for("password", "otp")
    world.restart_provider()
    # Keys that were fetched half a minute ago may be fetched again.
    world.pass_by(seconds=40)
    with_code.signed_in(browser, ADA)


def test_an_algorithm_that_is_not_pinned_is_refused(
    world: World[Canaille], with_code: Setting, browser: Browser
) -> None:
    """Offered and used by the provider, with a key of its own: taken by nobody."""
    world.provider.sign_by("PS256")
    page = with_code.sign_in(browser, ADA)
    assert page.status_code == 403
    assert "This sign-in was not accepted" in page.text
    assert "the algorithm is not one of those accepted" in with_code.portal_log()
    next_second()
    token = with_code.tokens(browser, ADA)["id_token"]
    iam, sts = (with_code.running.client(name) for name in ("iam", "sts"))
    with pytest.raises(ClientError) as error:
        sts.assume_role_with_web_identity(
            RoleArn=iam.get_role(RoleName="SecureCartEmployee")["Role"]["Arn"],
            RoleSessionName=ADA.name,
            WebIdentityToken=token,
        )
    assert error.value.response["Error"]["Code"] == "InvalidIdentityToken"
