"""Logout tokens are sent in the background, and failures go to the log."""

import logging
import threading

import httpx
import pytest

from securecart.adapters import logout_posts
from securecart.adapters.fetch import Fetch
from securecart.adapters.logout_posts import LogoutPosts

_ADDRESS = "https://portal.example.com/backchannel"


def _posts(transport: httpx.MockTransport) -> LogoutPosts:
    return LogoutPosts(Fetch(transport=transport))


def test_a_token_is_posted_as_a_form() -> None:
    """OpenID Connect Back-Channel Logout 1.0, section 2.5."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    posts = _posts(httpx.MockTransport(answer))
    posts.send(_ADDRESS, "x.y.z")
    posts.close()
    assert seen[0].content == b"logout_token=x.y.z"
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize("status", [400, 503, None])
def test_a_client_that_does_not_take_it_is_told_of_in_the_log(
    caplog: pytest.LogCaptureFixture, status: int | None
) -> None:
    """Without the token."""

    def answer(_: httpx.Request) -> httpx.Response:
        if status is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(status)

    with caplog.at_level(logging.WARNING):
        posts = _posts(httpx.MockTransport(answer))
        posts.send(_ADDRESS, "x.y.z")
        posts.close()
    assert _ADDRESS in caplog.text
    assert "x.y.z" not in caplog.text


def test_a_token_that_waited_too_long_is_not_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It would have expired on the way."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("sent")

    ticks = iter([0.0, 60.1])
    fetch = Fetch(transport=httpx.MockTransport(answer))
    posts = LogoutPosts(fetch, monotonic=lambda: next(ticks))
    with caplog.at_level(logging.WARNING):
        posts.send(_ADDRESS, "x.y.z")
        posts.close()
    assert "waited too long" in caplog.text


def test_a_client_that_hangs_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who signs out does not wait; beyond the bound, tokens are dropped."""
    monkeypatch.setattr(logout_posts, "MAX_WAITING", 5)
    release = threading.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        assert release.wait(5)
        return httpx.Response(200)

    posts = _posts(httpx.MockTransport(answer))
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            posts.send(_ADDRESS, "x.y.z")
    assert caplog.text.count("too many") == 1
    release.set()
    posts.close()
