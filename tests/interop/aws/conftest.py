"""moto's server: AWS's APIs by software that nobody here wrote."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests import moto_server

from securecart.adapters.aws import AwsAccount, Endpoint
from securecart.blueprint import Blueprint, Oidc, Saml
from securecart.names.credentials import Credentials

ACCOUNT = "123456789012"
"""moto's own."""


@pytest.fixture(scope="session")
def moto() -> Iterator[tuple[str, int]]:
    """Where a server runs."""
    with moto_server.running() as address:
        yield address


@pytest.fixture
def endpoint(moto: tuple[str, int]) -> Endpoint:
    """An empty account behind it, as its administrator."""
    moto_server.reset(moto)
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
