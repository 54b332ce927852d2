"""Signing in at an installation by its own pages, without a browser."""

import re
from html import unescape
from typing import Any

import httpx
import pyotp
from tests.installation import Running


def sign_in(running: Running, department: str) -> dict[str, Any]:
    """Sign in as the sample person of a department; answers the portal's session."""
    person = running.person(department)
    with httpx.Client(follow_redirects=True, trust_env=False, timeout=30) as http:
        page = http.get(f"{running.portal}/login/oidc")
        page = _send_form(http, page, person, "username", "password")
        if "totp_secret" in person:
            code = {"code": pyotp.TOTP(person["totp_secret"]).now()}
            page = _send_form(http, page, code, "code")
        assert str(page.url) == f"{running.portal}/", page.text
        return dict(http.get(f"{running.portal}/api/session").json())


def _send_form(
    http: httpx.Client, page: httpx.Response, typed: dict[str, str], *names: str
) -> httpx.Response:
    """Fill in the only form of a page, hidden fields and all."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text
    hidden = r'<input type="hidden" name="([^"]+)" value="([^"]*)"'
    fields = {name: unescape(value) for name, value in re.findall(hidden, page.text)}
    fields |= {name: typed[name] for name in names}
    return http.post(page.url.join(unescape(action[1])), data=fields)
