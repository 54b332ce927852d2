"""One blueprint with both ways to sign in."""

import pytest

from securecart.blueprint import Blueprint, Oidc, Saml


@pytest.fixture
def blueprint() -> Blueprint:
    """What the local target sets up."""
    return Blueprint(
        account="111122223333",
        region="us-east-1",
        portal="http://localhost:8080",
        bucket="securecart-user-docs",
        key_alias="alias/securecart-user-docs",
        role="SecureCartEmployee",
        saml=Saml("SecureCart", "<metadata/>", "http://localhost:8080/saml/acs"),
        oidc=Oidc("http://localhost:8081", "securecart-portal"),
    )
