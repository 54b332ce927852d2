"""Signing in, both ways, and every way in which it must not succeed."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from securecart.names.errors import SecureCartError

METHODS = pytest.mark.parametrize("method", ["saml", "oidc"])


@METHODS
def test_a_person_signs_in_and_gets_their_folder(world: Any, method: str) -> None:
    """The session has person, folder, address and temporary credentials."""
    browser = world.browser()
    answer = world.sign_in(method, browser)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    session = browser.session()
    assert session["person"] == "ada"
    assert session["name"] == "Ada Lovelace"
    assert session["email"] == "ada@example.com"
    assert session["folder"] == "AROAEXAMPLEROLE00001:ada/"
    assert session["bucket"] == "securecart-user-docs"
    assert session["region"] == "us-east-1"
    assert session["endpoint"] == "http://localhost:9000"
    assert session["expiration"] == "2026-03-02T13:00:00Z"
    assert session["renew_after"] == "2026-03-02T12:40:00Z"
    assert session["sign_in"] == method
    assert session["mfa"] is False
    assert session["organisation"] == "Example <Corporation>"
    assert session["credentials"] == {
        "access_key_id": "ASIA0000000000000001",
        "secret_access_key": "secret1",
        "session_token": "session1",
    }


def test_the_raw_answers_go_to_sts(world: Any) -> None:
    """With role and provider (SAML), or with the subject as name (OIDC)."""
    world.sign_in_saml(world.browser())
    world.sign_in_oidc(world.browser())
    role = "arn:aws:iam::123456789012:role/SecureCartEmployee"
    provider = "arn:aws:iam::123456789012:saml-provider/SecureCart"
    assert world.sts.calls == [
        ("saml", role, provider, 3600),
        ("oidc", role, "ada", 3600),
    ]


def test_login_uses_the_configured_way(make_world: Any) -> None:
    """`/login` leads where the configuration says."""
    browser = make_world(sign_in="oidc").browser()
    assert "/authorize?" in browser.get("/login").headers["location"]


def test_the_authn_request_asks_what_it_should(world: Any) -> None:
    """Signed (the fake verifies it), with our address, not passive, not forced."""
    request, _ = world.saml.read(world.browser().get("/login").headers["location"])
    assert request.issuer == "urn:amazon:webservices"
    assert request.acs_address == "http://localhost:8080/saml/acs"
    assert not request.force_authn
    assert not request.is_passive


@METHODS
def test_the_person_comes_back_to_where_they_were(world: Any, method: str) -> None:
    """`return_to` survives the journey."""
    browser = world.browser()
    path = f"/login/{method}?return_to=/reports/2026%3Fsort=name"
    sign_in = world.sign_in_saml if method == "saml" else world.sign_in_oidc
    assert sign_in(browser, path).headers["location"] == "/reports/2026?sort=name"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/" + "a" * 600,
        "/caf\u00e9",
    ],
)
@METHODS
def test_return_to_cannot_lead_elsewhere(world: Any, method: str, target: str) -> None:
    """No open redirect: anything but a plain path of ours is refused."""
    answer = world.browser().get(f"/login/{method}", params={"return_to": target})
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_parallel_tabs_each_finish(world: Any) -> None:
    """Every sign-in has a cookie of its own."""
    browser = world.browser()
    first = browser.get("/login/saml").headers["location"]
    second = browser.get("/login/oidc").headers["location"]
    third = browser.get("/login/saml?return_to=/c").headers["location"]
    answer = browser.get("/oidc/callback", params=world.oidc.authorize(second))
    assert answer.status_code == 303
    for location, target in ((third, "/c"), (first, "/")):
        answer = browser.post("/saml/acs", data=world.saml.answer(location))
        assert answer.headers["location"] == target


def test_many_begun_sign_ins_do_not_fill_the_cookie_jar(world: Any) -> None:
    """Beyond eight, the earlier ones are forgotten; the last one works."""
    browser = world.browser()
    location = ""
    for _ in range(12):
        location = browser.get("/login/saml").headers["location"]
        assert len(list(browser.client.cookies.jar)) <= 9
    answer = browser.post("/saml/acs", data=world.saml.answer(location))
    assert answer.status_code == 303


@METHODS
def test_another_browser_cannot_finish_a_sign_in(world: Any, method: str) -> None:
    """Login CSRF: an attacker's answer in a victim's browser is refused."""
    attacker, victim = world.browser(), world.browser()
    location = attacker.get(f"/login/{method}").headers["location"]
    if method == "saml":
        answer = victim.post("/saml/acs", data=world.saml.answer(location))
    else:
        query = world.oidc.authorize(location)
        answer = victim.get("/oidc/callback", params=query)
    assert answer.status_code == 400
    assert "Please begin at the portal" in answer.text
    assert "securecart-session" not in victim.client.cookies
    assert world.sts.calls == []


def test_an_answer_to_another_tabs_question_is_refused(world: Any) -> None:
    """The response must answer the request of this very pending sign-in."""
    browser = world.browser()
    first = world.saml.answer(browser.get("/login/saml").headers["location"])
    second = world.saml.answer(browser.get("/login/saml").headers["location"])
    mixed = first | {"RelayState": second["RelayState"]}
    answer = browser.post("/saml/acs", data=mixed)
    assert answer.status_code == 403
    assert "was not accepted" in answer.text
    assert world.sts.calls == []


def test_a_sign_in_begun_at_the_provider_is_refused(world: Any) -> None:
    """IdP-initiated answers have no question; the page says where to begin."""
    location = world.browser().get("/login/saml").headers["location"]
    form = world.saml.answer(location, in_response_to=None)
    answer = world.browser().post(
        "/saml/acs", data={"SAMLResponse": form["SAMLResponse"]}
    )
    assert answer.status_code == 400
    assert "Sign-ins begin here" in answer.text


def test_an_unsolicited_answer_is_refused_though_a_sign_in_is_pending(
    world: Any,
) -> None:
    """It answers no request, so also not this one."""
    browser = world.browser()
    location = browser.get("/login/saml").headers["location"]
    form = world.saml.answer(location, in_response_to=None)
    assert browser.post("/saml/acs", data=form).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "urn:somebody:else"},
        {"recipient": "http://localhost:8080/other"},
        {"issuer": "https://evil.example/idp"},
        {"not_on_or_after_minutes": -5},
    ],
)
def test_an_assertion_for_others_or_other_times_is_refused(
    world: Any, changes: dict[str, Any]
) -> None:
    """The portal verifies before it asks STS."""
    minutes = changes.pop("not_on_or_after_minutes", None)
    if minutes is not None:
        changes["not_on_or_after"] = world.time.now + timedelta(minutes=minutes)
    answer = world.sign_in_saml(world.browser(), **changes)
    assert answer.status_code == 403
    assert world.sts.calls == []


def test_a_response_signed_by_somebody_else_is_refused(world: Any) -> None:
    """Even by a key that the portal knows: its own."""
    browser = world.browser()
    location = browser.get("/login/saml").headers["location"]
    world.saml.identity, real = world.saml.portal, world.saml.identity
    form = world.saml.answer(location)
    world.saml.identity = real
    assert browser.post("/saml/acs", data=form).status_code == 403
    assert world.sts.calls == []


def test_a_response_signed_with_a_new_key_is_accepted(world: Any) -> None:
    """The provider changed its key after its metadata was read; it is read again."""
    world.saml.published = world.saml.portal
    assert world.sign_in("saml", world.browser()).status_code == 303


def test_a_replayed_assertion_is_refused_by_every_instance(world: Any) -> None:
    """Instances that share the store remember it, and so after a restart."""
    browser = world.browser()
    location = browser.get("/login/saml").headers["location"]
    form = world.saml.answer(location)
    cookies = dict(browser.client.cookies)
    assert browser.post("/saml/acs", data=form).status_code == 303
    for other in (world.browser(), world.browser()):
        other.client.cookies.update(cookies)
        answer = other.post("/saml/acs", data=form)
        assert answer.status_code == 403
        assert "was used already" in answer.text
        assert "securecart-session" not in other.client.cookies
    assert len(world.sts.calls) == 1


def test_a_replayed_code_is_refused_before_it_reaches_the_provider(world: Any) -> None:
    """The state counts once, across instances."""
    browser = world.browser()
    location = browser.get("/login/oidc").headers["location"]
    query = world.oidc.authorize(location)
    cookies = dict(browser.client.cookies)
    assert browser.get("/oidc/callback", params=query).status_code == 303
    other = world.browser()
    other.client.cookies.update(cookies)
    answer = other.get("/oidc/callback", params=query)
    assert answer.status_code == 403
    assert "was used already" in answer.text


@METHODS
def test_a_pending_sign_in_lasts_ten_minutes(world: Any, method: str) -> None:
    """However long the browser keeps the cookie."""
    browser = world.browser()
    location = browser.get(f"/login/{method}").headers["location"]
    world.time.pass_by(minutes=10)
    if method == "saml":
        answer = browser.post("/saml/acs", data=world.saml.answer(location))
    else:
        query = world.oidc.authorize(location)
        answer = browser.get("/oidc/callback", params=query)
    assert answer.status_code == 400
    assert "ten minutes" in answer.text


def test_a_pending_cookie_that_was_tampered_with_is_none(world: Any) -> None:
    """It is sealed, and bound to its name."""
    browser = world.browser()
    first = browser.get("/login/saml").headers["location"]
    form = world.saml.answer(first)
    name = f"securecart-pending-{form['RelayState']}"
    value = browser.client.cookies[name]
    other_form = world.saml.answer(browser.get("/login/saml").headers["location"])
    other = browser.client.cookies[f"securecart-pending-{other_form['RelayState']}"]
    for wrong in (value[:-4] + "AAAA", other, "", "****", value[:20], "A" * 2000):
        stranger = world.browser()
        stranger.client.cookies.set(name, wrong, domain="localhost.local")
        assert stranger.post("/saml/acs", data=form).status_code == 400


def test_a_pending_sign_in_counts_for_its_own_protocol_only(world: Any) -> None:
    """An OIDC state is no RelayState."""
    browser = world.browser()
    location = browser.get("/login/oidc").headers["location"]
    state = dict(parse_qsl(urlsplit(location).query))["state"]
    form = world.saml.answer(world.browser().get("/login/saml").headers["location"])
    answer = browser.post("/saml/acs", data=form | {"RelayState": state})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": "A" * 22}, 400),
        ({"state": ""}, 400),
        ({"code": "unknown"}, 403),
        ({"code": ""}, 400),
        ({"code": "a" * 5000}, 400),
        ({"iss": "https://evil.example"}, 403),
        ({"error": "access_denied"}, 403),
    ],
)
def test_a_callback_with_something_wrong_signs_nobody_in(
    world: Any, changes: dict[str, str], status: int
) -> None:
    """State, code, issuer (mix-up) and the provider's own refusal."""
    browser = world.browser()
    assert world.sign_in_oidc(browser, **changes).status_code == status
    assert "securecart-session" not in browser.client.cookies
    assert world.sts.calls == []


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_an_id_token_with_something_wrong_signs_nobody_in(
    world: Any, claims: dict[str, Any]
) -> None:
    """The portal verifies before it asks STS."""
    world.oidc.claims = claims
    assert world.sign_in_oidc(world.browser()).status_code == 403
    assert world.sts.calls == []


def test_the_code_verifier_stays_with_the_browser_that_asked(world: Any) -> None:
    """PKCE: a code from another sign-in of the same client is worth nothing."""
    other = world.browser().get("/login/oidc").headers["location"]
    stolen = world.oidc.authorize(other)["code"]
    browser = world.browser()
    assert world.sign_in_oidc(browser, code=stolen).status_code == 403


def test_keys_are_fetched_again_for_a_new_key(world: Any) -> None:
    """Once, when the token names a key that is not known."""
    world.oidc.claims = {}
    real = world.oidc.keys

    def stale(*, refresh: bool = False) -> Any:
        found = real(refresh=refresh)
        return found if refresh else type(found)(())

    world.oidc.keys = stale
    assert world.sign_in_oidc(world.browser()).status_code == 303
    assert world.oidc.key_fetches == 1


@METHODS
def test_every_sign_in_gets_a_new_session_id(world: Any, method: str) -> None:
    """Fixation: an id that was planted, or used before, is never taken over."""
    browser = world.browser()
    planted = "A" * 43
    browser.client.cookies.set("securecart-session", planted, domain="localhost.local")
    world.sign_in(method, browser)
    first = browser.client.cookies["securecart-session"]
    world.sign_in(method, browser)
    second = browser.client.cookies["securecart-session"]
    assert len({planted, first, second}) == 3
    old = world.browser()
    old.client.cookies.set("securecart-session", first)
    assert old.get("/api/session").json()["error"] == "session_ended"


def test_the_store_has_no_session_id_and_nothing_in_the_clear(world: Any) -> None:
    """Keys are SHA-256, values sealed: a copy of the store opens no session."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    session_id = browser.client.cookies["securecart-session"]
    stored = repr(world.records.__dict__)
    for secret in (session_id, "secret1", "session1", "refresh1", "Ada Lovelace"):
        assert secret not in stored


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("AccessDenied", 403, "ask your administrator"),
        ("IDPRejectedClaim", 403, "not accepted"),
        ("ExpiredTokenException", 403, "not accepted"),
        ("IDPCommunicationError", 503, "try again"),
        ("ValidationError", 502, "set-up does not fit"),
        (None, 503, "try again"),
    ],
)
@METHODS
def test_what_sts_answers_is_told_in_general_words(
    world: Any,
    rejected: type[SecureCartError],
    method: str,
    code: str | None,
    status: int,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The cause is in the log, under the reference that the page shows."""
    caplog.set_level("INFO", "securecart")
    failure = SecureCartError("connection refused") if code is None else rejected(code)
    world.sts.failure = failure
    browser = world.browser()
    answer = world.sign_in(method, browser)
    assert answer.status_code == status
    assert words in " ".join(answer.text.split())
    assert "securecart-session" not in browser.client.cookies
    reference = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert any(reference in message for message in caplog.messages)
    assert str(failure) in caplog.text


@pytest.mark.parametrize(
    ("message", "status"),
    [("Response signature invalid", 502), ("Invalid SAML response: x", 403)],
)
def test_a_provider_whose_new_key_iam_lacks_is_a_fault_of_the_set_up(
    world: Any, rejected: Any, message: str, status: int
) -> None:
    """The portal has just verified it, so trying again would never help."""
    world.sts.failure = rejected("InvalidIdentityToken", message)
    assert world.sign_in_saml(world.browser()).status_code == status


@pytest.mark.parametrize("name", ["", "a", "ada/../bob", "ada lovelace", "x" * 65])
def test_a_session_name_that_is_no_folder_is_refused(world: Any, name: str) -> None:
    """Whatever STS says: no folder outside of the person's own."""
    world.saml.person = name
    assert world.sign_in_saml(world.browser()).status_code == 502


def test_a_session_that_sts_names_after_somebody_else_is_refused(world: Any) -> None:
    """With OIDC the portal chose the name: the folder must be that person's."""
    assume = world.sts.assume_role_with_web_identity
    world.sts.assume_role_with_web_identity = lambda token, role, _name, seconds: (
        assume(token, role, "bob", seconds)
    )
    assert world.sign_in_oidc(world.browser()).status_code == 502


def test_a_provider_that_does_not_answer_is_told_so(world: Any) -> None:
    """Begun or half-way: 503, try again."""
    browser = world.browser()
    location = browser.get("/login/oidc").headers["location"]
    query = world.oidc.authorize(location)
    world.saml.down = world.oidc.down = True
    assert browser.get("/login/saml").status_code == 503
    assert browser.get("/login/oidc").status_code == 503
    assert browser.get("/oidc/callback", params=query).status_code == 503


def test_no_secret_reaches_the_log(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not on the way that works, and not where it fails."""
    caplog.set_level("DEBUG", "securecart")
    browser = world.browser()
    world.sign_in_oidc(browser)
    location = browser.get("/login/oidc").headers["location"]
    query = world.oidc.authorize(location, code="stolen-code")
    browser.get("/oidc/callback", params=query)
    form = world.saml.answer(browser.get("/login/saml").headers["location"])
    browser.post("/saml/acs", data=form | {"RelayState": "A" * 22})
    for secret in (
        "secret1",
        "session1",
        "refresh1",
        "stolen-code",
        form["SAMLResponse"][:60],
        browser.client.cookies["securecart-session"],
    ):
        assert secret not in caplog.text


def test_a_way_that_is_not_set_up_is_not_there(world: Any) -> None:
    """404 with a page, at each of its addresses."""
    browser = world.browser(oidc=None)
    for path in ("/login/oidc", "/oidc/callback?state=a"):
        assert browser.get(path).status_code == 404
    browser = world.browser(saml=None, sign_in="oidc")
    for path in ("/login/saml", "/saml/metadata"):
        assert browser.get(path).status_code == 404
    assert browser.post("/saml/acs", data={"RelayState": ""}).status_code == 404


def test_the_portal_has_saml_metadata(world: Any) -> None:
    """For the provider's administrator: entity id, address, certificate."""
    answer = world.browser().get("/saml/metadata")
    assert answer.headers["content-type"] == "application/samlmetadata+xml"
    assert b"http://localhost:8080/saml/acs" in answer.content
    assert b"urn:amazon:webservices" in answer.content


@pytest.mark.parametrize(
    "response",
    ["", "%%%", base64.b64encode(b"<a/>").decode(), "QUJD" * 30_000],
)
def test_a_malformed_response_is_a_clear_refusal(world: Any, response: str) -> None:
    """4xx with a page, whatever was posted."""
    browser = world.browser()
    form = world.saml.answer(browser.get("/login/saml").headers["location"])
    answer = browser.post("/saml/acs", data=form | {"SAMLResponse": response})
    assert answer.status_code == 403
    assert "Reference" in answer.text
