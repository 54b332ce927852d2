"""An OpenID provider's discovery document.

Sources: OpenID Connect Discovery 1.0, sections 3 and 4.3; RFC 8414, section 2;
RFC 9207, section 3; OpenID Connect RP-Initiated Logout 1.0, section 2.1, and
Back-Channel Logout 1.0, section 2.1.
"""

from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

from securecart.federation.oidc.address import is_on_loopback, is_trustworthy
from securecart.federation.oidc.errors import InvalidDiscovery
from securecart.federation.oidc.json_object import read_object
from securecart.federation.oidc.jwk_set import ALGORITHMS

MAX_DOCUMENT: Final = 262_144
"""Bytes; the documents of large providers have some 5 kB."""
MAX_VALUES: Final = 1_000
"""Values of one list; large providers name some fifty."""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
# RFC 8414, section 2: what holds where the document does not say.
_DEFAULT_AUTHENTICATION: Final = ("client_secret_basic",)


def discovery_address(issuer: str) -> str:
    """Answer where the document stands (section 4)."""
    return issuer.removesuffix("/") + _WELL_KNOWN


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """Where an OpenID provider listens, and what it can do.

    `client_authentication` are the ways to prove a client to the token
    endpoint, `acr_values` the authentication contexts that it knows by name.
    With `names_itself` every answer to an authorization request has `iss`.
    Which algorithms it offers is left out on purpose: ours are pinned.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    client_authentication: tuple[str, ...] = _DEFAULT_AUTHENTICATION
    acr_values: tuple[str, ...] = ()
    names_itself: bool = False
    backchannel_logout: bool = False
    backchannel_logout_session: bool = False

    @classmethod
    def parse(
        cls, document: bytes, *, issuer: str, hosts: frozenset[str] = frozenset()
    ) -> Self:
        """Read the discovery document found below `issuer`.

        `hosts` may be named in it beside the issuer's own.

        Raises:
            InvalidDiscovery: if it speaks for another issuer, lacks what it
                must have, cannot do what we need, or names an address that is
                neither https nor, for a provider on this machine, loopback,
                or is on a host that is not expected.
        """
        members = _Members.read(document, issuer=issuer, hosts=hosts)
        if "code" not in members.required_texts("response_types_supported"):
            raise InvalidDiscovery("the provider has no code flow")
        methods = members.texts("code_challenge_methods_supported")
        if methods is not None and "S256" not in methods:
            raise InvalidDiscovery("the provider has no PKCE by S256")
        return cls(
            issuer=issuer,
            authorization_endpoint=members.address("authorization_endpoint"),
            token_endpoint=members.address("token_endpoint"),
            jwks_uri=members.address("jwks_uri"),
            end_session_endpoint=members.optional_address("end_session_endpoint"),
            client_authentication=members.texts("token_endpoint_auth_methods_supported")
            or _DEFAULT_AUTHENTICATION,
            acr_values=members.texts("acr_values_supported") or (),
            names_itself=members.flag("authorization_response_iss_parameter_supported"),
            backchannel_logout=members.flag("backchannel_logout_supported"),
            backchannel_logout_session=members.flag(
                "backchannel_logout_session_supported"
            ),
        )


def read_jwks_uri(
    document: bytes, *, issuer: str, hosts: frozenset[str] = frozenset()
) -> str:
    """Answer where the keys stand, which is all that STS needs.

    A provider for machines, such as that of a build service or a cluster, has
    nowhere to sign in.

    Raises:
        InvalidDiscovery: as `ProviderMetadata.parse`.
    """
    return _Members.read(document, issuer=issuer, hosts=hosts).address("jwks_uri")


@dataclass(frozen=True, slots=True)
class _Members:
    """A document's members, each read as the type that it must have."""

    members: dict[str, Any]
    issuer: str
    hosts: frozenset[str]

    @classmethod
    def read(cls, document: bytes, *, issuer: str, hosts: frozenset[str]) -> Self:
        if len(document) > MAX_DOCUMENT:
            raise InvalidDiscovery(f"longer than {MAX_DOCUMENT} bytes")
        try:
            members = read_object(document)
        except ValueError as error:
            raise InvalidDiscovery(f"not JSON: {error}") from None
        found = members.get("issuer")
        if not is_trustworthy(issuer) or "?" in issuer or found != issuer:
            raise InvalidDiscovery(
                f"the document speaks for {found!r:.200}, and not for {issuer!r:.200}"
            )
        read = cls(members, issuer, hosts)
        read.required_texts("response_types_supported")
        read.required_texts("subject_types_supported")
        offered = read.required_texts("id_token_signing_alg_values_supported")
        if ALGORITHMS.isdisjoint(offered):
            raise InvalidDiscovery(
                f"the provider signs with none of {', '.join(sorted(ALGORITHMS))}"
            )
        return read

    def texts(self, name: str) -> tuple[str, ...] | None:
        value = self.members.get(name)
        if value is None:
            return None
        if (
            not isinstance(value, list)
            or len(value) > MAX_VALUES
            or not all(isinstance(each, str) for each in value)
        ):
            raise InvalidDiscovery(f"{name} is no list of up to {MAX_VALUES} texts")
        return tuple(value)

    def required_texts(self, name: str) -> tuple[str, ...]:
        value = self.texts(name)
        if not value:
            raise InvalidDiscovery(f"there is no {name}")
        return value

    def flag(self, name: str) -> bool:
        value = self.members.get(name, False)
        if not isinstance(value, bool):
            raise InvalidDiscovery(f"{name} is neither true nor false")
        return value

    def address(self, name: str) -> str:
        value = self.optional_address(name)
        if value is None:
            raise InvalidDiscovery(f"there is no {name}")
        return value

    def optional_address(self, name: str) -> str | None:
        value = self.members.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not is_trustworthy(value):
            raise InvalidDiscovery(f"{name} is neither https nor loopback")
        if is_on_loopback(value) and not is_on_loopback(self.issuer):
            # A provider elsewhere has no business with what listens here.
            raise InvalidDiscovery(f"{name} points at this machine")
        host = urlsplit(value).hostname
        if host != urlsplit(self.issuer).hostname and host not in self.hosts:
            raise InvalidDiscovery(
                f"{name} is on {host}, which is neither the issuer's host nor one of"
                " idp.oidc.hosts"
            )
        return value
