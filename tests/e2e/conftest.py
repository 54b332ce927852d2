"""A whole SecureCart, started by its own command, and a real browser."""

import base64
import hashlib
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests import signing_in
from tests.chromium import chromium
from tests.installation import (
    Home,
    Running,
    free_ports,
    in_background,
    start,
    stop,
    wait_ready,
)


@pytest.fixture(scope="session")
def ports() -> dict[str, int]:
    """Free ports for the installation that tests share."""
    return free_ports()


@pytest.fixture(scope="session", name="free_ports")
def free_ports_fixture() -> Callable[[], dict[str, int]]:
    """See `free_ports`."""
    return free_ports


@pytest.fixture(scope="session", name="start")
def start_fixture() -> Callable[..., subprocess.Popen[bytes]]:
    """See `start`."""
    return start


@pytest.fixture(scope="session", name="in_background")
def in_background_fixture() -> Callable[..., subprocess.Popen[bytes]]:
    """See `in_background`."""
    return in_background


@pytest.fixture(scope="session", name="stop")
def stop_fixture() -> Callable[[subprocess.Popen[bytes]], int]:
    """See `stop`."""
    return stop


@pytest.fixture(scope="session", name="wait_ready")
def wait_ready_fixture() -> Callable[..., Running]:
    """See `wait_ready`."""
    return wait_ready


@pytest.fixture(scope="session")
def running(
    tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int]
) -> Iterator[Running]:
    """One installation for all end-to-end tests; each works as people do."""
    data = tmp_path_factory.mktemp("securecart") / "data"
    process = start(data, ports)
    try:
        yield wait_ready(data, process)
    finally:
        assert stop(process) == 0


@pytest.fixture(scope="session")
def new_home() -> Callable[..., Home]:
    """Makes an installation that was never started; whoever starts it stops it."""
    return Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An installation that was never started."""
    home = Home(tmp_path / "data")
    yield home
    home.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """See `chromium`."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody used before."""
    context = browser.new_context(
        viewport={"width": 1180, "height": 760}, accept_downloads=True
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of it."""
    return context.new_page()


@pytest.fixture(scope="session")
def sign_in(running: Running) -> Callable[..., dict[str, Any]]:
    """Sign in as a person does, beginning at the portal; answers the session."""

    def sign_in(
        page: Page, department: str, how: str = "", at: Running = running
    ) -> dict[str, Any]:
        person = at.person(department)
        if how:
            page.goto(f"{at.portal}/login/{how}")
        else:
            page.goto(at.portal)
            page.get_by_role("link", name="Sign in with SSO").click()
        page.get_by_label("User name").fill(person["username"])
        page.get_by_label("Password").fill(person["password"])
        page.get_by_role("button", name="Sign in").click()
        if "totp_secret" in person:
            code = pyotp.TOTP(person["totp_secret"]).now()
            page.get_by_label("Code").fill(code)
            page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="My documents").wait_for()
        told = page.evaluate("fetch('/api/session').then(answer => answer.json())")
        return dict(told)

    return sign_in


@pytest.fixture(scope="session")
def sign_in_without_browser() -> Callable[[Running, str], dict[str, Any]]:
    """Sign in by the same pages with a plain HTTP client; answers the session."""
    return signing_in.sign_in


def _sign_in_at(page: Page, address: str, person: dict[str, str]) -> None:
    page.goto(address)
    page.get_by_label("User name").fill(person["username"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()


def id_token(running: Running, page: Page, person: dict[str, str]) -> str:
    """Get an ID token as the portal does: code, PKCE, and the client's secret."""
    discovery = f"{running.ready['idp']}/.well-known/openid-configuration"
    provider = httpx.get(discovery).json()
    callback = f"{running.portal}/oidc/callback"
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    question = {
        "response_type": "code",
        "client_id": "securecart-portal",
        "redirect_uri": callback,
        "scope": "openid",
        "state": "x",
        "nonce": "y",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    ask = f"{provider['authorization_endpoint']}?{urlencode(question)}"
    _sign_in_at(page, ask, person)
    # The portal did not ask, so it leaves the code alone.
    page.wait_for_url(f"{callback}?*")
    answer = httpx.post(
        provider["token_endpoint"],
        auth=("securecart-portal", (running.data / "portal/client.secret").read_text()),
        data={
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(page.url).query)["code"][0],
            "redirect_uri": callback,
            "code_verifier": verifier,
        },
    )
    return str(answer.json()["id_token"])


@pytest.fixture(scope="session")
def get_id_token() -> Callable[[Running, Page, dict[str, str]], str]:
    """See `id_token`."""
    return id_token
