"""A browser, a clock that moves, and an identity provider in this process."""

import asyncio
import functools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from lxml import html

from securecart.federation.saml import SigningIdentity
from securecart.names.expiring import InMemoryExpiringRecords
from securecart.sealing import Keyring, SealingKey
from securecart.serve.idp import (
    Directory,
    IdpOptions,
    OidcClient,
    SampleSignIn,
    ServiceProvider,
    sample_sign_ins,
    signing_identity,
)
from securecart.serve.idp.app import create_app
from securecart.serve.idp.oidc import endpoints
from securecart.serve.idp.oidc.id_token import IdTokens

IDP = "http://localhost:8081"
PORTAL = "http://localhost:8080"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class CountingRandom:
    """Bytes that differ each time, and are the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, length: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(length, "big") if length > 3 else bytes(length)


class _InProcess(httpx.BaseTransport):
    """Runs each request through the application, from one address."""

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = httpx.ASGITransport(app)
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def exchange() -> httpx.Response:
            response = await self._transport.handle_async_request(request)
            body = await response.aread()
            return httpx.Response(
                response.status_code, headers=response.headers.raw, content=body
            )

        return self._loop.run_until_complete(exchange())


class Browser:
    """Keeps cookies, follows redirects within the provider, submits forms.

    It stops at the portal's door: what would go there is the result.
    """

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop) -> None:
        self.client = httpx.Client(transport=_InProcess(app, loop), base_url=IDP)

    def get(self, address: str) -> httpx.Response:
        return self._follow(self.client.get(address))

    def post(self, address: str, fields: dict[str, str]) -> httpx.Response:
        headers = {"Origin": IDP}
        return self._follow(self.client.post(address, data=fields, headers=headers))

    def submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        action, fields = form_of(page)
        return self.post(action, fields | typed)

    def sign_in(
        self, page: httpx.Response, who: SampleSignIn, *, now: datetime
    ) -> httpx.Response:
        page = self.submit(page, username=who.username, password=who.password)
        if who.totp_secret is None:
            return page
        return self.submit(page, code=pyotp.TOTP(who.totp_secret).at(now))

    def _follow(self, response: httpx.Response) -> httpx.Response:
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["location"])
            if urlsplit(target).netloc != urlsplit(IDP).netloc:
                return response
            response = self.client.get(target)
        return response


def form_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """The address and the fields of a page's first form."""
    form = html.fromstring(page.text).find(".//form")
    assert form is not None, page.text
    fields = form.findall(".//input[@name]")
    return form.get("action", ""), {
        each.get("name", ""): each.get("value", "") for each in fields
    }


class Posted:
    """Keeps the logout tokens that clients would be sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, address: str, logout_token: str) -> None:
        self.sent.append((address, logout_token))


class World:
    """One installation: its options, its people, its browsers."""

    def __init__(
        self,
        folder: Path,
        *,
        signing: SigningIdentity,
        portal: SigningIdentity,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.clock = MovableClock()
        self.random = CountingRandom()
        self.records = InMemoryExpiringRecords()
        self.posted = Posted()
        self.portal = portal
        self.directory_path = folder / "directory.json"
        self.directory = Directory.load(self.directory_path)
        people = sample_sign_ins(self.directory_path)
        self.engineer, self.accountant, self.lawyer = people
        self.options = IdpOptions(
            base_url=IDP,
            organisation="Example & Sons",
            portal_origin=PORTAL,
            service_provider=ServiceProvider(
                entity_id="urn:amazon:webservices",
                acs_url=f"{PORTAL}/saml/acs",
                certificate_pem=portal.certificate.decode(),
            ),
            clients=(
                OidcClient(
                    client_id="securecart-portal",
                    client_secret="the client's secret",
                    redirect_uris=(f"{PORTAL}/oidc/callback",),
                    post_logout_redirect_uris=(f"{PORTAL}/",),
                    backchannel_logout_uri=f"{PORTAL}/backchannel",
                ),
                OidcClient(
                    client_id="another-application",
                    client_secret="its own secret",
                    redirect_uris=("http://localhost:8090/callback",),
                ),
            ),
            role_arn="arn:aws:iam::123456789012:role/SecureCartEmployee",
            saml_provider_arn="arn:aws:iam::123456789012:saml-provider/SecureCart",
            signing=signing,
        )
        self._loop = loop

    def browser(self, **changes: Any) -> Browser:
        """A fresh browser before a freshly started process on the same records."""
        app = create_app(
            replace(self.options, **changes),
            clock=self.clock,
            random=self.random,
            records=self.records,
            directory=self.directory,
            keyring=Keyring(SealingKey(b"k" * 32)),
            logout_post=self.posted,
        )
        return Browser(app, self._loop)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all: making one needs a socket pair, which tests may not."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="session", autouse=True)
def _keys_are_checked_once() -> Iterator[None]:
    """Reading a private key takes 45 ms, which every fresh process pays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endpoints, "IdTokens", functools.cache(IdTokens))
        yield


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> SigningIdentity:
    """The key pair with which the portal signs its AuthnRequests."""
    folder = tmp_path_factory.mktemp("portal")
    return signing_identity(folder, common_name="portal", now=START)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves behind, made once because hashing is slow."""
    folder = tmp_path_factory.mktemp("idp")
    Directory.create_sample(
        folder / "directory.json",
        seed="test",
        domain="example.com",
        random=CountingRandom(),
        count=40,
    )
    return folder


@pytest.fixture(scope="session")
def signing(installed: Path) -> SigningIdentity:
    """The provider's own key pair, read once because checking it is slow."""
    return signing_identity(installed, common_name="IdP", now=START)


@pytest.fixture
def world(
    tmp_path: Path,
    installed: Path,
    signing: SigningIdentity,
    portal: SigningIdentity,
    loop: asyncio.AbstractEventLoop,
) -> World:
    """A fresh installation."""
    folder = shutil.copytree(installed, tmp_path / "idp")
    return World(folder, signing=signing, portal=portal, loop=loop)


@pytest.fixture
def browser(world: World) -> Browser:
    """A browser that has seen nothing yet."""
    return world.browser()
