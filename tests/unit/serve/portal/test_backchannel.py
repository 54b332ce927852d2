"""Back-channel logout: the provider's word, server to server."""

import itertools
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from joserfc.jwt import encode

from securecart.federation.oidc import LOGOUT_EVENT

IDP = "http://localhost:8081"
NUMBERS = itertools.count()


def token(world: Any, key: RSAKey | None = None, **changes: Any) -> str:
    """Answer a logout token for Ada's session `one`; None leaves a claim out."""
    now = int(world.time.now.timestamp())
    claims = {
        "iss": IDP,
        "aud": "securecart-portal",
        "iat": now,
        "exp": now + 120,
        "jti": f"token{next(NUMBERS)}",
        "sub": "ada",
        "sid": "one",
        "events": {LOGOUT_EVENT: {}},
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": "RS256", "kid": "k1", "typ": "logout+jwt"}
    return encode(header, claims, key or world.oidc.key)


def announce(world: Any, logout_token: str) -> Any:
    """Post as the provider does: no cookie, no Origin, another process."""
    return world.browser().post(
        "/oidc/backchannel-logout", data={"logout_token": logout_token}
    )


def signed_in(world: Any, sid: str | None = "one", person: str = "ada") -> Any:
    """Answer a browser with a session on that session of the provider."""
    world.oidc.claims = {} if sid is None else {"sid": sid}
    world.oidc.person = person
    browser = world.browser()
    assert world.sign_in_oidc(browser).status_code == 303
    browser.session()
    return browser


def is_out(browser: Any) -> bool:
    """Say whether the session is over."""
    return bool(browser.get("/api/session").status_code == 401)


def test_a_session_ends_at_once_and_the_answer_is_not_stored(world: Any) -> None:
    """200 without a body; the same person's other session stays."""
    ended, other = signed_in(world), signed_in(world, "two")
    answer = announce(world, token(world))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert is_out(ended)
    other.session()


@pytest.mark.parametrize("named", [{"sid": None}, {"sub": None}])
def test_either_name_is_enough(world: Any, named: dict[str, None]) -> None:
    """A subject alone ends all of that person's; nobody else's."""
    ada, bob = signed_in(world), signed_in(world, "bobs", "bob")
    assert announce(world, token(world, **named)).status_code == 200
    assert is_out(ada)
    bob.session()


def test_a_session_that_was_told_no_sid_ends_with_its_subject(world: Any) -> None:
    """The token names a sid that the ID token never did."""
    browser = signed_in(world, None)
    announce(world, token(world))
    assert is_out(browser)


def test_a_refresh_without_sid_forgets_nothing(world: Any) -> None:
    """ID tokens of a refresh may be shorter (Core, section 12.2)."""
    browser = signed_in(world)
    world.oidc.claims = {}
    assert browser.renew().status_code == 200
    announce(world, token(world, sub=None))
    assert is_out(browser)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"exp": 1},
        {"iat": 4_000_000_000, "exp": 4_000_000_100},
        {"events": {}},
        {"nonce": "n"},
        {"jti": None},
        {"sub": None, "sid": None},
    ],
)
def test_a_token_with_something_wrong_ends_nothing(
    world: Any, changes: dict[str, Any]
) -> None:
    """400, and an error as section 2.8 has it."""
    browser = signed_in(world)
    answer = announce(world, token(world, **changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["cache-control"] == "no-store"
    browser.session()


def test_a_forged_token_or_none_ends_nothing(world: Any) -> None:
    """Another key by the same name; an ID token; no token at all."""
    browser = signed_in(world)
    strange = RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256", "use": "sig"})
    issued = world.oidc._tokens({}).id_token  # noqa: SLF001 -- the fake's own
    for forged in (token(world, strange), issued, "", "a.b.c"):
        assert announce(world, forged).status_code == 400
    browser.session()


def test_a_token_counts_once_in_every_process(world: Any) -> None:
    """Kept and sent again, it would end the next sign-in too."""
    signed_in(world)
    used = token(world)
    assert announce(world, used).status_code == 200
    world.time.pass_by(seconds=10)
    later = signed_in(world)
    answer = announce(world, used)
    assert answer.status_code == 400
    assert answer.json()["error_description"].startswith("sign_in_already_used")
    later.session()


def test_while_the_keys_cannot_be_had_the_token_stays_good(world: Any) -> None:
    """400, so that the provider sends it again."""
    browser = signed_in(world)
    kept = token(world)
    world.oidc.down = True
    assert announce(world, kept).status_code == 400
    world.oidc.down = False
    assert announce(world, kept).status_code == 200
    assert is_out(browser)


def test_without_openid_there_is_no_such_place(world: Any) -> None:
    """404; and by GET nothing at all."""
    browser = world.browser(oidc=None)
    form = {"logout_token": "a"}
    assert browser.post("/oidc/backchannel-logout", data=form).status_code == 404
    assert browser.get("/oidc/backchannel-logout").status_code == 404
