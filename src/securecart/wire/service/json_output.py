"""Write an AWS JSON answer's document."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def json_document(shape: StructureShape, values: Mapping[str, Any]) -> dict[str, Any]:
    """Make the JSON form of a structure: base64 blobs, times as seconds.

    Raises:
        ValueError: if a value is of no member, or not of its type.
    """
    unknown = values.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no member {sorted(unknown)}")
    return {
        member.serialization.get("name", name): _value(member, values[name])
        for name, member in shape.members.items()
        if values.get(name) is not None
    }


def _value(shape: Shape, value: Any) -> Any:
    match shape, value:
        case StructureShape(), Mapping():
            return json_document(shape, value)
        case ListShape(), list() | tuple():
            return [_value(shape.member, item) for item in value]
        case MapShape(), Mapping():
            return {key: _value(shape.value, item) for key, item in value.items()}
        case _:
            return _scalar(shape, value)


def _scalar(shape: Shape, value: Any) -> Any:
    match shape.type_name, value:
        case "timestamp", datetime():
            seconds = round(value.timestamp(), 3)
            return int(seconds) if seconds.is_integer() else seconds
        case "blob", bytes():
            return base64.b64encode(value).decode()
        case "boolean", bool():
            return value
        case "integer" | "long", int() if not isinstance(value, bool):
            return value
        case "float" | "double", int() | float():
            return float(value)
        case "string", str():
            return value
        case _:
            raise ValueError(f"{type(value).__name__} where {shape.name} stands")
