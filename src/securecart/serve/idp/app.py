"""Joining the parts of the identity provider into one application."""

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from securecart.names.clock import Clock, Random
from securecart.names.expiring import ExpiringRecords
from securecart.sealing import Keyring
from securecart.serve.idp.directory import Directory
from securecart.serve.idp.edge import Edge
from securecart.serve.idp.identity_provider import IdentityProvider
from securecart.serve.idp.login import Login
from securecart.serve.idp.login_session import LoginSessions
from securecart.serve.idp.oidc.back_channel import LogoutPost
from securecart.serve.idp.oidc.endpoints import TOKEN, USERINFO, OpenIdEndpoints
from securecart.serve.idp.options import IdpOptions
from securecart.serve.idp.pages import Pages
from securecart.serve.idp.parameters import BadRequest
from securecart.serve.idp.saml.endpoints import SamlEndpoints

_STATIC = Path(__file__).parent / "static"
_BAD_REQUEST = 400


def create_app(
    options: IdpOptions,
    *,
    clock: Clock,
    random: Random,
    records: ExpiringRecords,
    directory: Directory,
    keyring: Keyring,
    logout_post: LogoutPost | None = None,
) -> FastAPI:
    """Make the identity provider, ready for an ASGI server.

    `records` hold sign-ins, codes and refresh tokens, `keyring` seals what a
    browser carries between two pages: with both shared, several processes
    serve as one, and a restart signs nobody out. Without a `logout_post` the
    clients are not told of sign-outs.
    """
    pages = Pages(options)
    idp = IdentityProvider(
        options=options,
        clock=clock,
        random=random,
        records=records,
        directory=directory,
        keyring=keyring,
        logins=LoginSessions(records, random=random, lifetime=options.login_session),
        pages=pages,
    )
    app = FastAPI(title="Stand-in identity provider", openapi_url=None)
    for router in (
        Login(idp).router,
        OpenIdEndpoints(idp, logout_post).router,
        SamlEndpoints(idp).router,
    ):
        app.include_router(router)
    app.add_api_route("/healthz", _health, methods=["GET"])
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_middleware(Edge, headers=_headers(options))

    @app.exception_handler(BadRequest)
    def refuse(request: Request, error: BadRequest) -> Response:
        if request.url.path in (TOKEN, USERINFO):
            return JSONResponse(
                {"error": "invalid_request", "error_description": str(error)},
                _BAD_REQUEST,
            )
        return pages.render("refusal.html", status=_BAD_REQUEST, reason=str(error))

    @app.exception_handler(HTTPException)
    def answer(_request: Request, error: HTTPException) -> Response:
        return PlainTextResponse(
            f"{error.detail}\n", error.status_code, headers=error.headers
        )

    return app


def _health() -> Response:
    return PlainTextResponse("ok\n")


def _headers(options: IdpOptions) -> dict[str, str]:
    """Answer what every response carries that does not say otherwise.

    Source: OWASP HTTP Headers Cheat Sheet. The referrer stops at the origin,
    and is not left out wholly, because browsers then send `Origin: null` with
    our own forms.
    """
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; frame-ancestors {options.portal_origin}"
        ),
        "Referrer-Policy": "strict-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if options.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers
