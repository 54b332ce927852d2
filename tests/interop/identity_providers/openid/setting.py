"""An installation that trusts an OpenID provider which others wrote."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import httpx
from tests.installation import Running
from tests.interop.identity_providers.browser import Browser

CLIENT = "securecart-portal"
OWN = {"Sec_Fetch_Site": "same-origin"}
"""What a browser says of a request from the portal's own page."""


@dataclass(frozen=True)
class Person:
    """Somebody in a provider's directory; `code` answers a code of the moment."""

    name: str
    password: str
    code: Callable[[], str] = str


class Provider(Protocol):
    """What tests do at a provider as its people do."""

    issuer: str
    secret: str
    """The portal's, as a client."""

    def fill_in(
        self, browser: Browser, page: httpx.Response, who: Person
    ) -> httpx.Response:
        """Say who it is on the provider's pages; answer the page that follows."""


@dataclass(frozen=True)
class Setting:
    """A running installation and its provider."""

    running: Running
    provider: Provider

    @property
    def portal(self) -> str:
        return self.running.portal

    def sign_in(
        self, browser: Browser, who: Person, path: str = "/login"
    ) -> httpx.Response:
        """Sign in from the portal as far as it goes; answer the last page."""
        page = browser.get(f"{self.portal}{path}")
        assert self.asks(page), page.text
        return self.provider.fill_in(browser, page, who)

    def signed_in(self, browser: Browser, who: Person) -> dict[str, Any]:
        """Sign in, and answer the session."""
        page = self.sign_in(browser, who)
        assert str(page.url) == f"{self.portal}/", page.text
        return self.session(browser)

    def asks(self, page: httpx.Response) -> bool:
        """Say whether a page is where the provider asks who it is."""
        return str(page.url).startswith(self.provider.issuer) and "<form" in page.text

    def session(self, browser: Browser) -> dict[str, Any]:
        """What the portal says of the session, or why there is none."""
        answer = browser.http.get(
            f"{self.portal}/api/session", headers={"Sec-Fetch-Site": "same-origin"}
        )
        return dict(answer.json())

    def renew(self, browser: Browser) -> httpx.Response:
        """Ask for a renewal, as the page does while somebody works."""
        headers = {
            "X-CSRF-Token": self.session(browser)["csrf_token"],
            "Origin": self.portal,
        }
        return browser.http.post(f"{self.portal}/api/session/renew", headers=headers)

    def passively(self, browser: Browser) -> httpx.Response:
        """What the portal's hidden frame ends on."""
        return browser.get(f"{self.portal}/login/oidc?passive=1", **OWN)

    def forget_provider(self, browser: Browser) -> None:
        """Take all cookies but the portal's out of the browser."""
        for cookie in list(browser.http.cookies.jar):
            if not cookie.name.startswith("securecart-"):
                with suppress(KeyError):
                    browser.http.cookies.jar.clear(
                        cookie.domain, cookie.path, cookie.name
                    )

    def portal_log(self) -> str:
        """What the portal wrote down."""
        return (self.running.data / "logs/portal.log").read_text()

    def tokens(self, browser: Browser, who: Person) -> dict[str, Any]:
        """Get tokens without the portal, as any client with its secret does."""
        callback = f"{self.portal}/oidc/callback"
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        known = httpx.get(
            f"{self.provider.issuer}/.well-known/openid-configuration", trust_env=False
        ).json()
        question = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": callback,
            "scope": "openid",
            "state": "x",
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        address = httpx.URL(known["authorization_endpoint"], params=question)
        page = self.provider.fill_in(browser, browser.get(str(address)), who)
        # The portal did not ask, so it leaves the code alone.
        assert page.url.copy_with(query=None) == callback, page.text
        answer = httpx.post(
            known["token_endpoint"],
            auth=(CLIENT, quote(self.provider.secret)),
            data={
                "grant_type": "authorization_code",
                "code": page.url.params["code"],
                "redirect_uri": callback,
                "code_verifier": verifier,
            },
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return dict(answer.json())
