"""Single logout by SAML 2.0: what is asked, what is answered, what is read.

Sources: SAML 2.0 profiles, section 4.4; SAML 2.0 bindings, sections 3.4, 3.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from securecart.federation.saml import (
    CLOCK_SKEW,
    IdpMetadata,
    InvalidRequest,
    LogoutRequest,
    LogoutResponse,
    build_logout_request,
    build_logout_response,
    check_logout_request,
    check_logout_response,
    decode_redirect,
    encode_redirect,
    sign_posted,
    verify_posted,
)
from securecart.federation.saml.logout import LOGOUT_LIFETIME
from securecart.federation.saml.names import POST_BINDING, REDIRECT_BINDING, SUCCESS
from securecart.federation.saml.redirect import MAX_RELAY_STATE, Message
from securecart.names.clock import Clock, Random
from securecart.serve.portal.endings import Endings
from securecart.serve.portal.options import PortalOptions, SamlOptions
from securecart.serve.portal.ports import SamlProvider
from securecart.serve.portal.provider_session import (
    ProviderSession,
    unique_session_id,
)
from securecart.serve.portal.redeemed import Redeemed
from securecart.serve.portal.refusals import BAD_REQUEST, NOT_ACCEPTED, Refused
from securecart.serve.portal.saml import usable_metadata

_BINDINGS: Final = (REDIRECT_BINDING, POST_BINDING)


@dataclass(frozen=True, slots=True)
class Received:
    """A logout message as it came, its signature verified and nothing else."""

    message: Message
    xml: bytes
    relay_state: str | None
    binding: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What the browser is to carry to the provider.

    Without `fields` it is an address to go to, else a form to post there.
    """

    address: str
    fields: Mapping[str, str] | None = None


class SamlLogout:
    """Asks the provider to end its session, and ends ours when it asks."""

    def __init__(
        self,
        options: PortalOptions,
        saml: SamlOptions,
        provider: SamlProvider,
        *,
        endings: Endings,
        redeemed: Redeemed,
        clock: Clock,
        random: Random,
    ) -> None:
        self._slo_url = options.slo_url
        self._saml = saml
        self._provider = provider
        self._endings = endings
        self._redeemed = redeemed
        self._clock = clock
        self._random = random

    def ask(
        self, session: ProviderSession, relay_state: str
    ) -> tuple[str, Sent] | None:
        """Answer the LogoutRequest's id and how to send it, if there is a place.

        Raises:
            Refused: UNAVAILABLE or SET_UP_WRONG, as the provider is.
        """
        metadata = self._metadata()
        for binding in _BINDINGS:
            destination = metadata.slo_address(binding)
            if destination is not None and session.name_id is not None:
                break
        else:
            return None
        index = session.session_id
        request = build_logout_request(
            issuer=self._saml.audience,
            destination=destination,
            name_id=session.name_id,
            session_indexes=() if index is None else (index,),
            now=self._clock(),
            random=self._random,
        )
        sent = self._send(
            "SAMLRequest", request.to_xml(), destination, binding, relay_state
        )
        return request.request_id, sent

    def read_query(self, query: str) -> Received:
        """Verify a message by HTTP-Redirect; `query` is raw, as received.

        Raises:
            Refused: NOT_ACCEPTED, UNAVAILABLE or SET_UP_WRONG.
        """
        names = {pair.partition("=")[0] for pair in query.split("&")}
        message: Message = "SAMLRequest"
        if "SAMLResponse" in names:
            message = "SAMLResponse"
        keys = self._metadata().signing_keys
        try:
            read = decode_redirect(query, keys=keys, message=message)
        except InvalidRequest as error:
            raise Refused(NOT_ACCEPTED, f"logout message: {error}") from error
        return Received(message, read.xml, read.relay_state, REDIRECT_BINDING)

    def read_form(self, form: Mapping[str, str]) -> Received:
        """Verify a message by HTTP-POST.

        Raises:
            Refused: BAD_REQUEST, NOT_ACCEPTED, UNAVAILABLE or SET_UP_WRONG.
        """
        relay_state = form.get("RelayState")
        if ("SAMLRequest" in form) == ("SAMLResponse" in form):
            raise Refused(BAD_REQUEST, "not one SAML message")
        if relay_state is not None and len(relay_state.encode()) > MAX_RELAY_STATE:
            raise Refused(BAD_REQUEST, "RelayState too long")
        message: Message = "SAMLRequest"
        if "SAMLResponse" in form:
            message = "SAMLResponse"
        try:
            xml = verify_posted(form[message], self._metadata().signing_keys)
        except InvalidRequest as error:
            raise Refused(NOT_ACCEPTED, f"logout message: {error}") from error
        return Received(message, xml, relay_state, POST_BINDING)

    def end(self, received: Received) -> Sent | None:
        """End what a LogoutRequest names; answer the LogoutResponse, if it has a place.

        Raises:
            Refused: NOT_ACCEPTED or ALREADY_USED; then nothing has ended.
        """
        metadata = self._metadata()
        try:
            request = LogoutRequest.parse(received.xml)
            check_logout_request(
                request, metadata, destination=self._slo_url, now=self._clock()
            )
        except InvalidRequest as error:
            raise Refused(NOT_ACCEPTED, f"LogoutRequest: {error}") from error
        # Kept and sent again, it would end the sessions that began since.
        self._redeemed.redeem(
            "logout request",
            f"{request.issuer} {request.request_id}",
            until=request.issued_at + LOGOUT_LIFETIME + CLOCK_SKEW,
        )
        name = request.name_id.value
        for index in request.session_indexes:
            self._endings.end_provider_session(
                request.issuer, unique_session_id(name, index), subject=name
            )
        if not request.session_indexes:
            self._endings.end_subject(request.issuer, name)
        return self._answer(request, received, metadata)

    def finish(self, received: Received, request_id: str) -> bool:
        """Say whether a LogoutResponse says that the provider's session is over.

        Raises:
            Refused: NOT_ACCEPTED if it does not answer our request.
        """
        try:
            response = LogoutResponse.parse(received.xml)
            check_logout_response(
                response,
                self._metadata(),
                destination=self._slo_url,
                request_id=request_id,
                now=self._clock(),
            )
        except InvalidRequest as error:
            raise Refused(NOT_ACCEPTED, f"LogoutResponse: {error}") from error
        return response.codes[0] == SUCCESS

    def _answer(
        self, request: LogoutRequest, received: Received, metadata: IdpMetadata
    ) -> Sent | None:
        for binding in sorted(_BINDINGS, key=lambda each: each != received.binding):
            destination = metadata.slo_response_address(binding)
            if destination is not None:
                break
        else:
            return None
        response = build_logout_response(
            issuer=self._saml.audience,
            destination=destination,
            in_response_to=request.request_id,
            now=self._clock(),
            random=self._random,
        )
        return self._send(
            "SAMLResponse",
            response.to_xml(),
            destination,
            binding,
            received.relay_state,
        )

    def _send(
        self,
        message: Message,
        xml: bytes,
        destination: str,
        binding: str,
        relay_state: str | None,
    ) -> Sent:
        if binding == REDIRECT_BINDING:
            address = encode_redirect(
                xml,
                destination=destination,
                identity=self._saml.identity,
                relay_state=relay_state,
                message=message,
            )
            return Sent(address)
        fields: dict[str, str] = {message: sign_posted(xml, self._saml.identity)}
        if relay_state is not None:
            fields["RelayState"] = relay_state
        return Sent(destination, fields)

    def _metadata(self) -> IdpMetadata:
        return usable_metadata(self._provider, self._clock())
