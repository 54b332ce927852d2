"""Discovery documents, and which addresses are trusted."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.federation.oidc import (
    InvalidDiscovery,
    JwkSet,
    ProviderMetadata,
    UnknownKey,
    discovery_address,
    is_trustworthy,
    read_jwks_uri,
    verify_id_token_from,
)

if TYPE_CHECKING:
    from tests.unit.federation.oidc.conftest import Mint

ISSUER = "https://idp.example.com"


def _document(of: str = ISSUER, /, **changes: Any) -> bytes:
    members = {
        "issuer": of,
        "authorization_endpoint": of + "/authorize",
        "token_endpoint": of + "/token",
        "jwks_uri": of + "/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
    } | changes
    return json.dumps({k: v for k, v in members.items() if v is not None}).encode()


def test_a_provider_is_read() -> None:
    """Its addresses, and none of its algorithms."""
    provider = ProviderMetadata.parse(_document(), issuer=ISSUER)
    assert provider.jwks_uri == ISSUER + "/jwks"
    assert provider.end_session_endpoint is None


def test_a_provider_on_this_machine_may_use_plain_http() -> None:
    """Nobody stands on the way to a loopback address."""
    issuer = "http://localhost:8081"
    end = issuer + "/logout"
    document = _document(issuer, end_session_endpoint=end)
    assert ProviderMetadata.parse(document, issuer=issuer).end_session_endpoint == end


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example.com"},
        {"issuer": ISSUER + "/"},
        {"issuer": None},
        {"jwks_uri": None},
        {"token_endpoint": 1},
        {"token_endpoint": "http://idp.example.com/token"},
        {"jwks_uri": "https://idp.example.com@evil.example.com/"},
        {"jwks_uri": "http://127.0.0.1:9000/"},
        {"jwks_uri": "https://localhost:9000/"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[::1"},
        {"jwks_uri": "https://keys.example.com/jwks"},
        {"token_endpoint": "https://evil.example.com/token"},
        {"authorization_endpoint": "https://idp.example.com.evil.example/"},
        {"end_session_endpoint": "https://evil.example.com/"},
        {"response_types_supported": None},
        {"response_types_supported": []},
        {"response_types_supported": ["id_token"]},
        {"subject_types_supported": None},
        {"subject_types_supported": "public"},
        {"id_token_signing_alg_values_supported": None},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"id_token_signing_alg_values_supported": ["RS256"] * 1_001},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": []},
        {"acr_values_supported": [1]},
        {"backchannel_logout_supported": "yes"},
        {"authorization_response_iss_parameter_supported": 1},
    ],
)
def test_a_document_that_cannot_be_trusted_is_refused(changes: dict[str, Any]) -> None:
    """It speaks for its own issuer, and names no address that others can read."""
    with pytest.raises(InvalidDiscovery):
        ProviderMetadata.parse(_document(**changes), issuer=ISSUER)


def test_what_a_provider_can_do_is_read() -> None:
    """What logout, acr and the answer's issuer need."""
    provider = ProviderMetadata.parse(
        _document(
            code_challenge_methods_supported=["plain", "S256"],
            token_endpoint_auth_methods_supported=["client_secret_post"],
            acr_values_supported=["urn:two"],
            authorization_response_iss_parameter_supported=True,
            backchannel_logout_supported=True,
            backchannel_logout_session_supported=True,
        ),
        issuer=ISSUER,
    )
    assert provider.client_authentication == ("client_secret_post",)
    assert provider.acr_values == ("urn:two",)
    assert provider.names_itself
    assert provider.backchannel_logout
    assert provider.backchannel_logout_session
    silent = ProviderMetadata.parse(_document(), issuer=ISSUER)
    assert silent.client_authentication == ("client_secret_basic",)
    assert not silent.names_itself
    assert not silent.backchannel_logout


def test_other_hosts_are_named_in_the_settings() -> None:
    """As Google's keys, which are not on the issuer's host."""
    document = _document(jwks_uri="https://www.example.net/keys")
    hosts = frozenset({"www.example.net"})
    provider = ProviderMetadata.parse(document, issuer=ISSUER, hosts=hosts)
    assert provider.jwks_uri == "https://www.example.net/keys"
    with pytest.raises(InvalidDiscovery, match=r"www\.example\.net.*idp\.oidc\.hosts"):
        ProviderMetadata.parse(document, issuer=ISSUER)
    with pytest.raises(InvalidDiscovery, match="jwks_uri"):
        read_jwks_uri(document, issuer=ISSUER)


def test_sts_needs_the_keys_only() -> None:
    """A build service or a cluster has nowhere to sign in."""
    document = _document(
        authorization_endpoint="urn:programmatic",
        token_endpoint=None,
        response_types_supported=["id_token"],
    )
    assert read_jwks_uri(document, issuer=ISSUER) == ISSUER + "/jwks"
    with pytest.raises(InvalidDiscovery, match="no code flow"):
        ProviderMetadata.parse(document, issuer=ISSUER)


def test_an_issuer_has_no_query() -> None:
    """OpenID Connect Discovery 1.0, section 3."""
    issuer = ISSUER + "?a=b"
    with pytest.raises(InvalidDiscovery, match="speaks for"):
        ProviderMetadata.parse(_document(issuer=issuer), issuer=issuer)


@pytest.mark.parametrize("document", [b"", b"[]", b"\xff", b'{"a":1,"a":2}'])
def test_what_is_no_document_is_refused(document: bytes) -> None:
    """A proxy's error page is none."""
    with pytest.raises(InvalidDiscovery, match="not JSON"):
        ProviderMetadata.parse(document, issuer=ISSUER)


def test_a_giant_document_is_refused() -> None:
    """It is not even read."""
    with pytest.raises(InvalidDiscovery, match="longer"):
        ProviderMetadata.parse(b" " * 262_145, issuer=ISSUER)


def test_the_document_stands_below_the_issuer() -> None:
    """OpenID Connect Discovery 1.0, section 4: a closing slash goes first."""
    for issuer in ("https://a/b", "https://a/b/"):
        address = "https://a/b/.well-known/openid-configuration"
        assert discovery_address(issuer) == address


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("https://idp.example.com/a?b=c", True),
        ("http://localhost:8081", True),
        ("http://127.0.0.2/", True),
        ("http://[::1]:80/", True),
        ("http://idp.example.com", False),
        ("http://localhost.evil.com", False),
        ("http://127.0.0.1.evil.com", False),
        ("http://127.1", False),
        ("https://user@idp.example.com", False),
        ("https://idp.example.com#a", False),
        ("https://idp.example.com:x", False),
        ("https://", False),
        ("https://a b", False),
        ("https://a\n", False),
        ("ftp://localhost", False),
        ("", False),
    ],
)
def test_an_address_is_trusted_if_nobody_can_change_what_it_answers(
    address: str,
    trusted: bool,  # noqa: FBT001 — a column of the table above
) -> None:
    """That is https, or this machine."""
    assert is_trustworthy(address) is trusted


@given(st.text())
def test_any_address_is_judged(address: str) -> None:
    """No text brings out an error."""
    assert is_trustworthy(address) in (True, False)


class _Keys:
    """A key source that knows the key only after it was asked again."""

    def __init__(self, new: JwkSet) -> None:
        self._new = new
        self.asked: list[bool] = []

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> JwkSet:
        """Answer no key at first."""
        assert issuer == ISSUER
        assert now.tzinfo is UTC
        self.asked.append(renew)
        return self._new if renew else JwkSet(())


def test_keys_are_renewed_once_for_an_unknown_key(mint: "Mint") -> None:
    """A provider may have changed its key a moment ago."""
    for new, found in ((mint.keys, True), (JwkSet(()), False)):
        source = _Keys(new)
        try:
            verify_id_token_from(
                source,
                mint.token(),
                issuer=ISSUER,
                audiences=frozenset({"securecart-portal"}),
                nonce="n-1",
                now=mint.now,
            )
        except UnknownKey:
            assert not found
        else:
            assert found
        assert source.asked == [False, True]
