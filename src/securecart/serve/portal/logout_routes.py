"""Signing out: here first, then at the identity provider."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from securecart.serve.portal.browser import is_own, require_own_origin
from securecart.serve.portal.form import posted_form
from securecart.serve.portal.oidc import OidcSignIn
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.pages import Pages
from securecart.serve.portal.pending import PendingSignIns
from securecart.serve.portal.refusals import CSRF, Refused
from securecart.serve.portal.session_cookie import SessionCookie
from securecart.serve.portal.sessions import Session, Sessions

_SEE_OTHER: Final = 303
SIGNED_OUT_PATH: Final = "/signed-out"


@dataclass(frozen=True, slots=True)
class LogoutRoutes:
    """`/logout` and `/signed-out`."""

    options: PortalOptions
    pages: Pages
    sessions: Sessions
    cookie: SessionCookie
    pending: PendingSignIns
    oidc: OidcSignIn | None

    def router(self) -> APIRouter:
        """Answer the routes."""
        router = APIRouter()
        router.add_api_route("/logout", self.ask)
        router.add_api_route("/logout", self.logout, methods=["POST"])
        router.add_api_route(SIGNED_OUT_PATH, self.signed_out)
        return router

    def ask(self, request: Request) -> Response:
        """End the session, but on another site's word only after a question."""
        session = self.cookie.session(request)
        if session is not None and not is_own(request, self.options.address):
            return self.pages.confirm_logout(session.sign_in.csrf_token)
        return self._end(request, session)

    def logout(
        self, request: Request, form: Annotated[dict[str, str], Depends(posted_form)]
    ) -> Response:
        """End the session; the form has its `csrf_token`."""
        require_own_origin(request, self.options.address)
        session = self.cookie.session(request)
        if session is not None and not session.accepts_csrf_token(
            form.get("csrf_token", "")
        ):
            raise Refused(CSRF, "csrf_token")
        return self._end(request, session)

    def signed_out(self) -> Response:
        """Where signing out ends, if the provider has no place for it."""
        return self.pages.signed_out()

    def _end(self, request: Request, session: Session | None) -> Response:
        if session is not None:
            self.sessions.end(session.key)
        response = RedirectResponse(self._onward(session), _SEE_OTHER)
        self.cookie.clear(response)
        self.pending.forget_all(request.cookies, response)
        return response

    def _onward(self, session: Session | None) -> str:
        if session is None:
            return SIGNED_OUT_PATH
        address = None
        if session.sign_in.method == "oidc" and self.oidc and session.grant.id_token:
            address = self.oidc.logout_address(session.grant.id_token)
        if session.sign_in.method == "saml" and self.options.saml:
            address = self.options.saml.logout_url
        return address or SIGNED_OUT_PATH
