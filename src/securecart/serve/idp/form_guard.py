"""Cross-site request forgery, closed for our own forms.

Two guards, either of which is enough: the browser's own word on where the
form stood (the Origin header), and a field that follows from a cookie which
another site can neither read nor set.
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
"""

import hashlib
import hmac

from fastapi import Request
from starlette.responses import Response

from securecart.names.clock import Random
from securecart.serve.idp.login_session import random_text
from securecart.serve.idp.options import IdpOptions
from securecart.serve.idp.parameters import Parameters

FIELD = "form"


class FormGuard:
    """Puts the field into forms and checks it when they come back."""

    def __init__(self, options: IdpOptions, random: Random) -> None:
        self._origin = options.base_url
        self._secure = options.secure
        self._cookie = "__Host-idp_form" if options.secure else "idp_form"
        self._random = random

    def cookie_for(self, request: Request) -> str:
        """Answer this browser's cookie, or a fresh one to set."""
        return request.cookies.get(self._cookie) or random_text(self._random)

    def field_for(self, cookie: str) -> str:
        """Answer what the hidden field must hold beside that cookie."""
        return hashlib.sha256(b"idp form\0" + cookie.encode()).hexdigest()

    def remember(self, response: Response, cookie: str) -> None:
        """Set the cookie, until the browser closes."""
        response.set_cookie(
            self._cookie,
            cookie,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

    def passes(self, request: Request, form: Parameters) -> bool:
        """Say whether the form stood on one of our own pages."""
        origin = request.headers.get("origin")
        cookie = request.cookies.get(self._cookie)
        if cookie is None or (origin is not None and origin != self._origin):
            return False
        sent = form.get(FIELD) or ""
        return hmac.compare_digest(self.field_for(cookie).encode(), sent.encode())
