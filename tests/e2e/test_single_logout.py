"""Signing out both ways, sign-ins that begin at the provider, and encryption."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

_CONFIGURATION = """
[idp.saml]
encryption = "required"
idp_initiated = true
"""


@pytest.fixture(scope="module")
def federated(
    tmp_path_factory: pytest.TempPathFactory, new_home: Callable[..., Any]
) -> Iterator[Any]:
    """An installation whose assertions are encrypted, begun on either side."""
    folder = tmp_path_factory.mktemp("federated")
    (folder / "securecart.toml").write_text(_CONFIGURATION)
    home = new_home(folder / "data")
    try:
        yield home.up()
    finally:
        assert home.stop() == 0


def _at_provider(page: Page, federated: Any, button: str) -> None:
    page.goto(federated.ready["idp"])
    page.get_by_role("button", name=button).click()


def _is_signed_in(page: Page, federated: Any) -> bool:
    answer = page.request.get(f"{federated.portal}/api/session")
    return bool(answer.status == 200)


def test_signing_out_at_the_portal_signs_out_at_the_provider(
    page: Page, federated: Any, sign_in: Callable[..., Any]
) -> None:
    """By a signed request and its answer; the next sign-in asks who it is."""
    told = sign_in(page, "engineering", "saml", at=federated)
    page.get_by_label("Files to upload").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"decrypted for me"}
    )
    expect(page.get_by_role("row").filter(has_text="a.txt")).to_be_visible()
    assert told["folder"]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert page.url == f"{federated.portal}/signed-out"
    assert "did not confirm" not in page.content()
    assert not _is_signed_in(page, federated)
    page.goto(f"{federated.portal}/login")
    expect(page.get_by_label("User name")).to_be_visible()


@pytest.mark.parametrize("how", ["saml", "oidc"])
def test_signing_out_at_the_provider_signs_out_at_the_portal(
    page: Page, federated: Any, sign_in: Callable[..., Any], how: str
) -> None:
    """By way of the browser, or server to server; the page says so."""
    sign_in(page, "engineering", how, at=federated)
    other = page.context.new_page()
    _at_provider(other, federated, "Sign out")
    expect(other.get_by_role("heading", name="Nobody is signed in")).to_be_visible()
    for _ in range(50):
        if not _is_signed_in(page, federated):
            break
        page.wait_for_timeout(100)
    assert not _is_signed_in(page, federated)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dialog = page.get_by_role("dialog", name="You were signed out")
    expect(dialog.get_by_role("link", name="Sign in with SSO")).to_be_visible()
    expect(page.get_by_label("Filter by name")).to_have_count(1)


def test_a_sign_in_that_begins_at_the_provider(
    page: Page, federated: Any, sign_in: Callable[..., Any]
) -> None:
    """The portal shows whose it is, and waits for a yes."""
    sign_in(page, "engineering", "saml", at=federated)
    page.context.clear_cookies(name="securecart-session")
    page.goto(federated.ready["idp"])
    page.get_by_role("link", name="Sign in at the portal from here").click()
    expect(page.get_by_role("heading", name="Sign in?")).to_be_visible()
    assert not _is_signed_in(page, federated)
    page.get_by_role("button", name="Sign in as").click()
    page.get_by_role("heading", name="My documents").wait_for()
