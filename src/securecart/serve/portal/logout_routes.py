"""Signing out: here first, then at the identity provider."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from securecart.serve.portal.answers import Answers
from securecart.serve.portal.browser import is_own, require_own_origin
from securecart.serve.portal.form import posted_form
from securecart.serve.portal.oidc import OidcSignIn
from securecart.serve.portal.options import SLO_PATH, PortalOptions
from securecart.serve.portal.pages import Pages
from securecart.serve.portal.pending import PendingSignIns
from securecart.serve.portal.pending_logout import PendingLogouts
from securecart.serve.portal.refusals import CSRF, NOT_SET_UP, Refused
from securecart.serve.portal.saml_logout import Received, SamlLogout, Sent
from securecart.serve.portal.session_cookie import SessionCookie
from securecart.serve.portal.sessions import Session, Sessions

_SEE_OTHER: Final = 303
SIGNED_OUT_PATH: Final = "/signed-out"
_UNCONFIRMED: Final = f"{SIGNED_OUT_PATH}?provider=unconfirmed"


@dataclass(frozen=True, slots=True)
class LogoutRoutes:
    """`/logout`, `/saml/slo` and `/signed-out`."""

    options: PortalOptions
    pages: Pages
    answers: Answers
    sessions: Sessions
    cookie: SessionCookie
    pending: PendingSignIns
    logouts: PendingLogouts
    saml: SamlLogout | None
    oidc: OidcSignIn | None

    def router(self) -> APIRouter:
        """Answer the routes."""
        router = APIRouter()
        router.add_api_route("/logout", self.ask)
        router.add_api_route("/logout", self.logout, methods=["POST"])
        router.add_api_route(SLO_PATH, self.take_query)
        router.add_api_route(SLO_PATH, self.take_form, methods=["POST"])
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

    def take_query(self, request: Request) -> Response:
        """Take a logout message of the provider by HTTP-Redirect."""
        query = request.scope["query_string"].decode("latin-1")
        saml = self._saml()
        return self._take(request, saml, saml.read_query(query))

    def take_form(
        self, request: Request, form: Annotated[dict[str, str], Depends(posted_form)]
    ) -> Response:
        """Take a logout message of the provider by HTTP-POST."""
        saml = self._saml()
        return self._take(request, saml, saml.read_form(form))

    def signed_out(self, request: Request) -> Response:
        """Where signing out ends, if the provider has no place for it."""
        confirmed = request.query_params.get("provider") != "unconfirmed"
        return self.pages.signed_out(confirmed=confirmed)

    def _saml(self) -> SamlLogout:
        if self.saml is None:
            raise Refused(NOT_SET_UP, "saml")
        return self.saml

    def _take(self, request: Request, saml: SamlLogout, received: Received) -> Response:
        if received.message == "SAMLRequest":
            return self._send(saml.end(received), SIGNED_OUT_PATH)
        pending = self.logouts.find(received.relay_state, request.cookies)
        try:
            confirmed = saml.finish(received, pending.request_id)
        except Refused as refused:
            self.answers.note(request.url.path, refused)
            confirmed = False
        onward = SIGNED_OUT_PATH if confirmed else _UNCONFIRMED
        response = RedirectResponse(onward, _SEE_OTHER)
        self.logouts.forget(response)
        return response

    def _end(self, request: Request, session: Session | None) -> Response:
        if session is not None:
            # First, and whatever becomes of the rest.
            self.sessions.end(session.key)
        try:
            response = self._onward(session)
        except Refused as refused:
            self.answers.note(request.url.path, refused)
            response = RedirectResponse(_UNCONFIRMED, _SEE_OTHER)
        self.cookie.clear(response)
        self.pending.forget_all(request.cookies, response)
        return response

    def _onward(self, session: Session | None) -> Response:
        if session is None:
            return RedirectResponse(SIGNED_OUT_PATH, _SEE_OTHER)
        if session.sign_in.method == "saml":
            return self._onward_saml(session)
        address = None
        if self.oidc and session.grant.id_token:
            address = self.oidc.logout_address(session.grant.id_token)
        return RedirectResponse(address or SIGNED_OUT_PATH, _SEE_OTHER)

    def _onward_saml(self, session: Session) -> Response:
        logout_url = self.options.saml and self.options.saml.logout_url
        asked = None
        relay_state = self.logouts.new_relay_state()
        if self.saml is not None and not logout_url:
            asked = self.saml.ask(session.grant.provider, relay_state)
        if asked is None:
            return RedirectResponse(logout_url or SIGNED_OUT_PATH, _SEE_OTHER)
        request_id, sent = asked
        response = self._send(sent, SIGNED_OUT_PATH)
        self.logouts.keep(relay_state, request_id, response)
        return response

    def _send(self, sent: Sent | None, otherwise: str) -> Response:
        if sent is None:
            return RedirectResponse(otherwise, _SEE_OTHER)
        if sent.fields is None:
            return RedirectResponse(sent.address, _SEE_OTHER)
        return self.pages.post(sent.address, sent.fields)
