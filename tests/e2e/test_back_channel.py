"""Signing out at the identity provider ends the portal's session."""

import re
import time
from html import unescape
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow

_SECONDS = 10
"""Far above what it takes: the token goes from one server to the other."""


def _send(http: httpx.Client, page: httpx.Response, typed: dict[str, str]) -> Any:
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text
    hidden = r'<input type="hidden" name="([^"]+)" value="([^"]*)"'
    fields = {name: unescape(value) for name, value in re.findall(hidden, page.text)}
    return http.post(page.url.join(unescape(action[1])), data=fields | typed)


def test_who_signs_out_at_the_provider_is_signed_out_here(running: Any) -> None:
    """Server to server: the browser never comes by the portal."""
    person = running.person("engineering")
    names = ("username", "password")
    with httpx.Client(follow_redirects=True, trust_env=False, timeout=30) as http:
        page = http.get(f"{running.portal}/login/oidc")
        _send(http, page, {name: person[name] for name in names})
        session = f"{running.portal}/api/session"
        assert http.get(session).status_code == 200
        _send(http, http.get(f"{running.ready['idp']}/logout"), {})
        end = time.monotonic() + _SECONDS
        while http.get(session).status_code == 200:
            assert time.monotonic() < end, "the portal was not told"
            time.sleep(0.05)
        assert http.get(session).status_code == 401
