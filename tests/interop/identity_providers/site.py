"""An installation that trusts a provider which others wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from tests.installation import Home, Running
from tests.interop.identity_providers.browser import Browser

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"


@dataclass(frozen=True)
class Person:
    """Somebody in a provider's directory; `tag` is their principal tag."""

    name: str
    password: str
    tag: str


class Provider(Protocol):
    """What tests do at a provider, as its people and its administrator."""

    metadata: str
    """Where it serves its own."""
    people: tuple[Person, Person]
    cookies: tuple[str, ...]
    """Those by which it knows a browser."""
    begin: str
    """Where a sign-in for the portal begins at the provider."""
    sign_out: str
    """Where signing out begins at the provider."""

    def trust(self, portal_metadata: bytes, *, encrypt: bool) -> None:
        """Take the portal's metadata."""

    def fill_in(self, browser: Browser, page: httpx.Response, who: Person) -> Any:
        """Say who it is on the provider's page; answer the page that follows."""


@dataclass(frozen=True)
class Site:
    """A running installation and its provider."""

    running: Running
    provider: Provider
    encrypts: bool

    @property
    def portal(self) -> str:
        return self.running.portal

    def be_the_one(self) -> None:
        """Have the provider trust this portal.

        All portals have one entity id, so it knows one at a time.
        """
        answer = httpx.get(f"{self.portal}/saml/metadata", trust_env=False)
        self.provider.trust(answer.content, encrypt=self.encrypts)

    def sign_in(
        self, browser: Browser, who: Person, path: str = "/login"
    ) -> httpx.Response:
        """Sign in from the portal as far as it goes; answer the last page."""
        page = browser.get(f"{self.portal}{path}")
        return self.at_provider(browser, page, who)

    def at_provider(
        self, browser: Browser, page: httpx.Response, who: Person
    ) -> httpx.Response:
        """Fill the provider's page in; answer the page that follows."""
        answer: httpx.Response = self.provider.fill_in(browser, page, who)
        return answer

    def asks(self, page: httpx.Response) -> bool:
        """Say whether a page is where the provider asks for a password."""
        provider = httpx.URL(self.provider.metadata)
        return page.url.netloc == provider.netloc and 'type="password"' in page.text

    def session(self, browser: Browser) -> dict[str, Any]:
        """What the portal says of the session, or why there is none."""
        answer = browser.http.get(
            f"{self.portal}/api/session", headers={"Sec-Fetch-Site": "same-origin"}
        )
        return dict(answer.json())

    def credentials(self, browser: Browser) -> dict[str, str]:
        """The temporary credentials of the session."""
        told = self.session(browser)
        assert "credentials" in told, told
        return dict(told["credentials"])

    def forget_provider(self, browser: Browser) -> None:
        """Take the provider's cookies out of the browser."""
        for name in self.provider.cookies:
            for cookie in list(browser.http.cookies.jar):
                if cookie.name == name:
                    browser.http.cookies.jar.clear(
                        cookie.domain, cookie.path, cookie.name
                    )


@contextmanager
def running_site(
    folder: Path, provider: Provider, metadata: str, settings: str, *, encrypts: bool
) -> Iterator[Site]:
    """Run an installation with the provider's metadata from a file or an address."""
    (folder / "securecart.toml").write_text(
        f'[account]\nid = "{ACCOUNT}"\n'
        '[idp]\nkind = "external"\nsign_in = "saml"\n'
        f'[idp.saml]\nmetadata = "{metadata}"\n{settings}'
    )
    home = Home(folder / "data")
    try:
        yield Site(home.up(), provider, encrypts)
    finally:
        assert home.stop() == 0
