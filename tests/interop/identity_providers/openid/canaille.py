"""Canaille from PyPI, set up as the guide says."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pyotp
from joserfc.jwk import RSAKey
from lxml import html
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.guide import Guide
from tests.interop.identity_providers.openid.setting import Person
from tests.interop.peer import Peer, free_port, require

_BIN = Path(sys.prefix) / "canaille/bin"
_OTP_SECRET = "0123456789abcdef"
_TOTP = pyotp.TOTP(base64.b32encode(_OTP_SECRET.encode()).decode())

ADA = Person("ada.lovelace", "ada-password", _TOTP.now)


class Canaille:
    """A Canaille of a test's own, with its data in a folder."""

    secret = "the portal's secret"

    def __init__(self, folder: Path, portal: str) -> None:
        require(
            (_BIN / "canaille").exists(),
            "Canaille",
            "It comes from PyPI; `make peers` installs it apart from our packages.",
        )
        self._folder = folder
        self._port = free_port()
        self._portal = portal
        self.issuer = f"http://localhost:{self._port}"
        self._guide = Guide("canaille.md")
        self.settings = self.from_guide("securecart.toml")
        self.clock = folder / "clock"
        self._key = RSAKey.generate_key(2048)
        (folder / "oidc-client.secret").write_text(self.secret)
        self.ask_for("password")
        self._run("canaille install")
        self._run(
            f"canaille create user --quiet --user-name {ADA.name}"
            f" --password {ADA.password} --emails {ADA.name}@example.com"
            f" --formatted-name {ADA.name.title()} --family-name Lovelace"
            f" --secret-token {_OTP_SECRET} --last-otp-login 2026-01-31T12:00:00Z"
        )
        self._run(self.from_guide("client.sh"))

    def ask_for(self, *factors: str) -> None:
        """Ask for these from the next start on."""
        text = self.from_guide("canaille.toml")
        asked = '["password", "otp"]'
        assert asked in text
        jwk = self._key.as_dict(private=True)
        key = ", ".join(f"{name} = {json.dumps(jwk[name])}" for name in jwk)
        text = text.replace(asked, json.dumps(factors))
        text += f"ACTIVE_JWKS = [{{{key}}}]\n"
        (self._folder / "canaille.toml").write_text(text)

    def make_key(self) -> None:
        """Sign by another key from the next `ask_for` on."""
        self._key = RSAKey.generate_key(2048)

    def set_audience(self) -> None:
        """Have ID tokens be for the portal."""
        self._run(self.from_guide("audience.sh"))

    def allow_refresh_tokens(self) -> None:
        """Let the portal have refresh tokens."""
        self._run(
            "canaille set client securecart-portal --quiet"
            " --grant-types authorization_code --grant-types refresh_token"
        )

    def sign_by(self, algorithm: str) -> None:
        """Sign ID tokens by another algorithm than RS256."""
        self._run(
            "canaille set client securecart-portal --quiet"
            f" --id-token-signed-response-alg {algorithm}"
        )

    def from_guide(self, name: str) -> str:
        """A file of the guide, with this provider's address and the portal's."""
        text = self._guide.file(name)
        if name == "canaille.toml":
            # Names of hosts, without what stands around them in an address.
            text = text.replace("login.example.com", f"localhost:{self._port}")
            text = text.replace("docs.example.com", "localhost")
            return text.replace('SCHEME = "https"', 'SCHEME = "http"')
        text = text.replace("https://login.example.com", self.issuer)
        return text.replace("https://docs.example.com", self._portal)

    def fill_in(
        self, browser: Browser, page: httpx.Response, who: Person
    ) -> httpx.Response:
        """Fill in the pages that ask for name, password and code, as they come."""
        for name, value in (("login", who.name), ("password", who.password)):
            if self._asks_for(page, name):
                page = browser.submit(page, **{name: value})
        for _ in range(2):  # A code may end while it is on its way.
            if self._asks_for(page, "otp"):
                page = browser.submit(page, otp=who.code())
        return page

    def peer(self) -> Peer:
        """Its process."""
        return Peer(
            [str(_BIN / "canaille"), "run", "--bind", f"localhost:{self._port}"],
            ready=f"{self.issuer}/.well-known/openid-configuration",
            directory=self._folder,
        )

    def _asks_for(self, page: httpx.Response, name: str) -> bool:
        if not str(page.url).startswith(self.issuer):
            return False
        return bool(html.fromstring(page.text).xpath(f"//form//input[@name='{name}']"))

    def _run(self, script: str) -> None:
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=self._folder,
            env={**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
