"""moto's server: AWS's APIs by software that nobody here wrote."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from securecart.adapters.aws import AwsAccount, Endpoint
from securecart.blueprint import Blueprint, Oidc, Saml
from securecart.names.credentials import Credentials

ACCOUNT = "123456789012"
"""moto's own."""


@pytest.fixture(scope="session")
def moto() -> Iterator[tuple[str, int]]:
    """Where a server runs."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def endpoint(moto: tuple[str, int]) -> Endpoint:
    """An empty account behind it, as its administrator."""
    with closing(http.client.HTTPConnection(*moto)) as connection:
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 200
    keys = Credentials("testing", "testing")
    return Endpoint("us-east-1", f"http://{moto[0]}:{moto[1]}", keys)


@pytest.fixture
def account(endpoint: Endpoint) -> AwsAccount:
    """The port to it."""
    return AwsAccount(endpoint, ACCOUNT)


@pytest.fixture
def client(endpoint: Endpoint) -> Callable[[str], Any]:
    """boto3's own clients, by service: what somebody else changes things with."""
    # The stubs know a service by its literal name only.
    session: Any = endpoint.session()

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint.url)

    return client


@pytest.fixture
def blueprint() -> Blueprint:
    """Both ways to sign in, with an issuer such as AWS accepts."""
    metadata = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"
    return Blueprint(
        account=ACCOUNT,
        region="us-east-1",
        portal="https://docs.example.com",
        bucket="securecart-user-docs",
        key_alias="alias/securecart-user-docs",
        role="SecureCartEmployee",
        saml=Saml("SecureCart", metadata, "https://docs.example.com/saml/acs"),
        oidc=Oidc("https://login.example.com", "securecart-portal"),
    )
