"""Sign-in by SAML 2.0: the question, and the answer verified.

Source: SAML 2.0 profiles, section 4.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from securecart.federation.saml import (
    Expectation,
    FailedStatus,
    IdpMetadata,
    InvalidAssertion,
    InvalidMetadata,
    InvalidSignature,
    VerifiedAssertion,
    build_authn_request,
    build_sp_metadata,
    encode_redirect,
    verify_response,
)
from securecart.federation.saml.names import NO_AUTHN_CONTEXT
from securecart.names.clock import Clock, Random
from securecart.names.errors import SecureCartError
from securecart.serve.portal.evidence import Evidence
from securecart.serve.portal.options import PortalOptions, SamlOptions
from securecart.serve.portal.pending import PendingSignIn
from securecart.serve.portal.ports import SamlProvider, Sts
from securecart.serve.portal.provider_session import ProviderSession
from securecart.serve.portal.redeemed import Redeemed
from securecart.serve.portal.refusals import (
    BAD_REQUEST,
    DECLINED,
    MFA_MISSING,
    NOT_ACCEPTED,
    SET_UP_WRONG,
    UNAVAILABLE,
    Refused,
)

_CLAIMS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

NAME_ATTRIBUTES: Final = (
    "displayName",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    f"{_CLAIMS}/name",
)
"""Where a person's name stands: inetOrgPerson by name and by OID, Entra, ADFS."""

EMAIL_ATTRIBUTES: Final = (
    "mail",
    "email",
    "urn:oid:0.9.2342.19200300.100.1.3",
    f"{_CLAIMS}/emailaddress",
)
"""Likewise the e-mail address."""


@dataclass(frozen=True, slots=True)
class Unsolicited:
    """A verified answer that nobody asked for, until its person is asked.

    `name` is the person's; nothing takes the answer from `ends_at` on.
    """

    response: str = field(repr=False)
    name: str
    ends_at: datetime


class SamlSignIn:
    """Asks the company's SAML provider, and verifies what it answers."""

    def __init__(
        self,
        options: PortalOptions,
        saml: SamlOptions,
        provider: SamlProvider,
        *,
        sts: Sts,
        redeemed: Redeemed,
        clock: Clock,
        random: Random,
    ) -> None:
        self._mfa_required = options.mfa_required
        self._acs_url = options.acs_url
        self._slo_url = options.slo_url
        self._role_arn = options.role_arn
        self._sts = sts
        self._redeemed = redeemed
        self._saml = saml
        self._provider = provider
        self._clock = clock
        self._random = random

    def ask(self, pending: PendingSignIn) -> tuple[PendingSignIn, str]:
        """See `SignInMethod.ask`; the request's id is kept for the answer."""
        try:
            destination = self._metadata().sso_address()
        except InvalidMetadata as error:
            raise Refused(SET_UP_WRONG, str(error)) from error
        request = build_authn_request(
            issuer=self._saml.audience,
            destination=destination,
            acs_address=self._acs_url,
            now=self._clock(),
            random=self._random,
            force_authn=pending.reauthenticate,
            is_passive=pending.passive,
            contexts=self._saml.mfa_contexts[:1] if self._demands_mfa(pending) else (),
        )
        address = encode_redirect(
            request.to_xml(),
            destination=destination,
            identity=self._saml.identity,
            relay_state=pending.pending_id,
        )
        return replace(pending, request_id=request.request_id), address

    def redeem(self, pending: PendingSignIn, answer: Mapping[str, str]) -> Evidence:
        """See `SignInMethod.redeem`; the answer is the posted form."""
        response = _response_of(answer)
        expected = Expectation.answer(
            request_id=pending.request_id,
            acs_address=self._acs_url,
            audience=self._saml.audience,
            encryption_required=self._saml.encryption_required,
        )
        assertion = self._verify(response, expected)
        self._redeem(assertion)
        return self._evidence(assertion, response)

    def receive(self, answer: Mapping[str, str]) -> Unsolicited:
        """Verify an answer that nobody asked for, and use it up.

        Raises:
            Refused: as `redeem`.
        """
        response = _response_of(answer)
        assertion = self._verify(response, self._unsolicited())
        self._redeem(assertion)
        return Unsolicited(
            response,
            _first(assertion, NAME_ATTRIBUTES) or assertion.name_id.value,
            assertion.not_on_or_after,
        )

    def accept(self, unsolicited: Unsolicited) -> Evidence:
        """Verify once more what was received, for STS and the session.

        Raises:
            Refused: NOT_ACCEPTED if its time is over, UNAVAILABLE.
        """
        response = unsolicited.response
        return self._evidence(self._verify(response, self._unsolicited()), response)

    def _unsolicited(self) -> Expectation:
        return Expectation.unsolicited(
            acs_address=self._acs_url,
            audience=self._saml.audience,
            encryption_required=self._saml.encryption_required,
        )

    def _redeem(self, assertion: VerifiedAssertion) -> None:
        self._redeemed.redeem(
            "assertion",
            f"{assertion.issuer} {assertion.assertion_id}",
            until=assertion.not_on_or_after,
        )

    def _evidence(self, assertion: VerifiedAssertion, response: str) -> Evidence:
        return Evidence(
            provider=ProviderSession(
                assertion.issuer,
                assertion.name_id.value,
                assertion.session_index,
                assertion.name_id,
            ),
            name=_first(assertion, NAME_ATTRIBUTES),
            email=_first(assertion, EMAIL_ATTRIBUTES),
            authenticated_at=assertion.authn_instant,
            mfa=assertion.authn_context in self._saml.mfa_contexts,
            assume=lambda seconds: self._sts.assume_role_with_saml(
                response, self._role_arn, self._saml.provider_arn, seconds
            ),
        )

    def _demands_mfa(self, pending: PendingSignIn) -> bool:
        return self._mfa_required or pending.mfa_demanded

    def _verify(self, response: str, expected: Expectation) -> VerifiedAssertion:
        metadata = self._metadata()
        try:
            try:
                return self._verify_with(response, metadata, expected)
            except InvalidSignature:
                # The provider may have changed its key since it was last asked.
                renewed = self._metadata(renew=True)
                if renewed.signing_keys == metadata.signing_keys:
                    raise
                return self._verify_with(response, renewed, expected)
        except FailedStatus as error:
            no_context = NO_AUTHN_CONTEXT in error.codes
            refusal = MFA_MISSING if no_context else DECLINED
            raise Refused(refusal, str(error)) from error
        except InvalidAssertion as error:
            raise Refused(NOT_ACCEPTED, str(error)) from error

    def _verify_with(
        self, response: str, metadata: IdpMetadata, expected: Expectation
    ) -> VerifiedAssertion:
        encryption = self._saml.encryption
        return verify_response(
            response,
            metadata,
            expected,
            now=self._clock(),
            decryption_keys=() if encryption is None else (encryption.private_key,),
        )

    def metadata(self) -> bytes:
        """Write the portal's own metadata, for the provider's administrator."""
        encryption = self._saml.encryption
        return build_sp_metadata(
            entity_id=self._saml.audience,
            acs_address=self._acs_url,
            identity=self._saml.identity,
            slo_address=self._slo_url,
            encryption_certificate=None
            if encryption is None
            else encryption.certificate,
        )

    def _metadata(self, *, renew: bool = False) -> IdpMetadata:
        return usable_metadata(self._provider, self._clock(), renew=renew)


def _response_of(answer: Mapping[str, str]) -> str:
    response = answer.get("SAMLResponse")
    if response is None:
        raise Refused(BAD_REQUEST, "no SAMLResponse")
    return response


def usable_metadata(
    provider: SamlProvider, now: datetime, *, renew: bool = False
) -> IdpMetadata:
    """Answer the provider's metadata while it holds.

    Raises:
        Refused: UNAVAILABLE while there is none, SET_UP_WRONG when it is over.
    """
    try:
        metadata = provider.metadata(renew=renew)
    except SecureCartError as error:
        raise Refused(UNAVAILABLE, f"SAML metadata: {error}") from error
    if metadata.valid_until is not None and metadata.valid_until <= now:
        raise Refused(SET_UP_WRONG, "the provider's metadata is out of date")
    return metadata


def _first(assertion: VerifiedAssertion, names: tuple[str, ...]) -> str | None:
    values = (value for name in names for value in assertion.attributes.get(name, ()))
    return next((value for value in values if value), None)
