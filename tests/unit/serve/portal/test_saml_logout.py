"""Single logout by SAML, begun here and begun at the provider."""

import os
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from securecart.federation.saml import (
    LogoutRequest,
    LogoutResponse,
    NameId,
    SpMetadata,
    build_logout_request,
    build_logout_response,
    decode_redirect,
    encode_redirect,
    sign_posted,
    verify_posted,
)
from securecart.federation.saml.names import (
    PERSISTENT,
    POST_BINDING,
    REDIRECT_BINDING,
    REQUEST_DENIED,
    RESPONDER,
    SUCCESS,
)

IDP = "http://localhost:8081"
ENTITY = f"{IDP}/saml/metadata"
SLO = "http://localhost:8080/saml/slo"
OWN = {"Sec-Fetch-Site": "same-origin"}
BINDINGS = pytest.mark.parametrize("binding", [REDIRECT_BINDING, POST_BINDING])


def keys_of_portal(world: Any) -> tuple[bytes, ...]:
    """Read the portal's metadata as a provider does."""
    document = world.browser().get("/saml/metadata").content
    assert SLO.encode() in document
    return SpMetadata.parse(document).signing_keys


def fields_of(page: str) -> dict[str, str]:
    """Answer the hidden fields of the form that posts itself."""
    parts = page.split('type="hidden" name="')[1:]
    return {
        part.partition('"')[0]: unescape(part.split('value="')[1].partition('"')[0])
        for part in parts
    }


def received(world: Any, answer: Any, message: Any) -> tuple[bytes, str | None]:
    """Read what the browser carries to the provider; XML and relay state."""
    keys = keys_of_portal(world)
    if answer.status_code == 303:
        location = answer.headers["location"]
        assert location.startswith(f"{IDP}/slo?")
        read = decode_redirect(urlsplit(location).query, keys=keys, message=message)
        return read.xml, read.relay_state
    assert f'action="{IDP}/slo"' in answer.text
    assert '<script src="/portal-pages/post.js" defer></script>' in answer.text
    fields = fields_of(answer.text)
    return verify_posted(fields[message], keys), fields.get("RelayState")


def send(
    world: Any,
    browser: Any,
    message: Any,
    xml: bytes,
    relay_state: str | None = None,
    *,
    posted: bool = False,
    signer: Any = None,
) -> Any:
    """Bring a message of the provider to the portal."""
    identity = signer or world.saml.identity
    if posted:
        form = {message: sign_posted(xml, identity)}
        if relay_state is not None:
            form["RelayState"] = relay_state
        return browser.post("/saml/slo", data=form)
    address = encode_redirect(
        xml,
        destination=SLO,
        identity=identity,
        relay_state=relay_state,
        message=message,
    )
    return browser.get(address.removeprefix("http://localhost:8080"))


def signed_in(world: Any, index: str = "_s1", person: str = "ada") -> Any:
    """Answer a browser with a session on that session of the provider."""
    world.saml.person = person
    browser = world.browser()
    assert world.sign_in_saml(browser, session_index=index).status_code == 303
    browser.session()
    return browser


def is_out(browser: Any) -> bool:
    """Say whether the session is over."""
    return bool(browser.get("/api/session").status_code == 401)


def request_for(world: Any, *indexes: str, **changes: Any) -> LogoutRequest:
    """Answer a LogoutRequest for Ada."""
    made = build_logout_request(
        issuer=ENTITY,
        destination=SLO,
        name_id=NameId("id-of-ada", PERSISTENT),
        session_indexes=indexes,
        now=world.time.now,
        random=os.urandom,
    )
    return replace(made, **changes)


@BINDINGS
def test_signing_out_here_goes_on_to_the_provider(world: Any, binding: str) -> None:
    """Our session is over before anybody is asked; then its answer is shown."""
    world.saml.slo_binding = binding
    browser = signed_in(world)
    copy = world.browser()
    copy.client.cookies.update(dict(browser.client.cookies))
    answer = browser.get("/logout", headers=OWN)
    assert is_out(copy)
    xml, relay_state = received(world, answer, "SAMLRequest")
    request = LogoutRequest.parse(xml)
    assert request.name_id == NameId("id-of-ada", PERSISTENT)
    assert request.session_indexes == ("_s1",)
    assert request.issuer == "urn:amazon:webservices"
    assert request.destination == f"{IDP}/slo"
    done = respond(world, browser, request.request_id, relay_state, binding)
    assert done.headers["location"] == "/signed-out"
    assert "did not confirm" not in browser.get("/signed-out").text
    again = respond(world, browser, request.request_id, relay_state, binding)
    assert again.status_code == 400


def respond(
    world: Any,
    browser: Any,
    request_id: str,
    relay_state: str | None,
    binding: str = REDIRECT_BINDING,
    codes: tuple[str, ...] = (SUCCESS,),
    **options: Any,
) -> Any:
    """Answer the portal's request as the provider."""
    response = build_logout_response(
        issuer=ENTITY,
        destination=SLO,
        in_response_to=request_id,
        now=world.time.now,
        random=os.urandom,
        codes=codes,
    )
    posted = binding == POST_BINDING
    xml = response.to_xml()
    return send(
        world, browser, "SAMLResponse", xml, relay_state, posted=posted, **options
    )


@pytest.mark.parametrize("wrong", ["codes", "signer", "request"])
def test_a_provider_that_does_not_confirm_leaves_the_person_signed_out_here(
    world: Any, wrong: str
) -> None:
    """And the page says that the provider may remember them."""
    world.saml.slo_binding = REDIRECT_BINDING
    browser = signed_in(world)
    answer = browser.get("/logout", headers=OWN)
    xml, relay_state = received(world, answer, "SAMLRequest")
    request_id = LogoutRequest.parse(xml).request_id
    if wrong == "codes":
        codes = (RESPONDER, REQUEST_DENIED)
        done = respond(world, browser, request_id, relay_state, codes=codes)
    elif wrong == "signer":
        signer = world.saml.portal
        done = respond(world, browser, request_id, relay_state, signer=signer)
        assert done.status_code == 403
        done = browser.get("/signed-out?provider=unconfirmed")
    else:
        done = respond(world, browser, "_another", relay_state)
    if wrong != "signer":
        done = browser.get(done.headers["location"])
    assert "You are signed out" in done.text
    assert "did not confirm" in done.text
    assert is_out(browser)


def test_an_answer_counts_only_in_the_browser_that_asked(world: Any) -> None:
    """The relay state is bound to it, and for ten minutes."""
    world.saml.slo_binding = REDIRECT_BINDING
    browser = signed_in(world)
    answer = browser.get("/logout", headers=OWN)
    xml, relay_state = received(world, answer, "SAMLRequest")
    request_id = LogoutRequest.parse(xml).request_id
    stranger = world.browser()
    assert respond(world, stranger, request_id, relay_state).status_code == 400
    assert respond(world, browser, request_id, "another").status_code == 400
    assert respond(world, browser, request_id, None).status_code == 400
    world.time.pass_by(minutes=10)
    assert respond(world, browser, request_id, relay_state).status_code == 400


def test_without_the_providers_metadata_the_person_is_signed_out_here(
    world: Any,
) -> None:
    """The page says what is not known."""
    browser = signed_in(world)
    world.saml.down = True
    answer = browser.get("/logout", headers=OWN)
    assert answer.headers["location"] == "/signed-out?provider=unconfirmed"
    assert is_out(browser)


@BINDINGS
def test_the_provider_ends_the_session_that_it_names(world: Any, binding: str) -> None:
    """Wherever the request arrives; the person's other session stays."""
    world.saml.slo_binding = binding
    ended, other = signed_in(world), signed_in(world, "_s2")
    stranger = signed_in(world, "_s1", "bob")
    request = request_for(world, "_s1")
    posted = binding == POST_BINDING
    answer = send(
        world,
        world.browser(),
        "SAMLRequest",
        request.to_xml(),
        "their state",
        posted=posted,
    )
    xml, relay_state = received(world, answer, "SAMLResponse")
    response = LogoutResponse.parse(xml)
    assert response.codes == (SUCCESS,)
    assert response.in_response_to == request.request_id
    assert relay_state == "their state"
    assert is_out(ended)
    other.session()
    stranger.session()


def test_without_a_session_index_all_of_the_persons_end(world: Any) -> None:
    """And without a place for the answer, the browser sees our page."""
    first, second = signed_in(world), signed_in(world, "_s2")
    bob = signed_in(world, "_s3", "bob")
    answer = send(
        world, world.browser(), "SAMLRequest", request_for(world).to_xml(), None
    )
    assert answer.headers["location"] == "/signed-out"
    assert is_out(first)
    assert is_out(second)
    bob.session()


def test_a_session_follows_the_index_of_its_last_renewal(world: Any) -> None:
    """Some providers give each answer an index of its own."""
    browser = signed_in(world)
    location = browser.get("/login/saml?passive=1", headers=OWN).headers["location"]
    form = world.saml.answer(location, session_index="_s9")
    assert "renewed" in browser.post("/saml/acs", data=form).text
    send(world, world.browser(), "SAMLRequest", request_for(world, "_s9").to_xml())
    assert is_out(browser)


@BINDINGS
@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"destination": "http://localhost:8080/saml/acs"},
        {"issued_at": -timedelta(minutes=10)},
        {"issued_at": timedelta(minutes=10)},
        {"not_on_or_after": -timedelta(minutes=5)},
        {"signer": "portal"},
    ],
)
def test_a_request_with_something_wrong_ends_nothing(
    world: Any, changes: dict[str, Any], binding: str
) -> None:
    """Issuer, destination, times, and who signed."""
    browser = signed_in(world)
    changes = {
        name: world.time.now + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    signer = world.saml.portal if changes.pop("signer", None) else None
    posted = binding == POST_BINDING
    xml = request_for(world, **changes).to_xml()
    answer = send(
        world, browser, "SAMLRequest", xml, "state", posted=posted, signer=signer
    )
    assert answer.status_code == 403
    assert "Reference" in answer.text
    browser.session()


def test_an_unsigned_request_ends_nothing(world: Any) -> None:
    """Nor does one with a parameter changed, two messages, or none."""
    browser = signed_in(world)
    address = encode_redirect(
        request_for(world).to_xml(), destination="", identity=world.saml.identity
    )
    query = address.removeprefix("?")
    unsigned = query.partition("&Signature=")[0]
    for wrong in (unsigned, f"{query}&SAMLResponse=a", f"{query}&RelayState=x", ""):
        assert browser.get(f"/saml/slo?{wrong}").status_code == 403
    for form in ({}, {"SAMLRequest": "a", "SAMLResponse": "a"}):
        assert browser.post("/saml/slo", data=form).status_code == 400
    fields = dict(parse_qsl(query))
    form = {"SAMLRequest": fields["SAMLRequest"]}
    assert browser.post("/saml/slo", data=form).status_code == 403
    browser.session()


def test_a_request_counts_once_in_every_process(world: Any) -> None:
    """Kept and sent again, it would end the next sign-in too."""
    signed_in(world)
    xml = request_for(world).to_xml()
    assert send(world, world.browser(), "SAMLRequest", xml).status_code == 303
    world.time.pass_by(seconds=5)
    later = signed_in(world)
    answer = send(world, world.browser(), "SAMLRequest", xml, posted=True)
    assert answer.status_code == 403
    assert "was used already" in answer.text
    later.session()


def test_without_saml_there_is_no_such_place(world: Any) -> None:
    """404, by either binding."""
    browser = world.browser(saml=None, sign_in="oidc")
    assert browser.get("/saml/slo?SAMLRequest=a").status_code == 404
    assert browser.post("/saml/slo", data={"SAMLRequest": "a"}).status_code == 404
