"""What a portal is told when it starts."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from securecart.federation.saml import SigningIdentity

Method = Literal["saml", "oidc"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

MFA_CONTEXTS = (
    "https://refeds.org/profile/mfa",
    "http://schemas.microsoft.com/claims/multipleauthn",
)
"""AuthnContext classes that mean two factors: REFEDS MFA Profile; Entra ID."""

MFA_METHODS = ("mfa",)
"""`amr` values that mean two factors (RFC 8176, section 2)."""


SLO_PATH = "/saml/slo"


@dataclass(frozen=True, slots=True)
class SamlOptions:
    """Sign-in by SAML 2.0. `identity` signs the requests.

    `audience` is also what the portal calls itself, its entity id.
    `logout_url` is where `/logout` sends the browser; without it single logout
    does, where the provider's metadata has a place for it. Each of
    `mfa_contexts` counts as two factors; the first is asked for. With
    `idp_initiated` a sign-in may begin at the provider. `encryption` is the
    key pair that assertions may be encrypted for, and must be if required.
    """

    provider_arn: str
    identity: SigningIdentity = field(repr=False)
    audience: str = "urn:amazon:webservices"
    logout_url: str | None = None
    mfa_contexts: tuple[str, ...] = MFA_CONTEXTS
    idp_initiated: bool = False
    encryption: SigningIdentity | None = field(default=None, repr=False)
    encryption_required: bool = False


@dataclass(frozen=True, slots=True)
class OidcOptions:
    """Sign-in by OpenID Connect. The client's secret is the adapter's affair.

    A value of `amr` in `mfa_methods`, or of `acr` in `mfa_acr`, counts as two
    factors; the latter are asked for.
    """

    issuer: str
    client_id: str
    scope: str = "openid email profile offline_access"
    mfa_methods: tuple[str, ...] = MFA_METHODS
    mfa_acr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortalOptions:
    """Addresses are origins without a closing slash; times are in seconds.

    `idp_origins` are the origins that a sign-in's redirects and forms pass
    through; the Content-Security-Policy names them. `duration_seconds` is
    what STS is asked for; `session_seconds` how long renewals go on after a
    sign-in; `mfa_max_age_seconds` how long a second factor counts.
    `administrators` are session names, who may read why requests were refused.

    Raises:
        ValueError: for plain HTTP beyond loopback, or where `sign_in` names
            a way that is not set up.
    """

    address: str
    organisation: str
    sign_in: Method
    role_arn: str
    bucket: str
    region: str
    endpoint: str
    idp_origins: tuple[str, ...]
    saml: SamlOptions | None = None
    oidc: OidcOptions | None = None
    duration_seconds: int = 3600
    session_seconds: int = 12 * 3600
    mfa_required: bool = False
    mfa_max_age_seconds: int = 12 * 3600
    administrators: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ValueError("a portal beyond this machine needs an https address")
        if (self.saml if self.sign_in == "saml" else self.oidc) is None:
            raise ValueError(f"sign-in by {self.sign_in} is chosen but not set up")

    def is_administrator(self, person: str) -> bool:
        """Say whether the session of that name is an administrator's."""
        return person in self.administrators

    @property
    def tls(self) -> bool:
        """Whether browsers reach the portal by TLS."""
        return self.address.startswith("https://")

    @property
    def host(self) -> str:
        """The only Host header that is answered, in lower case."""
        return urlsplit(self.address).netloc.lower()

    @property
    def acs_url(self) -> str:
        """Where SAML responses are posted to: Recipient and Destination."""
        return f"{self.address}/saml/acs"

    @property
    def slo_url(self) -> str:
        """Where logout messages of the SAML provider arrive: Destination."""
        return f"{self.address}{SLO_PATH}"

    @property
    def redirect_uri(self) -> str:
        """Where the OpenID provider sends the browser back to."""
        return f"{self.address}/oidc/callback"
