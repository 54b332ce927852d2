"""The userIdentity element, for every kind of principal.

Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from securecart.names.principal import (
    Anonymous,
    Federated,
    FederatedUser,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession, UserSession

_SECONDS_REMEMBERED = 16
"""Many requests come in one second."""


def user_identity(principal: Principal, access_key_id: str | None) -> dict[str, Any]:
    """Build the element; the key id is left out where there is none."""
    identity = _identity(principal)
    if access_key_id is None:
        return identity
    return {**identity, "accessKeyId": access_key_id}


def time_text(moment: datetime) -> str:
    """Write a moment as records do: UTC, whole seconds, `Z`."""
    return _text_of_second(moment.replace(microsecond=0))


@lru_cache(maxsize=_SECONDS_REMEMBERED)
def _text_of_second(second: datetime) -> str:
    return second.strftime("%Y-%m-%dT%H:%M:%SZ")


def _identity(principal: Principal) -> dict[str, Any]:
    match principal:
        case Root() | FederatedUser():
            return _common(type(principal).__name__, principal)
        case IamUser():
            return {
                **_common("IAMUser", principal),
                "userName": principal.name,
                **_user_session(principal.session),
            }
        case RoleSession():
            return {
                **_common("AssumedRole", principal),
                "sessionContext": _session_context(principal),
            }
        case Service():
            return {"type": "AWSService", "invokedBy": principal.name}
        case Federated():
            saml = ":saml-provider/" in principal.provider
            return {
                "type": "SAMLUser" if saml else "WebIdentityUser",
                "principalId": principal.userid,
                "userName": principal.subject,
                "identityProvider": principal.provider,
            }
        case Anonymous():
            return {
                "type": "AWSAccount",
                "principalId": "",
                "accountId": "ANONYMOUS_PRINCIPAL",
            }


def _common(
    kind: str, principal: Root | IamUser | RoleSession | FederatedUser
) -> dict[str, Any]:
    return {
        "type": kind,
        "principalId": principal.userid,
        "arn": principal.arn,
        "accountId": principal.account,
    }


def _user_session(session: UserSession | None) -> dict[str, Any]:
    if session is None:
        return {}
    return {"sessionContext": {"attributes": _attributes(session)}}


def _attributes(session: RoleSession | UserSession) -> dict[str, str]:
    return {
        "creationDate": time_text(session.issued_at),
        "mfaAuthenticated": "true" if session.mfa_authenticated else "false",
    }


def _session_context(session: RoleSession) -> dict[str, Any]:
    context: dict[str, Any] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": session.role_id,
            "arn": session.role_arn,
            "accountId": session.account,
            "userName": session.role_name,
        },
        "attributes": _attributes(session),
    }
    provider = session.federated_provider
    if provider is not None and ":oidc-provider/" in provider:
        context["webIdFederationData"] = {
            "federatedProvider": provider,
            "attributes": dict(session.context),
        }
    if session.source_identity is not None:
        context["sourceIdentity"] = session.source_identity
    return context
