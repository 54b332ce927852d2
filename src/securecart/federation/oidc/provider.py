"""An OpenID provider's discovery document.

Source: OpenID Connect Discovery 1.0, sections 3 and 4.3.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from securecart.federation.oidc.address import is_on_loopback, is_trustworthy
from securecart.federation.oidc.errors import InvalidDiscovery
from securecart.federation.oidc.json_object import read_object

MAX_DOCUMENT: Final = 262_144
"""Bytes; the documents of large providers have some 5 kB."""

_REQUIRED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
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
                address, or names one that is neither https nor, for a
                provider on this machine, loopback.
        """
        if len(document) > MAX_DOCUMENT:
            raise InvalidDiscovery(f"longer than {MAX_DOCUMENT} bytes")
        try:
            members = read_object(document)
        except ValueError as error:
            raise InvalidDiscovery(f"not JSON: {error}") from None
        if not is_trustworthy(issuer) or members.get("issuer") != issuer:
            raise InvalidDiscovery(f"the document does not speak for {issuer}")
        found = {
            name: _address(members[name], name, issuer)
            for name in (*_REQUIRED, "end_session_endpoint")
            if members.get(name) is not None
        }
        missing = [name for name in _REQUIRED if name not in found]
        if missing:
            raise InvalidDiscovery(f"there is no {missing[0]}")
        return cls(
            issuer=issuer,
            authorization_endpoint=found["authorization_endpoint"],
            token_endpoint=found["token_endpoint"],
            jwks_uri=found["jwks_uri"],
            end_session_endpoint=found.get("end_session_endpoint"),
        )


def _address(value: Any, name: str, issuer: str) -> str:
    if not isinstance(value, str) or not is_trustworthy(value):
        raise InvalidDiscovery(f"{name} is neither https nor loopback")
    if is_on_loopback(value) and not is_on_loopback(issuer):
        # A provider elsewhere has no business with what listens here.
        raise InvalidDiscovery(f"{name} points at this machine")
    return value
