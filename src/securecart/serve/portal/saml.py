"""Sign-in by SAML 2.0: the question, and the answer verified.

Source: SAML 2.0 profiles, section 4.1.
"""

from collections.abc import Mapping
from dataclasses import replace
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
        response = answer.get("SAMLResponse")
        if response is None:
            raise Refused(BAD_REQUEST, "no SAMLResponse")
        assertion = self._verify(response, pending)
        self._redeemed.redeem(
            "assertion",
            f"{assertion.issuer} {assertion.assertion_id}",
            until=assertion.not_on_or_after,
        )
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

    def _verify(self, response: str, pending: PendingSignIn) -> VerifiedAssertion:
        expected = Expectation.answer(
            request_id=pending.request_id,
            acs_address=self._acs_url,
            audience=self._saml.audience,
        )
        metadata = self._metadata()
        try:
            try:
                return verify_response(response, metadata, expected, now=self._clock())
            except InvalidSignature:
                # The provider may have changed its key since it was last asked.
                renewed = self._metadata(renew=True)
                if renewed.signing_keys == metadata.signing_keys:
                    raise
                return verify_response(response, renewed, expected, now=self._clock())
        except FailedStatus as error:
            raise Refused(DECLINED, str(error)) from error
        except InvalidAssertion as error:
            raise Refused(NOT_ACCEPTED, str(error)) from error

    def metadata(self) -> bytes:
        """Write the portal's own metadata, for the provider's administrator."""
        return build_sp_metadata(
            entity_id=self._saml.audience,
            acs_address=self._acs_url,
            identity=self._saml.identity,
            slo_address=self._slo_url,
        )

    def _metadata(self, *, renew: bool = False) -> IdpMetadata:
        return usable_metadata(self._provider, self._clock(), renew=renew)


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
