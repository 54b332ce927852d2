"""The JSON API by which administrators read why requests were refused."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from securecart.serve.portal.browser import require_own
from securecart.serve.portal.denials import denial
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.ports import Denials
from securecart.serve.portal.refusals import BAD_REQUEST, NO_ADMINISTRATOR, Refused
from securecart.serve.portal.session_cookie import SessionCookie
from securecart.trail import NoSuchPlace

PAGE: Final = 50
"""Refused requests in one answer: about a hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class DenialRoutes:
    """`/api/refusals`. Without `denials`, AWS's CloudTrail has them."""

    options: PortalOptions
    cookie: SessionCookie
    denials: Denials | None

    def router(self) -> APIRouter:
        """Answer the routes."""
        router = APIRouter(prefix="/api/refusals")
        router.add_api_route("", self.show)
        return router

    def show(self, request: Request) -> Response:
        """Answer the latest refused requests, or those before `before`."""
        require_own(request, self.options.address)
        person = self.cookie.require_session(request).sign_in.person
        if not self.options.is_administrator(person):
            raise Refused(NO_ADMINISTRATOR, f"{person!r} is no administrator")
        if self.denials is None:
            return JSONResponse({"trail": "cloudtrail", "refusals": [], "older": None})
        try:
            page = self.denials.newest(PAGE, before=request.query_params.get("before"))
        except NoSuchPlace as error:
            raise Refused(BAD_REQUEST, str(error)) from error
        refusals = [denial(record) for record in page.records]
        return JSONResponse(
            {"trail": "journal", "refusals": refusals, "older": page.older}
        )
