"""What an operation may be called with: long-term keys, or which sessions.

Source: AWS IAM User Guide, "Compare AWS STS credentials".
"""

from typing import Final

from securecart.names.errors import AccessDenied
from securecart.names.principal import IamUser, Principal
from securecart.sts.call import PolicyLayers
from securecart.sts.errors import InvalidClientTokenId

INVALID: Final = "The security token included in the request is invalid."

_FOR_USER_SESSIONS: Final = frozenset({"AssumeRole", "GetCallerIdentity"})
"""All that credentials of GetSessionToken may call of STS."""


def check_credentials(
    operation: str, caller: Principal, policies: PolicyLayers
) -> None:
    """Refuse a caller whose credentials are not for this operation of STS.

    Raises:
        InvalidClientTokenId: for a session that was ended before its time.
        AccessDenied: if the operation does not take such credentials.
    """
    if policies.is_gone(caller):
        raise InvalidClientTokenId(INVALID)
    of_user = isinstance(caller, IamUser) and caller.session is not None
    if of_user and operation not in _FOR_USER_SESSIONS:
        raise AccessDenied(f"Cannot call {operation} with session credentials")
