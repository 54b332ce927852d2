"""Both protocols, read as STS reads them, ask for the same session."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import html

from securecart.federation.claims import (
    SessionClaims,
    aws_session_claims_from_oidc,
    aws_session_claims_from_saml,
    is_session_name,
)
from securecart.federation.oidc import (
    JwkSet,
    ProviderMetadata,
    discovery_address,
    verify_id_token,
)
from securecart.federation.saml import (
    Expectation,
    IdpMetadata,
    build_authn_request,
    encode_redirect,
    verify_response,
)

IDP = "http://localhost:8081"
CALLBACK = "http://localhost:8080/oidc/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"


def by_saml(world: Any, browser: Any) -> SessionClaims:
    """The claims in the assertion of whoever is signed in."""
    metadata = IdpMetadata.parse(browser.client.get("/saml/metadata").content)
    request = build_authn_request(
        issuer="urn:amazon:webservices",
        destination=metadata.sso_address(),
        acs_address="http://localhost:8080/saml/acs",
        now=world.clock.now,
        random=world.random,
    )
    page = browser.get(
        encode_redirect(
            request.to_xml(),
            destination=metadata.sso_address(),
            identity=world.portal,
        )
    )
    field = html.fromstring(page.text).find(".//input[@name='SAMLResponse']")
    assert field is not None
    redeemed = Expectation.redemption(audiences=frozenset({"urn:amazon:webservices"}))
    return aws_session_claims_from_saml(
        verify_response(field.get("value", ""), metadata, redeemed, now=world.clock.now)
    )


def by_oidc(world: Any, browser: Any) -> SessionClaims:
    """The claims in the ID token of whoever is signed in."""
    metadata = ProviderMetadata.parse(
        browser.client.get(discovery_address(IDP)).content, issuer=IDP
    )
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    question = {
        "response_type": "code",
        "client_id": "securecart-portal",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "nonce": "n",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    answer = browser.get(f"{metadata.authorization_endpoint}?{urlencode(question)}")
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    tokens = browser.client.post(
        metadata.token_endpoint,
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        },
        auth=("securecart-portal", "the client's secret"),
    ).json()
    return aws_session_claims_from_oidc(
        verify_id_token(
            tokens["id_token"],
            JwkSet.parse(browser.client.get(metadata.jwks_uri).content),
            issuer=IDP,
            audiences=frozenset({"securecart-portal"}),
            nonce="n",
            now=world.clock.now,
        )
    )


def test_the_two_agree(world: Any, browser: Any) -> None:
    """Same tags, same identity, same second factor; SAML names the rest too."""
    for who in (world.engineer, world.lawyer):
        world.clock.advance(minutes=1)
        browser.sign_in(browser.get("/login"), who, now=world.clock.now)
        saml, oidc = by_saml(world, browser), by_oidc(world, browser)

        assert sorted(saml.tags) == sorted(oidc.tags)
        assert saml.transitive_tag_keys == oidc.transitive_tag_keys
        assert saml.source_identity == oidc.source_identity == who.username
        assert saml.mfa == oidc.mfa == (who.totp_secret is not None)
        assert saml.session_name == who.username
        assert saml.duration_seconds == 3600
        assert [pair.role_arn for pair in saml.roles] == [world.options.role_arn]


def test_everybody_fits_aws(world: Any) -> None:
    """Every user name is a session name, and so a folder of its own."""
    assert all(is_session_name(each.username) for each in world.directory)
