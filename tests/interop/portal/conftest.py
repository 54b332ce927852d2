"""The portal over HTTP, with a real database, provider and STS around it.

The provider is the stand-in; STS is moto's, which nobody here wrote.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import boto3
import httpx
import pyotp
import pytest
import uvicorn
from fastapi import FastAPI
from lxml import html
from tests import moto_server

from securecart.adapters.aws.sts_client import AssumedRole, StsClient
from securecart.adapters.fetch import Fetch
from securecart.adapters.oidc_client import OidcClient
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.adapters.saml_metadata import SamlMetadata
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.federation.saml import SigningIdentity
from securecart.names.expiring import InMemoryExpiringRecords
from securecart.sealing import Keyring, SealingKey
from securecart.serve import idp as stand_in
from securecart.serve.idp.app import create_app as create_provider
from securecart.serve.portal import OidcOptions, PortalOptions, SamlOptions
from securecart.serve.portal.app import create_app

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
CLIENT = "securecart-portal"
SECRET = "the client's secret"
QUARTER = 900


class Time:
    """The real time, and how far the test has moved it."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def pass_by(self, **delta: float) -> None:
        self.moved += timedelta(**delta)


class MovedSts:
    """moto's STS, whose own clock cannot be moved: only its ends are."""

    def __init__(self, sts: StsClient, clock: Time) -> None:
        self._sts = sts
        self._clock = clock

    def assume_role_with_saml(self, *arguments: Any) -> AssumedRole:
        return self._moved(self._sts.assume_role_with_saml(*arguments))

    def assume_role_with_web_identity(self, *arguments: Any) -> AssumedRole:
        return self._moved(self._sts.assume_role_with_web_identity(*arguments))

    def _moved(self, answer: AssumedRole) -> AssumedRole:
        assert answer.credentials.expiration is not None
        end = answer.credentials.expiration + self._clock.moved
        return replace(answer, credentials=replace(answer.credentials, expiration=end))


def _bound() -> tuple[socket.socket, str]:
    made = socket.create_server(("127.0.0.1", 0))
    return made, f"http://localhost:{made.getsockname()[1]}"


def _serve(app: FastAPI, bound: socket.socket) -> Callable[[], None]:
    """Serve in a thread; answer what stops it."""
    config = uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)

    def stop() -> None:
        server.should_exit = True
        thread.join()

    return stop


class Browser:
    """Cookies, redirects, and the forms that a script or a person submits."""

    def __init__(self, portal: str) -> None:
        self.portal = portal
        self.client = httpx.Client(trust_env=False, timeout=10)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._on(self.client.get(urljoin(self.portal, path), **options))

    def submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        form = html.fromstring(page.text).find(".//form")
        assert form is not None, page.text
        fields = {
            each.get("name", ""): each.get("value", "")
            for each in form.findall(".//input[@name]")
        }
        url = urljoin(str(page.url), form.get("action", ""))
        parts = urlsplit(str(page.url))
        origin = f"{parts.scheme}://{parts.netloc}"
        return self._on(
            self.client.post(url, data=fields | typed, headers={"Origin": origin})
        )

    def sign_in(
        self, path: str, who: stand_in.SampleSignIn, clock: Time
    ) -> httpx.Response:
        """Sign in at the provider, with a code where the person has one."""
        page = self.submit(self.get(path), username=who.username, password=who.password)
        if who.totp_secret is not None:
            page = self.submit(page, code=pyotp.TOTP(who.totp_secret).at(clock()))
        return page

    def session(self) -> httpx.Response:
        return self.client.get(
            f"{self.portal}/api/session", headers={"Sec-Fetch-Site": "same-origin"}
        )

    def renew(self) -> httpx.Response:
        headers = {
            "X-CSRF-Token": self.session().json()["csrf_token"],
            "Origin": self.portal,
        }
        return self.client.post(f"{self.portal}/api/session/renew", headers=headers)

    def _on(self, answer: httpx.Response) -> httpx.Response:
        """Follow redirects, and the form that carries a SAML response."""
        while True:
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                answer = self.client.get(target)
            elif 'name="SAMLResponse"' in answer.text:
                answer = self.submit(answer)
            else:
                return answer


@dataclass
class World:
    """A portal that can be started again, and what it stands among."""

    clock: Time
    portal: str
    people: tuple[stand_in.SampleSignIn, ...]
    start: Callable[..., Callable[[], None]]
    stop: Callable[[], None] = lambda: None
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        made = Browser(self.portal)
        self.browsers.append(made)
        return made

    def restart(self, **changes: Any) -> None:
        """Start the portal anew, with some options changed."""
        self.stop()
        bound = socket.create_server(("127.0.0.1", urlsplit(self.portal).port or 0))
        self.stop = self.start(bound, **changes)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Answer the address of moto's server, with the role in it."""
    with moto_server.running() as (host, port):
        address = f"http://{host}:{port}"
        iam = boto3.client(
            "iam",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        iam.create_role(RoleName="SecureCartEmployee", AssumeRolePolicyDocument="{}")
        iam.close()
        yield address


@dataclass(frozen=True)
class Company:
    """What is slow to make: people with passwords, and keys."""

    directory: stand_in.Directory
    people: tuple[stand_in.SampleSignIn, ...]
    portal: SigningIdentity
    provider: SigningIdentity


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Answer three people, and who signs for the portal and the provider."""
    now = datetime.now(UTC)
    folders = [tmp_path_factory.mktemp(name) for name in ("idp", "portal")]
    file = folders[0] / "directory.json"
    directory = stand_in.Directory.create_sample(
        file, seed="portal", domain="example.com", random=os.urandom, count=3
    )
    provider, portal = (
        stand_in.signing_identity(folder, common_name=folder.name, now=now)
        for folder in folders
    )
    return Company(directory, stand_in.sample_sign_ins(file), portal, provider)


@pytest.fixture
def world(tmp_path: Path, moto: str, company: Company) -> Iterator[World]:
    """A company with a portal, a stand-in provider and moto's STS."""
    clock = Time()
    portal_socket, portal = _bound()
    idp_socket, idp = _bound()
    provider = create_provider(
        stand_in.IdpOptions(
            base_url=idp,
            organisation="Example",
            portal_origin=portal,
            service_provider=stand_in.ServiceProvider(
                entity_id="urn:amazon:webservices",
                acs_url=f"{portal}/saml/acs",
                slo_url=f"{portal}/saml/slo",
                certificate_pem=company.portal.certificate.decode(),
            ),
            clients=(
                stand_in.OidcClient(
                    client_id=CLIENT,
                    client_secret=SECRET,
                    redirect_uris=(f"{portal}/oidc/callback",),
                    post_logout_redirect_uris=(f"{portal}/",),
                ),
            ),
            role_arn=ROLE,
            saml_provider_arn=SAML_PROVIDER,
            signing=company.provider,
            session_seconds=QUARTER,
        ),
        clock=clock,
        random=os.urandom,
        records=InMemoryExpiringRecords(),
        directory=company.directory,
        keyring=Keyring(SealingKey(os.urandom(32))),
    )
    stop_provider = _serve(provider, idp_socket)
    options = PortalOptions(
        address=portal,
        organisation="Example",
        sign_in="saml",
        role_arn=ROLE,
        bucket="securecart-user-docs",
        region="us-east-1",
        endpoint="http://localhost:9000",
        idp_origins=(idp,),
        saml=SamlOptions(provider_arn=SAML_PROVIDER, identity=company.portal),
        oidc=OidcOptions(issuer=idp, client_id=CLIENT),
        duration_seconds=QUARTER,
    )
    keyring = Keyring(SealingKey(os.urandom(32)))
    static = tmp_path / "static"
    static.mkdir()
    (static / "index.html").write_text("<!doctype html><title>Documents</title>")

    def start(bound: socket.socket, **changes: Any) -> Callable[[], None]:
        """Start what one process would be; answer what stops it."""
        engine = open_sqlite(tmp_path / "portal.db")
        create_tables(engine)
        fetch = Fetch(private_hosts={"localhost", "127.0.0.1"})
        sts = StsClient(region="us-east-1", endpoint_url=moto)
        oidc = OidcClient(
            idp,
            client_id=CLIENT,
            client_secret=SECRET,
            fetch=fetch,
            keys=FetchedKeys(fetch),
            clock=clock,
        )
        app = create_app(
            replace(options, **changes),
            clock=clock,
            random=os.urandom,
            records=SqlExpiringRecords(engine, "portal"),
            keyring=keyring,
            sts=MovedSts(sts, clock),
            saml=SamlMetadata(f"{idp}/saml/metadata", fetch, clock),
            oidc=oidc,
            static=static,
        )
        stop = _serve(app, bound)

        def end() -> None:
            stop()
            fetch.close()
            # It has no end of its own: a process has it for life.
            sts._sts.close()  # noqa: SLF001
            engine.dispose()

        return end

    made = World(clock, portal, company.people, start)
    made.stop = start(portal_socket)
    yield made
    made.stop()
    stop_provider()
    for browser in made.browsers:
        browser.client.close()
