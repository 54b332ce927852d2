"""STS: temporary credentials for whom a provider or a role's trust vouches.

Floor 4, pure. Uses `federation` to verify, `iam` to find roles and providers,
`policy` to decide trust, `sealing` for session tokens. Each operation of
`OPERATIONS` authorises itself, by the role's trust policy or the caller's own;
whoever dispatches asks no policy before it.
"""

from collections.abc import Callable, Mapping
from typing import Final

from securecart.sts.access_key_info import get_access_key_info
from securecart.sts.assume_role import assume_role
from securecart.sts.authenticator import Authenticator, Caller, LongTermKeys
from securecart.sts.authorization_message import AuthorizationMessages
from securecart.sts.call import Call, Outcome, Pending, PolicyLayers, Ports, Result
from securecart.sts.caller_identity import get_caller_identity
from securecart.sts.credentials_used import INVALID, check_credentials
from securecart.sts.decode_authorization_message import (
    decode_authorization_message,
)
from securecart.sts.errors import (
    ExpiredIdentityToken,
    ExpiredToken,
    InvalidAccessKeyId,
    InvalidAuthorizationMessage,
    InvalidClientTokenId,
    InvalidIdentityToken,
    InvalidToken,
    PackedPolicyTooLarge,
    UnrecognizedClient,
)
from securecart.sts.get_session_token import get_session_token
from securecart.sts.issuer import Issuer, SessionOver, UnknownSessionToken
from securecart.sts.issuing_keys import IssuingKey, IssuingKeys
from securecart.sts.standing import is_revoked
from securecart.sts.with_saml import assume_role_with_saml
from securecart.sts.with_web_identity import assume_role_with_web_identity

OPERATIONS: Final[Mapping[str, Callable[[Call], Outcome]]] = {
    "AssumeRole": assume_role,
    "AssumeRoleWithSAML": assume_role_with_saml,
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
    "DecodeAuthorizationMessage": decode_authorization_message,
    "GetAccessKeyInfo": get_access_key_info,
    "GetCallerIdentity": get_caller_identity,
    "GetSessionToken": get_session_token,
}

UNSIGNED: Final = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
"""Operations that need no signature: the assertion or ID token speaks."""

__all__ = [
    "INVALID",
    "OPERATIONS",
    "UNSIGNED",
    "Authenticator",
    "AuthorizationMessages",
    "Call",
    "Caller",
    "ExpiredIdentityToken",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidAuthorizationMessage",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "InvalidToken",
    "Issuer",
    "IssuingKey",
    "IssuingKeys",
    "LongTermKeys",
    "Outcome",
    "PackedPolicyTooLarge",
    "Pending",
    "PolicyLayers",
    "Ports",
    "Result",
    "SessionOver",
    "UnknownSessionToken",
    "UnrecognizedClient",
    "assume_role",
    "assume_role_with_saml",
    "assume_role_with_web_identity",
    "check_credentials",
    "decode_authorization_message",
    "get_access_key_info",
    "get_caller_identity",
    "get_session_token",
    "is_revoked",
]
