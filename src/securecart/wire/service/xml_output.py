"""Write a query answer's XML, so that AWS's own parsers read it back.

A shape is turned into a function that writes its values, once: the model does
not change, and every answer goes through it.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from botocore.model import ListShape, MapShape, Shape, StructureShape

from securecart.wire.xml_text import xml_text

_URL_ENCODED_SHAPE = "policyDocumentType"
"""IAM answers policy documents percent-encoded (IAM API Reference, GetRole)."""

Kind = type | tuple[type, ...]
Write = Callable[[Any], str]
"""Writes a value of one shape; raises ValueError for one that is not of it."""


def xml_members(shape: StructureShape, values: Mapping[str, Any]) -> str:
    """Write a structure's members, without an element of its own.

    Raises:
        ValueError: if a value is of no member, or not of its type.
    """
    return _structure(shape)(values)


# A model has as many shapes as it has, and lives as long as the process.
@cache
def _structure(shape: StructureShape) -> Write:
    elements: dict[str, Write] = {}

    def write(values: Any) -> str:
        if not elements:  # Not before: a shape may have itself as a member.
            elements.update(_elements_of(shape))
        if not isinstance(values, dict | Mapping):  # The first is quick to tell.
            raise _mismatch(shape, values)
        if not values.keys() <= elements.keys():
            unknown = sorted(values.keys() - elements.keys())
            raise ValueError(f"{shape.name} has no member {unknown}")
        return "".join(
            [
                element(value)
                for name, element in elements.items()
                if (value := values.get(name)) is not None
            ]
        )

    return write


def _elements_of(shape: StructureShape) -> Iterable[tuple[str, Write]]:
    for name, member in shape.members.items():
        yield name, _element(member, member.serialization.get("name", name))


def _element(shape: Shape, name: str) -> Write:
    if shape.serialization.get("flattened"):
        if isinstance(shape, ListShape):
            return _items(shape, shape.member.serialization.get("name", name))
        if isinstance(shape, MapShape):
            return _entries(shape, name)
    beginning, end = f"<{name}>", f"</{name}>"
    if isinstance(shape, StructureShape):
        content = _structure(shape)
    elif isinstance(shape, ListShape):
        content = _items(shape, shape.member.serialization.get("name", "member"))
    elif isinstance(shape, MapShape):
        content = _entries(shape, "entry")
    else:
        return _scalar(shape, beginning, end)
    return lambda value: f"{beginning}{content(value)}{end}"


def _items(shape: ListShape, name: str) -> Write:
    element = _element(shape.member, name)

    def write(value: Any) -> str:
        if not isinstance(value, list | tuple):
            raise _mismatch(shape, value)
        return "".join(map(element, value))

    return write


def _entries(shape: MapShape, name: str) -> Write:
    key_element = _element(shape.key, shape.key.serialization.get("name", "key"))
    element = _element(shape.value, shape.value.serialization.get("name", "value"))

    def write(value: Any) -> str:
        if not isinstance(value, Mapping):
            raise _mismatch(shape, value)
        return "".join(
            f"<{name}>{key_element(key)}{element(item)}</{name}>"
            for key, item in value.items()
        )

    return write


def _scalar(shape: Shape, beginning: str, end: str) -> Write:
    if shape.type_name == "string" and shape.name != _URL_ENCODED_SHAPE:
        return _text(shape, beginning, end)
    kind, text_of = _SCALARS[shape.type_name]
    if shape.name == _URL_ENCODED_SHAPE:
        text_of = _url_encoded
    is_boolean = kind is bool

    def write(value: Any) -> str:
        # To Python a truth value is a number, too; to the model it is none.
        if not isinstance(value, kind) or isinstance(value, bool) is not is_boolean:
            raise _mismatch(shape, value)
        return f"{beginning}{text_of(value)}{end}"

    return write


def _text(shape: Shape, beginning: str, end: str) -> Write:
    def write(value: Any) -> str:
        if not isinstance(value, str):
            raise _mismatch(shape, value)
        return f"{beginning}{xml_text(value)}{end}"

    return write


def _mismatch(shape: Shape, value: Any) -> ValueError:
    return ValueError(f"{type(value).__name__} where {shape.name} stands")


def _url_encoded(text: str) -> str:
    return quote(text, safe="")


def _timestamp(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")


_NUMBER: tuple[Kind, Callable[[Any], str]] = (int, str)
_FRACTION: tuple[Kind, Callable[[Any], str]] = (
    (int, float),
    lambda value: repr(float(value)),
)
_SCALARS: Mapping[str, tuple[Kind, Callable[[Any], str]]] = {
    "blob": (bytes, lambda value: base64.b64encode(value).decode()),
    "boolean": (bool, lambda value: "true" if value else "false"),
    "double": _FRACTION,
    "float": _FRACTION,
    "integer": _NUMBER,
    "long": _NUMBER,
    "string": (str, xml_text),
    "timestamp": (datetime, _timestamp),
}
"""By a shape's type: what its values are in Python, and how they are written."""
