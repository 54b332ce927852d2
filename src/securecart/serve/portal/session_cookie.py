"""The cookie that holds a session's id, and nothing else.

Source: RFC 6265bis, section 4.1.3.2, "The __Host- Prefix": no other host of
the same domain can set it, nor plain HTTP.
"""

from starlette.requests import Request
from starlette.responses import Response

from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.refusals import (
    SESSION_ENDED,
    SIGNED_OUT,
    SIGNED_OUT_ELSEWHERE,
    Refused,
)
from securecart.serve.portal.sessions import Session, Sessions


class SessionCookie:
    """Finds the browser's session, and sets or removes its cookie."""

    def __init__(self, options: PortalOptions, sessions: Sessions) -> None:
        self._name = f"{'__Host-' if options.tls else ''}securecart-session"
        self._tls = options.tls
        self._sessions = sessions

    def is_there(self, request: Request) -> bool:
        """Say whether the browser had a session, live or not."""
        return self._name in request.cookies

    def session(self, request: Request) -> Session | None:
        """Answer the live session of this browser."""
        return self._sessions.find(request.cookies.get(self._name))

    def require_session(self, request: Request) -> Session:
        """Answer the live session of this browser.

        Raises:
            Refused: SESSION_ENDED, SIGNED_OUT_ELSEWHERE, or SIGNED_OUT where
                there was none.
        """
        session = self.session(request)
        if session is not None:
            return session
        refusal = SESSION_ENDED if self.is_there(request) else SIGNED_OUT
        if self._sessions.was_ended(request.cookies.get(self._name)):
            refusal = SIGNED_OUT_ELSEWHERE
        raise Refused(refusal, "no live session")

    def set(self, response: Response, session_id: str) -> None:
        """Give the browser its session, until it is closed."""
        response.set_cookie(
            self._name,
            session_id,
            path="/",
            secure=self._tls,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response) -> None:
        """Take it away."""
        response.delete_cookie(
            self._name, path="/", secure=self._tls, httponly=True, samesite="lax"
        )
