"""The addresses of the SAML identity provider.

Source: SAML 2.0 profiles, section 4.1, begun by the service provider.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from securecart.federation.saml import (
    AuthnRequest,
    InvalidAssertion,
    InvalidDocument,
    InvalidRequest,
    build_failure,
    build_idp_metadata,
    build_response,
    decode_redirect,
    encode_post,
    new_id,
    unverified_message,
)
from securecart.federation.saml.authn_request import MAX_REQUEST
from securecart.federation.saml.document import parse_xml
from securecart.federation.saml.names import (
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    PASSWORD_PROTECTED,
    REFEDS_MFA,
    RESPONDER,
)
from securecart.federation.saml.redirect import MAX_RELAY_STATE
from securecart.federation.saml.signature import (
    refuse_repeated_ids,
    verify_enveloped,
)
from securecart.serve.idp.errand import MAX_SEALED, Errand, Resume
from securecart.serve.idp.identity_provider import IdentityProvider, SignedIn
from securecart.serve.idp.parameters import BadRequest, Parameters
from securecart.serve.idp.receive import form_of, query_of
from securecart.serve.idp.saml.answer import answer_for
from securecart.serve.idp.saml.logout import SLO, SamlLogout, reached

SSO = "/saml/sso"
_METADATA = "/saml/metadata"
_INITIATE = "/saml/initiate"

_MAX_AGE = timedelta(minutes=5)
_CLOCK_SKEW = timedelta(minutes=1)
"""A request is answered while it is fresh: the browser brings it at once."""

_MAX_ENCODED = 2 * MAX_REQUEST
"""Characters of a request in base64, which adds a third."""

Query = Annotated[Parameters, Depends(query_of)]
Form = Annotated[Parameters, Depends(form_of)]


@dataclass(frozen=True, slots=True)
class _Question:
    """What remains of a verified AuthnRequest while a person signs in."""

    request_id: str | None
    relay_state: str | None
    force_authn: bool
    is_passive: bool
    contexts: tuple[str, ...]

    def to_text(self) -> str:
        return json.dumps(
            [
                self.request_id,
                self.relay_state,
                self.force_authn,
                self.is_passive,
                self.contexts,
            ]
        )

    @classmethod
    def from_text(cls, text: str) -> "_Question":
        request_id, relay_state, force_authn, is_passive, contexts = json.loads(text)
        return cls(request_id, relay_state, force_authn, is_passive, tuple(contexts))


class SamlEndpoints:
    """Metadata and single sign-on."""

    def __init__(self, idp: IdentityProvider) -> None:
        self._idp = idp
        self._keys = _keys_of(idp.options.service_provider.certificate_pem)
        self.router = APIRouter()
        for path, endpoint, method in (
            (_METADATA, self.metadata, "GET"),
            (SSO, self.sign_on, "GET"),
            (SSO, self.sign_on_by_form, "POST"),
            (Resume.SAML.value, self.resume, "GET"),
            (_INITIATE, self.initiate, "GET"),
        ):
            self.router.add_api_route(path, endpoint, methods=[method])
        self.router.include_router(SamlLogout(idp, self._keys).router)

    def metadata(self) -> Response:
        """Answer what a service provider, or AWS, needs to know of us."""
        document = build_idp_metadata(
            entity_id=self._idp.options.saml_entity_id,
            sso_address=self._idp.options.base_url + SSO,
            identity=self._idp.options.signing,
            slo_address=self._idp.options.base_url + SLO
            if self._keys and self._idp.options.service_provider.slo_url
            else None,
        )
        return Response(document, media_type="application/samlmetadata+xml")

    def sign_on(self, query: Query, request: Request) -> Response:
        """Take an AuthnRequest by HTTP-Redirect (SAML 2.0 bindings, 3.4)."""
        raw = request.scope["query_string"].decode("ascii")
        try:
            if self._keys:
                message = decode_redirect(raw, keys=self._keys)
                xml, relay_state = message.xml, message.relay_state
            else:
                xml, relay_state = unverified_message(raw), _relay_state(query)
        except InvalidRequest as error:
            raise BadRequest(f"This SAML request is refused: {error}.") from error
        return self._ask(xml, relay_state, request)

    def sign_on_by_form(self, form: Form, request: Request) -> Response:
        """Take an AuthnRequest by HTTP-POST (SAML 2.0 bindings, 3.5)."""
        encoded = form.need("SAMLRequest", limit=_MAX_ENCODED)
        try:
            xml = base64.b64decode("".join(encoded.split()), validate=True)
            if self._keys:
                root = parse_xml(xml, max_length=MAX_REQUEST)
                refuse_repeated_ids(root)
                xml = verify_enveloped(root, self._keys)
        except (ValueError, InvalidDocument, InvalidAssertion) as error:
            raise BadRequest(f"This SAML request is refused: {error}.") from error
        return self._ask(xml, _relay_state(form), request)

    def resume(self, query: Query, request: Request) -> Response:
        """Go on with a request after a sign-in."""
        errand = Errand.unseal(
            query.need("errand", limit=MAX_SEALED),
            self._idp.keyring,
            now=self._idp.clock(),
        )
        if errand.resume is not Resume.SAML:
            raise BadRequest("This sign-in cannot be continued.")
        question = _Question.from_text(errand.request)
        return self._answer(question, request, asked_at=errand.asked_at)

    def initiate(self, request: Request) -> Response:
        """Sign a person in at the service provider, which has not asked."""
        if not self._idp.options.service_provider.idp_initiated:
            raise BadRequest("Sign-ins begin at the portal.")
        question = _Question(
            request_id=None,
            relay_state=None,
            force_authn=False,
            is_passive=False,
            contexts=(),
        )
        return self._answer(question, request, asked_at=self._idp.clock())

    def _ask(self, xml: bytes, relay_state: str | None, request: Request) -> Response:
        now = self._idp.clock()
        try:
            authn_request = AuthnRequest.parse(xml)
        except InvalidRequest as error:
            raise BadRequest(f"This SAML request is refused: {error}.") from error
        self._judge(authn_request, now)
        question = _Question(
            request_id=authn_request.request_id,
            relay_state=relay_state,
            force_authn=authn_request.force_authn,
            is_passive=authn_request.is_passive,
            contexts=authn_request.contexts,
        )
        return self._answer(question, request, asked_at=now)

    def _judge(self, request: AuthnRequest, now: datetime) -> None:
        """Refuse what is not a fresh question of our service provider to us."""
        provider = self._idp.options.service_provider
        if request.issuer != provider.entity_id:
            raise BadRequest("This service provider is not known here.")
        if request.acs_address not in ("", provider.acs_url):
            raise BadRequest("The answer would go to an unknown address.")
        # Signed, it must name us (SAML 2.0 bindings, 3.4.5.2 and 3.5.5.2).
        unsigned = () if self._keys else ("",)
        if request.destination not in (self._idp.options.base_url + SSO, *unsigned):
            raise BadRequest("This SAML request is meant for another provider.")
        if not -_CLOCK_SKEW <= now - request.issued_at <= _MAX_AGE:
            raise BadRequest("This SAML request is too old, or from the future.")

    def _answer(
        self, question: _Question, request: Request, *, asked_at: datetime
    ) -> Response:
        signed_in = self._idp.signed_in(request)
        if (
            signed_in is not None
            and question.force_authn
            and signed_in.session.auth_time < asked_at
        ):
            signed_in = None
        if signed_in is None:
            if question.is_passive:
                return self._fail(question, (RESPONDER, NO_PASSIVE))
            return self._idp.ask_to_sign_in(
                Errand(Resume.SAML, question.to_text(), asked_at)
            )
        context = _context_for(signed_in, question.contexts)
        if (
            context is None
            and REFEDS_MFA in question.contexts
            and (signed_in.employee.needs_one_time_code and not question.is_passive)
        ):
            # Signed in before they had a second factor: now it will be asked.
            return self._idp.ask_to_sign_in(
                Errand(Resume.SAML, question.to_text(), asked_at)
            )
        if context is None:
            return self._fail(question, (RESPONDER, NO_AUTHN_CONTEXT))
        answer = answer_for(
            signed_in,
            self._idp.options,
            request_id=question.request_id,
            context=context,
            random=self._idp.random,
            now=self._idp.clock(),
        )
        reached(self._idp, signed_in.session)
        response = build_response(
            answer,
            self._idp.options.signing,
            encrypt_for=self._idp.options.service_provider.encryption_certificate,
        )
        return self._post(question, response)

    def _fail(self, question: _Question, codes: Sequence[str]) -> Response:
        failure = build_failure(
            codes,
            self._idp.options.signing,
            response_id=new_id(self._idp.random),
            issuer=self._idp.options.saml_entity_id,
            recipient=self._idp.options.service_provider.acs_url,
            in_response_to=question.request_id,
            now=self._idp.clock(),
        )
        return self._post(question, failure)

    def _post(self, question: _Question, response: bytes) -> Response:
        """Answer the page that posts itself to the service provider."""
        return self._idp.pages.render(
            "post.html",
            script=True,
            acs_url=self._idp.options.service_provider.acs_url,
            saml_response=encode_post(response),
            relay_state=question.relay_state,
        )


def _context_for(signed_in: SignedIn, contexts: Sequence[str]) -> str | None:
    """Answer the context class to report, or None if none that is wanted fits.

    Who gave a one-time code gave a password too.
    """
    acr = signed_in.session.acr
    if not contexts or acr in contexts:
        return acr
    return PASSWORD_PROTECTED if PASSWORD_PROTECTED in contexts else None


def _relay_state(parameters: Parameters) -> str | None:
    relay_state = parameters.mapping().get("RelayState")
    if relay_state is not None and len(relay_state.encode()) > MAX_RELAY_STATE:
        raise BadRequest("RelayState is too long.")
    return relay_state


def _keys_of(certificate_pem: str | None) -> tuple[bytes, ...]:
    """Answer the public keys that must have signed a request, or none."""
    if certificate_pem is None:
        return ()
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    key = certificate.public_key()
    return (key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),)
