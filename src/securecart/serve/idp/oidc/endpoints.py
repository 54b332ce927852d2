"""The addresses of the OpenID provider."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # no stubs exist
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from securecart.federation.saml.names import PASSWORD_PROTECTED, REFEDS_MFA
from securecart.serve.idp.errand import MAX_SEALED, Errand, Resume
from securecart.serve.idp.identity_provider import (
    IdentityProvider,
    SignedIn,
    redirect,
)
from securecart.serve.idp.oidc.back_channel import BackChannel, LogoutPost
from securecart.serve.idp.oidc.claims import SCOPES, person_claims
from securecart.serve.idp.oidc.granted import Kind
from securecart.serve.idp.oidc.id_token import ALGORITHM, IdTokens
from securecart.serve.idp.oidc.server import OpenIdServer
from securecart.serve.idp.parameters import BadRequest, Parameters
from securecart.serve.idp.receive import form_of, query_of
from securecart.serve.idp.saml.logout import sign_out_everywhere

AUTHORIZE = "/oidc/authorize"
TOKEN = "/oidc/token"  # noqa: S105 -- an address
USERINFO = "/oidc/userinfo"
_KEY_SET = "/oidc/jwks"
_END_SESSION = "/oidc/end-session"

_MAX_REQUEST = 4096
"""Characters of an authorization request; sealed, it must fit an address."""

_MAX_LOGIN_HINT = 256
_MAX_CREDENTIAL = 4096

Query = Annotated[Parameters, Depends(query_of)]
Form = Annotated[Parameters, Depends(form_of)]


class OpenIdEndpoints:
    """Discovery, authorization, tokens, userinfo and sign-out."""

    def __init__(
        self, idp: IdentityProvider, logout_post: LogoutPost | None = None
    ) -> None:
        self._idp = idp
        self._id_tokens = IdTokens(idp.options.signing)
        self._back_channel = None
        if logout_post is not None:
            self._back_channel = BackChannel(idp, self._id_tokens, logout_post)
            idp.at_sign_out.append(self._back_channel.tell)
        self._server = OpenIdServer(idp, self._id_tokens, self._back_channel)
        self.router = APIRouter()
        for path, endpoint, method in (
            ("/.well-known/openid-configuration", self.discovery, "GET"),
            (_KEY_SET, self.key_set, "GET"),
            (AUTHORIZE, self.authorize, "GET"),
            (AUTHORIZE, self.authorize_by_form, "POST"),
            (Resume.OIDC.value, self.resume, "GET"),
            (TOKEN, self.token, "POST"),
            (USERINFO, self.userinfo, "GET"),
            (USERINFO, self.userinfo, "POST"),
            (_END_SESSION, self.end_session, "GET"),
            (_END_SESSION, self.end_session_by_form, "POST"),
        ):
            self.router.add_api_route(path, endpoint, methods=[method])

    def discovery(self) -> Response:
        """Answer what this provider can do (OpenID Connect Discovery 1.0)."""
        issuer = self._idp.options.base_url
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": issuer + AUTHORIZE,
                "token_endpoint": issuer + TOKEN,
                "userinfo_endpoint": issuer + USERINFO,
                "jwks_uri": issuer + _KEY_SET,
                "end_session_endpoint": issuer + _END_SESSION,
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "code_challenge_methods_supported": ["S256"],
                "prompt_values_supported": ["none", "login"],
                "acr_values_supported": [PASSWORD_PROTECTED, REFEDS_MFA],
                "authorization_response_iss_parameter_supported": True,
                "backchannel_logout_supported": self._back_channel is not None,
                "backchannel_logout_session_supported": self._back_channel is not None,
                "scopes_supported": list(SCOPES),
                "claims_supported": [
                    *("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce"),
                    *("amr", "acr", "sid", "name", "given_name", "family_name"),
                    *("preferred_username", "email", "email_verified"),
                ],
                "request_parameter_supported": False,
                "request_uri_parameter_supported": False,
                "claims_parameter_supported": False,
            }
        )

    def key_set(self) -> Response:
        """Answer the public keys."""
        return JSONResponse(self._id_tokens.key_set())

    def authorize(self, query: Query, request: Request) -> Response:
        """Answer an authorization request with a code, a page or an error."""
        return self._authorize(query, request, asked_at=self._idp.clock())

    def authorize_by_form(self, form: Form, request: Request) -> Response:
        """Answer the same by POST (OpenID Connect Core 1.0, section 3.1.2.1)."""
        return self._authorize(form, request, asked_at=self._idp.clock())

    def resume(self, query: Query, request: Request) -> Response:
        """Go on with an authorization request after a sign-in."""
        errand = Errand.unseal(
            query.need("errand", limit=MAX_SEALED),
            self._idp.keyring,
            now=self._idp.clock(),
        )
        if errand.resume is not Resume.OIDC:
            raise BadRequest("This sign-in cannot be continued.")
        parameters = Parameters.parse(errand.request.encode())
        return self._authorize(parameters, request, asked_at=errand.asked_at)

    def token(self, form: Form, request: Request) -> Response:
        """Exchange a code or a refresh token (RFC 6749, section 3.2)."""
        response: Response = self._server.create_token_response(
            self._server.request(
                form,
                method="POST",
                path=TOKEN,
                authorization=_basic(request.headers.get("authorization")),
            )
        )
        return response

    def userinfo(self, request: Request) -> Response:
        """Answer the claims of the access token's scopes (section 5.3)."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        granted = (
            self._server.find(Kind.ACCESS_TOKEN, secret.strip())
            if scheme.lower() == "bearer" and len(secret) <= _MAX_CREDENTIAL
            else None
        )
        employee = self._server.person(granted) if granted is not None else None
        if granted is None or employee is None:
            return JSONResponse(
                {"error": "invalid_token"},
                401,
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return JSONResponse(person_claims(employee, granted.scope))

    def end_session(self, query: Query, request: Request) -> Response:
        """Sign out at a client's wish (OpenID Connect RP-Initiated Logout 1.0)."""
        return self._end_session(query, request)

    def end_session_by_form(self, form: Form, request: Request) -> Response:
        """Answer the same by POST."""
        return self._end_session(form, request)

    def _authorize(
        self, parameters: Parameters, request: Request, *, asked_at: datetime
    ) -> Response:
        question = self._server.request(parameters, method="GET", path=AUTHORIZE)
        signed_in = self._idp.signed_in(request)
        if signed_in is not None and not self._is_recent_enough(
            signed_in, parameters, asked_at
        ):
            signed_in = None
        try:
            grant = self._server.get_consent_grant(question, end_user=signed_in)
        except OAuth2Error as error:
            if error.redirect_uri is None:
                raise BadRequest(error.get_error_description()) from error
            refusal: Response = self._server.handle_error_response(question, error)
            return refusal
        if signed_in is None:
            return self._ask_to_sign_in(parameters, asked_at)
        answer: Response = self._server.create_authorization_response(
            question, grant_user=signed_in, grant=grant
        )
        return answer

    def _is_recent_enough(
        self, signed_in: SignedIn, parameters: Parameters, asked_at: datetime
    ) -> bool:
        """Say whether `prompt` and `max_age` accept this sign-in."""
        auth_time = signed_in.session.auth_time
        if auth_time >= asked_at:
            return True
        prompts = (parameters.get("prompt") or "").split()
        if "login" in prompts or "select_account" in prompts:
            return False
        max_age = parameters.get("max_age")
        if max_age is None or not max_age.isdecimal():
            return True
        return (self._idp.clock() - auth_time).total_seconds() <= int(max_age)

    def _ask_to_sign_in(self, parameters: Parameters, asked_at: datetime) -> Response:
        question = urlencode(parameters.mapping())
        if len(question) > _MAX_REQUEST:
            raise BadRequest("The request is too long.")
        hint = (parameters.get("login_hint") or "")[:_MAX_LOGIN_HINT]
        return self._idp.ask_to_sign_in(
            Errand(Resume.OIDC, question, asked_at, login_hint=hint)
        )

    def _end_session(self, parameters: Parameters, request: Request) -> Response:
        """End the session where an ID token of it vouches, else ask the person."""
        signed_in = self._idp.signed_in(request)
        id_token = parameters.get("id_token_hint")
        if id_token is None:
            return redirect("/logout")
        hint = self._id_tokens.read_hint(id_token)
        target = self._after_sign_out(parameters, hint)
        if signed_in is None:
            return redirect(target)
        if hint.get("sub") != signed_in.session.username:
            return redirect("/logout")
        return sign_out_everywhere(self._idp, signed_in.session, target)

    def _after_sign_out(self, parameters: Parameters, hint: Mapping[str, Any]) -> str:
        """Answer the registered address to go to, or home."""
        target = parameters.get("post_logout_redirect_uri")
        client_id = parameters.get("client_id")
        if client_id is not None and client_id != hint.get("aud"):
            raise BadRequest("The id_token_hint is another client's.")
        if target is None:
            return "/"
        for client in self._idp.options.clients:
            if client.client_id == hint.get("aud") and (
                target in client.post_logout_redirect_uris
            ):
                state = parameters.get("state")
                if state is None:
                    return target
                separator = "&" if "?" in target else "?"
                return f"{target}{separator}{urlencode({'state': state})}"
        raise BadRequest("The post_logout_redirect_uri is not registered.")


def _basic(header: str | None) -> str | None:
    """Hand on an Authorization header that can be decoded.

    Authlib decodes `Basic` without a net; what it could not read is no proof
    of anything, so it counts as not sent.
    """
    if header is None or len(header) > _MAX_CREDENTIAL:
        return None
    try:
        base64.b64decode(header.partition(" ")[2]).decode()
    except ValueError:
        return None
    return header
