"""Read an AWS JSON request's body into the shape of an operation's input."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import orjson
from botocore.model import ListShape, MapShape, Shape, StructureShape

from securecart.wire.service.errors import SerializationException

_LONG = range(-(2**63), 2**63)


def json_input(shape: StructureShape | None, body: bytes) -> dict[str, Any]:
    """Parse the body; unknown members are ignored, null ones are absent.

    Raises:
        SerializationException: if it is not JSON (RFC 8259), or a value is
            not of its member's type.
    """
    try:
        document = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise SerializationException("The request body is not JSON.") from None
    if shape is None:
        return {}
    return _structure(shape, document)


def _structure(shape: StructureShape, document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _mismatch(document, "a Structure")
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = document.get(member.serialization.get("name", name))
        if value is not None:
            found[name] = _value(member, value)
    return found


def _value(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, value)
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            raise _mismatch(value, "a List")
        return [_value(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        if not isinstance(value, dict):
            raise _mismatch(value, "a Map")
        return {key: _value(shape.value, item) for key, item in value.items()}
    return _scalar(shape, value)


def _scalar(shape: Shape, value: Any) -> Any:
    match shape.type_name:
        case "integer" | "long" if type(value) is int and value in _LONG:
            return value
        case "float" | "double" if type(value) in (int, float):
            return float(value)
        case "boolean" if isinstance(value, bool):
            return value
        case "blob" if isinstance(value, str):
            return _blob(value)
        case "timestamp" if type(value) in (int, float):
            return _timestamp(value)
        case "string" if isinstance(value, str):
            return value
        case _:
            raise _mismatch(value, shape.type_name.title())


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SerializationException("A blob is not base64.") from None


def _timestamp(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise SerializationException("A timestamp is out of range.") from None


def _mismatch(value: Any, wanted: str) -> SerializationException:
    kinds = {
        str: "STRING_VALUE",
        int: "NUMBER_VALUE",
        float: "DECIMAL_VALUE",
        bool: "BOOLEAN_VALUE",
        list: "ARRAY_VALUE",
        dict: "OBJECT_VALUE",
        type(None): "NULL_VALUE",
    }
    return SerializationException(
        f"{kinds[type(value)]} can not be converted to {wanted}"
    )
