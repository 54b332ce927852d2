"""Ask STS, and put its answers and errors into the portal's terms.

Source: AWS STS API Reference, "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securecart.names.credentials import Credentials
from securecart.names.errors import SecureCartError
from securecart.serve.portal.ports import AssumedRole, Rejection
from securecart.serve.portal.refusals import (
    NO_ACCESS,
    NOT_ACCEPTED,
    SET_UP_WRONG,
    UNAVAILABLE,
    Refusal,
    Refused,
)

MIN_DURATION: Final = 900
"""Seconds: the least that STS takes for DurationSeconds."""

_ROLE_SESSION: Final = re.compile(r"(?a:A[A-Z0-9]{15,127}:([\w+=,.@-]{2,64}))\Z")
"""Role id and session name. No slash, so that the folder is one folder."""

_REFUSALS: Final[dict[str, Refusal]] = {
    "AccessDenied": NO_ACCESS,
    "IDPRejectedClaim": NOT_ACCEPTED,
    "InvalidIdentityToken": NOT_ACCEPTED,
    "ExpiredToken": NOT_ACCEPTED,
    "ExpiredTokenException": NOT_ACCEPTED,
    "IDPCommunicationError": UNAVAILABLE,
    "InternalFailure": UNAVAILABLE,
    "ServiceUnavailable": UNAVAILABLE,
    "Throttling": UNAVAILABLE,
    "ThrottlingException": UNAVAILABLE,
    "RequestLimitExceeded": UNAVAILABLE,
}
"""By STS error code; every other one means that the set-up does not fit."""

_OLD_KEY: Final = "Response signature invalid"
"""Said of an assertion that the portal has just verified by the metadata of now:
IAM has a copy from before the provider changed its key."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A person's role session: name, folder with its slash, credentials."""

    person: str
    folder: str
    credentials: Credentials


def ask_sts(call: Callable[[], AssumedRole]) -> Assumed:
    """Make one call to STS.

    Raises:
        Refused: NO_ACCESS, NOT_ACCEPTED, UNAVAILABLE or SET_UP_WRONG.
    """
    try:
        answer = call()
    except SecureCartError as error:
        refusal = UNAVAILABLE
        if isinstance(error, Rejection):
            refusal = _REFUSALS.get(error.code, SET_UP_WRONG)
            if error.message.startswith(_OLD_KEY):
                refusal = SET_UP_WRONG
        raise Refused(refusal, f"STS: {error}") from error
    found = _ROLE_SESSION.match(answer.assumed_role_id)
    credentials = answer.credentials
    if found is None or None in (credentials.session_token, credentials.expiration):
        raise Refused(SET_UP_WRONG, f"STS answered {answer.assumed_role_id!r:.200}")
    return Assumed(found[1], f"{answer.assumed_role_id}/", credentials)
