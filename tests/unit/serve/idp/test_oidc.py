"""The OpenID provider, as a client and its browser see it."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from authlib.oidc.discovery import (  # type: ignore[import-untyped]  # no stubs exist
    OpenIDProviderMetadata,
)
from joserfc import jwt
from joserfc.jwk import KeySet

IDP = "http://localhost:8081"
CALLBACK = "http://localhost:8080/oidc/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)
CLIENT = ("securecart-portal", "the client's secret")


def question(**changes: str | None) -> str:
    """An authorization request; None leaves a parameter out."""
    parameters = {
        "response_type": "code",
        "client_id": CLIENT[0],
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "the state",
        "nonce": "the nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    sent = {k: v for k, v in (parameters | changes).items() if v is not None}
    return "/oidc/authorize?" + urlencode(sent)


def callback(response: httpx.Response) -> dict[str, str]:
    """The parameters that the browser brings back to the client."""
    location = response.headers["location"]
    assert location.startswith(CALLBACK + "?")
    return {k: v[0] for k, v in parse_qs(urlsplit(location).query).items()}


def exchange(browser: Any, code: str, **changes: str) -> httpx.Response:
    """The client's request for tokens."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    response: httpx.Response = browser.client.post(
        "/oidc/token", data=fields | changes, auth=CLIENT
    )
    return response


def refresh(browser: Any, secret: str, **fields: str) -> httpx.Response:
    """The client's request for fresh tokens."""
    response: httpx.Response = browser.client.post(
        "/oidc/token",
        data={"grant_type": "refresh_token", "refresh_token": secret} | fields,
        auth=CLIENT,
    )
    return response


def claims_of(world: Any, browser: Any, tokens: httpx.Response) -> dict[str, Any]:
    """The verified claims of the ID token in a token response."""
    keys = KeySet.import_key_set(browser.client.get("/oidc/jwks").json())
    token = jwt.decode(tokens.json()["id_token"], keys, algorithms=["RS256"])
    jwt.JWTClaimsRegistry(
        now=int(world.clock.now.timestamp()),
        iss={"essential": True, "value": IDP},
        aud={"essential": True, "value": CLIENT[0]},
        exp={"essential": True},
    ).validate(token.claims)
    return token.claims


def sign_in(world: Any, browser: Any, who: Any, **changes: str) -> httpx.Response:
    """From the authorization request to the tokens."""
    page = browser.get(question(**changes))
    returned = callback(browser.sign_in(page, who, now=world.clock.now))
    tokens = exchange(browser, returned["code"])
    assert tokens.status_code == 200, tokens.text
    return tokens


def test_discovery_is_complete(browser: Any) -> None:
    """As OpenID Connect Discovery 1.0 wants it, by Authlib's own reading."""
    document = browser.client.get("/.well-known/openid-configuration").json()

    assert document["issuer"] == IDP
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    secure = {
        key: value.replace("http://localhost:8081", "https://idp.example.com")
        if isinstance(value, str)
        else value
        for key, value in document.items()
    }
    OpenIDProviderMetadata(secure).validate()
    for name, address in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert browser.client.get(address).status_code in (200, 303, 400, 401, 405)


def test_the_key_set_holds_no_private_part(browser: Any) -> None:
    """Only what verifies."""
    (key,) = browser.client.get("/oidc/jwks").json()["keys"]

    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_a_sign_in_with_a_password(world: Any, browser: Any) -> None:
    """The ID token says who, when and how, and what AWS turns into tags."""
    who = world.directory.find(world.engineer.username)
    tokens = sign_in(world, browser, world.engineer)
    claims = claims_of(world, browser, tokens)

    assert tokens.headers["cache-control"] == "no-store"
    assert claims["sub"] == who.username
    assert claims["name"] == who.name
    assert claims["given_name"] == who.given_name
    assert claims["family_name"] == who.family_name
    assert claims["email"] == who.email
    assert claims["nonce"] == "the nonce"
    assert claims["auth_time"] == int(world.clock.now.timestamp())
    assert claims["amr"] == ["pwd"]
    assert claims["acr"].endswith(":PasswordProtectedTransport")
    assert claims["sid"]
    assert claims["https://aws.amazon.com/source_identity"] == who.username
    assert claims["https://aws.amazon.com/tags"] == {
        "principal_tags": {
            "Department": ["engineering"],
            "Email": [who.email],
            "EmployeeId": [who.employee_id],
        },
        "transitive_tag_keys": ["Department", "Email", "EmployeeId"],
    }


def test_a_sign_in_with_a_one_time_code(world: Any, browser: Any) -> None:
    """The ID token says that there was a second factor."""
    claims = claims_of(world, browser, sign_in(world, browser, world.lawyer))

    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert claims["acr"] == "https://refeds.org/profile/mfa"


def test_state_comes_back_as_it_was_sent(world: Any, browser: Any) -> None:
    """Whatever characters it has."""
    page = browser.get(question(state='"ü&=\\\n#'))
    returned = callback(browser.sign_in(page, world.engineer, now=world.clock.now))

    assert returned["state"] == '"ü&=\\\n#'


def test_scopes_choose_the_claims(world: Any, browser: Any) -> None:
    """Without `email` and `profile` there is neither, here and in userinfo."""
    tokens = sign_in(world, browser, world.engineer, scope="openid unheard-of")
    claims = claims_of(world, browser, tokens)

    assert tokens.json()["scope"] == "openid"
    assert "email" not in claims
    assert "name" not in claims


def test_userinfo(world: Any, browser: Any) -> None:
    """The access token opens it, and nothing else does."""
    tokens = sign_in(world, browser, world.engineer).json()

    def ask(secret: str) -> httpx.Response:
        answer: httpx.Response = browser.client.get(
            "/oidc/userinfo", headers={"Authorization": f"Bearer {secret}"}
        )
        return answer

    assert ask(tokens["access_token"]).json()["sub"] == world.engineer.username
    for secret in ("", "x", tokens["refresh_token"], tokens["id_token"]):
        assert ask(secret).status_code == 401
    assert browser.client.get("/oidc/userinfo").status_code == 401
    world.clock.advance(minutes=10)
    assert ask(tokens["access_token"]).status_code == 401


class TestTheSession:
    """Single sign-on, and how a client asks past it."""

    def test_signs_in_without_asking(self, world: Any, browser: Any) -> None:
        """Once is enough, with or without `prompt=none`."""
        sign_in(world, browser, world.engineer)
        world.clock.advance(hours=1)

        for prompt in (None, "none"):
            returned = callback(browser.get(question(prompt=prompt)))
            claims = claims_of(world, browser, exchange(browser, returned["code"]))
            assert claims["auth_time"] == int(world.clock.now.timestamp()) - 3600

    def test_prompt_none_never_shows_a_page(self, browser: Any) -> None:
        """Nobody signed in is an error for the client."""
        returned = callback(browser.get(question(prompt="none")))

        assert returned == {
            "error": "login_required",
            "state": "the state",
            "iss": IDP,
        }

    def test_prompt_login_asks_again(self, world: Any, browser: Any) -> None:
        """And what comes of it is a fresh authentication time."""
        sign_in(world, browser, world.engineer)
        world.clock.advance(minutes=5)
        claims = claims_of(
            world, browser, sign_in(world, browser, world.engineer, prompt="login")
        )

        assert claims["auth_time"] == int(world.clock.now.timestamp())

    def test_prompt_login_cannot_be_walked_around(
        self, world: Any, browser: Any
    ) -> None:
        """Going on without signing in again leads back to the login page."""
        sign_in(world, browser, world.engineer)
        world.clock.advance(minutes=5)
        page = browser.get(question(prompt="login"))
        errand = parse_qs(page.url.query.decode())["errand"][0]

        again = browser.get("/oidc/resume?" + urlencode({"errand": errand}))
        assert again.url.path == "/login"

    def test_max_age_asks_again_when_it_is_over(self, world: Any, browser: Any) -> None:
        """With `prompt=none` too."""
        sign_in(world, browser, world.engineer)
        world.clock.advance(seconds=60)
        assert "code" in callback(browser.get(question(max_age="60")))

        world.clock.advance(seconds=1)
        assert browser.get(question(max_age="60")).url.path == "/login"
        returned = callback(browser.get(question(max_age="60", prompt="none")))
        assert returned["error"] == "login_required"

    def test_another_person_may_take_over(self, world: Any, browser: Any) -> None:
        """With `prompt=login`; the first one's session ends."""
        first = sign_in(world, browser, world.engineer).json()
        world.clock.advance(minutes=1)
        second = sign_in(world, browser, world.accountant, prompt="login")

        assert claims_of(world, browser, second)["sub"] == world.accountant.username
        assert refresh(browser, first["refresh_token"]).status_code == 400

    def test_the_login_page_waits_half_an_hour(self, world: Any, browser: Any) -> None:
        """Then the errand is void."""
        page = browser.get(question())
        world.clock.advance(minutes=31)
        answer = browser.sign_in(page, world.engineer, now=world.clock.now)

        assert answer.status_code == 400
        assert "took too long" in answer.text

    def test_saml_does_not_take_the_errand(self, browser: Any) -> None:
        """What was sealed for one protocol is nothing for the other."""
        errand = browser.get(question()).url.params["errand"]
        answer = browser.client.get("/saml/resume", params={"errand": errand})

        assert answer.status_code == 400

    def test_a_hint_fills_the_user_name_in(self, browser: Any) -> None:
        """And is escaped."""
        page = browser.get(question(login_hint='"><script>'))

        assert 'value="&#34;&gt;&lt;script&gt;"' in page.text


class TestRefused:
    """Authorization requests that get no code."""

    @pytest.mark.parametrize(
        "redirect_uri",
        [
            None,
            "https://evil.example/",
            CALLBACK + "/",
            CALLBACK + "?x=1",
            CALLBACK.replace("localhost", "localhost.evil.example"),
            'http://localhost:8080/"ü',
            "javascript:alert(1)",
        ],
    )
    def test_an_unregistered_address_gets_nothing(
        self, world: Any, browser: Any, redirect_uri: str | None
    ) -> None:
        """No redirect, not even with an error, signed in or not."""
        for _ in range(2):
            for extra in ({}, {"response_type": "token"}, {"prompt": "none"}):
                answer = browser.client.get(
                    question(redirect_uri=redirect_uri, **extra)
                )
                assert answer.status_code == 400
                assert "location" not in answer.headers
            browser.sign_in(browser.get("/login"), world.engineer, now=world.clock.now)

    def test_an_unknown_client_gets_nothing(self, browser: Any) -> None:
        """No redirect."""
        for client_id in (None, "somebody", "ü"):
            answer = browser.client.get(question(client_id=client_id))
            assert answer.status_code == 400
            assert "location" not in answer.headers

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            (
                {"code_challenge": None, "code_challenge_method": None},
                "invalid_request",
            ),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "code id_token"}, "unsupported_response_type"),
            ({"response_type": None}, "unsupported_response_type"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"scope": "profile"}, "invalid_scope"),
            ({"scope": None}, "invalid_scope"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"max_age": "soon"}, "invalid_request"),
            ({"max_age": "-1"}, "invalid_request"),
            ({"request": "e30"}, "request_not_supported"),
            ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ],
    )
    def test_what_is_not_done_here_is_an_error_for_the_client(
        self, browser: Any, changes: dict[str, str | None], error: str
    ) -> None:
        """With the state, at the registered address."""
        returned = callback(browser.get(question(**changes)))

        assert returned["error"] == error
        assert returned["state"] == "the state"

    @pytest.mark.parametrize("name", ["response_type", "scope", "prompt", "client_id"])
    @pytest.mark.parametrize("value", ['"', "\\", "ü", "\n", "\x00"])
    def test_odd_characters_are_refused(
        self, browser: Any, name: str, value: str
    ) -> None:
        """A clear answer and no traceback."""
        assert browser.client.get(question(**{name: value})).status_code == 400

    def test_a_repeated_parameter_is_refused(self, browser: Any) -> None:
        """Two readers could choose differently."""
        again = "&redirect_uri=https%3A%2F%2Fevil.example"

        assert browser.client.get(question() + again).status_code == 400


class TestTheTokenEndpoint:
    """What a code is good for, and for whom."""

    def code(self, world: Any, browser: Any) -> str:
        page = browser.get(question())
        return callback(browser.sign_in(page, world.engineer, now=world.clock.now))[
            "code"
        ]

    def test_a_code_counts_once(self, world: Any, browser: Any) -> None:
        """A second use ends what the first one gave (RFC 6749, 4.1.2)."""
        code = self.code(world, browser)
        tokens = exchange(browser, code).json()

        assert exchange(browser, code).json()["error"] == "invalid_grant"
        assert refresh(browser, tokens["refresh_token"]).status_code == 400
        answer = browser.client.get(
            "/oidc/userinfo",
            headers={"Authorization": f"Bearer {tokens['access_token']}"},
        )
        assert answer.status_code == 401

    def test_a_code_lives_for_a_minute(self, world: Any, browser: Any) -> None:
        """Then it is gone."""
        code = self.code(world, browser)
        world.clock.advance(seconds=60)

        assert exchange(browser, code).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"code_verifier": VERIFIER + "x"}, "invalid_grant"),
            ({"code_verifier": ""}, "invalid_request"),
            ({"code_verifier": "ü" * 50}, "invalid_request"),
            ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
            ({"redirect_uri": ""}, "invalid_grant"),
            ({"code": "x"}, "invalid_grant"),
            ({"code": ""}, "invalid_grant"),
            ({"grant_type": "password"}, "unsupported_grant_type"),
            ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, world: Any, browser: Any, changes: dict[str, str], error: str
    ) -> None:
        """Each with the error of its specification."""
        sent = {"code": self.code(world, browser)} | changes
        answer = exchange(browser, **sent)

        assert answer.status_code == 400
        assert answer.json()["error"] == error

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Basic"},
            {"Authorization": "Basic !!!"},
            {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
            {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
            {
                "Authorization": "Basic "
                + base64.b64encode(b"securecart-portal:wrong").decode()
            },
            {"Authorization": "Basic " + base64.b64encode(b"who:what").decode()},
            {"Authorization": "Bearer x"},
        ],
    )
    def test_a_client_without_its_secret_is_refused(
        self, world: Any, browser: Any, headers: dict[str, str]
    ) -> None:
        """By status 401, and the code is still good for the real client."""
        code = self.code(world, browser)
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": CLIENT[0],
        }
        answer = browser.client.post("/oidc/token", data=fields, headers=headers)

        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert exchange(browser, code).status_code == 200

    def test_another_client_gets_nothing_for_it(self, world: Any, browser: Any) -> None:
        """Neither for a code nor for a refresh token, with its own secret."""
        other = ("another-application", "its own secret")
        code = self.code(world, browser)
        tokens = exchange(browser, code).json()
        world.clock.advance(minutes=1)
        for fields in (
            {
                "grant_type": "authorization_code",
                "code": self.code(world, world.browser()),
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
            },
            {
                "grant_type": "refresh_token",
                "refresh_token": tokens["refresh_token"],
            },
        ):
            answer = browser.client.post("/oidc/token", data=fields, auth=other)
            assert answer.status_code == 400
            assert answer.json()["error"] == "invalid_grant"

    def test_the_address_of_one_client_is_not_anothers(self, browser: Any) -> None:
        """Each has its own."""
        answer = browser.client.get(
            question(redirect_uri="http://localhost:8090/callback")
        )

        assert answer.status_code == 400

    def test_the_secret_may_come_in_the_form(self, world: Any, browser: Any) -> None:
        """`client_secret_post`."""
        fields = {
            "grant_type": "authorization_code",
            "code": self.code(world, browser),
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": CLIENT[0],
            "client_secret": CLIENT[1],
        }

        assert browser.client.post("/oidc/token", data=fields).status_code == 200

    def test_errors_are_json(self, browser: Any) -> None:
        """For a program, even when the form cannot be read."""
        for body in (b"", b"a=%ff", b"grant_type=%22"):
            answer = browser.client.post(
                "/oidc/token",
                content=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code == 400
            assert answer.json()["error"]


class TestRefreshing:
    """Renewing without the person."""

    def test_brings_a_new_id_token_of_the_old_sign_in(
        self, world: Any, browser: Any
    ) -> None:
        """The original authentication time and session, and no nonce."""
        first = sign_in(world, browser, world.lawyer)
        before = claims_of(world, browser, first)
        world.clock.advance(hours=3)
        answer = refresh(browser, first.json()["refresh_token"])
        after = claims_of(world, browser, answer)

        for name in ("sub", "auth_time", "amr", "acr", "sid"):
            assert after[name] == before[name]
        assert after["iat"] == before["iat"] + 3 * 3600
        assert "nonce" not in after
        assert after["https://aws.amazon.com/tags"]
        assert answer.json()["refresh_token"] != first.json()["refresh_token"]

    def test_goes_on_and_on(self, world: Any, browser: Any) -> None:
        """Each answer brings the next token."""
        secret = sign_in(world, browser, world.engineer).json()["refresh_token"]
        for _ in range(5):
            world.clock.advance(hours=1)
            answer = refresh(browser, secret)
            assert answer.status_code == 200
            secret = answer.json()["refresh_token"]

    def test_a_token_used_twice_ends_the_family(self, world: Any, browser: Any) -> None:
        """Thief or owner: one of the two is found out (RFC 9700, 4.14.2)."""
        stolen = sign_in(world, browser, world.engineer).json()["refresh_token"]
        newest = refresh(browser, stolen).json()["refresh_token"]

        assert refresh(browser, stolen).json()["error"] == "invalid_grant"
        assert refresh(browser, newest).json()["error"] == "invalid_grant"

    def test_ends_with_the_login_session(self, world: Any, browser: Any) -> None:
        """By time, by signing out, or when the person leaves."""
        tokens = sign_in(world, browser, world.engineer).json()
        browser.submit(browser.get("/logout"))
        assert refresh(browser, tokens["refresh_token"]).status_code == 400

        tokens = sign_in(world, browser, world.engineer).json()
        world.clock.advance(hours=12)
        assert refresh(browser, tokens["refresh_token"]).status_code == 400

        tokens = sign_in(world, browser, world.engineer).json()
        text = world.directory_path.read_text()
        name = f'"{world.engineer.username}"'
        world.directory_path.write_text(text.replace(name, '"somebody.else"'))
        assert refresh(browser, tokens["refresh_token"]).status_code == 400

    def test_never_widens_the_scope(self, world: Any, browser: Any) -> None:
        """What was not granted is not refreshed; the token stays good."""
        secret = sign_in(world, browser, world.engineer, scope="openid").json()[
            "refresh_token"
        ]

        answer = refresh(browser, secret, scope="openid email")
        assert answer.json()["error"] == "invalid_scope"
        assert refresh(browser, secret).status_code == 200

    def test_survives_a_restart(self, world: Any, browser: Any) -> None:
        """Another process on the same records knows the token."""
        secret = sign_in(world, browser, world.engineer).json()["refresh_token"]

        assert refresh(world.browser(), secret).status_code == 200

    def test_nothing_that_opens_anything_is_stored(
        self, world: Any, browser: Any
    ) -> None:
        """The records hold digests only."""
        tokens = sign_in(world, browser, world.engineer).json()
        stored = repr(vars(world.records))

        for secret in (
            tokens["refresh_token"],
            tokens["access_token"],
            browser.client.cookies["idp_session"],
        ):
            assert secret not in stored


class TestSigningOut:
    """RP-initiated logout."""

    def address(self, **parameters: str) -> str:
        return "/oidc/end-session?" + urlencode(parameters)

    def test_ends_the_session_and_goes_back(self, world: Any, browser: Any) -> None:
        """The ID token may be long expired."""
        tokens = sign_in(world, browser, world.engineer).json()
        world.clock.advance(hours=2)
        answer = browser.get(
            self.address(
                id_token_hint=tokens["id_token"],
                post_logout_redirect_uri="http://localhost:8080/",
                state="x y",
            )
        )

        assert answer.headers["location"] == "http://localhost:8080/?state=x+y"
        assert callback(browser.get(question(prompt="none")))["error"]
        assert refresh(browser, tokens["refresh_token"]).status_code == 400

    def test_asks_without_an_id_token(self, world: Any, browser: Any) -> None:
        """A link alone signs nobody out."""
        sign_in(world, browser, world.engineer)
        page = browser.get(
            self.address(post_logout_redirect_uri="http://localhost:8080/")
        )

        assert page.url.path == "/logout"
        assert "code" in callback(browser.get(question(prompt="none")))

    def test_asks_when_the_id_token_is_somebody_elses(
        self, world: Any, browser: Any
    ) -> None:
        """An attacker's own token does not sign others out."""
        other = sign_in(world, world.browser(), world.accountant).json()
        sign_in(world, browser, world.engineer)

        page = browser.get(self.address(id_token_hint=other["id_token"]))
        assert page.url.path == "/logout"

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "http://localhost:8080/x", "//evil"]
    )
    def test_goes_to_registered_addresses_only(
        self, world: Any, browser: Any, target: str
    ) -> None:
        """No open redirect, signed in or not."""
        tokens = sign_in(world, browser, world.engineer).json()
        address = self.address(
            id_token_hint=tokens["id_token"], post_logout_redirect_uri=target
        )
        assert browser.client.get(address).status_code == 400
        browser.submit(browser.get("/logout"))
        assert browser.client.get(address).status_code == 400

    @pytest.mark.parametrize(
        "hint",
        [
            *("x", "a.b.c", "ü", "e30.e30.", "x" * 9000),
            "eyJhbGciOiJSUzI1NiIsImNyaXQiOjF9.e30.AAAA",  # {"alg":"RS256","crit":1}
        ],
    )
    def test_refuses_what_we_did_not_sign(self, browser: Any, hint: str) -> None:
        """Forged and broken hints are no hints."""
        assert browser.client.get(self.address(id_token_hint=hint)).status_code == 400

    def test_refuses_the_algorithm_none(self, world: Any, browser: Any) -> None:
        """The algorithm is pinned."""
        sign_in(world, browser, world.engineer)
        head, body = (
            base64.urlsafe_b64encode(part).rstrip(b"=").decode()
            for part in (b'{"alg":"none"}', b'{"sub":"x"}')
        )
        hint = f"{head}.{body}."

        assert browser.client.get(self.address(id_token_hint=hint)).status_code == 400
