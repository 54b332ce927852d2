"""Puts the portal together."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from securecart.names.clock import Clock, Random
from securecart.names.expiring import ExpiringRecords
from securecart.sealing import Keyring
from securecart.serve.portal.answers import Answers
from securecart.serve.portal.arrival import Arrivals
from securecart.serve.portal.backchannel import BackChannelRoutes
from securecart.serve.portal.denial_routes import DenialRoutes
from securecart.serve.portal.endings import Endings
from securecart.serve.portal.guard import HEALTH_PATH, Guard
from securecart.serve.portal.logout_routes import LogoutRoutes
from securecart.serve.portal.mfa import MfaPolicy
from securecart.serve.portal.oidc import OidcSignIn
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.pages import PAGES_PATH, Pages
from securecart.serve.portal.pending import PendingSignIns
from securecart.serve.portal.pending_logout import PendingLogouts
from securecart.serve.portal.ports import Denials, OidcProvider, SamlProvider, Sts
from securecart.serve.portal.redeemed import Redeemed
from securecart.serve.portal.refusals import (
    BAD_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Refusal,
    Refused,
)
from securecart.serve.portal.saml import SamlSignIn
from securecart.serve.portal.saml_logout import SamlLogout
from securecart.serve.portal.session_cookie import SessionCookie
from securecart.serve.portal.session_routes import SessionRoutes
from securecart.serve.portal.sessions import Sessions
from securecart.serve.portal.sign_in_routes import SignInRoutes
from securecart.serve.portal.site import STATIC, Site
from securecart.serve.portal.unsolicited import UnsolicitedAnswers

_READ: Final = ["GET", "HEAD"]

_HTTP_REFUSALS: Final[dict[int, Refusal]] = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}
"""What the framework itself refuses, by status."""


def create_app(
    options: PortalOptions,
    *,
    clock: Clock,
    random: Random,
    records: ExpiringRecords,
    keyring: Keyring,
    sts: Sts,
    saml: SamlProvider | None = None,
    oidc: OidcProvider | None = None,
    denials: Denials | None = None,
    static: Path = STATIC,
) -> FastAPI:
    """Make the portal's ASGI application.

    `records` hold sessions and used answers; instances that share them, and
    the key ring, are one portal. `saml` and `oidc` are needed where the
    options set that way to sign in up. `denials` are where this machine keeps
    the audit trail; without them it is CloudTrail's.

    The server in front must not log request targets: `/oidc/callback` has an
    authorization code in its query.

    Raises:
        ValueError: if a way to sign in has options but no provider.
    """
    sessions = Sessions(records, clock=clock, random=random, keyring=keyring)
    pending = PendingSignIns(options, clock=clock, random=random, keyring=keyring)
    redeemed = Redeemed(records, clock=clock)
    endings = Endings(records, clock=clock)
    pages = Pages(options.organisation)
    answers = Answers(options.organisation, pages, random)
    cookie = SessionCookie(options, sessions)
    mfa = MfaPolicy(options)
    arrivals = Arrivals(options, sessions, mfa, clock=clock, random=random)
    saml_sign_in: SamlSignIn | None = None
    saml_logout: SamlLogout | None = None
    oidc_sign_in: OidcSignIn | None = None
    if options.saml is not None:
        if saml is None:
            raise ValueError("sign-in by SAML needs its provider")
        saml_sign_in = SamlSignIn(
            options,
            options.saml,
            saml,
            sts=sts,
            redeemed=redeemed,
            clock=clock,
            random=random,
        )
        saml_logout = SamlLogout(
            options,
            options.saml,
            saml,
            endings=endings,
            redeemed=redeemed,
            clock=clock,
            random=random,
        )
    if options.oidc is not None:
        if oidc is None:
            raise ValueError("sign-in by OpenID Connect needs its provider")
        oidc_sign_in = OidcSignIn(
            options,
            options.oidc,
            oidc,
            sts=sts,
            redeemed=redeemed,
            clock=clock,
            random=random,
        )
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    for routes in (
        SignInRoutes(
            options=options,
            clock=clock,
            pages=pages,
            answers=answers,
            pending=pending,
            unsolicited=UnsolicitedAnswers(
                options, records, clock=clock, random=random, keyring=keyring
            ),
            cookie=cookie,
            mfa=mfa,
            arrivals=arrivals,
            saml=saml_sign_in,
            oidc=oidc_sign_in,
        ),
        SessionRoutes(
            options=options,
            clock=clock,
            sessions=sessions,
            cookie=cookie,
            mfa=mfa,
            arrivals=arrivals,
            oidc=oidc_sign_in,
        ),
        LogoutRoutes(
            options=options,
            pages=pages,
            answers=answers,
            sessions=sessions,
            cookie=cookie,
            pending=pending,
            logouts=PendingLogouts(
                options, clock=clock, random=random, keyring=keyring
            ),
            saml=saml_logout,
            oidc=oidc_sign_in,
        ),
        BackChannelRoutes(
            answers=answers, endings=endings, redeemed=redeemed, oidc=oidc_sign_in
        ),
        DenialRoutes(options=options, cookie=cookie, denials=denials),
    ):
        app.include_router(routes.router())
    _add_pages(app, pages, Site(static))
    _add_refusals(app, answers)
    app.add_middleware(Guard, options=options, answers=answers)
    return app


def _add_pages(app: FastAPI, pages: Pages, site: Site) -> None:
    def healthz() -> Response:
        return PlainTextResponse("ok\n")

    def page_file(name: str) -> Response:
        return pages.file(name)

    def application(path: str) -> Response:
        return site.answer(path)

    app.add_api_route(HEALTH_PATH, healthz, methods=_READ)
    app.add_api_route(f"{PAGES_PATH}/{{name}}", page_file, methods=_READ)
    app.add_api_route("/{path:path}", application, methods=_READ)


def _add_refusals(app: FastAPI, answers: Answers) -> None:
    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, Refused):
            return answers.refused(request.url.path, error)
        if isinstance(error, HTTPException):
            refusal = _HTTP_REFUSALS.get(error.status_code, BAD_REQUEST)
            return answers.refused(
                request.url.path, Refused(refusal, f"{request.method}: {error.detail}")
            )
        raise error

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(HTTPException, refused)
