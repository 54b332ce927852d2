"""GetSessionToken: temporary credentials for a user's own long-term ones.

Source: AWS STS API Reference, "GetSessionToken".
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from securecart.names.errors import AccessDenied
from securecart.names.principal import IamUser
from securecart.names.session import UserSession
from securecart.sts.call import Call, Result
from securecart.sts.duration import checked_seconds
from securecart.sts.mfa_device import refuse_mfa_device

MAX_SECONDS: Final = 129_600
DEFAULT_SECONDS: Final = 43_200


def get_session_token(call: Call) -> Result:
    """Answer temporary credentials that act as the user who asks.

    No policy is asked: they may do what the user may, but call no operation of
    IAM and little of STS.

    Raises:
        AccessDenied: for who is no user, or comes with a session already; or
            for an MFA device, since no user has one here.
        ValidationError: if DurationSeconds is not 900 to 129,600.
    """
    user = call.caller
    if not isinstance(user, IamUser) or user.session is not None:
        raise AccessDenied("Cannot call GetSessionToken with session credentials")
    refuse_mfa_device(call.parameters)
    seconds = checked_seconds(
        int(call.parameters.get("DurationSeconds", DEFAULT_SECONDS)),
        most=MAX_SECONDS,
    )
    started = call.now.replace(microsecond=0)
    session = UserSession("", started, started + timedelta(seconds=seconds))
    credentials, _ = call.ports.issuer.issue(
        replace(user, session=session), random=call.random
    )
    return {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": credentials.expiration,
        }
    }
