"""How long a session lives: fifteen-minute credentials and a clock that moves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from securecart.names.errors import AccessDenied, SecureCartError

METHODS = pytest.mark.parametrize("method", ["saml", "oidc"])
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    """A company with fifteen-minute credentials."""
    return make_world(duration_seconds=900)


def renew_in_frame(world: Any, browser: Any, **changes: Any) -> Any:
    """Do what the page does with the address that a renewal answers."""
    told = browser.renew()
    assert told.status_code == 409
    assert told.json() == {"renew": "saml-passive", "url": "/login/saml?passive=1"}
    location = browser.get(told.json()["url"], headers=OWN).headers["location"]
    return browser.post("/saml/acs", data=world.saml.answer(location, **changes))


def outcome(answer: Any) -> str:
    """Read what the frame tells the page."""
    assert answer.status_code == 200
    told: str = answer.text.partition('data-outcome="')[2].partition('"')[0]
    return told


def renew(world: Any, browser: Any, method: str) -> None:
    """Renew, either way, and see it work."""
    if method == "oidc":
        assert browser.renew().status_code == 200
    else:
        assert outcome(renew_in_frame(world, browser)) == "renewed"


@METHODS
def test_an_active_person_stays_signed_in(world: Any, method: str) -> None:
    """Credentials are replaced before they end, hour after hour."""
    browser = world.browser()
    world.sign_in(method, browser)
    before = browser.session()
    cookie = browser.client.cookies["securecart-session"]
    for _ in range(8):
        world.time.pass_by(minutes=10)
        renew(world, browser, method)
    after = browser.session()
    assert after["expiration"] == "2026-03-02T13:35:00Z"
    assert after["renew_after"] == "2026-03-02T13:30:00Z"
    assert after["credentials"] != before["credentials"]
    for unchanged in ("person", "folder", "csrf_token", "session_ends", "sign_in"):
        assert after[unchanged] == before[unchanged]
    assert browser.client.cookies["securecart-session"] == cookie


@METHODS
def test_without_a_renewal_the_session_ends_with_its_credentials(
    world: Any, method: str
) -> None:
    """A person who was away signs in again."""
    browser = world.browser()
    world.sign_in(method, browser)
    token = browser.session()["csrf_token"]
    world.time.pass_by(minutes=14, seconds=59)
    browser.session()
    world.time.pass_by(seconds=1)
    for answer in (browser.get("/api/session", headers=OWN), browser.renew(token)):
        assert answer.status_code == 401
        assert answer.json()["error"] == "session_ended"
        assert answer.json()["sign_in_url"] == "/login"


@METHODS
def test_renewals_end_with_the_portal_session(
    make_world: Callable[..., Any], method: str
) -> None:
    """Two hours after the sign-in, however active the person is."""
    world = make_world(duration_seconds=900, session_seconds=7200)
    browser = world.browser()
    world.sign_in(method, browser)
    for _ in range(11):
        world.time.pass_by(minutes=10)
        renew(world, browser, method)
    token = browser.session()["csrf_token"]
    world.time.pass_by(minutes=10)
    assert browser.renew(token).json()["error"] == "session_ended"


def test_the_last_credentials_are_as_short_as_sts_allows(
    make_world: Callable[..., Any],
) -> None:
    """They never reach past the session by more than STS's least duration."""
    world = make_world(duration_seconds=3600, session_seconds=7200)
    browser = world.browser()
    world.sign_in_oidc(browser)
    for minutes in (50, 40, 25):
        world.time.pass_by(minutes=minutes)
        assert browser.renew().status_code == 200
    assert [call[-1] for call in world.sts.calls] == [3600, 3600, 1800, 900]


def test_refresh_tokens_rotate(world: Any) -> None:
    """Each is used once; the new one is kept even when STS then fails."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    world.sts.failure = SecureCartError("connection refused")
    assert browser.renew().status_code == 503
    world.sts.failure = None
    assert browser.renew().status_code == 200
    assert browser.renew().status_code == 200
    assert world.oidc.refresh_tokens == {"refresh5"}


def test_one_renewal_at_a_time(world: Any) -> None:
    """Two windows must not use one refresh token twice: the second waits."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    headers = {
        "X-CSRF-Token": browser.session()["csrf_token"],
        "Origin": browser.address,
    }
    refresh = world.oidc.refresh
    answers: list[Any] = []

    def while_another_asks(refresh_token: str) -> Any:
        other = browser.client.post("/api/session/renew", headers=headers)
        # This runs in a worker thread, beside the loop.
        answers.append(asyncio.run_coroutine_threadsafe(other, world.loop).result(10))
        return refresh(refresh_token)

    world.oidc.refresh = while_another_asks
    assert browser.renew().status_code == 200
    assert answers[0].status_code == 503
    assert answers[0].json()["error"] == "renewal_running"
    world.oidc.refresh = refresh
    assert browser.renew().status_code == 200


def test_a_window_that_comes_second_takes_what_the_first_renewed(world: Any) -> None:
    """It read the session before, and finds the lock free again only after.

    Sent again, the used token would make a provider that rotates end all.
    """
    browser, other = world.browser(), world.browser()
    world.sign_in_oidc(browser)
    world.time.pass_by(minutes=10)
    other.client.cookies.update(dict(browser.client.cookies))
    insert = world.records.insert
    renewed: list[bool] = []

    def after_the_other(key: str, *asked: Any, **options: Any) -> Any:
        if key.startswith("renewal/") and not renewed:
            renewed.append(True)
            answer = other.client.post("/api/session/renew", headers=headers)
            running = asyncio.run_coroutine_threadsafe(answer, world.loop)
            assert running.result(10).status_code == 200
        return insert(key, *asked, **options)

    headers = {
        "X-CSRF-Token": browser.session()["csrf_token"],
        "Origin": browser.address,
    }
    world.records.insert = after_the_other
    answer = browser.renew(headers["X-CSRF-Token"])
    assert answer.status_code == 200
    assert answer.json() == other.session()
    assert len(world.sts.calls) == 2
    assert world.oidc.refresh_tokens == {"refresh3"}


def test_a_refresh_that_the_provider_refuses_ends_the_session(world: Any) -> None:
    """Whoever was locked out there is out here."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    world.oidc.refresh_tokens.clear()
    answer = browser.renew()
    assert answer.status_code == 401
    assert answer.json()["error"] == "sign_in_required"
    assert browser.get("/api/session").status_code == 401


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"sub": "bob"}, "other_person"),
        ({"iss": "https://evil.example"}, "sign_in_required"),
        ({"aud": "another-client"}, "sign_in_required"),
    ],
)
def test_a_refreshed_token_must_be_the_same_persons(
    world: Any, claims: dict[str, str], error: str
) -> None:
    """Same subject, issuer and client; no credentials otherwise."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    before = browser.session()["credentials"]
    world.oidc.refresh_claims = claims
    answer = browser.renew()
    assert answer.status_code == 401
    assert answer.json()["error"] == error
    assert browser.session()["credentials"] == before
    assert len(world.sts.calls) == 1


def test_access_that_was_taken_away_is_gone_at_the_next_renewal(world: Any) -> None:
    """The page asks for a sign-in, and that says who can help."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    world.sts.failure = AccessDenied("not authorized")
    assert browser.renew().json()["error"] == "sign_in_required"
    assert world.sign_in_oidc(browser).status_code == 403


def test_a_refresh_without_an_id_token_leads_to_the_browser(world: Any) -> None:
    """The provider vouches for nobody so: the session lives on, and a frame asks."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    before = browser.session()
    tokens = replace(world.oidc.refresh("refresh2"), id_token=None)
    asked = []

    def refresh(refresh_token: str) -> Any:
        asked.append(refresh_token)
        return tokens

    world.oidc.refresh = refresh
    for _ in range(2):
        told = browser.renew()
        assert told.status_code == 409
        assert told.json() == {"renew": "oidc-passive", "url": "/login/oidc?passive=1"}
    # Once it was no help, it is not asked again.
    assert asked == ["refresh2"]
    assert browser.session() == before
    assert len(world.sts.calls) == 1


def test_without_a_refresh_token_the_browser_asks_the_provider(world: Any) -> None:
    """`prompt=none` in a hidden frame, as with SAML."""
    world.oidc.gives_refresh = False
    browser = world.browser()
    world.sign_in_oidc(browser)
    told = browser.renew()
    assert told.status_code == 409
    assert told.json() == {"renew": "oidc-passive", "url": "/login/oidc?passive=1"}
    world.time.pass_by(minutes=10)
    location = browser.get(told.json()["url"], headers=OWN).headers["location"]
    assert "prompt=none" in location
    query = world.oidc.authorize(location)
    assert outcome(browser.get("/oidc/callback", params=query)) == "renewed"
    assert browser.session()["expiration"] == "2026-03-02T12:25:00Z"
    location = browser.get(told.json()["url"], headers=OWN).headers["location"]
    query = world.oidc.authorize(location, error="login_required")
    assert outcome(browser.get("/oidc/callback", params=query)) == "sign-in-needed"


def test_the_passive_request_says_so(world: Any) -> None:
    """IsPassive, and no ForceAuthn beside it."""
    browser = world.browser()
    world.sign_in_saml(browser)
    renew_in_frame(world, browser)
    request = world.saml.requests[-1]
    assert request.is_passive
    assert not request.force_authn


def test_a_passive_answer_that_signs_nobody_in_asks_for_a_sign_in(world: Any) -> None:
    """NoPassive: the provider's own session is over."""
    browser = world.browser()
    world.sign_in_saml(browser)
    before = browser.session()
    location = browser.get("/login/saml?passive=1", headers=OWN).headers["location"]
    answer = browser.post("/saml/acs", data=world.saml.refuse(location))
    assert outcome(answer) == "sign-in-needed"
    assert browser.session() == before


def test_a_passive_answer_for_another_person_is_refused(world: Any) -> None:
    """Whoever uses the provider's session now does not get into this one."""
    browser = world.browser()
    world.sign_in_saml(browser)
    before = browser.session()
    world.saml.person = "bob"
    assert outcome(renew_in_frame(world, browser)) == "sign-in-needed"
    assert browser.session() == before


def test_a_passive_answer_sets_no_session_cookie(world: Any) -> None:
    """It renews the session that asked, in the store; no other, and no new one."""
    browser = world.browser()
    world.sign_in_saml(browser)
    answer = renew_in_frame(world, browser)
    assert not any(
        "securecart-session" in value for value in answer.headers.get_list("set-cookie")
    )


def test_a_passive_answer_after_logout_signs_nobody_in(world: Any) -> None:
    """The session that asked is gone, and stays gone."""
    browser = world.browser()
    world.sign_in_saml(browser)
    location = browser.get("/login/saml?passive=1", headers=OWN).headers["location"]
    cookies = dict(browser.client.cookies)
    browser.get("/logout", headers=OWN)
    browser.client.cookies.update(cookies)
    answer = browser.post("/saml/acs", data=world.saml.answer(location))
    assert outcome(answer) == "sign-in-needed"
    assert browser.get("/api/session").status_code == 401


def test_a_renewal_that_overtakes_a_logout_brings_nothing_back(world: Any) -> None:
    """Signed out while the provider was being asked."""
    browser = world.browser()
    world.sign_in_oidc(browser)
    refresh = world.oidc.refresh
    sessions = [
        key for key in world.records.__dict__["_records"] if key.startswith("sign-in/")
    ]

    def sign_out_first(refresh_token: str) -> Any:
        tokens = refresh(refresh_token)
        for key in sessions:
            world.records.delete(key)
        return tokens

    world.oidc.refresh = sign_out_first
    assert browser.renew().status_code == 401
    assert browser.get("/api/session").json()["error"] == "session_ended"


def test_a_passive_sign_in_needs_a_session(world: Any) -> None:
    """Without one, the frame says so and nobody is asked."""
    answer = world.browser().get("/login/saml?passive=1", headers=OWN)
    assert outcome(answer) == "sign-in-needed"


def test_a_passive_sign_in_is_not_begun_for_another_site(world: Any) -> None:
    """A stranger's page cannot renew through a frame of its own."""
    browser = world.browser()
    world.sign_in_saml(browser)
    answer = browser.get(
        "/login/saml?passive=1", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_the_frame_speaks_to_its_own_origin_by_a_script_of_ours(world: Any) -> None:
    """The policy lets no inline script run."""
    answer = world.browser().get("/login/saml?passive=1", headers=OWN)
    assert '<script src="/portal-pages/renewal.js" defer></script>' in answer.text
    script = world.browser().get("/portal-pages/renewal.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "window.location.origin" in script.text
    assert '"*"' not in script.text


@METHODS
def test_a_second_factor_is_asked_for_again(
    make_world: Callable[..., Any], mfa_context: str, method: str
) -> None:
    """After its age the renewal says so; the new sign-in is forced and fresh."""
    world = make_world(duration_seconds=900, mfa_max_age_seconds=1800)
    world.saml.context = mfa_context
    start = int(world.time.now.timestamp())
    world.oidc.claims = {"amr": ["pwd", "otp", "mfa"], "auth_time": start}
    browser = world.browser()
    world.sign_in(method, browser)
    assert browser.session()["mfa"] is True
    for _ in range(3):
        world.time.pass_by(minutes=10)
        renew(world, browser, method)
    world.time.pass_by(minutes=10)
    answer = browser.renew()
    assert answer.status_code == 401
    assert answer.json()["error"] == "mfa_required"
    assert answer.json()["sign_in_url"] == "/login?reauthenticate=1"

    # The provider's old session does not do.
    again = sign_in_at(world, browser, "/login?reauthenticate=1")
    assert again.status_code == 403
    assert "sign in anew" in again.text

    # Nor does a fresh sign-in without the second factor.
    world.saml.authenticated_at = world.time.now
    world.oidc.claims["auth_time"] = int(world.time.now.timestamp())
    world.saml.context, world.oidc.claims["amr"] = "urn:x:password", ["pwd"]
    again = sign_in_at(world, browser, "/login?reauthenticate=1")
    assert again.status_code == 403
    assert "second factor is needed" in again.text

    world.saml.context, world.oidc.claims["amr"] = mfa_context, ["mfa"]
    assert sign_in_at(world, browser, "/login?reauthenticate=1").status_code == 303
    world.time.pass_by(minutes=10)
    renew(world, browser, method)


def sign_in_at(world: Any, browser: Any, path: str) -> Any:
    """Follow a sign-in of whichever kind the address begins, and see it forced."""
    location = browser.get(path).headers["location"]
    if "/authorize?" in location:
        assert "prompt=login" in location
        # Not 0, at which some providers ask without end.
        assert "max_age=60" in location
        return browser.get("/oidc/callback", params=world.oidc.authorize(location))
    answer = browser.post("/saml/acs", data=world.saml.answer(location))
    assert world.saml.requests[-1].force_authn
    return answer


@METHODS
def test_signing_in_anew_does_not_get_around_an_old_second_factor(
    make_world: Callable[..., Any], mfa_context: str, method: str
) -> None:
    """An old sign-in at the provider leads on to a forced one, not inside."""
    world = make_world(mfa_max_age_seconds=1800)
    long_ago = world.time.now - timedelta(minutes=31)
    world.saml.context, world.saml.authenticated_at = mfa_context, long_ago
    world.oidc.claims = {"amr": ["mfa"], "auth_time": int(long_ago.timestamp())}
    browser = world.browser()
    answer = world.sign_in(method, browser)
    assert answer.status_code == 303
    onward = answer.headers["location"]
    assert onward == f"/login/{method}?reauthenticate=1&return_to=%2F"
    assert "securecart-session" not in browser.client.cookies
    assert world.sts.calls == []


@METHODS
def test_where_a_second_factor_is_required_nobody_gets_in_without(
    make_world: Callable[..., Any], mfa_context: str, method: str
) -> None:
    """A clear page, and no call to STS; with the factor, in."""
    world = make_world(mfa_required=True)
    browser = world.browser()
    start = int(world.time.now.timestamp())
    world.oidc.claims = {"amr": ["pwd"], "auth_time": start}
    answer = world.sign_in(method, browser)
    assert answer.status_code == 403
    assert "second factor is needed" in answer.text
    assert world.sts.calls == []
    world.saml.context = mfa_context
    world.oidc.claims["amr"] = ["mfa"]
    assert world.sign_in(method, browser).status_code == 303


def test_a_required_second_factor_needs_a_known_age(
    make_world: Callable[..., Any],
) -> None:
    """The request makes the provider say it; silence signs nobody in."""
    world = make_world(mfa_required=True, mfa_max_age_seconds=1800)
    world.oidc.claims = {"amr": ["mfa"]}
    browser = world.browser()
    location = browser.get("/login/oidc").headers["location"]
    assert "max_age=1800" in location
    query = world.oidc.authorize(location)
    assert browser.get("/oidc/callback", params=query).status_code == 403


@METHODS
def test_a_renewal_without_the_second_factor_is_refused(
    make_world: Callable[..., Any], mfa_context: str, method: str
) -> None:
    """The session rests on it, so its renewals do."""
    world = make_world(duration_seconds=900)
    world.saml.context = mfa_context
    world.oidc.claims = {"amr": ["mfa"]}
    browser = world.browser()
    world.sign_in(method, browser)
    world.saml.context = "urn:x:password"
    world.oidc.refresh_claims = {"amr": ["pwd"]}
    if method == "oidc":
        assert browser.renew().json()["error"] == "mfa_required"
    else:
        assert outcome(renew_in_frame(world, browser)) == "sign-in-needed"
    assert len(world.sts.calls) == 1


def test_a_frame_that_was_not_sent_by_the_api_gets_no_further(
    make_world: Callable[..., Any], mfa_context: str
) -> None:
    """The age of the second factor is judged on the answer too."""
    world = make_world(duration_seconds=900, mfa_max_age_seconds=600)
    world.saml.context = mfa_context
    browser = world.browser()
    world.sign_in_saml(browser)
    world.time.pass_by(minutes=11)
    location = browser.get("/login/saml?passive=1", headers=OWN).headers["location"]
    answer = browser.post("/saml/acs", data=world.saml.answer(location))
    assert outcome(answer) == "sign-in-needed"
    assert len(world.sts.calls) == 1


@METHODS
def test_requiring_a_second_factor_reaches_sessions_that_began_without(
    world: Any, method: str
) -> None:
    """A portal that is started again with a stricter configuration."""
    browser = world.browser()
    world.sign_in(method, browser)
    stricter = world.browser(mfa_required=True)
    stricter.client.cookies.update(dict(browser.client.cookies))
    assert stricter.renew().json()["error"] == "mfa_required"


@METHODS
def test_a_renewal_needs_the_csrf_token_and_our_own_origin(
    world: Any, method: str
) -> None:
    """Each alone is not enough."""
    browser = world.browser()
    world.sign_in(method, browser)
    token = browser.session()["csrf_token"]
    calls = len(world.sts.calls)
    own = browser.address
    for headers, error in (
        ({"X-CSRF-Token": token}, "cross_site"),
        ({"X-CSRF-Token": token, "Origin": "null"}, "cross_site"),
        ({"X-CSRF-Token": token, "Origin": "http://localhost:8081"}, "cross_site"),
        (
            {"X-CSRF-Token": token, "Origin": own, "Sec-Fetch-Site": "same-site"},
            "cross_site",
        ),
        ({"Origin": own}, "csrf"),
        ({"Origin": own, "X-CSRF-Token": token[:-1] + "!"}, "csrf"),
        ({"Origin": own, "X-CSRF-Token": b"\xff\xfe"}, "csrf"),
    ):
        answer = browser.post("/api/session/renew", headers=headers)
        assert answer.status_code == 403
        assert answer.json()["error"] == error
    assert len(world.sts.calls) == calls
