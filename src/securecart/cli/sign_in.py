"""What the portal, the identity provider and the account must agree on.

Made at the first start and kept: the stand-in's people, the portal's SAML
signing key, and the secret that the portal shows the stand-in as a client.
"""

import os
from datetime import UTC, datetime
from urllib.parse import urlsplit

from securecart.cli.installation import Installation, kept_secret
from securecart.cli.place import Place
from securecart.cli.settings import Settings, SettingsError
from securecart.federation.oidc import is_on_loopback
from securecart.federation.saml import SigningIdentity
from securecart.serve.idp.directory import Directory
from securecart.serve.idp.keys import signing_identity

_SEED = "securecart"
"""The same people in every installation; their passwords are its own."""


def prepare_sign_in(place: Place, installation: Installation) -> None:
    """Make what is not there yet."""
    portal_identity(installation)
    portal_encryption(place.settings, installation)
    client_secret(installation)
    file = place.directory_file
    if place.settings.idp.kind == "stand-in" and not file.exists():
        file.parent.mkdir(mode=0o700, exist_ok=True)
        Directory.create_sample(
            file,
            seed=_SEED,
            domain=place.settings.organisation.domain,
            random=os.urandom,
            count=place.settings.idp.employees,
        )


def portal_identity(installation: Installation) -> SigningIdentity:
    """The key that the portal signs its SAML requests with."""
    folder = installation.directory / "portal"
    folder.mkdir(mode=0o700, exist_ok=True)
    return signing_identity(
        folder, common_name="SecureCart portal", now=datetime.now(UTC)
    )


def portal_encryption(
    settings: Settings, installation: Installation
) -> SigningIdentity | None:
    """The key pair that SAML assertions are encrypted for, where they are."""
    if settings.idp.saml.encryption == "off":
        return None
    folder = installation.directory / "portal" / "encryption"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return signing_identity(
        folder, common_name="SecureCart portal encryption", now=datetime.now(UTC)
    )


def client_secret(installation: Installation) -> str:
    """The OpenID client secret that the stand-in knows the portal by."""
    return kept_secret(installation.directory / "portal" / "client.secret")


def role_arn(settings: Settings, account: str) -> str:
    """The role that every employee works in."""
    return f"arn:aws:iam::{account}:role/{settings.role.name}"


def saml_provider_arn(settings: Settings, account: str) -> str:
    """The IAM provider that stands for the company's SAML IdP."""
    return f"arn:aws:iam::{account}:saml-provider/{settings.idp.saml.provider}"


def oidc_issuer(settings: Settings) -> str | None:
    """The OpenID provider's address; the stand-in's own where it stands in."""
    if settings.idp.kind == "stand-in":
        return settings.endpoints.idp
    return settings.idp.oidc.issuer


def private_hosts(settings: Settings) -> frozenset[str]:
    """Hosts of identity providers whose addresses may be private.

    What follows from an address in the settings is held to its port: other
    services listen on this machine too.
    """
    idp = settings.idp
    if idp.kind == "stand-in":
        own = [settings.endpoints.idp]
    else:
        given = [idp.oidc.issuer, idp.saml.metadata]
        own = [address for address in given if address and is_on_loopback(address)]
    return frozenset(settings.network.private_hosts) | set(map(host_and_port, own))


def host_and_port(address: str) -> str:
    """What an address leads to, and nothing else on that host."""
    parts = urlsplit(address)
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.hostname}:{parts.port or default}"


def saml_metadata_source(settings: Settings) -> str | None:
    """Where the SAML provider's metadata is: an address, or a file."""
    if settings.idp.kind == "stand-in":
        return f"{settings.endpoints.idp}/saml/metadata"
    return settings.idp.saml.metadata


def oidc_client_secret(settings: Settings, installation: Installation) -> str | None:
    """The secret that the portal shows its OpenID provider; None for a public one.

    Raises:
        SettingsError: if the file that the configuration names cannot be read.
    """
    if settings.idp.kind == "stand-in":
        return client_secret(installation)
    file = settings.idp.oidc.client_secret_file
    if file is None:
        return None
    try:
        return file.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"idp.oidc.client_secret_file: {file}: {error.strerror}"
        ) from None
