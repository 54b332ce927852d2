"""AssumeRoleWithWebIdentity."""

from typing import Final

from securecart.federation.claims import (
    RejectedClaim,
    SessionClaims,
    aws_session_claims_from_oidc,
    oidc_session_context,
    oidc_trust_context,
)
from securecart.federation.oidc import (
    CompactJws,
    ExpiredIdToken,
    InvalidIdToken,
    KeysUnavailable,
    UnknownKey,
    VerifiedIdToken,
    WrongTokenAudience,
    unverified_issuer,
    verify_id_token_from,
)
from securecart.iam import (
    OidcProvider,
    find_oidc_provider_by_issuer,
    find_role_by_arn,
)
from securecart.names.cohort import step
from securecart.names.errors import ValidationError
from securecart.names.principal import Federated
from securecart.policy import Layers
from securecart.sts.call import Call, Result
from securecart.sts.duration import asked_seconds, require_within
from securecart.sts.errors import (
    ExpiredIdentityToken,
    IdpCommunicationError,
    InvalidIdentityToken,
)
from securecart.sts.grant import Provenance, grant
from securecart.sts.trust import Assumption, not_authorized

_ACTION: Final = "sts:AssumeRoleWithWebIdentity"
_NO_KEYS: Final = (
    "Couldn't retrieve verification key from your identity provider,  please reference"
    " AssumeRoleWithWebIdentity documentation for requirements"
)
_NO_JWT: Final = (
    "The ID Token provided is not a valid JWT."
    " (You may see this error if you sent an Access Token)"
)


def assume_role_with_web_identity(call: Call) -> Result:
    """Trade an ID token for credentials of a role that trusts its provider.

    The caller chooses the session name: only the trust policy can bind it to
    the token's subject. A token may be traded until it expires, as at AWS.

    Raises:
        InvalidIdentityToken: if the token proves nothing here.
        IdpCommunicationError: if the provider cannot be asked for its keys.
        ExpiredIdentityToken: if it has expired.
        AccessDenied: if the role does not exist, or does not trust the
            provider for this.
        ValidationError: if a parameter is out of bounds.
    """
    if "ProviderId" in call.parameters:
        raise ValidationError("ProviderId is for OAuth 2.0 access tokens, not taken")
    provider, token = _verified(call, str(call.parameters["WebIdentityToken"]))
    step()
    claims = _claims(token)
    seconds = asked_seconds(call.parameters)
    with call.ports.entities.reading() as store:
        role = find_role_by_arn(store, str(call.parameters["RoleArn"]))
    if role is None:
        raise not_authorized(_ACTION)
    issue = grant(
        call,
        role,
        Assumption(
            action=_ACTION,
            principal=Federated(provider.account, provider.arn, token.subject),
            layers=Layers(),
            session_name=str(call.parameters["RoleSessionName"]),
            duration_seconds=seconds,
            tags=claims.tags,
            transitive_tag_keys=claims.transitive_tag_keys,
            inherited=False,
            source_identity=claims.source_identity,
            external_id=None,
            claims=oidc_trust_context(token),
        ),
        Provenance(
            federated_provider=provider.arn, context=oidc_session_context(token)
        ),
    )
    require_within(seconds, role.max_session_duration)
    return issue() | {
        "SubjectFromWebIdentityToken": token.subject,
        "Provider": provider.arn,
        "Audience": token.client_id,
    }


def _verified(call: Call, token: str) -> tuple[OidcProvider, VerifiedIdToken]:
    try:
        jws = CompactJws.parse(token)
        issuer = unverified_issuer(jws)
    except InvalidIdToken:
        raise InvalidIdentityToken(_NO_JWT) from None
    with call.ports.entities.reading() as store:
        provider = find_oidc_provider_by_issuer(store, issuer)
    if provider is None:
        raise InvalidIdentityToken(
            f"No OpenIDConnect provider found in your account for {issuer[:255]}"
        )
    step()
    try:
        verified = verify_id_token_from(
            call.ports.key_source,
            jws,
            issuer=provider.url,
            audiences=frozenset(provider.client_ids),
            nonce=None,
            now=call.now,
        )
    except KeysUnavailable:
        raise IdpCommunicationError(_NO_KEYS) from None
    except UnknownKey:
        raise InvalidIdentityToken(_NO_KEYS) from None
    except WrongTokenAudience:
        raise InvalidIdentityToken("Incorrect token audience") from None
    except ExpiredIdToken as error:
        raise ExpiredIdentityToken(
            f"Token expired: current date/time {error.now} must be before the"
            f" expiration date/time {error.expired_at}"
        ) from None
    except InvalidIdToken as error:
        raise InvalidIdentityToken(f"Invalid ID token: {error}") from None
    return provider, verified


def _claims(token: VerifiedIdToken) -> SessionClaims:
    try:
        return aws_session_claims_from_oidc(token)
    except RejectedClaim as error:
        raise InvalidIdentityToken(str(error)) from None
