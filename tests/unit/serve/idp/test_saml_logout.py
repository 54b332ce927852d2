"""Single logout at the stand-in, begun here and begun at the portal."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from securecart.federation.saml import (
    Expectation,
    IdpMetadata,
    LogoutRequest,
    LogoutResponse,
    NameId,
    build_authn_request,
    build_logout_request,
    build_logout_response,
    decode_redirect,
    encode_redirect,
    verify_response,
)
from securecart.federation.saml.names import (
    PERSISTENT,
    REQUEST_DENIED,
    RESPONDER,
    SUCCESS,
    UNKNOWN_PRINCIPAL,
)

IDP, PORTAL = "http://localhost:8081", "http://localhost:8080"
ENTITY = "urn:amazon:webservices"
SLO, THEIRS = f"{IDP}/saml/slo", f"{PORTAL}/saml/slo"


@pytest.fixture
def provider(world: Any) -> Any:
    """The portal, as the stand-in knows it."""
    return replace(world.options.service_provider, slo_url=THEIRS, idp_initiated=True)


@pytest.fixture
def browser(world: Any, provider: Any) -> Any:
    """A browser whose person has signed in at the portal."""
    made = world.browser(service_provider=provider)
    request = build_authn_request(
        issuer=ENTITY,
        destination=f"{IDP}/saml/sso",
        acs_address=f"{PORTAL}/saml/acs",
        now=world.clock(),
        random=os.urandom,
    )
    page = made.get(
        encode_redirect(
            request.to_xml(), destination=request.destination, identity=world.portal
        )
    )
    made.sign_in(page, world.lawyer, now=world.clock())
    return made


def is_signed_in(browser: Any) -> bool:
    """Say what the home page says."""
    return "Hello" in browser.get("/").text


def session_of(world: Any, browser: Any) -> Any:
    """Answer what the portal was told: by a sign-in that begins here."""
    page = browser.get("/saml/initiate")
    response = page.text.partition('name="SAMLResponse" value="')[2].partition('"')[0]
    metadata = IdpMetadata.parse(browser.client.get("/saml/metadata").content)
    expected = Expectation.unsolicited(
        acs_address=f"{PORTAL}/saml/acs", audience=ENTITY
    )
    return verify_response(response, metadata, expected, now=world.clock())


def read(world: Any, page: httpx.Response, message: Any) -> bytes:
    """Verify what the browser brings to the portal."""
    location = page.headers["location"]
    assert location.startswith(f"{THEIRS}?")
    provider = replace(world.options.service_provider, slo_url=THEIRS)
    stand_in = world.browser(service_provider=provider).client
    metadata = IdpMetadata.parse(stand_in.get("/saml/metadata").content)
    assert metadata.slo_address() == SLO
    query = urlsplit(location).query
    return decode_redirect(query, keys=metadata.signing_keys, message=message).xml


def send(world: Any, browser: Any, message: Any, xml: bytes, **options: Any) -> Any:
    """Bring the portal's message."""
    identity = options.pop("identity", world.portal)
    return browser.get(
        encode_redirect(xml, destination=SLO, identity=identity, message=message)
    )


def test_signing_out_here_goes_by_the_portal(world: Any, browser: Any) -> None:
    """A request for this very session; the answer leads back home, once."""
    told = session_of(world, browser)
    page = browser.submit(browser.get("/logout"))
    request = LogoutRequest.parse(read(world, page, "SAMLRequest"))
    assert request.name_id == told.name_id
    assert request.session_indexes == (told.session_index,)
    assert not is_signed_in(browser)
    answer = build_logout_response(
        issuer=ENTITY,
        destination=SLO,
        in_response_to=request.request_id,
        now=world.clock(),
        random=os.urandom,
    )
    page = send(world, browser, "SAMLResponse", answer.to_xml())
    assert "Nobody is signed in" in page.text
    page = send(world, browser, "SAMLResponse", answer.to_xml())
    assert page.status_code == 400


def test_an_answer_that_is_no_success_is_told(world: Any, browser: Any) -> None:
    """The person should look at the portal."""
    page = browser.submit(browser.get("/logout"))
    request = LogoutRequest.parse(read(world, page, "SAMLRequest"))
    answer = build_logout_response(
        issuer=ENTITY,
        destination=SLO,
        in_response_to=request.request_id,
        now=world.clock(),
        random=os.urandom,
        codes=(RESPONDER, REQUEST_DENIED),
    )
    page = send(world, browser, "SAMLResponse", answer.to_xml())
    assert "perhaps not at the portal" in page.text


def test_who_was_not_at_the_portal_is_not_sent_there(world: Any, provider: Any) -> None:
    """Signed in here only."""
    browser = world.browser(service_provider=provider)
    browser.sign_in(browser.get("/login"), world.lawyer, now=world.clock())
    page = browser.submit(browser.get("/logout"))
    assert "Nobody is signed in" in page.text


def asked(world: Any, browser: Any, **changes: Any) -> LogoutRequest:
    """Answer a request of the portal for this browser's session."""
    told = session_of(world, browser)
    request = build_logout_request(
        issuer=ENTITY,
        destination=SLO,
        name_id=told.name_id,
        session_indexes=(told.session_index,),
        now=world.clock(),
        random=os.urandom,
    )
    return replace(request, **changes)


def test_the_portal_signs_out_here_too(world: Any, browser: Any) -> None:
    """The session is over, and the portal hears so."""
    request = asked(world, browser)
    page = send(world, browser, "SAMLRequest", request.to_xml())
    answer = LogoutResponse.parse(read(world, page, "SAMLResponse"))
    assert answer.codes == (SUCCESS,)
    assert answer.in_response_to == request.request_id
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "changes",
    [{"name_id": NameId("somebody", PERSISTENT)}, {"session_indexes": ("another",)}],
)
def test_another_session_is_not_ended(
    world: Any, browser: Any, changes: dict[str, Any]
) -> None:
    """Of somebody else, or an earlier one."""
    request = asked(world, browser, **changes)
    page = send(world, browser, "SAMLRequest", request.to_xml())
    answer = LogoutResponse.parse(read(world, page, "SAMLResponse"))
    assert answer.codes == (RESPONDER, UNKNOWN_PRINCIPAL)
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    "wrong", ["issuer", "destination", "old", "future", "identity", "unsigned"]
)
def test_a_wrong_request_is_refused(
    world: Any, browser: Any, signing: Any, wrong: str
) -> None:
    """And ends nothing."""
    changes = {
        "issuer": {"issuer": "urn:other"},
        "destination": {"destination": f"{IDP}/saml/sso"},
        "old": {"issued_at": world.clock() - timedelta(minutes=6)},
        "future": {"issued_at": world.clock() + timedelta(minutes=2)},
    }.get(wrong, {})
    xml = asked(world, browser, **changes).to_xml()
    identity = signing if wrong == "identity" else world.portal
    address = encode_redirect(xml, destination=SLO, identity=identity)
    if wrong == "unsigned":
        address = address.partition("&SigAlg")[0]
    assert browser.get(address).status_code == 400
    assert is_signed_in(browser)


def test_sign_ins_begin_here_only_where_that_is_on(world: Any, provider: Any) -> None:
    """The home page has a link then, and asks who it is first."""
    browser = world.browser(service_provider=provider)
    page = browser.get("/saml/initiate")
    page = browser.sign_in(page, world.lawyer, now=world.clock())
    assert 'name="SAMLResponse"' in page.text
    assert "/saml/initiate" in browser.get("/").text
    off = world.browser()
    off.client.cookies.update(dict(browser.client.cookies))
    assert "/saml/initiate" not in off.get("/").text
    assert off.get("/saml/initiate").status_code == 400


def test_assertions_are_encrypted_where_the_portal_has_a_key(
    world: Any, provider: Any
) -> None:
    """Only its private key reads them."""
    provider = replace(provider, encryption_certificate=world.portal.certificate)
    browser = world.browser(service_provider=provider)
    page = browser.sign_in(
        browser.get("/saml/initiate"), world.lawyer, now=world.clock()
    )
    response = page.text.partition('name="SAMLResponse" value="')[2].partition('"')[0]
    assertion = verify_response(
        response,
        IdpMetadata.parse(browser.client.get("/saml/metadata").content),
        Expectation.unsolicited(
            acs_address=f"{PORTAL}/saml/acs", audience=ENTITY, encryption_required=True
        ),
        now=world.clock(),
        decryption_keys=(world.portal.private_key,),
    )
    assert assertion.name_id.value == world.lawyer.username
