"""The portal's talk with a token endpoint, over a transport in memory."""

import base64
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from securecart.adapters.fetch import MAX_DOCUMENT, Fetch, FetchFailed
from securecart.adapters.oidc_client import FRESH, RETRY_INTERVAL, OidcClient
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.federation.oidc import ClientRefused

_ISSUER = "https://login.example.com"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)

_DISCOVERY = json.dumps(
    {
        "issuer": _ISSUER,
        "authorization_endpoint": f"{_ISSUER}/authorize",
        "token_endpoint": f"{_ISSUER}/token",
        "jwks_uri": f"{_ISSUER}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
).encode()

Answer = Callable[[httpx.Request], httpx.Response]


def _client(
    answer: Answer, secret: str | None = "s:1", discovery: bytes = _DISCOVERY
) -> OidcClient:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return answer(request)
        return httpx.Response(
            200,
            headers={"content-type": "application/json"},
            stream=httpx.ByteStream(discovery),
        )

    transport = httpx.MockTransport(serve)
    fetch = Fetch(transport=transport)
    return OidcClient(
        _ISSUER,
        client_id="portal & co",
        client_secret=secret,
        fetch=fetch,
        keys=FetchedKeys(fetch),
        clock=lambda: _NOW,
    )


def _exchange(client: OidcClient) -> object:
    return client.exchange_code("the code", "https://portal/callback", "verifier")


def test_a_code_is_redeemed_with_its_verifier() -> None:
    """The form is RFC 6749's and RFC 7636's; the client proves itself by Basic."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id_token": "x.y.z", "refresh_token": "r"})

    tokens = _client(answer).exchange_code("c", "https://portal/callback", "v")
    assert tokens is not None
    assert (tokens.id_token, tokens.refresh_token) == ("x.y.z", "r")
    assert "x.y.z" not in repr(tokens)
    assert parse_qs(seen[0].content.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["c"],
        "redirect_uri": ["https://portal/callback"],
        "code_verifier": ["v"],
    }
    expected = base64.b64encode(b"portal%20%26%20co:s%3A1").decode()
    assert seen[0].headers["authorization"] == f"Basic {expected}"


def test_a_public_client_names_itself_in_the_form() -> None:
    """Without a secret there is nothing to authenticate with."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    _exchange(_client(answer, secret=None))
    assert "authorization" not in seen[0].headers
    assert parse_qs(seen[0].content.decode())["client_id"] == ["portal & co"]


def test_a_secret_goes_into_the_form_where_the_provider_wants_it() -> None:
    """`client_secret_post`, and nothing in the headers."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    _exchange(_client(answer, discovery=_offering("client_secret_post")))
    assert "authorization" not in seen[0].headers
    form = parse_qs(seen[0].content.decode())
    assert (form["client_id"], form["client_secret"]) == (["portal & co"], ["s:1"])


def test_a_provider_that_takes_no_secret_is_not_sent_it() -> None:
    """What it wants instead, we do not have."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    with pytest.raises(ClientRefused, match="takes no client secret"):
        _exchange(_client(answer, discovery=_offering("private_key_jwt")))


def _offering(method: str) -> bytes:
    document = json.loads(_DISCOVERY)
    document["token_endpoint_auth_methods_supported"] = [method]
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400),
        httpx.Response(403),
        httpx.Response(400, json={"error": "invalid_grant"}),
        httpx.Response(400, json={"error": "invalid_request"}),
        httpx.Response(400, json={"error": ["odd\n"]}),
    ],
    ids=["400", "403", "grant", "request", "odd"],
)
def test_a_refusal_is_an_answer(answer: httpx.Response) -> None:
    """A code that does not count is None, not a failure."""
    assert _exchange(_client(lambda _: answer)) is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(401, json={"error": "invalid_client"}),
        httpx.Response(400, json={"error": "invalid_client"}),
        httpx.Response(400, json={"error": "unauthorized_client"}),
        httpx.Response(400, json={"error": "unsupported_grant_type"}),
    ],
    ids=["401", "secret", "secret-by-400", "client", "grant-type"],
)
def test_a_wrong_client_is_the_administrators_affair(
    answer: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    """No person can better it; the log says what to look at, and no secret."""
    with caplog.at_level(logging.ERROR), pytest.raises(ClientRefused):
        _exchange(_client(lambda _: answer))
    assert "idp.oidc.client_secret_file" in caplog.text
    assert "s:1" not in caplog.text


def test_what_discovery_said_last_holds_while_it_is_silent() -> None:
    """And a provider that is down is asked twice a minute, not by everybody."""
    asked: list[str] = []
    now = [_NOW]
    up = [False]

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if not up[0]:
            return httpx.Response(503)
        return httpx.Response(
            200, headers={"content-type": "application/json"}, content=_DISCOVERY
        )

    fetch = Fetch(transport=httpx.MockTransport(serve))
    client = OidcClient(
        _ISSUER,
        client_id="portal",
        client_secret=None,
        fetch=fetch,
        keys=FetchedKeys(fetch),
        clock=lambda: now[0],
    )
    for _ in range(3):
        with pytest.raises(FetchFailed, match="status 503"):
            client.metadata()
    assert len(asked) == 1
    now[0] += RETRY_INTERVAL
    up[0] = True
    assert client.metadata().issuer == _ISSUER
    up[0] = False
    now[0] += FRESH
    for _ in range(3):
        assert client.metadata().issuer == _ISSUER
    assert len(asked) == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"location": "https://elsewhere/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=json.dumps([1]).encode()),
        httpx.Response(200, content=b" " * (MAX_DOCUMENT + 1)),
    ],
    ids=["broken", "redirect", "not-json", "no-object", "endless"],
)
def test_an_answer_that_is_none_is_a_failure(answer: httpx.Response) -> None:
    """Nobody is signed in by what cannot be read."""
    with pytest.raises(FetchFailed):
        _exchange(_client(lambda _: answer))
