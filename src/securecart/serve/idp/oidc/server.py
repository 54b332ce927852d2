"""Authlib's authorization server, bound to Starlette and to our records.

Authlib has no binding for Starlette and no type information; both are made
good here.
"""
# mypy: disallow-subclassing-any=False
# Authlib's classes are Any to mypy, and subclassing them is how it is used.

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from authlib.common.urls import (  # type: ignore[import-untyped]  # no stubs exist
    add_params_to_uri,
)
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # no stubs exist
    AuthorizationServer,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import (  # type: ignore[import-untyped]  # as above
    AuthorizationCodeGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc6749.requests import (  # type: ignore[import-untyped]  # as above
    BasicOAuth2Payload,
)
from authlib.oauth2.rfc6750 import (  # type: ignore[import-untyped]  # as above
    BearerTokenGenerator,
)
from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]  # as above
    CodeChallenge,
)
from authlib.oidc.core import OpenIDCode  # type: ignore[import-untyped]  # as above
from authlib.oidc.core.errors import (  # type: ignore[import-untyped]  # as above
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from starlette.responses import JSONResponse, Response

from securecart.serve.idp.employee import Employee
from securecart.serve.idp.identity_provider import IdentityProvider, SignedIn
from securecart.serve.idp.login_session import random_text
from securecart.serve.idp.oidc.back_channel import BackChannel
from securecart.serve.idp.oidc.claims import SCOPES, aws_claims, person_claims
from securecart.serve.idp.oidc.granted import (
    ACCESS_TOKEN_LIFE,
    Granted,
    Grants,
    Kind,
)
from securecart.serve.idp.oidc.id_token import ALGORITHM, IdTokens
from securecart.serve.idp.options import OidcClient
from securecart.serve.idp.parameters import BadRequest, Parameters

# At DEBUG Authlib logs whole token responses, which are secrets.
logging.getLogger("authlib").setLevel(logging.INFO)

_ID_TOKEN_LIFE = timedelta(minutes=10)
"""A client hands it to STS at once; a refresh brings the next."""

_METHODS = ("client_secret_basic", "client_secret_post")

_FREE_TEXT = frozenset({"state", "nonce", "login_hint", "ui_locales", "claims"})
"""Parameters that may hold any character, because nobody repeats them in an
error description."""

_PLAIN = re.compile(r'[^\x00-\x1f"\\\x7f-\U0010ffff]*')
"""What RFC 6749 section 5.2 allows in `error_description`; Authlib repeats
parameters there and fails on others. No honest client sends them."""


class _Request(OAuth2Request):
    """One request as Authlib reads it, with our address as its address."""

    def __init__(
        self,
        *,
        method: str,
        address: str,
        parameters: Mapping[str, str],
        authorization: str | None,
    ) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        super().__init__(method, address, headers=headers)
        self.payload = BasicOAuth2Payload(dict(parameters))

    @property
    def args(self) -> Mapping[str, str]:
        return self.form

    @property
    def form(self) -> Mapping[str, str]:
        data: Mapping[str, str] = self.payload.data
        return data


class _Client:
    """A configured client, in the words of Authlib's ClientMixin."""

    def __init__(self, client: OidcClient) -> None:
        self.client_id = client.client_id
        self._client = client

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: OpenID requires `redirect_uri` in every request."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Keep what we know; without `openid` there is nothing to allow."""
        asked = (scope or "").split()
        if "openid" not in asked:
            return None
        return " ".join(known for known in SCOPES if known in asked)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self._client.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self._client.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in _METHODS

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


class _Code:
    """A redeemed code, in the words of Authlib's AuthorizationCodeMixin."""

    def __init__(self, granted: Granted) -> None:
        self.granted = granted
        self.code_challenge = granted.code_challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.granted.redirect_uri

    def get_scope(self) -> str:
        return self.granted.scope


class _RefreshToken:
    """A refresh token, in the words of Authlib's TokenMixin."""

    def __init__(self, secret: str, granted: Granted) -> None:
        self.secret = secret
        self.granted = granted

    def check_client(self, client: _Client) -> bool:
        return self.granted.client_id == client.client_id

    def get_scope(self) -> str:
        return self.granted.scope


class _CodeGrant(AuthorizationCodeGrant):
    """Codes are spent when they are looked up: one caller wins."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    server: "OpenIdServer"

    def generate_authorization_code(self) -> str:
        return random_text(self.server.idp.random)

    def save_authorization_code(self, code: str, request: _Request) -> None:
        self.server.keep_code(code, request)

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        granted = self.server.spend(Kind.CODE, code)
        if granted is None or granted.client_id != client.client_id:
            return None
        return _Code(granted)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """Nothing is left to delete: it was spent when it was looked up."""

    def authenticate_user(self, authorization_code: _Code) -> Employee | None:
        return self.server.person(authorization_code.granted)


class _RefreshGrant(RefreshTokenGrant):
    """Refresh tokens rotate (RFC 9700 section 4.14.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: "OpenIdServer"

    def authenticate_refresh_token(self, refresh_token: str) -> _RefreshToken | None:
        granted = self.server.find(Kind.REFRESH_TOKEN, refresh_token)
        return None if granted is None else _RefreshToken(refresh_token, granted)

    def authenticate_user(self, credential: _RefreshToken) -> Employee:
        person = self.server.person(credential.granted)
        if person is None:
            raise InvalidGrantError
        return person

    def issue_token(self, user: Employee, refresh_token: _RefreshToken) -> Any:
        """Spend the old token before a new one exists."""
        if self.server.spend(Kind.REFRESH_TOKEN, refresh_token.secret) is None:
            raise InvalidGrantError
        return super().issue_token(user, refresh_token)

    def revoke_old_credential(self, refresh_token: _RefreshToken) -> None:
        """Nothing is left to revoke: it was spent in `issue_token`."""


class _RequiredChallenge(CodeChallenge):
    """PKCE by S256, for every client (RFC 9700 section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(
        self, grant: AuthorizationCodeGrant, redirect_uri: str
    ) -> None:
        """Refuse any other method, and none; Authlib does the rest."""
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with the method S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class _RefusedParameters:
    """Refuse what we do not do, where ignoring it would mislead a client.

    Source: OpenID Connect Core 1.0, sections 3.1.2.6 and 6.
    """

    def __call__(self, grant: AuthorizationCodeGrant) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self.refuse)

    def refuse(self, grant: AuthorizationCodeGrant, _redirect_uri: str) -> None:
        data = grant.request.payload.data
        if data.get("request"):
            raise RequestNotSupportedError
        if data.get("request_uri"):
            raise RequestURINotSupportedError
        if data.get("response_mode") not in (None, "", "query"):
            raise InvalidRequestError("the response_mode is query")
        max_age = data.get("max_age")
        if max_age and not re.fullmatch("[0-9]{1,9}", max_age):
            raise InvalidRequestError("max_age is a number of seconds")


class _IdTokenIssuer(OpenIDCode):
    """Puts an ID token into every token response, first and refreshed."""

    def __init__(self, server: "OpenIdServer") -> None:
        super().__init__(require_nonce=False)
        self._server = server

    def resolve_client_private_key(self, _client: _Client) -> Any:
        return self._server.id_tokens.private_key

    def get_client_algorithm(self, _client: _Client) -> str:
        return ALGORITHM

    def get_encode_header(self, _client: _Client) -> dict[str, str]:
        return dict(self._server.id_tokens.header)

    def exists_nonce(self, _nonce: str, _request: _Request) -> bool:
        """False: a nonce is for the client to check (OpenID Core, 3.1.3.7)."""
        return False

    def get_authorization_code_claims(self, code: _Code) -> dict[str, Any]:
        """Answer what the first token alone says; section 12.2 names the nonce."""
        return {} if code.granted.nonce is None else {"nonce": code.granted.nonce}

    def get_compatible_claims(self, request: _Request) -> dict[str, Any]:
        """Answer what every ID token says (section 2), by our clock."""
        granted = granted_of(request)
        now = int(self._server.idp.clock().timestamp())
        return {
            "iss": self._server.idp.options.base_url,
            "aud": granted.client_id,
            "iat": now,
            "exp": now + int(_ID_TOKEN_LIFE.total_seconds()),
            "auth_time": int(granted.auth_time),
            "amr": list(granted.amr),
            "acr": granted.acr,
            "sid": granted.session_id,
            "jti": random_text(self._server.idp.random),
        }

    def generate_user_info(self, user: Employee, scope: str) -> dict[str, Any]:
        return {**person_claims(user, scope), **aws_claims(user)}


class OpenIdServer(AuthorizationServer):
    """The authorization and token endpoints' rules, over our records."""

    def __init__(
        self,
        idp: IdentityProvider,
        id_tokens: IdTokens,
        back_channel: BackChannel | None = None,
    ) -> None:
        super().__init__()
        self.idp = idp
        self.id_tokens = id_tokens
        self._back_channel = back_channel
        self._grants = Grants(idp.records, idp.random)
        self._clients = {
            client.client_id: _Client(client) for client in idp.options.clients
        }
        issuer = _IdTokenIssuer(self)
        self.register_grant(
            _CodeGrant, [_RequiredChallenge(), _RefusedParameters(), issuer]
        )
        self.register_grant(_RefreshGrant, [issuer])
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                self._new_secret,
                self._new_secret,
                int(ACCESS_TOKEN_LIFE.total_seconds()),
            ),
        )

    def request(
        self,
        parameters: Parameters,
        *,
        method: str,
        path: str,
        authorization: str | None = None,
    ) -> _Request:
        """Make the request that Authlib reads.

        Raises:
            BadRequest: if a parameter holds a character that none may.
        """
        for name, value in parameters.mapping().items():
            if name not in _FREE_TEXT and not _PLAIN.fullmatch(value):
                raise BadRequest("The request holds a character that it may not.")
        return _Request(
            method=method,
            address=self.idp.options.base_url + path,
            parameters=parameters.mapping(),
            authorization=authorization,
        )

    def create_oauth2_request(self, request: _Request) -> _Request:
        """Hand on what `request` made."""
        return request

    def query_client(self, client_id: str) -> _Client | None:
        """Answer the client of that id."""
        return self._clients.get(client_id)

    def save_token(self, token: Mapping[str, str], request: _Request) -> None:
        """Keep the tokens that a token response is about to bring."""
        granted, now = granted_of(request), self.idp.clock()
        for kind, name in (
            (Kind.ACCESS_TOKEN, "access_token"),
            (Kind.REFRESH_TOKEN, "refresh_token"),
        ):
            self._grants.keep(kind, token[name], granted, now=now)

    def send_signal(self, name: str, *_args: object, **_kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(
        self,
        status: int,
        body: Mapping[str, Any] | str,
        headers: Sequence[tuple[str, str]],
    ) -> Response:
        """Turn Authlib's answer into Starlette's.

        What the browser brings to a client says whom it is from (RFC 9207).
        """
        sent = dict(headers)
        if "Location" in sent:
            issuer = [("iss", self.idp.options.base_url)]
            sent["Location"] = add_params_to_uri(sent["Location"], issuer)
        if isinstance(body, str):
            return Response(body, status, headers=sent)
        return JSONResponse(body, status, headers=sent)

    def keep_code(self, code: str, request: _Request) -> None:
        """Keep a code, and with it what the person grants the client."""
        signed_in: SignedIn = request.user
        session, data = signed_in.session, request.payload.data
        granted = Granted(
            family=self._grants.begin_family(ends_at=session.expires_at),
            client_id=request.client.client_id,
            redirect_uri=data["redirect_uri"],
            scope=request.scope,
            nonce=data.get("nonce") or None,
            code_challenge=data["code_challenge"],
            login=session.key,
            session_id=session.session_id,
            username=session.username,
            auth_time=session.auth_time.timestamp(),
            amr=session.amr,
            acr=session.acr,
            ends_at=session.expires_at.timestamp(),
        )
        self._grants.keep(Kind.CODE, code, granted, now=self.idp.clock())
        if self._back_channel is not None:
            self._back_channel.note(granted.client_id, session)

    def find(self, kind: Kind, secret: str) -> Granted | None:
        """Answer what a code or token stands for."""
        return self._grants.find(kind, secret, now=self.idp.clock())

    def spend(self, kind: Kind, secret: str) -> Granted | None:
        """Answer what a code or token stands for, and use it up."""
        now = self.idp.clock()
        granted = self._grants.find(kind, secret, now=now)
        if granted is None or not self._grants.spend(kind, secret, granted, now=now):
            return None
        return granted

    def person(self, granted: Granted) -> Employee | None:
        """Answer who granted it, while the login session behind it lives."""
        signed_in = self.idp.signed_in_by_key(granted.login)
        return None if signed_in is None else signed_in.employee

    def _new_secret(self, **_request: object) -> str:
        return random_text(self.idp.random)


def granted_of(request: _Request) -> Granted:
    """Answer what a token request rests on: a code or a refresh token."""
    credential: _Code | _RefreshToken = (
        request.authorization_code or request.refresh_token
    )
    return credential.granted
