"""Where a sign-in begins, and where its answer comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from securecart.names.clock import Clock
from securecart.serve.portal.answers import Answers
from securecart.serve.portal.arrival import Arrivals
from securecart.serve.portal.browser import (
    require_own,
    require_own_origin,
    return_path,
)
from securecart.serve.portal.evidence import Evidence, SignInMethod
from securecart.serve.portal.form import posted_form
from securecart.serve.portal.mfa import MfaPolicy
from securecart.serve.portal.options import Method, PortalOptions
from securecart.serve.portal.pages import Pages
from securecart.serve.portal.pending import PendingSignIn, PendingSignIns
from securecart.serve.portal.refusals import (
    NOT_SET_UP,
    SESSION_ENDED,
    Refused,
)
from securecart.serve.portal.saml import SamlSignIn
from securecart.serve.portal.session_cookie import SessionCookie
from securecart.serve.portal.unsolicited import UnsolicitedAnswers

_SEE_OTHER: Final = 303


@dataclass(frozen=True, slots=True)
class SignInRoutes:
    """`/login…`, `/saml/{acs,confirm,metadata}` and `/oidc/callback`."""

    options: PortalOptions
    clock: Clock
    pages: Pages
    answers: Answers
    pending: PendingSignIns
    unsolicited: UnsolicitedAnswers
    cookie: SessionCookie
    mfa: MfaPolicy
    arrivals: Arrivals
    saml: SamlSignIn | None
    oidc: SignInMethod | None

    def router(self) -> APIRouter:
        """Answer the routes."""
        router = APIRouter()
        router.add_api_route("/login", self.login)
        router.add_api_route("/login/saml", self.login_saml)
        router.add_api_route("/login/oidc", self.login_oidc)
        router.add_api_route("/saml/acs", self.assertion_consumer, methods=["POST"])
        router.add_api_route("/saml/confirm", self.confirm, methods=["POST"])
        router.add_api_route("/saml/metadata", self.metadata)
        router.add_api_route("/oidc/callback", self.callback)
        return router

    def login(self, request: Request) -> Response:
        """Begin a sign-in the way the session began, or else the configured one."""
        session = self.cookie.session(request)
        return self._begin(
            request, self.options.sign_in if session is None else session.sign_in.method
        )

    def login_saml(self, request: Request) -> Response:
        """Begin a sign-in by SAML."""
        return self._begin(request, "saml")

    def login_oidc(self, request: Request) -> Response:
        """Begin a sign-in by OpenID Connect."""
        return self._begin(request, "oidc")

    def assertion_consumer(
        self, request: Request, form: Annotated[dict[str, str], Depends(posted_form)]
    ) -> Response:
        """Take a SAML response by HTTP-POST."""
        if self._is_unsolicited(request, form):
            return self._receive(form)
        return self._finish(request, "saml", form.get("RelayState", ""), form)

    def confirm(self, request: Request) -> Response:
        """Take the unsolicited response that waits in this browser."""
        require_own_origin(request, self.options.address)
        saml = self._saml()
        waiting = self.unsolicited.take(request.cookies)
        session = self.cookie.session(request)
        pending = PendingSignIn(
            pending_id="",
            method="saml",
            begun_at=self.clock(),
            return_to=waiting.return_to,
            session_key=None if session is None else session.key,
        )
        response = self._arrived(pending, saml.accept(waiting.answer))
        self.unsolicited.forget(response)
        return response

    def callback(self, request: Request) -> Response:
        """Take an authorization response by redirect."""
        query = request.query_params
        return self._finish(request, "oidc", query.get("state", ""), query)

    def metadata(self) -> Response:
        """Answer the portal's SAML metadata."""
        return Response(
            self._saml().metadata(), media_type="application/samlmetadata+xml"
        )

    def _saml(self) -> SamlSignIn:
        if self.saml is None:
            raise Refused(NOT_SET_UP, "saml")
        return self.saml

    def _is_unsolicited(self, request: Request, form: Mapping[str, str]) -> bool:
        """Say whether to ask the person about an answer that nobody asked for."""
        if self.options.saml is None or not self.options.saml.idp_initiated:
            return False
        return not self.pending.has(form.get("RelayState", ""), request.cookies)

    def _receive(self, form: Mapping[str, str]) -> Response:
        answer = self._saml().receive(form)
        response = self.pages.confirm_sign_in(answer.name)
        self.unsolicited.keep(answer, form.get("RelayState"), response)
        return response

    def _method(self, method: Method) -> SignInMethod:
        found = self.saml if method == "saml" else self.oidc
        if found is None:
            raise Refused(NOT_SET_UP, method)
        return found

    def _begin(self, request: Request, method: Method) -> Response:
        """Ask the provider.

        With `passive=1`, in a hidden frame of our own page, the provider may
        not ask the person anything, and the answer renews the session. With
        `reauthenticate=1` it must ask, whatever it remembers.
        """
        query = request.query_params
        passive = query.get("passive") == "1"
        reauthenticate = not passive and query.get("reauthenticate") == "1"
        session = self.cookie.session(request)
        if passive:
            require_own(request, self.options.address)
            if session is None or session.sign_in.method != method:
                self.answers.note(
                    request.url.path, Refused(SESSION_ENDED, "nothing to renew")
                )
                return self.pages.renewal(renewed=False)
        pending, address = self._method(method).ask(
            PendingSignIn(
                pending_id=self.pending.new_id(),
                method=method,
                begun_at=self.clock(),
                return_to=return_path(query.get("return_to")),
                passive=passive,
                reauthenticate=reauthenticate,
                mfa_demanded=(reauthenticate or passive)
                and session is not None
                and session.sign_in.mfa,
                session_key=None if session is None else session.key,
            )
        )
        response = RedirectResponse(address, _SEE_OTHER)
        self.pending.keep(pending, response, request.cookies)
        return response

    def _finish(
        self,
        request: Request,
        method: Method,
        pending_id: str,
        answer: Mapping[str, str],
    ) -> Response:
        verifier = self._method(method)
        pending = self.pending.find(pending_id, method, request.cookies)
        try:
            response = self._answered(verifier, pending, answer)
        except Refused as refused:
            if pending.passive:
                self.answers.note(request.url.path, refused)
                response = self.pages.renewal(renewed=False)
            else:
                response = self.answers.refused(request.url.path, refused)
        self.pending.forget(pending_id, response)
        return response

    def _answered(
        self,
        verifier: SignInMethod,
        pending: PendingSignIn,
        answer: Mapping[str, str],
    ) -> Response:
        evidence = verifier.redeem(pending, answer)
        if pending.passive:
            self.arrivals.renew(pending.session_key, evidence)
            return self.pages.renewal(renewed=True)
        return self._arrived(pending, evidence)

    def _arrived(self, pending: PendingSignIn, evidence: Evidence) -> Response:
        if self.mfa.needs_new_sign_in(pending, evidence, self.clock()):
            again = urlencode({"reauthenticate": "1", "return_to": pending.return_to})
            return RedirectResponse(f"/login/{pending.method}?{again}", _SEE_OTHER)
        response = RedirectResponse(pending.return_to, _SEE_OTHER)
        self.cookie.set(response, self.arrivals.begin(pending, evidence))
        return response
