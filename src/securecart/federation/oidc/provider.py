"""An OpenID provider's discovery document.

Source: OpenID Connect Discovery 1.0, sections 3 and 4.3.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from securecart.federation.oidc.address import is_trustworthy
from securecart.federation.oidc.errors import InvalidDiscovery
from securecart.federation.oidc.json_object import read_object

MAX_DOCUMENT: Final = 262_144
"""Bytes; the documents of large providers have some 5 kB."""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"


def discovery_address(issuer: str) -> str:
    """Answer where the document stands (section 4)."""
    return issuer.removesuffix("/") + _WELL_KNOWN


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """Where an OpenID provider listens.

    Which algorithms it offers is left out on purpose: ours are pinned.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None

    @classmethod
    def parse(cls, document: bytes, *, issuer: str) -> Self:
        """Read the discovery document found below `issuer`.

        Raises:
            InvalidDiscovery: if it speaks for another issuer, lacks an
                address, or names one that is neither https nor loopback.
        """
        if len(document) > MAX_DOCUMENT:
            raise InvalidDiscovery(f"longer than {MAX_DOCUMENT} bytes")
        try:
            members = read_object(document)
        except ValueError as error:
            raise InvalidDiscovery(f"not JSON: {error}") from None
        if not is_trustworthy(issuer) or members.get("issuer") != issuer:
            raise InvalidDiscovery(f"the document does not speak for {issuer}")
        end = members.get("end_session_endpoint")
        return cls(
            issuer=issuer,
            authorization_endpoint=_address(members, "authorization_endpoint"),
            token_endpoint=_address(members, "token_endpoint"),
            jwks_uri=_address(members, "jwks_uri"),
            end_session_endpoint=None
            if end is None
            else _address(members, "end_session_endpoint"),
        )


def _address(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not is_trustworthy(value):
        raise InvalidDiscovery(f"{name} is neither https nor loopback")
    return value
