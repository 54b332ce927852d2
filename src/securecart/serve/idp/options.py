"""What the stand-in identity provider is told when it starts."""

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from securecart.federation.saml import SigningIdentity

_LOGIN_SESSION = timedelta(hours=12)
"""A working day; as long as the longest role session AWS grants."""


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """The one SAML service provider that responses go to.

    With a `certificate_pem` every AuthnRequest must be signed by its key; only
    so are logout messages taken, and sent to `slo_url`. Assertions are
    encrypted for `encryption_certificate` (PEM) where there is one. With
    `idp_initiated` a person may begin here.
    """

    entity_id: str
    acs_url: str
    certificate_pem: str | None
    slo_url: str | None = None
    encryption_certificate: bytes | None = None
    idp_initiated: bool = False


@dataclass(frozen=True, slots=True)
class OidcClient:
    """A confidential OpenID client; every address is compared whole."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None

    def has_secret(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.client_secret.encode(), secret.encode())


@dataclass(frozen=True, slots=True)
class IdpOptions:
    """Everything that differs between one installation and another.

    `base_url` has no closing slash; it is the OpenID issuer, and with
    `/saml/metadata` behind it the SAML entity id. `session_seconds` is the
    length of role session asked of AWS (the `SessionDuration` attribute),
    `login_session` how long a person stays signed in here.
    """

    base_url: str
    organisation: str
    portal_origin: str
    service_provider: ServiceProvider
    clients: tuple[OidcClient, ...]
    role_arn: str
    saml_provider_arn: str
    signing: SigningIdentity
    session_seconds: int = 3600
    login_session: timedelta = _LOGIN_SESSION

    @property
    def saml_entity_id(self) -> str:
        """The address of the SAML metadata, as is the custom."""
        return f"{self.base_url}/saml/metadata"

    @property
    def secure(self) -> bool:
        """Whether people reach this provider by TLS."""
        return self.base_url.startswith("https://")

    @property
    def return_origins(self) -> tuple[str, ...]:
        """The origins a finished sign-in may send the browser to."""
        addresses = [self.service_provider.acs_url]
        for client in self.clients:
            addresses += [*client.redirect_uris, *client.post_logout_redirect_uris]
        parts = [urlsplit(address) for address in addresses]
        return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))
