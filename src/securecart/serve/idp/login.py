"""The login page: password, then a one-time code where the person has one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from securecart.serve.idp.attempts import (
    CODES_OF_A_PERSON,
    FAILURES_OF_AN_ADDRESS,
    PASSWORDS_OF_A_PERSON,
    PAUSE,
    Attempts,
)
from securecart.serve.idp.employee import Employee
from securecart.serve.idp.errand import MAX_SEALED, Errand, seal_text, unseal_text
from securecart.serve.idp.form_guard import FIELD, FormGuard
from securecart.serve.idp.identity_provider import IdentityProvider, redirect
from securecart.serve.idp.login_session import PASSWORD, PASSWORD_AND_CODE
from securecart.serve.idp.one_time_code import redeem_code
from securecart.serve.idp.parameters import BadRequest, Parameters
from securecart.serve.idp.passwords import verify_password
from securecart.serve.idp.receive import form_of, query_of
from securecart.serve.idp.saml.logout import sign_out_everywhere

_MAX_USERNAME = 256
_SECOND_FACTOR_LIFE = timedelta(minutes=5)
_SECOND_FACTOR = "idp second factor"

_WRONG_PASSWORD = "The user name or the password is not right."  # noqa: S105 -- a sentence
_WRONG_CODE = "This code is not right, or was used already. Wait for the next one."
_TOO_MANY = "Too many wrong answers. Wait 15 minutes, then try again."
_TOO_LATE = "That took too long. Sign in with your password again."
_NOT_OUR_FORM = (
    "This form was open too long, or came from another page. Please try again."
)

_FORBIDDEN = 403
_TOO_MANY_REQUESTS = 429

Query = Annotated[Parameters, Depends(query_of)]
Form = Annotated[Parameters, Depends(form_of)]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request to the login page."""

    request: Request
    errand: str | None
    address: str
    now: datetime


class Login:
    """Both steps of signing in, and signing out."""

    def __init__(self, idp: IdentityProvider) -> None:
        self._idp = idp
        self._guard = FormGuard(idp.options, idp.random)
        self._attempts = Attempts(idp.records)
        self.router = APIRouter()
        self.router.add_api_route("/", self.home, methods=["GET"])
        self.router.add_api_route("/login", self.show, methods=["GET"])
        self.router.add_api_route("/login", self.check_password, methods=["POST"])
        self.router.add_api_route("/login/code", self.check_code, methods=["POST"])
        self.router.add_api_route("/logout", self.ask_to_sign_out, methods=["GET"])
        self.router.add_api_route("/logout", self.sign_out, methods=["POST"])

    def home(self, request: Request) -> Response:
        """Show what this is, and who is signed in."""
        return self._page(request, "home.html", signed_in=self._idp.signed_in(request))

    def show(self, request: Request, query: Query) -> Response:
        """Show the password form."""
        visit = self._visit(request, query)
        if visit.errand is None:
            return self._password_page(visit, username="")
        errand = Errand.unseal(visit.errand, self._idp.keyring, now=visit.now)
        return self._password_page(visit, username=errand.login_hint)

    def check_password(self, request: Request, form: Form) -> Response:
        """Check the first factor."""
        visit = self._visit(request, form)
        username = (form.get("username", limit=_MAX_USERNAME) or "").strip().lower()
        if not self._guard.passes(request, form):
            return self._password_page(visit, username, _NOT_OUR_FORM, _FORBIDDEN)
        if self._attempts.exhausted(
            FAILURES_OF_AN_ADDRESS, visit.address, now=visit.now
        ):
            return self._password_page(visit, username, _TOO_MANY, _TOO_MANY_REQUESTS)
        slot = self._attempts.reserve(PASSWORDS_OF_A_PERSON, username, now=visit.now)
        if slot is None:
            return self._password_page(visit, username, _TOO_MANY, _TOO_MANY_REQUESTS)
        employee = self._idp.directory.find(username)
        password_hash = employee.password_hash if employee is not None else None
        matched = verify_password(password_hash, form.get("password") or "")
        if not matched or employee is None:
            self._attempts.reserve(FAILURES_OF_AN_ADDRESS, visit.address, now=visit.now)
            return self._password_page(visit, username, _WRONG_PASSWORD, _FORBIDDEN)
        self._attempts.release(slot)
        if employee.needs_one_time_code:
            first_factor = self._seal_first_factor(visit, employee)
            return self._code_page(visit, employee, first_factor)
        return self._begin(visit, employee, PASSWORD)

    def check_code(self, request: Request, form: Form) -> Response:
        """Check the second factor of somebody whose password was right."""
        visit = self._visit(request, form)
        first_factor = form.need("first_factor", limit=MAX_SEALED)
        if not self._guard.passes(request, form):
            return self._password_page(visit, "", _NOT_OUR_FORM, _FORBIDDEN)
        employee = self._unseal_first_factor(visit, first_factor)
        if employee is None or employee.totp_secret is None:
            return self._password_page(visit, "", _TOO_LATE, _FORBIDDEN)
        slot = self._attempts.reserve(
            CODES_OF_A_PERSON, employee.username, now=visit.now
        )
        if slot is None:
            return self._code_page(
                visit, employee, first_factor, _TOO_MANY, _TOO_MANY_REQUESTS
            )
        if not redeem_code(
            self._idp.records,
            username=employee.username,
            secret=employee.totp_secret,
            code="".join((form.get("code") or "").split()),
            now=visit.now,
        ):
            return self._code_page(
                visit, employee, first_factor, _WRONG_CODE, _FORBIDDEN
            )
        self._attempts.release(slot)
        return self._begin(visit, employee, PASSWORD_AND_CODE)

    def ask_to_sign_out(self, request: Request) -> Response:
        """Ask first: a link on another site must not sign anybody out."""
        signed_in = self._idp.signed_in(request)
        if signed_in is None:
            return redirect("/")
        return self._page(request, "sign_out.html", signed_in=signed_in)

    def sign_out(self, request: Request, form: Form) -> Response:
        """End the login session, and the refresh tokens that hang on it."""
        if not self._guard.passes(request, form):
            raise BadRequest(_NOT_OUR_FORM)
        signed_in = self._idp.signed_in(request)
        if signed_in is not None:
            return sign_out_everywhere(self._idp, signed_in.session, "/")
        response = redirect("/")
        response.delete_cookie(self._idp.session_cookie)
        return response

    def _visit(self, request: Request, parameters: Parameters) -> _Visit:
        return _Visit(
            request=request,
            errand=parameters.get("errand", limit=MAX_SEALED),
            address=request.client.host if request.client is not None else "",
            now=self._idp.clock(),
        )

    def _begin(
        self, visit: _Visit, employee: Employee, amr: tuple[str, ...]
    ) -> Response:
        """Start a session under a fresh cookie, whatever was there before."""
        response = self._idp.resume(visit.errand)
        earlier = self._idp.signed_in(visit.request)
        if earlier is not None and earlier.employee.username == employee.username:
            self._idp.logins.end(earlier.session)
        elif earlier is not None:
            self._idp.sign_out(earlier.session)
        cookie, _ = self._idp.logins.begin(
            username=employee.username, amr=amr, now=visit.now
        )
        response.set_cookie(
            self._idp.session_cookie,
            cookie,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._idp.options.secure,
        )
        return response

    def _seal_first_factor(self, visit: _Visit, employee: Employee) -> str:
        document = {"username": employee.username, "at": visit.now.timestamp()}
        return seal_text(
            self._idp.keyring,
            document,
            purpose=_SECOND_FACTOR,
            random=self._idp.random,
        )

    def _unseal_first_factor(self, visit: _Visit, sealed: str) -> Employee | None:
        """Answer whose password was right, unless that was too long ago."""
        document = unseal_text(self._idp.keyring, sealed, purpose=_SECOND_FACTOR)
        if visit.now.timestamp() - document["at"] > _SECOND_FACTOR_LIFE.total_seconds():
            return None
        return self._idp.directory.find(document["username"])

    def _password_page(
        self, visit: _Visit, username: str, error: str = "", status: int = 200
    ) -> Response:
        return self._page(
            visit.request,
            "login.html",
            status=status,
            errand=visit.errand or "",
            username=username,
            error=error,
        )

    def _code_page(
        self,
        visit: _Visit,
        employee: Employee,
        first_factor: str,
        error: str = "",
        status: int = 200,
    ) -> Response:
        return self._page(
            visit.request,
            "code.html",
            username=employee.username,
            status=status,
            errand=visit.errand or "",
            first_factor=first_factor,
            error=error,
        )

    def _page(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> Response:
        cookie = self._guard.cookie_for(request)
        values[FIELD] = self._guard.field_for(cookie)
        response = self._idp.pages.render(template, status=status, **values)
        if status == _TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = str(int(PAUSE.total_seconds()))
        self._guard.remember(response, cookie)
        return response
