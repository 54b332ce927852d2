"""GetAccessKeyInfo."""

from typing import Final

from securecart.names.access_key_id import MalformedAccessKeyId, account_of
from securecart.names.errors import ValidationError
from securecart.sts.call import Call, Result
from securecart.sts.permission import require_permission

_ACTION: Final = "sts:GetAccessKeyInfo"


def get_access_key_info(call: Call) -> Result:
    """Answer the account that an access key id was made in, anybody's.

    As at AWS, that says nothing of the key's state, nor that there is one.

    Raises:
        AccessDenied: if the caller's policies do not allow it.
        ValidationError: if there is no account in the id. (AWS documents no
            error for it but those of its pattern, which are of this code.)
    """
    require_permission(call, _ACTION)
    try:
        account = account_of(str(call.parameters["AccessKeyId"]))
    except MalformedAccessKeyId:
        raise ValidationError("Invalid Access Key Id") from None
    return {"Account": account}
