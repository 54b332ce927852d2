"""Fifteen-minute sessions on a clock that moves: renewed, ended, MFA again."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.slow

_CONFIGURATION = """
[session]
minutes = 15
[mfa]
max_age_minutes = 10
"""
_RENEWED_BY = timedelta(minutes=11)
_OVER_BY = timedelta(minutes=16)
_HERE = Path(__file__).parent


class Clock:
    """The servers' clock and the browser's, moved together."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = timedelta()
        self._file.write_text("0")

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, page: Page, by: timedelta) -> None:
        self._ahead += by
        partial_file = self._file.with_suffix(".partial")
        partial_file.write_text(str(self._ahead.total_seconds()))
        partial_file.replace(self._file)
        page.clock.fast_forward(int(by.total_seconds() * 1000))


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """A clock that is right, to begin with."""
    return Clock(tmp_path / "clock")


@pytest.fixture
def short_lived(
    tmp_path: Path,
    clock: Clock,
    free_ports: Callable[[], dict[str, int]],
    in_background: Callable[..., Any],
    wait_ready: Callable[..., Any],
    stop: Callable[..., int],
) -> Iterator[Any]:
    """An installation on that clock, with sessions of fifteen minutes."""
    del clock
    (tmp_path / "securecart.toml").write_text(_CONFIGURATION)
    command = [sys.executable, str(_HERE / "on_moved_clock.py"), "up"]
    command += ["--data-dir", str(tmp_path / "data")]
    for name, port in free_ports().items():
        command += [f"--{name}-port", str(port)]
    process = in_background(
        command, tmp_path / "data", {"TEST_CLOCK": str(tmp_path / "clock")}
    )
    try:
        yield wait_ready(tmp_path / "data", process)
    finally:
        assert stop(process) == 0


@pytest.fixture
def person(page: Page, clock: Clock, short_lived: Any) -> Callable[..., Any]:
    """Sign somebody in, on a browser whose clock is the test's."""

    def sign_in(department: str, how: str) -> dict[str, Any]:
        page.clock.install(time=clock.now())
        page.goto(f"{short_lived.portal}/login/{how}")
        found = short_lived.person(department)
        fill_in(page, found, clock.now())
        page.get_by_role("heading", name="My documents").wait_for()
        return session(page)

    return sign_in


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


@pytest.mark.parametrize("how", ["oidc", "saml"])
def test_credentials_are_renewed_while_the_person_is_active(
    page: Page, person: Callable[..., Any], clock: Clock, how: str
) -> None:
    """By refresh token or by a passive request: nobody is asked anything."""
    before = person("engineering", how)
    clock.advance(page, _RENEWED_BY)
    page.get_by_label("Filter by name").click()
    after = _renewed(page, before)
    assert after["folder"] == before["folder"]
    assert after["credentials"] != before["credentials"]
    page.get_by_label("Files to upload").set_input_files(
        {"name": "later.txt", "mimeType": "text/plain", "buffer": b"still here"}
    )
    expect(page.get_by_role("row").filter(has_text="later.txt")).to_be_visible()


def test_an_empty_chair_is_signed_out(
    page: Page, person: Callable[..., Any], clock: Clock
) -> None:
    """Nobody touched anything: the session ends, and a new sign-in is asked for."""
    person("engineering", "saml")
    clock.advance(page, _OVER_BY)
    page.clock.run_for(2000)
    dialog = page.get_by_role("dialog", name="Please sign in again")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("link", name="Sign in with SSO")).to_be_visible()


@pytest.mark.parametrize("how", ["oidc", "saml"])
def test_the_second_factor_is_asked_for_again(
    page: Page,
    context: BrowserContext,
    person: Callable[..., Any],
    clock: Clock,
    short_lived: Any,
    how: str,
) -> None:
    """Older than its age allows: password and code again, and work goes on."""
    before = person("legal", how)
    clock.advance(page, _RENEWED_BY)
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
