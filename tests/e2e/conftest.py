"""A whole SecureCart, started by its own command, and a real browser."""

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import httpx
import pyotp
import pytest
from botocore.config import Config
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_START_SECONDS = 60
_STOP_SECONDS = 30
_GONE_SECONDS = 5
"""After the parent's death: the kernel ends the store, a broken pipe the rest."""


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
    """A port that nobody listens on, and that no outgoing connection takes."""
    while True:
        # Below both Linux's ephemeral range and what the object store chooses.
        port = 10_000 + secrets.randbelow(8_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start(data: Path, ports: dict[str, int], *extra: str) -> subprocess.Popen[bytes]:
    """Run `securecart up` in the background."""
    command = [sys.executable, "-m", "securecart", "up", "--data-dir", str(data)]
    for name, port in ports.items():
        command += [f"--{name}-port", str(port)]
    return in_background([*command, *extra], data)


def in_background(
    command: list[str], data: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run a command beside its data directory; what it prints goes to a file."""
    with (data.parent / "output.txt").open("wb") as output:
        # Its own group, so that a test may end all of it whatever happens.
        return subprocess.Popen(
            command,
            cwd=data.parent,
            env={**os.environ, **(environment or {})},
            stdout=output,
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
    output = (data.parent / "output.txt").read_text()
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


class Home:
    """A data directory of a test's own, started and stopped as it likes."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._ports = _ports()
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> subprocess.Popen[bytes]:
        """Start, and do not wait."""
        # One that was killed left its own behind.
        (self.data / "ready.json").unlink(missing_ok=True)
        self.process = start(self.data, self._ports)
        return self.process

    def up(self) -> Running:
        """Start, and wait until everything answers."""
        return wait_ready(self.data, self.begin())

    def running(self) -> Running:
        """What runs now."""
        assert self.process is not None
        return wait_ready(self.data, self.process)

    def processes(self) -> dict[int, str]:
        """Every living process whose command line names the directory, by id."""
        found = {}
        for entry in Path("/proc").iterdir():
            # A process may end while we look; a zombie's command line is empty.
            with suppress(OSError):
                command = (entry / "cmdline").read_text().replace("\0", " ")
                if entry.name.isdecimal() and str(self.data) in command:
                    found[int(entry.name)] = command
        return found

    def wait_gone(self) -> None:
        """Wait until nothing runs for the directory."""
        if self.process is not None:
            self.process.wait(_GONE_SECONDS)
        deadline = time.monotonic() + _GONE_SECONDS
        while remaining := self.processes():
            assert time.monotonic() < deadline, remaining
            time.sleep(0.05)

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        return 0 if self.process is None else stop(self.process)


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
def new_home() -> Callable[[Path], Home]:
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
    """The system's Chromium, without a window.

    For one module: while it lives, Playwright has an event loop running in
    this thread, and other tests begin loops of their own.
    """
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

    def sign_in(running: Running, department: str) -> dict[str, Any]:
        person = running.person(department)
        with httpx.Client(follow_redirects=True, trust_env=False, timeout=30) as http:
            page = http.get(f"{running.portal}/login/oidc")
            page = _send_form(http, page, person, "username", "password")
            if "totp_secret" in person:
                code = {"code": pyotp.TOTP(person["totp_secret"]).now()}
                page = _send_form(http, page, code, "code")
            assert str(page.url) == f"{running.portal}/", page.text
            return dict(http.get(f"{running.portal}/api/session").json())

    return sign_in


def _send_form(
    http: httpx.Client, page: httpx.Response, typed: dict[str, str], *names: str
) -> httpx.Response:
    """Fill in the only form of a page, hidden fields and all."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text
    hidden = r'<input type="hidden" name="([^"]+)" value="([^"]*)"'
    fields = {name: unescape(value) for name, value in re.findall(hidden, page.text)}
    fields |= {name: typed[name] for name in names}
    return http.post(page.url.join(unescape(action[1])), data=fields)


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
