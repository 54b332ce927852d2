"""Lists in pages: `Limit`, `Marker`, `Truncated`, `NextMarker`."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from securecart.kms.call import Call, Result
from securecart.kms.errors import InvalidMarkerException
from securecart.names.errors import ValidationError

_MOST_ITEMS = 1000  # `LimitType` of KMS's service model.


def page(call: Call, member: str, items: Mapping[str, Any], *, default: int) -> Result:
    """Answer one page of the items, in the order of their keys."""
    size = int(call.parameters.get("Limit", default))
    if not 1 <= size <= _MOST_ITEMS:
        raise ValidationError(f"Limit is not between 1 and {_MOST_ITEMS}")
    after = _key_of(call.optional("Marker"))
    keys = sorted(key for key in items if key > after)
    shown: dict[str, Any] = {
        member: [items[key] for key in keys[:size]],
        "Truncated": len(keys) > size,
    }
    if len(keys) > size:
        last = keys[size - 1].encode()
        shown["NextMarker"] = base64.urlsafe_b64encode(last).decode()
    return shown


def _key_of(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidMarkerException("Invalid Marker.") from None
