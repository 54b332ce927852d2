"""The OpenID provider says, server to server, that a session is over.

Source: OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from securecart.federation.oidc import CLOCK_SKEW
from securecart.serve.portal.answers import Answers
from securecart.serve.portal.endings import Endings
from securecart.serve.portal.form import posted_form
from securecart.serve.portal.oidc import OidcSignIn
from securecart.serve.portal.redeemed import Redeemed
from securecart.serve.portal.refusals import NOT_SET_UP, Refused

PATH: Final = "/oidc/backchannel-logout"

_BAD_REQUEST: Final = 400
_NOT_STORED: Final = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class BackChannelRoutes:
    """`/oidc/backchannel-logout`. No browser comes here: the token is the proof."""

    answers: Answers
    endings: Endings
    redeemed: Redeemed
    oidc: OidcSignIn | None

    def router(self) -> APIRouter:
        """Answer the routes."""
        router = APIRouter()
        router.add_api_route(PATH, self.logout, methods=["POST"])
        return router

    def logout(
        self, request: Request, form: Annotated[dict[str, str], Depends(posted_form)]
    ) -> Response:
        """End what the form's `logout_token` names; 200, or 400 and why not."""
        if self.oidc is None:
            raise Refused(NOT_SET_UP, "oidc")
        try:
            self._end(self.oidc, form.get("logout_token", ""))
        except Refused as refused:
            reference = self.answers.note(request.url.path, refused)
            return JSONResponse(
                {
                    "error": "invalid_request",
                    "error_description": f"{refused.refusal.error} ({reference})",
                },
                _BAD_REQUEST,
                headers=_NOT_STORED,
            )
        return Response(headers=_NOT_STORED)

    def _end(self, oidc: OidcSignIn, logout_token: str) -> None:
        verified = oidc.verify_logout(logout_token)
        self.redeemed.redeem(
            "logout token",
            f"{verified.issuer} {verified.token_id}",
            until=verified.expires_at + CLOCK_SKEW,
        )
        if verified.session_id is not None:
            self.endings.end_provider_session(
                verified.issuer, verified.session_id, subject=verified.subject
            )
        elif verified.subject is not None:
            self.endings.end_subject(verified.issuer, verified.subject)
