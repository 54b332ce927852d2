"""AWS's own MFA devices, of which no user has one here.

Second factors are the identity provider's to ask for.
"""

from collections.abc import Mapping
from typing import Any, Final

from securecart.names.errors import AccessDenied

_PARAMETERS: Final = ("SerialNumber", "TokenCode")


def refuse_mfa_device(parameters: Mapping[str, Any]) -> None:
    """Refuse a call that shows a device's code.

    Raises:
        AccessDenied: as AWS answers for a device that is not the caller's.
    """
    given = [name for name in _PARAMETERS if name in parameters]
    if len(given) == len(_PARAMETERS):
        raise AccessDenied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please"
            " verify your MFA serial number is valid and associated with this user."
        )
    if given:
        raise AccessDenied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and"
            " one time pass code."
        )
