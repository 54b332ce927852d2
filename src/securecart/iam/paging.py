"""Lists in pages: `MaxItems`, `Marker`, `IsTruncated`."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from securecart.iam.call import Call, Result
from securecart.iam.rules import broken
from securecart.names.errors import ValidationError

_DEFAULT_ITEMS = 100
_MOST_ITEMS = 1000  # `maxItemsType` of IAM's service model.


def page(call: Call, member: str, items: Mapping[str, Any]) -> Result:
    """Answer one page of the items, in the order of their keys.

    A marker is the key that the last page ended with, so that what is added
    or removed between two pages neither repeats nor hides another item.
    """
    size = int(call.parameters.get("MaxItems", _DEFAULT_ITEMS))
    if not 1 <= size <= _MOST_ITEMS:
        raise broken(str(size), "maxItems", f"be between 1 and {_MOST_ITEMS}")
    after = _key_of(call.optional("Marker"))
    keys = sorted(key for key in items if key > after)
    shown: dict[str, Any] = {
        member: [items[key] for key in keys[:size]],
        "IsTruncated": len(keys) > size,
    }
    if len(keys) > size:
        shown["Marker"] = base64.urlsafe_b64encode(keys[size - 1].encode()).decode()
    return shown


def under(call: Call, items: Iterable[Any]) -> list[Any]:
    """Answer the entities whose path begins with `PathPrefix`."""
    prefix = call.optional("PathPrefix", "/")
    return [item for item in items if item.path.startswith(prefix)]


def _key_of(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ValidationError("Invalid Marker.") from None
