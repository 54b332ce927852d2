"""A whole SecureCart, started by its own command, and a real browser."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyotp
import pytest
from botocore.config import Config
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_START_SECONDS = 60
_STOP_SECONDS = 30


@dataclass(frozen=True)
class Running:
    """A running installation, as `ready.json` tells of it."""

    ready: dict[str, Any]
    data: Path
    process: subprocess.Popen[bytes]

    @property
    def portal(self) -> str:
        return str(self.ready["portal"])

    def person(self, department: str) -> dict[str, str]:
        """The sample sign-in of a department."""
        return next(p for p in self.ready["sign_ins"] if p["department"] == department)

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """An unchanged boto3 client; as the administrator, or with a session."""
        keys = credentials or self.ready["admin"]
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service, by name
            endpoint_url=self.ready["aws"],
            region_name=self.ready["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys.get("session_token"),
            config=Config(retries={"max_attempts": 0}),
        )


def free_port() -> int:
    """A port that nobody listens on, on either loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, ports: dict[str, int], *extra: str) -> subprocess.Popen[bytes]:
    """Run `securecart up` in the background."""
    command = [sys.executable, "-m", "securecart", "up", "--data-dir", str(data)]
    for name, port in ports.items():
        command += [f"--{name}-port", str(port)]
    # Its own group, so that a test may end all of it whatever happens.
    return subprocess.Popen(
        [*command, *extra],
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def wait_ready(data: Path, process: subprocess.Popen[bytes]) -> Running:
    """Wait for `ready.json`; a start that fails shows what it printed."""
    deadline = time.monotonic() + _START_SECONDS
    file = data / "ready.json"
    while time.monotonic() < deadline:
        if file.exists():
            return Running(json.loads(file.read_text()), data, process)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    stop(process)
    output = process.stdout.read().decode() if process.stdout else ""
    logs = "".join(
        f"\n--- {log.name}\n{log.read_text()[-3000:]}"
        for log in sorted((data / "logs").glob("*.log"))
    )
    raise AssertionError(f"securecart up did not get ready:\n{output}{logs}")


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C, and the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode


def _ports() -> dict[str, int]:
    return {name: free_port() for name in ("portal", "idp", "aws")}


@pytest.fixture(scope="session")
def ports() -> dict[str, int]:
    """Free ports for the installation that tests share."""
    return _ports()


@pytest.fixture(scope="session")
def free_ports() -> Callable[[], dict[str, int]]:
    """Free ports for an installation of a test's own."""
    return _ports


@pytest.fixture(scope="session", name="start")
def start_fixture() -> Callable[..., subprocess.Popen[bytes]]:
    """See `start`."""
    return start


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
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "Chromium is missing: install the Debian package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


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

    def sign_in(page: Page, department: str, how: str = "") -> dict[str, Any]:
        person = running.person(department)
        if how:
            page.goto(f"{running.portal}/login/{how}")
        else:
            page.goto(running.portal)
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
