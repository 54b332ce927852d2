"""Signing in at the provider itself: factors, limits, forged forms."""

from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest

from securecart.serve.idp import set_password

IDP = "http://localhost:8081"


def signed_in_name(page: httpx.Response) -> str:
    """What the home page calls the person, or nothing."""
    return page.text.partition("<h1>Hello, ")[2].partition("</h1>")[0]


def test_the_login_page_says_that_it_is_a_stand_in(browser: Any) -> None:
    """Nobody should take it for the company's real sign-in."""
    page = browser.get("/login")

    assert page.status_code == 200
    assert "Stand-in identity provider." in page.text
    assert "Example &amp; Sons" in page.text


def test_a_password_signs_in(world: Any, browser: Any) -> None:
    """The home page greets whoever signed in."""
    page = browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)

    assert (
        signed_in_name(page) == world.directory.find(world.engineer.username).given_name
    )


def test_the_session_survives_a_restart(world: Any, browser: Any) -> None:
    """Sign-ins are records, not memory."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    restarted = world.browser()
    restarted.client.cookies = browser.client.cookies

    assert signed_in_name(restarted.get("/"))


def test_the_session_ends(world: Any, browser: Any) -> None:
    """After its lifetime a cookie is worth nothing."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    world.clock.advance(hours=12)

    assert not signed_in_name(browser.get("/"))


def test_who_has_left_is_signed_out(world: Any, browser: Any) -> None:
    """A person taken out of the directory is nobody at once."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    text = world.directory_path.read_text()
    username = world.engineer.username
    world.directory_path.write_text(text.replace(f'"{username}"', '"somebody.else"'))

    assert not signed_in_name(browser.get("/"))


@pytest.mark.parametrize("username", ["sample", "nobody.here", "", "x" * 256, "é\0ß"])
def test_a_wrong_password_and_an_unknown_name_look_alike(
    world: Any, browser: Any, username: str
) -> None:
    """The answer does not tell who works here."""
    if username == "sample":
        username = world.engineer.username
    page = browser.submit(
        browser.get("/login"), username=username, password="not it at all"
    )

    assert page.status_code == 403
    assert "The user name or the password is not right." in page.text
    assert 'role="alert"' in page.text


def test_nobody_signs_in_without_a_password_of_their_own(
    world: Any, browser: Any
) -> None:
    """Employees without a password hash are refused, with or without input."""
    without = next(each for each in world.directory if each.password_hash is None)
    for password in ("", "x"):
        page = browser.submit(
            browser.get("/login"), username=without.username, password=password
        )
        assert page.status_code == 403


def test_a_password_set_by_an_administrator_counts_at_once(
    world: Any, browser: Any
) -> None:
    """The running provider reads the directory again."""
    without = next(
        each
        for each in world.directory
        if each.password_hash is None and not each.needs_one_time_code
    )
    set_password(world.directory_path, without.username, "fresh one 11")
    page = browser.submit(
        browser.get("/login"), username=without.username, password="fresh one 11"
    )

    assert signed_in_name(page) == without.given_name


def test_guessing_passwords_stops_after_ten(world: Any, browser: Any) -> None:
    """Then even the right one waits, and after a quarter of an hour it counts."""
    who = world.engineer
    for _ in range(10):
        page = browser.submit(
            browser.get("/login"), username=who.username, password="guess"
        )
        assert page.status_code == 403
    page = browser.sign_in(browser.get("/login"), who, now=world.clock.now)
    assert page.status_code == 429
    assert "Wait 15 minutes" in page.text
    assert page.headers["retry-after"] == "900"

    world.clock.advance(minutes=15)
    page = browser.sign_in(browser.get("/login"), who, now=world.clock.now)
    assert signed_in_name(page)


def test_right_passwords_never_add_up(world: Any, browser: Any) -> None:
    """Signing in a dozen times locks nobody out."""
    for _ in range(12):
        page = browser.sign_in(
            browser.get("/login"), world.engineer, now=world.clock.now
        )
        assert signed_in_name(page)


def test_an_address_cannot_try_one_password_on_everybody(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred failures from one address, whoever's, are the end."""
    monkeypatch.setattr("securecart.serve.idp.login.verify_password", lambda *_: False)
    page = browser.get("/login")
    for number in range(100):
        answer = browser.submit(page, username=f"name{number}", password="Winter1!")
        assert answer.status_code == 403
    assert browser.submit(page, username="next", password="x").status_code == 429


class TestOneTimeCode:
    """The second factor."""

    def ask_for_code(self, world: Any, browser: Any) -> httpx.Response:
        who = world.lawyer
        page: httpx.Response = browser.submit(
            browser.get("/login"), username=who.username, password=who.password
        )
        assert "One-time code" in page.text
        return page

    def code(self, world: Any, off: int = 0) -> str:
        generator = pyotp.TOTP(world.lawyer.totp_secret)
        return generator.at(world.clock.now + timedelta(seconds=30 * off))

    def test_the_password_alone_is_not_enough(self, world: Any, browser: Any) -> None:
        """There is no session before the code."""
        self.ask_for_code(world, browser)

        assert not signed_in_name(browser.get("/"))

    @pytest.mark.parametrize("off", [-1, 0, 1])
    def test_a_code_of_the_present_or_a_neighbouring_step_signs_in(
        self, world: Any, browser: Any, off: int
    ) -> None:
        """Clocks drift and fingers are slow; spaces do not matter."""
        code = self.code(world, off)
        page = browser.submit(
            self.ask_for_code(world, browser), code=f"{code[:3]} {code[3:]}"
        )

        assert signed_in_name(page)

    @pytest.mark.parametrize("code", ["", "000000", "١٢٣٤٥٦", "1" * 4000, "12345"])
    def test_another_code_does_not(self, world: Any, browser: Any, code: str) -> None:
        """Wrong, empty, or digits of another script."""
        page = browser.submit(self.ask_for_code(world, browser), code=code)

        assert page.status_code == 403
        assert not signed_in_name(browser.get("/"))

    def test_a_code_two_steps_old_does_not(self, world: Any, browser: Any) -> None:
        """A minute is the limit."""
        page = browser.submit(
            self.ask_for_code(world, browser), code=self.code(world, -2)
        )

        assert page.status_code == 403

    def test_a_code_counts_once(self, world: Any, browser: Any) -> None:
        """Whoever looked over the shoulder comes too late (RFC 6238, 5.2)."""
        code = self.code(world)
        browser.submit(self.ask_for_code(world, browser), code=code)
        thief = world.browser()

        page = thief.submit(self.ask_for_code(world, thief), code=code)
        assert page.status_code == 403
        assert "used already" in page.text

    def test_guessing_codes_stops_after_five(self, world: Any, browser: Any) -> None:
        """A thief with the password does not get to try them all."""
        page = self.ask_for_code(world, browser)
        for _ in range(5):
            assert browser.submit(page, code="000000").status_code == 403
        assert browser.submit(page, code=self.code(world)).status_code == 429

    def test_the_password_has_to_be_recent(self, world: Any, browser: Any) -> None:
        """Five minutes after it, both factors are asked again."""
        page = self.ask_for_code(world, browser)
        world.clock.advance(minutes=5, seconds=1)
        page = browser.submit(page, code=self.code(world))

        assert page.status_code == 403
        assert "Sign in with your password again." in page.text

    def test_the_password_cannot_be_skipped(self, world: Any, browser: Any) -> None:
        """What stands for the first factor is sealed."""
        page = self.ask_for_code(world, browser)
        for first_factor in ("", "AAAA", "é", "a" * 20_000):
            answer = browser.submit(
                page, first_factor=first_factor, code=self.code(world)
            )
            assert answer.status_code == 400


class TestForgedForms:
    """Another site must not be able to submit our forms."""

    def fields(self, world: Any, browser: Any) -> dict[str, str]:
        page = browser.get("/login")
        form = page.text.partition('name="form" value="')[2].partition('"')[0]
        return {
            "form": form,
            "username": world.engineer.username,
            "password": world.engineer.password,
        }

    def test_without_the_field(self, world: Any, browser: Any) -> None:
        """The form's own field is required."""
        fields = self.fields(world, browser) | {"form": ""}

        assert browser.post("/login", fields).status_code == 403

    def test_without_the_cookie(self, world: Any, browser: Any) -> None:
        """The field alone, copied from somebody else's page, is not enough."""
        fields = self.fields(world, browser)

        assert world.browser().post("/login", fields).status_code == 403

    @pytest.mark.parametrize("origin", ["http://evil.example", "null"])
    def test_from_another_origin(self, world: Any, browser: Any, origin: str) -> None:
        """The browser's word counts, even with field and cookie."""
        answer = browser.client.post(
            "/login", data=self.fields(world, browser), headers={"Origin": origin}
        )

        assert answer.status_code == 403

    def test_signing_out(self, world: Any, browser: Any) -> None:
        """Neither a link nor a forged form signs anybody out."""
        browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
        browser.get("/logout")
        assert browser.post("/logout", {"form": "x"}).status_code == 400
        assert signed_in_name(browser.get("/"))

        browser.submit(browser.get("/logout"))
        assert not signed_in_name(browser.get("/"))


def test_a_sign_in_takes_a_fresh_cookie(world: Any, browser: Any) -> None:
    """A cookie planted before it is worth nothing after it."""
    browser.client.cookies.set("idp_session", "planted")
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    thief = world.browser()
    thief.client.cookies.set("idp_session", "planted")

    assert not signed_in_name(thief.get("/"))


def test_cookies_are_out_of_reach(world: Any) -> None:
    """HttpOnly and SameSite always; under TLS also Secure and `__Host-`."""
    secure = world.browser(base_url="https://idp.example.com")
    for browser, prefix, attributes in (
        (world.browser(), "idp_", {"httponly", "samesite=lax", "path=/"}),
        (secure, "__Host-idp_", {"httponly", "samesite=lax", "path=/", "secure"}),
    ):
        answer = browser.client.get("/login")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(prefix)
        found = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert found == attributes


@pytest.mark.parametrize(
    "errand", ["https://evil.example/", "//evil.example", "/login", "AAAA", "é"]
)
def test_a_sign_in_leads_nowhere_that_we_did_not_seal(
    world: Any, browser: Any, errand: str
) -> None:
    """The login page is no open redirect."""
    assert browser.client.get("/login", params={"errand": errand}).status_code == 400
    page = browser.get("/login")
    answer = browser.submit(
        page,
        errand=errand,
        username=world.engineer.username,
        password=world.engineer.password,
    )
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_every_answer_carries_the_same_guards(browser: Any) -> None:
    """Pages, documents, errors: framed by the portal only, never cached."""
    for path in ("/", "/login", "/healthz", "/saml/metadata", "/nowhere", "/saml/sso"):
        answer = browser.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors http://localhost:8080" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_pages_need_no_script(browser: Any) -> None:
    """Only the page that posts itself may run one."""
    assert "script" not in browser.get("/login").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/json"}, b"{}", 400),
        ({}, b"username=a", 400),
        ({"content-type": "application/x-www-form-urlencoded"}, b"\xff=%ff", 400),
        ({"content-type": "application/x-www-form-urlencoded"}, b"a=%ff", 400),
        ({"content-type": "application/x-www-form-urlencoded"}, b"a=1&a=2", 400),
        ({"content-type": "application/x-www-form-urlencoded"}, b"a&" * 99, 400),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            b"username=" + b"x" * 5000,
            400,
        ),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            b"password=" + b"x" * 300_000,
            413,
        ),
    ],
)
def test_what_is_no_form_is_refused(
    browser: Any, headers: dict[str, str], body: bytes, status: int
) -> None:
    """A clear answer, whatever is sent."""
    answer = browser.client.post("/login", content=body, headers=headers)

    assert answer.status_code == status


def test_long_addresses_are_refused(browser: Any) -> None:
    """Before anything reads them."""
    assert browser.client.get("/login?errand=" + "a" * 40_000).status_code == 414


def test_files_are_served(browser: Any) -> None:
    """The style sheet and the one script, and nothing beside their folder."""
    assert "css" in browser.client.get("/static/idp.css").headers["content-type"]
    assert browser.client.get("/static/post.js").status_code == 200
    assert browser.client.get("/static/%2e%2e/app.py").status_code == 404


def test_health(browser: Any) -> None:
    """It answers when it runs."""
    assert browser.client.get("/healthz").text == "ok\n"


def test_a_sign_in_clears_what_has_expired(world: Any, browser: Any) -> None:
    """So the records do not grow for ever."""
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)
    world.clock.advance(days=1)
    browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)

    assert world.records.purge(now=world.clock.now) == 0
