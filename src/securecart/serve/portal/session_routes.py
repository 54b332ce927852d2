"""The JSON API for the portal's own page: the session, renewed while in use."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from securecart.names.clock import Clock
from securecart.serve.portal.arrival import Arrivals
from securecart.serve.portal.browser import require_own, require_own_origin
from securecart.serve.portal.mfa import MfaPolicy
from securecart.serve.portal.oidc import OidcSignIn
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.refusals import (
    CSRF,
    RENEWAL_RUNNING,
    SESSION_ENDED,
    SIGN_IN_AGAIN,
    Refused,
)
from securecart.serve.portal.session_cookie import SessionCookie
from securecart.serve.portal.sessions import Session, Sessions

_CONFLICT: Final = 409
_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True)
class SessionRoutes:
    """`/api/session` and `/api/session/renew`."""

    options: PortalOptions
    clock: Clock
    sessions: Sessions
    cookie: SessionCookie
    mfa: MfaPolicy
    arrivals: Arrivals
    oidc: OidcSignIn | None

    def router(self) -> APIRouter:
        """Answer the routes."""
        router = APIRouter(prefix="/api/session")
        router.add_api_route("", self.show)
        router.add_api_route("/renew", self.renew, methods=["POST"])
        return router

    def show(self, request: Request) -> Response:
        """Answer who is signed in, with the credentials of the moment."""
        require_own(request, self.options.address)
        return self._answer(self.cookie.require_session(request))

    def renew(self, request: Request) -> Response:
        """Renew the credentials, or say that the browser must.

        The page calls this while the person is active, and only then.
        """
        require_own_origin(request, self.options.address)
        session = self.cookie.require_session(request)
        if not session.accepts_csrf_token(request.headers.get("x-csrf-token", "")):
            raise Refused(CSRF, "X-CSRF-Token")
        self.mfa.check_renewal(session, self.clock())
        if self.oidc is None or session.grant.refresh_token is None:
            return _by_browser(session)
        if not self.sessions.lock_renewal(session.key):
            raise Refused(RENEWAL_RUNNING, "locked")
        try:
            renewed = self._refresh(self.oidc, session)
        except Refused as refused:
            if refused.refusal.status == _FORBIDDEN:
                # What was granted once is not any more: the sign-in will tell.
                raise Refused(SIGN_IN_AGAIN, str(refused)) from refused
            raise
        finally:
            self.sessions.unlock_renewal(session.key)
        return _by_browser(session) if renewed is None else self._answer(renewed)

    def _refresh(self, oidc: OidcSignIn, asked: Session) -> Session | None:
        """Answer the renewed session; None where a refresh token is no help."""
        session = self.sessions.at(asked.key)
        if session is None or session.grant.refresh_token is None:
            raise Refused(SESSION_ENDED, "ended while another window renewed it")
        sign_in, grant = session.sign_in, session.grant
        if grant.issued_at != asked.grant.issued_at:
            # Another window was first, and used the refresh token up.
            return session
        try:
            evidence = oidc.refresh(
                session.grant.refresh_token,
                subject=grant.provider.subject,
                mfa=sign_in.mfa,
            )
        except Refused as refused:
            if refused.refusal is SIGN_IN_AGAIN:
                self.sessions.end(session.key)
            raise
        if evidence is None:
            useless = replace(grant, refresh_token=None)
            self.sessions.renew(session.key, useless)
            return None
        if evidence.refresh_token is not None:
            # The old one is used up, whatever STS says next.
            rotated = replace(grant, refresh_token=evidence.refresh_token)
            self.sessions.renew(session.key, rotated)
            session = replace(session, grant=rotated)
        return self.arrivals.renew(session.key, evidence)

    def _answer(self, session: Session) -> Response:
        sign_in, grant = session.sign_in, session.grant
        body: dict[str, Any] = {
            "person": sign_in.person,
            "name": sign_in.name,
            "email": sign_in.email,
            "organisation": self.options.organisation,
            "administrator": self.options.is_administrator(sign_in.person),
            "sign_in": sign_in.method,
            "mfa": sign_in.mfa,
            "folder": sign_in.folder,
            "bucket": self.options.bucket,
            "region": self.options.region,
            "endpoint": self.options.endpoint,
            "credentials": {
                "access_key_id": grant.credentials.access_key_id,
                "secret_access_key": grant.credentials.secret_access_key,
                "session_token": grant.credentials.session_token,
            },
            "expiration": _iso(grant.expiration),
            "renew_after": _iso(grant.renew_after),
            "session_ends": _iso(sign_in.ends_at),
            "csrf_token": sign_in.csrf_token,
        }
        return JSONResponse(body)


def _by_browser(session: Session) -> Response:
    """Say where the page's hidden frame renews."""
    method = session.sign_in.method
    return JSONResponse(
        {"renew": f"{method}-passive", "url": f"/login/{method}?passive=1"}, _CONFLICT
    )


def _iso(moment: datetime) -> str:
    """ISO 8601 in UTC, whole seconds, as AWS writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
