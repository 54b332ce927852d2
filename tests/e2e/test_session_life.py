"""Fifteen-minute sessions on a clock that moves: renewed, ended, MFA again."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.slow

_CONFIGURATION = """
[session]
minutes = 15
[mfa]
max_age_minutes = 10
"""
_RENEWED_BY = timedelta(minutes=11)
_OVER_BY = timedelta(minutes=16)
_LONG_OVER = timedelta(hours=1)
_HERE = Path(__file__).parent


class Clock:
    """The servers' clock and the browser's, moved together."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = timedelta()
        self._file.write_text("0")

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta, *pages: Page) -> None:
        self._ahead += by
        partial_file = self._file.with_suffix(".partial")
        partial_file.write_text(str(self._ahead.total_seconds()))
        partial_file.replace(self._file)
        for page in pages:
            page.clock.fast_forward(int(by.total_seconds() * 1000))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installation lives, and its clock."""
    return tmp_path_factory.mktemp("session-life")


@pytest.fixture(scope="module")
def servers_clock(folder: Path) -> Clock:
    """A clock that is right, to begin with."""
    return Clock(folder / "clock")


@pytest.fixture
def clock(servers_clock: Clock) -> Clock:
    """Later than any session or code of the test before lasts."""
    servers_clock.advance(_LONG_OVER)
    return servers_clock


@pytest.fixture(scope="module")
def short_lived(
    folder: Path,
    servers_clock: Clock,
    free_ports: Callable[[], dict[str, int]],
    in_background: Callable[..., Any],
    wait_ready: Callable[..., Any],
    stop: Callable[..., int],
) -> Iterator[Any]:
    """An installation on that clock, with sessions of fifteen minutes."""
    del servers_clock
    (folder / "securecart.toml").write_text(_CONFIGURATION)
    command = [sys.executable, str(_HERE / "on_moved_clock.py"), "up"]
    command += ["--data-dir", str(folder / "data")]
    for name, port in free_ports().items():
        command += [f"--{name}-port", str(port)]
    process = in_background(
        command, folder / "data", {"TEST_CLOCK": str(folder / "clock")}
    )
    try:
        yield wait_ready(folder / "data", process)
    finally:
        assert stop(process) == 0


def sign_in(
    page: Page, clock: Clock, at: Any, department: str, how: str
) -> dict[str, Any]:
    """Sign somebody in, on a browser whose clock is the test's."""
    page.clock.install(time=clock.now())
    page.goto(f"{at.portal}/login/{how}")
    fill_in(page, at.person(department), clock.now())
    page.get_by_role("heading", name="My documents").wait_for()
    return session(page)


def fill_in(page: Page, person: dict[str, str], now: datetime) -> None:
    """The company's sign-in pages, with a second factor where it is asked for."""
    page.get_by_label("User name").fill(person["username"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    if "totp_secret" in person:
        page.get_by_label("Code").fill(pyotp.TOTP(person["totp_secret"]).at(now))
        page.get_by_role("button", name="Continue").click()


def session(page: Page) -> dict[str, Any]:
    """What the portal says of the session."""
    told = page.evaluate("fetch('/api/session').then(answer => answer.json())")
    return dict(told)


def _renewed(page: Page, before: dict[str, Any]) -> dict[str, Any]:
    """Wait until the page has other credentials, as its own clock ticks on."""
    now = before
    for _ in range(60):
        page.clock.run_for(1000)
        now = session(page)
        if now.get("expiration", "") > before["expiration"]:
            return now
        page.wait_for_timeout(100)
    raise AssertionError(f"still the session of before: {now}")


def test_credentials_are_renewed_while_the_person_is_active(
    browser: Browser, servers_clock: Clock, short_lived: Any
) -> None:
    """By refresh token or by a passive request: nobody is asked anything.

    Both at once and before all else: the store, whose clock nobody moves, takes
    nothing that was signed more than 15 minutes from its own.
    """
    ways = {"oidc": "engineering", "saml": "finance"}
    with ExitStack() as open_pages:
        pages = {
            how: open_pages.enter_context(browser.new_context()).new_page()
            for how in ways
        }
        before = {
            how: sign_in(page, servers_clock, short_lived, ways[how], how)
            for how, page in pages.items()
        }
        servers_clock.advance(_RENEWED_BY, *pages.values())
        for how, page in pages.items():
            page.get_by_label("Filter by name").click()
            after = _renewed(page, before[how])
            assert after["folder"] == before[how]["folder"]
            assert after["credentials"] != before[how]["credentials"]
            page.get_by_label("Files to upload").set_input_files(
                {"name": "later.txt", "mimeType": "text/plain", "buffer": b"still here"}
            )
            expect(page.get_by_role("row").filter(has_text="later.txt")).to_be_visible()


def test_an_empty_chair_is_signed_out(
    page: Page, clock: Clock, short_lived: Any
) -> None:
    """Nobody touched anything: the session ends, and a new sign-in is asked for."""
    sign_in(page, clock, short_lived, "engineering", "saml")
    clock.advance(_OVER_BY, page)
    page.clock.run_for(2000)
    dialog = page.get_by_role("dialog", name="Please sign in again")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Sign in with SSO")).to_be_visible()


@pytest.mark.parametrize("how", ["oidc", "saml"])
def test_the_second_factor_is_asked_for_again(
    page: Page,
    context: BrowserContext,
    clock: Clock,
    short_lived: Any,
    how: str,
) -> None:
    """Older than its age allows: password and code again, and work goes on."""
    before = sign_in(page, clock, short_lived, "legal", how)
    clock.advance(_RENEWED_BY, page)
    page.get_by_label("Filter by name").click()
    page.clock.run_for(2000)
    dialog = page.get_by_role("dialog", name="Please sign in again")
    expect(dialog).to_be_visible()
    with context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in with SSO").click()
    fill_in(opened.value, short_lived.person("legal"), clock.now())
    opened.value.get_by_role("heading", name="My documents").wait_for()
    expect(dialog).to_have_count(0)
    assert session(page)["folder"] == before["folder"]
