"""DecodeAuthorizationMessage."""

from typing import Final

from securecart.sts.authorization_message import InvalidMessage
from securecart.sts.call import Call, Result
from securecart.sts.errors import InvalidAuthorizationMessage
from securecart.sts.permission import require_permission

_ACTION: Final = "sts:DecodeAuthorizationMessage"


def decode_authorization_message(call: Call) -> Result:
    """Answer what an encoded authorization failure message holds.

    Raises:
        AccessDenied: if the caller's policies do not allow it.
        InvalidAuthorizationMessage: if the message is not one of ours.
    """
    require_permission(call, _ACTION)
    try:
        decoded = call.ports.authorization_messages.decode(
            str(call.parameters["EncodedMessage"])
        )
    except InvalidMessage:
        raise InvalidAuthorizationMessage("Message is not valid") from None
    return {"DecodedMessage": decoded}
