"""The portal's talk with a token endpoint, over a transport in memory."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from securecart.adapters.fetch import MAX_DOCUMENT, Fetch, FetchFailed
from securecart.adapters.oidc_client import OidcClient
from securecart.adapters.oidc_keys import FetchedKeys

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


def _client(answer: Answer, secret: str | None = "s:1") -> OidcClient:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return answer(request)
        return httpx.Response(
            200,
            headers={"content-type": "application/json"},
            stream=httpx.ByteStream(_DISCOVERY),
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
        transport=transport,
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


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_an_answer(status: int) -> None:
    """A code that does not count is None, not a failure."""
    assert _exchange(_client(lambda _: httpx.Response(status))) is None


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
