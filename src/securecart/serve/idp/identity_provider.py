"""What every page and protocol of the identity provider works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from securecart.names.clock import Clock, Random
from securecart.names.expiring import ExpiringRecords
from securecart.sealing import Keyring
from securecart.serve.idp.directory import Directory
from securecart.serve.idp.employee import Employee
from securecart.serve.idp.errand import Errand
from securecart.serve.idp.login_session import LoginSession, LoginSessions
from securecart.serve.idp.options import IdpOptions
from securecart.serve.idp.pages import Pages

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live login session and the person it belongs to."""

    session: LoginSession
    employee: Employee


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """The parts, joined once in `create_app`."""

    options: IdpOptions
    clock: Clock
    random: Random
    records: ExpiringRecords
    directory: Directory
    keyring: Keyring
    logins: LoginSessions
    pages: Pages
    at_sign_out: list[Callable[[LoginSession], None]] = field(default_factory=list)
    """Called with each session that is signed out of; must not block."""

    @property
    def session_cookie(self) -> str:
        """The cookie's name.

        Cookies know no ports, so it must differ from the portal's on the same
        machine. With the prefix, which needs TLS, no neighbour can set it.
        """
        return "__Host-idp_session" if self.options.secure else "idp_session"

    def signed_in(self, request: Request) -> SignedIn | None:
        """Answer who is signed in at this browser and still works here."""
        cookie = request.cookies.get(self.session_cookie)
        if not cookie:
            return None
        session = self.logins.find(cookie, now=self.clock())
        return self.person_of(session) if session is not None else None

    def signed_in_by_key(self, key: str) -> SignedIn | None:
        """Answer the person of a login session by the session's key."""
        session = self.logins.find_by_key(key, now=self.clock())
        return self.person_of(session) if session is not None else None

    def person_of(self, session: LoginSession) -> SignedIn | None:
        """Answer the session with its person, unless that person has left."""
        employee = self.directory.find(session.username)
        return SignedIn(session, employee) if employee is not None else None

    def sign_out(self, session: LoginSession) -> None:
        """End a session and let whoever relies on it know.

        A session that another of the same person takes over is only ended.
        """
        self.logins.end(session)
        for tell in self.at_sign_out:
            tell(session)

    def ask_to_sign_in(self, errand: Errand) -> Response:
        """Send the browser to the login page; the errand waits with it."""
        sealed = errand.seal(self.keyring, self.random)
        return redirect(f"/login?{urlencode({'errand': sealed})}")

    def resume(self, errand: str | None) -> Response:
        """Send the browser on after a sign-in; without an errand, home."""
        if errand is None:
            return redirect("/")
        resume = Errand.unseal(errand, self.keyring, now=self.clock()).resume
        return redirect(f"{resume.value}?{urlencode({'errand': errand})}")


def redirect(address: str) -> Response:
    """Answer 303, after which every browser asks with GET."""
    return RedirectResponse(address, _SEE_OTHER)
