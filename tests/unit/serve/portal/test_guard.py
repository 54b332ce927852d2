"""What holds for every request and every answer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from securecart.sealing import Keyring, SealingKey
from securecart.serve.portal import guard

PATHS = [
    ("GET", "/"),
    ("GET", "/assets/app-1a2b3c.js"),
    ("GET", "/assets/missing.js"),
    ("GET", "/login"),
    ("GET", "/login/saml?return_to=//evil.example"),
    ("POST", "/saml/acs"),
    ("GET", "/saml/acs"),
    ("GET", "/saml/metadata"),
    ("GET", "/oidc/callback"),
    ("GET", "/api/session"),
    ("POST", "/api/session/renew"),
    ("GET", "/api/refusals"),
    ("GET", "/api/nothing"),
    ("DELETE", "/api/session"),
    ("OPTIONS", "/api/session"),
    ("GET", "/logout"),
    ("GET", "/signed-out"),
    ("GET", "/healthz"),
    ("GET", "/portal-pages/pages.css"),
    ("TRACE", "/"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_answer_has_the_security_headers(
    world: Any, tls_world: Any, method: str, path: str
) -> None:
    """Pages, files, JSON and refusals alike."""
    answer = world.browser().request(method, path)
    policy = dict(
        directive.split(" ", 1)
        for directive in answer.headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "font-src": "'self'",
        "connect-src": "'self' http://localhost:9000 "
        "http://securecart-user-docs.localhost:9000",
        "form-action": "'self' http://localhost:8081",
        "frame-src": "'self' http://localhost:8081",
        "frame-ancestors": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "cache-control" in answer.headers
    assert "strict-transport-security" not in answer.headers
    assert not any(name.startswith("access-control-") for name in answer.headers)
    answer = tls_world.browser().request(method, path)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost:8081", "localhost", "localhost:8080.evil.example", ""],
)
def test_another_host_is_refused(world: Any, host: str) -> None:
    """DNS rebinding, and links made from a Host header, find nothing."""
    answer = world.browser().get("/login", headers={"Host": host})
    assert answer.status_code == 421
    assert world.browser().get("/healthz", headers={"Host": host}).text == "ok\n"


def test_the_host_ignores_case(world: Any) -> None:
    """As host names do."""
    answer = world.browser().get("/", headers={"Host": "LocalHost:8080"})
    assert answer.status_code == 200


@pytest.mark.parametrize("sized", [True, False])
def test_a_body_beyond_the_limit_is_refused(world: Any, sized: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """By its announced length, or while it comes."""
    sent = 0

    async def chunks() -> Any:
        nonlocal sent
        while sent < 2_000_000:
            sent += 50_000
            yield b"a" * 50_000

    content: Any = b"a" * 400_000 if sized else chunks()
    answer = world.browser().post(
        "/saml/acs",
        content=content,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413
    assert sent <= 400_000


def test_the_largest_response_that_sts_takes_is_no_too_large_body(world: Any) -> None:
    """Even when every character must be percent-encoded."""
    form = {"SAMLResponse": "/" * 100_000, "RelayState": "A" * 22}
    assert world.browser().post("/saml/acs", data=form).status_code == 400


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "\u0665", "", "9" * 5000])
def test_a_malformed_length_is_refused(world: Any, length: str) -> None:
    """Before anything reads the body."""
    answer = world.browser().post(
        "/saml/acs", headers={"Content-Length": length.encode()}
    )
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/login?return_to=/" + "a" * 9000, {}),
        ("/", {"Cookie": "a=" + "b" * 40_000}),
    ],
)
def test_long_queries_and_cookies_are_refused(
    world: Any, path: str, headers: dict[str, str]
) -> None:
    """413, whatever they hold."""
    assert world.browser().get(path, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"SAMLResponse=a&SAMLResponse=b", "application/x-www-form-urlencoded"),
        (b"SAMLResponse=%ff&RelayState=a", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (
            b"&".join(b"a%d=1" % n for n in range(50)),
            "application/x-www-form-urlencoded",
        ),
        (b"{}", "application/json"),
        (b"", ""),
    ],
)
def test_a_malformed_form_is_a_clear_refusal(
    world: Any, body: bytes, content_type: str
) -> None:
    """400 with a page and a reference."""
    answer = world.browser().post(
        "/saml/acs", content=body, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 400
    assert "Reference" in answer.text


def ask(
    world: Any, messages: Iterator[dict[str, Any]], *extra: tuple[bytes, bytes]
) -> Any:
    """Send what no client library would; answer the messages that came back."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/saml/acs",
        "raw_path": b"/saml/acs",
        "query_string": b"",
        "headers": [(b"host", b"localhost:8080"), *extra],
    }
    world.loop.run_until_complete(world.app()(scope, receive, send))
    return sent


def test_a_body_that_does_not_come_is_given_up(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 after a bounded time; nothing waits for ever."""
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.01)
    first = {"type": "http.request", "body": b"a", "more_body": True}
    sent = ask(world, iter([first]))
    assert sent[0]["status"] == 408


def test_a_body_announced_beyond_the_limit_is_not_waited_for(world: Any) -> None:
    """Refused by its head alone."""
    length = (b"content-length", b"320001")
    assert ask(world, iter([]), length)[0]["status"] == 413


def test_a_field_that_occurs_twice_is_refused(world: Any) -> None:
    """Two readers could believe two different ones."""
    browser = world.browser()
    form = world.saml.answer(browser.get("/login/saml").headers["location"])
    twice = [("SAMLResponse", "QUJD"), *form.items()]
    answer = browser.post(
        "/saml/acs",
        content=urlencode(twice),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 400
    assert world.sts.calls == []


def test_a_client_that_goes_away_is_no_error(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is answered, nothing is logged."""
    assert ask(world, iter([{"type": "http.disconnect"}])) == []
    assert caplog.messages == []


def test_a_failure_that_nobody_foresaw_shows_no_traceback(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A page with a reference; the traceback is in the log."""

    def broken(**_options: bool) -> Any:
        raise ZeroDivisionError("inner detail")

    world.saml.metadata = broken
    answer = world.browser().get("/login/saml")
    assert answer.status_code == 500
    assert "inner detail" not in answer.text
    assert "Traceback" not in answer.text
    reference = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert reference in caplog.text
    assert "inner detail" in caplog.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8081"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_another_site_cannot_read_the_session(
    world: Any, headers: dict[str, str]
) -> None:
    """Refused, and no CORS header says otherwise."""
    browser = world.browser()
    world.sign_in_saml(browser)
    answer = browser.get("/api/session", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"] == "cross_site"
    assert "credentials" not in answer.text


def test_the_session_is_not_stored_by_anybody(world: Any) -> None:
    """Neither browser nor proxy keeps credentials."""
    browser = world.browser()
    world.sign_in_saml(browser)
    answer = browser.get("/api/session")
    assert answer.headers["cache-control"] == "no-store"


def test_signed_out_is_said_in_json(world: Any) -> None:
    """With where to sign in, and whose portal it is."""
    answer = world.browser().get("/api/session")
    assert answer.status_code == 401
    body = answer.json()
    assert body["error"] == "signed_out"
    assert body["sign_in_url"] == "/login"
    assert body["organisation"] == "Example <Corporation>"
    assert body["message"]


@pytest.mark.parametrize("value", ["A" * 43, "a b", "A" * 5000, "../../x", '"'])
def test_a_cookie_that_is_no_session_is_none(world: Any, value: str) -> None:
    """401, whatever it holds."""
    answer = world.browser().get(
        "/api/session", headers={"Cookie": f"securecart-session={value}"}
    )
    assert answer.status_code == 401


def test_a_session_sealed_by_another_key_is_none(world: Any) -> None:
    """The portal's key was replaced: everybody signs in again."""
    browser = world.browser()
    world.sign_in_saml(browser)
    world.keyring = Keyring(SealingKey(b"k" * 32))
    later = world.browser()
    later.client.cookies.update(dict(browser.client.cookies))
    assert later.get("/api/session").status_code == 401


def test_a_session_record_opens_in_its_own_place_only(world: Any) -> None:
    """Who can write to the store cannot hand one person another's session."""
    ada, bob = world.browser(), world.browser()
    world.sign_in_saml(ada)
    records = world.records.__dict__["_records"]
    adas = [key for key in records if key.startswith(("sign-in/", "grant/"))]
    world.saml.person = "bob"
    world.sign_in_saml(bob)
    for key in adas:
        kind = key.partition("/")[0]
        theirs = next(
            other for other in records if other.startswith(kind) and other not in adas
        )
        records[theirs] = records[key]
    assert bob.get("/api/session").status_code == 401


def flags(answer: httpx.Response, part: str) -> set[str]:
    """Answer the attributes of a cookie, and its name up to the id."""
    value = next(line for line in answer.headers.get_list("set-cookie") if part in line)
    return {attribute.strip().lower() for attribute in value.split(";")[1:]}


@pytest.mark.parametrize("method", ["saml", "oidc"])
def test_cookies_on_plain_loopback(world: Any, method: str) -> None:
    """HttpOnly and Lax; Secure would keep them from plain HTTP."""
    browser = world.browser()
    begun = browser.get(f"/login/{method}")
    assert flags(begun, "securecart-pending-") == {
        "httponly",
        "max-age=600",
        "path=/",
        "samesite=lax",
    }
    answer = world.sign_in(method, browser)
    assert flags(answer, "securecart-session") == {"httponly", "path=/", "samesite=lax"}
    assert "max-age=0" in flags(answer, "securecart-pending-")


@pytest.mark.parametrize("method", ["saml", "oidc"])
def test_cookies_under_tls(tls_world: Any, method: str) -> None:
    """`__Host-`, Secure; None for the pending one, since SAML posts cross-site."""
    browser = tls_world.browser()
    begun = browser.get(f"/login/{method}")
    assert flags(begun, "__Host-securecart-pending-") == {
        "httponly",
        "max-age=600",
        "path=/",
        "samesite=none",
        "secure",
    }
    answer = tls_world.sign_in(method, browser)
    assert answer.status_code == 303
    assert flags(answer, "__Host-securecart-session") == {
        "httponly",
        "path=/",
        "samesite=lax",
        "secure",
    }
    browser.session()


def test_the_application_is_served_with_lasting_assets(world: Any) -> None:
    """The page is asked for anew each time; what is named by content, never."""
    browser = world.browser()
    for path in ("/", "/reports/2026", "/index.html"):
        answer = browser.get(path)
        assert "<title>Documents</title>" in answer.text
        assert answer.headers["cache-control"] == "no-cache"
    answer = browser.get("/assets/app-1a2b3c.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert browser.request("HEAD", "/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/missing.js",
        "/api/nothing",
        "/saml/nothing",
        "/oidc/x",
        "/login/x",
        "/..%2f..%2fetc%2fpasswd.txt",
        "/assets/..%2f..%2fconftest.py",
        "/%00.js",
    ],
)
def test_what_is_not_there_is_not_found(world: Any, path: str) -> None:
    """No file outside of the folder, and no application under a server's path."""
    answer = world.browser().get(path)
    assert answer.status_code == 404
    if path.startswith("/api"):
        assert answer.json()["error"] == "not_found"


def test_a_front_end_that_is_not_built_is_said_so(world: Any, tmp_path: Path) -> None:
    """503 with what to do; the rest of the portal works."""
    world.static = tmp_path / "nowhere"
    browser = world.browser()
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "make install" in answer.text
    assert world.sign_in_saml(browser).status_code == 303


def test_pages_escape_what_they_show(world: Any) -> None:
    """A company may have an angle bracket in its name."""
    answer = world.browser().get("/signed-out")
    assert "Example &lt;Corporation&gt;" in answer.text
    assert "<Corporation>" not in answer.text
