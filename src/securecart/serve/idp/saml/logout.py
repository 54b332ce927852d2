"""Single logout by HTTP-Redirect, asked for here or by the service provider.

Source: SAML 2.0 profiles, section 4.4.
"""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from securecart.federation.saml import (
    InvalidRequest,
    LogoutRequest,
    LogoutResponse,
    NameId,
    build_logout_request,
    build_logout_response,
    decode_redirect,
    encode_redirect,
)
from securecart.federation.saml.names import (
    PERSISTENT,
    RESPONDER,
    SUCCESS,
    UNKNOWN_PRINCIPAL,
)
from securecart.federation.saml.redirect import Message, RedirectMessage
from securecart.serve.idp.identity_provider import IdentityProvider, redirect
from securecart.serve.idp.login_session import LoginSession
from securecart.serve.idp.parameters import BadRequest, Parameters
from securecart.serve.idp.receive import query_of

SLO: Final = "/saml/slo"

_MAX_AGE: Final = timedelta(minutes=5)
_CLOCK_SKEW: Final = timedelta(minutes=1)

Query = Annotated[Parameters, Depends(query_of)]


def reached(idp: IdentityProvider, session: LoginSession) -> None:
    """Remember that the service provider was told of this login session."""
    idp.records.put(_reached_key(session), b"", expires_at=session.expires_at)


def sign_out_everywhere(
    idp: IdentityProvider, session: LoginSession, onward: str
) -> Response:
    """End the session; by way of the service provider that relies on it, go on."""
    idp.sign_out(session)
    provider, now = idp.options.service_provider, idp.clock()
    relies = idp.records.take(_reached_key(session), now=now) is not None
    if not relies or provider.slo_url is None:
        response = redirect(onward)
    else:
        request = build_logout_request(
            issuer=idp.options.saml_entity_id,
            destination=provider.slo_url,
            name_id=NameId(session.username, PERSISTENT),
            session_indexes=(session.session_id,),
            now=now,
            random=idp.random,
        )
        idp.records.put(
            _asked_key(request.request_id), onward.encode(), expires_at=now + _MAX_AGE
        )
        address = encode_redirect(
            request.to_xml(),
            destination=provider.slo_url,
            identity=idp.options.signing,
        )
        response = redirect(address)
    response.delete_cookie(idp.session_cookie)
    return response


class SamlLogout:
    """Where the service provider's logout messages arrive."""

    def __init__(self, idp: IdentityProvider, keys: tuple[bytes, ...]) -> None:
        self._idp = idp
        self._keys = keys
        self.router = APIRouter()
        self.router.add_api_route(SLO, self.take, methods=["GET"])

    def take(self, query: Query, request: Request) -> Response:
        """Take a LogoutRequest or a LogoutResponse; both must be signed."""
        raw = request.scope["query_string"].decode("ascii")
        asks = "SAMLRequest" in query.mapping()
        message: Message = "SAMLRequest" if asks else "SAMLResponse"
        try:
            read = decode_redirect(raw, keys=self._keys, message=message)
            if asks:
                return self._end(LogoutRequest.parse(read.xml), read, request)
            return self._go_on(LogoutResponse.parse(read.xml))
        except InvalidRequest as error:
            raise BadRequest(f"This SAML message is refused: {error}.") from error

    def _end(
        self, asked: LogoutRequest, read: RedirectMessage, request: Request
    ) -> Response:
        self._judge(asked)
        provider = self._idp.options.service_provider
        if provider.slo_url is None:
            raise BadRequest("This service provider takes no answer.")
        signed_in = self._idp.signed_in(request)
        codes: tuple[str, ...] = (SUCCESS,)
        ended = False
        if signed_in is not None:
            session = signed_in.session
            indexes = asked.session_indexes or (session.session_id,)
            ended = asked.name_id.value == session.username
            ended = ended and session.session_id in indexes
            if ended:
                self._idp.sign_out(session)
                self._idp.records.delete(_reached_key(session))
            else:
                codes = (RESPONDER, UNKNOWN_PRINCIPAL)
        answer = build_logout_response(
            issuer=self._idp.options.saml_entity_id,
            destination=provider.slo_url,
            in_response_to=asked.request_id,
            now=self._idp.clock(),
            random=self._idp.random,
            codes=codes,
        )
        response = redirect(
            encode_redirect(
                answer.to_xml(),
                destination=provider.slo_url,
                identity=self._idp.options.signing,
                relay_state=read.relay_state,
                message="SAMLResponse",
            )
        )
        if ended:
            response.delete_cookie(self._idp.session_cookie)
        return response

    def _go_on(self, answer: LogoutResponse) -> Response:
        self._judge(answer)
        key = _asked_key(answer.in_response_to)
        onward = self._idp.records.take(key, now=self._idp.clock())
        if onward is None:
            raise BadRequest("Nobody asked for this sign-out, or long ago.")
        if answer.codes[0] != SUCCESS:
            raise BadRequest("You are signed out here, but perhaps not at the portal.")
        return redirect(onward.decode())

    def _judge(self, message: LogoutRequest | LogoutResponse) -> None:
        options, now = self._idp.options, self._idp.clock()
        if message.issuer != options.service_provider.entity_id:
            raise BadRequest("This service provider is not known here.")
        if message.destination != options.base_url + SLO:
            raise BadRequest("This SAML message is meant for another provider.")
        if not -_CLOCK_SKEW <= now - message.issued_at <= _MAX_AGE:
            raise BadRequest("This SAML message is too old, or from the future.")


def _reached_key(session: LoginSession) -> str:
    return f"{session.key}/saml"


def _asked_key(request_id: str) -> str:
    return f"saml logout:{request_id}"
