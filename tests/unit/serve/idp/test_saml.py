"""The SAML identity provider, as a service provider and its browser see it."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest
from lxml import etree, html

from securecart.federation.saml import (
    AuthnRequest,
    Expectation,
    FailedStatus,
    IdpMetadata,
    SigningIdentity,
    VerifiedAssertion,
    build_authn_request,
    encode_redirect,
    sign_element,
    verify_response,
)
from securecart.federation.saml.names import (
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    PASSWORD_PROTECTED,
    REFEDS_MFA,
)
from securecart.serve.idp.login_session import PASSWORD, LoginSessions

SSO = "http://localhost:8081/saml/sso"
ACS = "http://localhost:8080/saml/acs"
AUDIENCE = "urn:amazon:webservices"
AWS = "https://aws.amazon.com/SAML/Attributes/"


def ask(world: Any, **changes: Any) -> AuthnRequest:
    """The portal's question."""
    parameters = {
        "issuer": AUDIENCE,
        "destination": SSO,
        "acs_address": ACS,
        "now": world.clock.now,
        "random": world.random,
    }
    return build_authn_request(**(parameters | changes))


def send(
    world: Any,
    browser: Any,
    request: AuthnRequest,
    *,
    relay_state: str | None = "relay/é",
    by: SigningIdentity | None = None,
) -> httpx.Response:
    """Bring it by HTTP-Redirect."""
    address = encode_redirect(
        request.to_xml(),
        destination=SSO,
        identity=by or world.portal,
        relay_state=relay_state,
    )
    response: httpx.Response = browser.get(address)
    return response


def returned(page: httpx.Response) -> dict[str, str]:
    """The fields that the page posts back, checking where to."""
    assert page.status_code == 200, page.text
    form = html.fromstring(page.text).find(".//form")
    assert form is not None
    assert form.get("action") == ACS
    fields = form.findall(".//input[@name]")
    return {each.get("name", ""): each.get("value", "") for each in fields}


def verified(
    world: Any, browser: Any, page: httpx.Response, request: AuthnRequest
) -> VerifiedAssertion:
    """What the portal reads out of the answer."""
    metadata = IdpMetadata.parse(browser.client.get("/saml/metadata").content)
    return verify_response(
        returned(page)["SAMLResponse"],
        metadata,
        Expectation.answer(
            request_id=request.request_id, acs_address=ACS, audience=AUDIENCE
        ),
        now=world.clock.now,
    )


def failure(
    world: Any, browser: Any, page: httpx.Response, request: AuthnRequest
) -> str:
    """Why the provider signed nobody in."""
    with pytest.raises(FailedStatus) as caught:
        verified(world, browser, page, request)
    return caught.value.codes[-1]


def test_metadata_names_the_address_and_the_key(browser: Any) -> None:
    """All that AWS and a service provider need."""
    metadata = IdpMetadata.parse(browser.client.get("/saml/metadata").content)

    assert metadata.entity_id == "http://localhost:8081/saml/metadata"
    assert metadata.sso_address() == SSO
    assert metadata.wants_signed_requests
    assert len(metadata.signing_keys) == 1


def test_a_sign_in_with_a_password(world: Any, browser: Any) -> None:
    """The assertion carries what AWS reads, and the relay state comes back."""
    request = ask(world)
    page = browser.sign_in(
        send(world, browser, request), world.engineer, now=world.clock.now
    )
    assertion = verified(world, browser, page, request)
    who = world.directory.find(world.engineer.username)

    assert returned(page)["RelayState"] == "relay/é"
    assert assertion.name_id.value == who.username
    assert assertion.authn_context == PASSWORD_PROTECTED
    assert assertion.session_index
    assert assertion.session_not_on_or_after == world.clock.now + timedelta(hours=12)
    assert {name: tuple(values) for name, values in assertion.attributes.items()} == {
        "displayName": (who.name,),
        "mail": (who.email,),
        AWS + "Role": (f"{world.options.role_arn},{world.options.saml_provider_arn}",),
        AWS + "RoleSessionName": (who.username,),
        AWS + "SessionDuration": ("3600",),
        AWS + "SourceIdentity": (who.username,),
        AWS + "TransitiveTagKeys": ("Department", "Email", "EmployeeId"),
        AWS + "PrincipalTag:Department": ("engineering",),
        AWS + "PrincipalTag:Email": (who.email,),
        AWS + "PrincipalTag:EmployeeId": (who.employee_id,),
    }


def test_a_sign_in_with_a_one_time_code(world: Any, browser: Any) -> None:
    """The context class says so."""
    request = ask(world)
    page = browser.sign_in(
        send(world, browser, request), world.lawyer, now=world.clock.now
    )

    assert verified(world, browser, page, request).authn_context == REFEDS_MFA


def test_one_sign_in_serves_both_protocols(world: Any, browser: Any) -> None:
    """A session that began at the login page answers SAML without asking."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    request = ask(world)
    page = send(world, browser, request, relay_state=None)

    assert verified(world, browser, page, request).session_index
    assert "RelayState" not in returned(page)


def test_the_page_posts_itself_under_a_strict_policy(world: Any, browser: Any) -> None:
    """One file of ours may run, nothing inline, and a button does the same."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    page = send(world, browser, ask(world))
    tree = html.fromstring(page.text)

    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "form-action 'self' http://localhost:8080 http://localhost:8090;" in policy
    assert [(each.get("src"), each.text) for each in tree.iter("script")] == [
        ("/static/post.js", None)
    ]
    assert tree.xpath("//button[@type='submit']")


class TestPassive:
    """Renewing in a hidden frame."""

    def test_answers_from_the_session(self, world: Any, browser: Any) -> None:
        """With the original moment of signing in."""
        browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
        began = world.clock.now
        world.clock.advance(hours=2)
        request = ask(world, is_passive=True)
        page = send(world, browser, request)

        assert verified(world, browser, page, request).authn_instant == began

    def test_never_shows_a_page(self, world: Any, browser: Any) -> None:
        """Nobody signed in is a signed NoPassive, also where force is asked."""
        for force_authn in (False, True):
            request = ask(world, is_passive=True, force_authn=force_authn)
            page = send(world, browser, request)
            assert failure(world, browser, page, request) == NO_PASSIVE


class TestForced:
    """ForceAuthn."""

    def test_asks_again_in_spite_of_a_session(self, world: Any, browser: Any) -> None:
        """And the assertion says that it is new."""
        browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
        world.clock.advance(minutes=5)
        request = ask(world, force_authn=True)
        page = send(world, browser, request)
        assert page.url.path == "/login"
        page = browser.sign_in(page, world.engineer, now=world.clock.now)

        instant = verified(world, browser, page, request).authn_instant
        assert instant == world.clock.now

    def test_cannot_be_walked_around(self, world: Any, browser: Any) -> None:
        """Going on without signing in again leads back to the login page."""
        browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
        world.clock.advance(minutes=5)
        page = send(world, browser, ask(world, force_authn=True))
        again = browser.client.get(
            "/saml/resume", params={"errand": page.url.params["errand"]}
        )

        assert again.headers["location"].startswith("/login?")


class TestContexts:
    """What kind of sign-in the service provider asks for."""

    def test_a_password_does_not_pass_for_a_second_factor(
        self, world: Any, browser: Any
    ) -> None:
        """A status, not a lie."""
        browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
        request = ask(world, contexts=[REFEDS_MFA])
        page = send(world, browser, request)

        assert failure(world, browser, page, request) == NO_AUTHN_CONTEXT

    def test_a_second_factor_passes_for_a_password(
        self, world: Any, browser: Any
    ) -> None:
        """There was a password too, and the answer names what was asked."""
        browser.sign_in(browser.get("/login"), world.lawyer, now=world.clock.now)
        for context in (REFEDS_MFA, PASSWORD_PROTECTED):
            request = ask(world, contexts=[context])
            assertion = verified(world, browser, send(world, browser, request), request)
            assert assertion.authn_context == context


class TestRefused:
    """Requests that are not our service provider's, fresh, and to us."""

    def test_signed_by_another_key(self, world: Any, browser: Any) -> None:
        """Our own, for instance."""
        answer = send(world, browser, ask(world), by=world.options.signing)

        assert answer.status_code == 400

    def test_not_signed(self, world: Any, browser: Any) -> None:
        """Where a certificate is configured, it has to be used."""
        address = encode_redirect(
            ask(world).to_xml(), destination=SSO, identity=world.portal
        )

        assert browser.get(address.partition("&SigAlg")[0]).status_code == 400
        assert browser.get(address.partition("&Signature")[0]).status_code == 400

    def test_altered(self, world: Any, browser: Any) -> None:
        """Message, relay state and algorithm are all under the signature."""
        address = encode_redirect(
            ask(world).to_xml(),
            destination=SSO,
            identity=world.portal,
            relay_state="mine",
        )
        other = encode_redirect(
            ask(world, force_authn=True).to_xml(),
            destination=SSO,
            identity=world.portal,
            relay_state="mine",
        )
        message = address.partition("SAMLRequest=")[2].partition("&")[0]
        swapped = other.partition("SAMLRequest=")[2].partition("&")[0]

        assert browser.get(address).status_code == 200
        for forged in (
            address.replace(message, swapped),
            address.replace("RelayState=mine", "RelayState=yours"),
            address.replace("RelayState=mine&", ""),
            address.replace("rsa-sha256", "rsa-sha1"),
            address + "&RelayState=yours",
        ):
            assert browser.get(forged).status_code == 400

    @pytest.mark.parametrize(
        "changes",
        [
            {"acs_address": "https://evil.example/acs"},
            {"acs_address": ACS + "/"},
            {"issuer": "https://evil.example"},
            {"destination": "https://other.example/sso"},
        ],
    )
    def test_from_or_to_somebody_else(
        self, world: Any, browser: Any, changes: dict[str, str]
    ) -> None:
        """Even if signed by the right key."""
        assert send(world, browser, ask(world, **changes)).status_code == 400

    @pytest.mark.parametrize("off", [-timedelta(minutes=2), timedelta(minutes=6)])
    def test_at_another_time(self, world: Any, browser: Any, off: timedelta) -> None:
        """Old ones may be somebody else's; future ones are kept for later."""
        request = ask(world, now=world.clock.now - off)

        assert send(world, browser, request).status_code == 400

    def test_with_a_long_relay_state(self, world: Any, browser: Any) -> None:
        """It has a bound."""
        answer = send(world, browser, ask(world), relay_state="x" * 2000)

        assert answer.status_code == 400

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "SAMLRequest=",
            "SAMLRequest=%ff",
            "SAMLRequest=AAAA&SigAlg=x&Signature=x",
            "SAMLRequest=AAAA&SAMLRequest=AAAA",
        ],
    )
    def test_nonsense(self, browser: Any, query: str) -> None:
        """A page that says so."""
        answer = browser.client.get("/saml/sso?" + query)

        assert answer.status_code == 400
        assert "This did not work" in answer.text

    def test_the_errand_of_the_other_protocol(self, world: Any, browser: Any) -> None:
        """What was sealed for one is nothing for the other."""
        page = send(world, browser, ask(world))
        errand = page.url.params["errand"]

        answer = browser.client.get("/oidc/resume", params={"errand": errand})
        assert answer.status_code == 400
        assert "This sign-in cannot be continued." in answer.text


class TestByPost:
    """The HTTP-POST binding: the signature is in the document."""

    def send(
        self,
        world: Any,
        browser: Any,
        request: AuthnRequest,
        *,
        by: SigningIdentity | None = None,
    ) -> httpx.Response:
        root = etree.fromstring(request.to_xml())
        sign_element(root, by or world.portal)
        return self.post(browser, etree.tostring(root))

    def post(self, browser: Any, xml: bytes) -> httpx.Response:
        response: httpx.Response = browser.post(
            "/saml/sso",
            {"SAMLRequest": base64.b64encode(xml).decode(), "RelayState": "r"},
        )
        return response

    def test_signs_in(self, world: Any, browser: Any) -> None:
        """As by redirect."""
        request = ask(world)
        page = browser.sign_in(
            self.send(world, browser, request), world.engineer, now=world.clock.now
        )

        assert verified(world, browser, page, request).session_index
        assert returned(page)["RelayState"] == "r"

    def test_refuses_other_keys_and_no_signature(
        self, world: Any, browser: Any
    ) -> None:
        """As by redirect."""
        request = ask(world)
        forged = self.send(world, browser, request, by=world.options.signing)

        assert forged.status_code == 400
        assert self.post(browser, request.to_xml()).status_code == 400

    def test_refuses_what_was_altered(self, world: Any, browser: Any) -> None:
        """The digest covers every part."""
        root = etree.fromstring(ask(world).to_xml())
        sign_element(root, world.portal)
        root.set("ForceAuthn", "true")

        assert self.post(browser, etree.tostring(root)).status_code == 400

    def test_refuses_a_long_relay_state(self, world: Any, browser: Any) -> None:
        """It has the same bound."""
        root = etree.fromstring(ask(world).to_xml())
        sign_element(root, world.portal)
        request = base64.b64encode(etree.tostring(root)).decode()
        for length, status in ((1024, 200), (1025, 400)):
            fields = {"SAMLRequest": request, "RelayState": "x" * length}
            assert browser.post("/saml/sso", fields).status_code == status

    @pytest.mark.parametrize(
        "xml", [b"", b"<", b"<a/>", b"<!DOCTYPE a><a/>", b"\xff", b"<a>" * 9000]
    )
    def test_refuses_nonsense(self, browser: Any, xml: bytes) -> None:
        """A page that says so."""
        assert self.post(browser, xml).status_code == 400


def test_who_has_a_second_factor_since_is_asked_for_it(world: Any) -> None:
    """Signed in by a password alone: asked where a page may be shown."""
    logins = LoginSessions(
        world.records, random=world.random, lifetime=timedelta(hours=1)
    )
    person = world.lawyer
    cookie, _ = logins.begin(
        username=person.username, amr=PASSWORD, now=world.clock.now
    )
    browser = world.browser()
    browser.client.cookies.set("idp_session", cookie, domain="localhost.local")
    request = ask(world, contexts=(REFEDS_MFA,), is_passive=True)
    page = send(world, browser, request)
    assert failure(world, browser, page, request) == NO_AUTHN_CONTEXT
    request = ask(world, contexts=(REFEDS_MFA,))
    page = browser.sign_in(send(world, browser, request), person, now=world.clock.now)
    assert verified(world, browser, page, request).authn_context == REFEDS_MFA


def test_without_a_certificate_requests_need_no_signature(world: Any) -> None:
    """As many service providers are set up; the answer's address is checked."""
    unsigned = ask(world)
    provider = world.options.service_provider
    browser = world.browser(
        service_provider=type(provider)(provider.entity_id, provider.acs_url, None)
    )
    address = encode_redirect(
        unsigned.to_xml(), destination=SSO, identity=world.portal, relay_state="a b"
    )
    page = browser.sign_in(
        browser.get(address.partition("&SigAlg")[0]),
        world.engineer,
        now=world.clock.now,
    )

    assert verified(world, browser, page, unsigned).session_index
    assert returned(page)["RelayState"] == "a b"
