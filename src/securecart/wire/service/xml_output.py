"""Write a query answer's XML, so that AWS's own parsers read it back."""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from botocore.model import ListShape, MapShape, Shape, StructureShape

from securecart.wire.xml_text import xml_text

_URL_ENCODED_SHAPE = "policyDocumentType"
"""IAM answers policy documents percent-encoded (IAM API Reference, GetRole)."""


def xml_members(shape: StructureShape, values: Mapping[str, Any]) -> str:
    """Write a structure's members, without an element of its own.

    Raises:
        ValueError: if a value is of no member, or not of its type.
    """
    return "".join(_members(shape, values))


def _members(shape: StructureShape, values: Mapping[str, Any]) -> Iterator[str]:
    unknown = values.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no member {sorted(unknown)}")
    for name, member in shape.members.items():
        value = values.get(name)
        if value is not None:
            yield from _element(member, value, member.serialization.get("name", name))


def _element(shape: Shape, value: Any, name: str) -> Iterator[str]:
    flattened = shape.serialization.get("flattened", False)
    match shape, value:
        case ListShape(), list() | tuple() if flattened:
            item_name = shape.member.serialization.get("name", name)
            for item in value:
                yield from _element(shape.member, item, item_name)
        case MapShape(), Mapping() if flattened:
            for key, item in value.items():
                yield f"<{name}>{_entry(shape, key, item)}</{name}>"
        case _:
            yield f"<{name}>{_content(shape, value)}</{name}>"


def _content(shape: Shape, value: Any) -> str:
    match shape, value:
        case StructureShape(), Mapping():
            return xml_members(shape, value)
        case ListShape(), list() | tuple():
            name = shape.member.serialization.get("name", "member")
            items = (_element(shape.member, item, name) for item in value)
            return "".join(part for item in items for part in item)
        case MapShape(), Mapping():
            entries = (_entry(shape, key, item) for key, item in value.items())
            return "".join(f"<entry>{entry}</entry>" for entry in entries)
        case _:
            return xml_text(_scalar(shape, value))


def _entry(shape: MapShape, key: str, value: Any) -> str:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    return "".join(
        (*_element(shape.key, key, key_name), *_element(shape.value, value, value_name))
    )


def _scalar(shape: Shape, value: Any) -> str:
    match shape.type_name, value:
        case "boolean", bool():
            return "true" if value else "false"
        case "timestamp", datetime():
            return _timestamp(value)
        case "blob", bytes():
            return base64.b64encode(value).decode()
        case "integer" | "long", int():
            return str(value)
        case "float" | "double", int() | float():
            return repr(float(value))
        case "string", str():
            return quote(value, safe="") if shape.name == _URL_ENCODED_SHAPE else value
        case _:
            raise ValueError(f"{type(value).__name__} where {shape.name} stands")


def _timestamp(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")
