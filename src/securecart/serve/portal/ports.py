"""The world as the portal sees it. Every call may block: they run in threads."""

from typing import Protocol, runtime_checkable

from securecart.federation.oidc import JwkSet, ProviderMetadata
from securecart.federation.saml import IdpMetadata
from securecart.names.credentials import Credentials
from securecart.trail import TrailPage


class AssumedRole(Protocol):
    """What STS answers: credentials, and `AROA…:<session name>`."""

    @property
    def credentials(self) -> Credentials:
        """Temporary credentials, with session token and expiration."""
        ...

    @property
    def assumed_role_id(self) -> str:
        """`AssumedRoleUser.AssumedRoleId`, the value of `aws:userid`."""
        ...


@runtime_checkable
class Rejection(Protocol):
    """What an error has that stands for a refusal by STS: AWS's own words."""

    @property
    def code(self) -> str:
        """The error code, `AccessDenied` for one."""
        ...

    @property
    def message(self) -> str:
        """What AWS says of it; for the log."""
        ...


class Sts(Protocol):
    """The two calls that the portal makes on behalf of a person.

    Both raise `SecureCartError`; where STS answered, and refused, the error is
    a `Rejection` too.
    """

    def assume_role_with_saml(
        self,
        assertion_b64: str,
        role_arn: str,
        provider_arn: str,
        duration_seconds: int,
    ) -> AssumedRole:
        """Hand over the raw SAML response, base64 as the browser posted it."""
        ...

    def assume_role_with_web_identity(
        self, id_token: str, role_arn: str, session_name: str, duration_seconds: int
    ) -> AssumedRole:
        """Hand over the raw ID token."""
        ...


class SamlProvider(Protocol):
    """The company's SAML identity provider."""

    def metadata(self, *, renew: bool = False) -> IdpMetadata:
        """Answer its metadata as last fetched, or fetched anew within reason.

        Raises:
            SecureCartError: while there is none yet.
        """
        ...


class TokenResponse(Protocol):
    """What a token endpoint answers (OpenID Connect Core 1.0, section 3.1.3.3)."""

    @property
    def id_token(self) -> str | None:
        """The raw ID token; a refresh may come without one."""
        ...

    @property
    def refresh_token(self) -> str | None:
        """The refresh token to use from now on, if a new one came."""
        ...


class OidcProvider(Protocol):
    """The company's OpenID provider: discovery, keys and the token endpoint.

    Every method raises `SecureCartError` where the provider does not answer.
    """

    def metadata(self) -> ProviderMetadata:
        """Answer the discovery document as last fetched."""
        ...

    def keys(self, *, refresh: bool = False) -> JwkSet:
        """Answer the provider's keys, fetched anew if `refresh` is set."""
        ...

    def exchange_code(
        self, code: str, redirect_uri: str, code_verifier: str
    ) -> TokenResponse | None:
        """Redeem an authorization code; None when the provider refuses it."""
        ...

    def refresh(self, refresh_token: str) -> TokenResponse | None:
        """Redeem a refresh token; None when the provider refuses it."""
        ...


class Denials(Protocol):
    """The audit trail's refused requests, latest first."""

    def newest(self, most: int, *, before: str | None = None) -> TrailPage:
        """Answer up to `most` of them, those before another page's `older`.

        Raises:
            NoSuchPlace: if `before` is none.
        """
        ...
