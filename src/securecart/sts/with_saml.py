"""AssumeRoleWithSAML."""

import hashlib
from datetime import timedelta
from functools import lru_cache, partial
from typing import Final

from securecart.federation.claims import (
    RejectedClaim,
    RolePair,
    SessionClaims,
    aws_session_claims_from_saml,
    name_qualifier,
    saml_session_context,
    saml_trust_context,
    subject_type,
)
from securecart.federation.saml import (
    Expectation,
    FailedStatus,
    IdpMetadata,
    InvalidAssertion,
    InvalidMetadata,
    InvalidSignature,
    OutsideItsTime,
    VerifiedAssertion,
    WrongAudience,
    WrongIssuer,
    verify_response,
)
from securecart.iam import Role, SamlProvider, find_role_by_arn, find_saml_provider
from securecart.names.arn import Arn
from securecart.names.cohort import step
from securecart.names.expiring import Told
from securecart.names.principal import Federated
from securecart.policy import Layers
from securecart.sts.call import Call, Pending, Result
from securecart.sts.duration import (
    TOO_LONG_BY_SAML,
    asked_seconds,
    require_within,
    shortened,
)
from securecart.sts.errors import (
    ExpiredIdentityToken,
    IdpRejectedClaim,
    InvalidIdentityToken,
)
from securecart.sts.grant import Provenance, grant
from securecart.sts.trust import Assumption, not_authorized

AUDIENCES: Final = frozenset(
    {"urn:amazon:webservices", "https://signin.aws.amazon.com/saml"}
)
"""AWS IAM User Guide, "Configure SAML assertions": what Audience may be."""
REDEMPTION: Final = timedelta(minutes=5)
"""AWS STS API Reference, AssumeRoleWithSAML: time from issue to redemption."""

_ACTION: Final = "sts:AssumeRoleWithSAML"
_MESSAGE: Final = 512
_PROVIDERS: Final = 100
"""Parsed metadata documents kept: IAM's own quota of SAML providers."""


def assume_role_with_saml(call: Call) -> Pending:
    """Trade a SAML response for credentials of a role that it names.

    Each assertion is redeemed once. (AWS is not known to refuse it again
    within the five minutes; nobody who signs in needs it twice.)

    Raises:
        InvalidIdentityToken: if the response proves nothing, or was redeemed.
        IdpRejectedClaim: if it says that the provider signed nobody in.
        ExpiredIdentityToken: if it is too old.
        AccessDenied: if the role does not exist, is not named in it, or does
            not trust the provider for this.
        ValidationError: if a parameter is out of bounds.
    """
    provider, role = _provider_and_role(call)
    assertion = _verified(call, provider)
    step()
    claims = _claims(assertion)
    arn = Arn.parse(provider.arn)
    asked = asked_seconds(call.parameters)
    pair = RolePair(str(call.parameters["RoleArn"]), provider.arn)
    if role is None or pair not in claims.roles or claims.session_name is None:
        raise not_authorized(_ACTION)
    seconds = shortened(
        asked,
        session_duration=claims.duration_seconds,
        session_end=assertion.session_not_on_or_after,
        now=call.now,
    )

    issue = grant(
        call,
        role,
        Assumption(
            action=_ACTION,
            principal=Federated(
                provider.account, provider.arn, assertion.name_id.value
            ),
            layers=Layers(),
            session_name=claims.session_name,
            duration_seconds=seconds,
            tags=claims.tags,
            transitive_tag_keys=claims.transitive_tag_keys,
            inherited=False,
            source_identity=claims.source_identity,
            external_id=None,
            claims=saml_trust_context(assertion, arn),
        ),
        Provenance(
            federated_provider=provider.arn,
            context=saml_session_context(assertion, arn),
        ),
    )
    require_within(asked, role.max_session_duration, too_long=TOO_LONG_BY_SAML)

    def finish(first: bool | Exception) -> Result:  # noqa: FBT001 - What was told.
        if isinstance(first, Exception):
            raise first
        if not first:
            raise InvalidIdentityToken("Assertion was already redeemed")
        return issue() | {
            "Subject": assertion.name_id.value,
            "SubjectType": subject_type(assertion),
            "Issuer": assertion.issuer,
            "Audience": assertion.recipient,
            "NameQualifier": name_qualifier(assertion.issuer, arn),
        }

    return Pending(partial(_redeem, call, assertion), finish)


def _provider_and_role(call: Call) -> tuple[SamlProvider, Role | None]:
    with call.ports.entities.reading() as store:
        provider = find_saml_provider(store, str(call.parameters["PrincipalArn"]))
        role = find_role_by_arn(store, str(call.parameters["RoleArn"]))
    if provider is None:
        raise InvalidIdentityToken("Specified provider doesn't exist.")
    return provider, role


@lru_cache(_PROVIDERS)
def _metadata(document: str) -> IdpMetadata:
    try:
        return IdpMetadata.parse(document.encode())
    except InvalidMetadata:
        # Put by a release that read it otherwise.
        raise InvalidIdentityToken("Could not parse metadata.") from None


def _verified(call: Call, provider: SamlProvider) -> VerifiedAssertion:
    now = call.now
    try:
        assertion = verify_response(
            str(call.parameters["SAMLAssertion"]),
            _metadata(provider.metadata),
            Expectation.redemption(
                audiences=AUDIENCES,
                encryption_required=provider.assertion_encryption_mode == "Required",
            ),
            now=now,
            decryption_keys=call.ports.decryption_keys(provider),
        )
    except InvalidSignature:
        raise InvalidIdentityToken("Response signature invalid") from None
    except WrongIssuer:
        raise InvalidIdentityToken("Issuer not present in specified provider") from None
    except WrongAudience:
        raise InvalidIdentityToken(
            "Response does not contain the required audience."
        ) from None
    except FailedStatus as error:
        raise IdpRejectedClaim(f"Invalid SAML response: {_cut(error)}") from None
    except OutsideItsTime as error:
        raise ExpiredIdentityToken(f"Assertion refused: {error}") from None
    except InvalidAssertion as error:
        raise InvalidIdentityToken(f"Invalid SAML response: {_cut(error)}") from None
    if now >= assertion.issued_at + REDEMPTION:
        raise ExpiredIdentityToken(
            "Token must be redeemed within 5 minutes of issuance"
        )
    return assertion


def _cut(error: InvalidAssertion) -> str:
    """What is wrong; some of it may be the words of strangers."""
    return str(error)[:_MESSAGE]


def _claims(assertion: VerifiedAssertion) -> SessionClaims:
    try:
        return aws_session_claims_from_saml(assertion)
    except RejectedClaim as error:
        raise InvalidIdentityToken(str(error)) from None


def _redeem(call: Call, assertion: VerifiedAssertion, then: Told) -> None:
    name = f"{assertion.issuer}\n{assertion.assertion_id}".encode()
    call.ports.redeemed.insert_then(
        f"sts/saml/{hashlib.sha256(name).hexdigest()}",
        b"",
        # It could not be redeemed any later.
        expires_at=assertion.issued_at + REDEMPTION,
        now=call.now,
        then=then,
    )
