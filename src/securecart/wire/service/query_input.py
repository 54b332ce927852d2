"""Read a query request: dotted names become lists, maps and structures."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from securecart.wire.http import HttpRequest
from securecart.wire.query_string import parse_query_string
from securecart.wire.service.errors import MalformedInput

MAX_PARAMETERS = 4096
"""Room for fifty tags and ten policies many times over; requests are bounded
in bytes as well."""
MAX_DEPTH = 32
"""Segments in one name; no service model here needs ten."""

_SHAPES = 1024
"""Structures remembered: more than IAM and STS have as parameters."""

_NO_STRUCTURE = "Start of structure or map found where not expected."
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_INDEX = re.compile(r"[1-9][0-9]{0,5}")
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class _Node:
    """A name's own value, and what is below it: `A=1` and `A.B=2`."""

    value: str | None = None
    children: dict[str, "_Node"] = field(default_factory=dict)


def query_parameters(request: HttpRequest) -> dict[str, str]:
    """Collect the parameters of query string and form body.

    Raises:
        MalformedInput: if one is sent twice, is not percent-encoded UTF-8, or
            they are too many.
    """
    if not (request.query.isascii() and request.body.isascii()):
        raise MalformedInput("The parameters are not percent-encoded.")
    pairs = list(request.parameters)
    if request.body:
        content_type = (request.header("content-type") or "").partition(";")[0]
        if content_type.strip().lower() != _FORM:
            raise MalformedInput(f"The body of a request must be {_FORM}.")
        pairs += parse_query_string(request.body.decode("ascii"))
    if len(pairs) > MAX_PARAMETERS:
        raise MalformedInput(f"More than {MAX_PARAMETERS} parameters.")
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise MalformedInput(f"The parameter {_repeated(pairs)} was sent twice.")
    for name, value in pairs:
        if not (
            (name.isascii() or _is_text(name)) and (value.isascii() or _is_text(value))
        ):
            raise MalformedInput("A parameter is not UTF-8.")
    return parameters


def query_input(shape: StructureShape, parameters: dict[str, str]) -> dict[str, Any]:
    """Give flat parameters the shape of an operation's input.

    Names that the shape does not have are ignored, as AWS ignores them.

    Raises:
        MalformedInput: if a value is not of its type, or a name has a form
            that its shape has not.
    """
    root = _Node()
    known = _members_of(shape)
    texts = dict[str, Any]()
    for name, value in parameters.items():
        segments = name.split(".")
        member = known.get(segments[0])
        if member is None:
            continue
        if len(segments) == 1 and member[1].type_name == "string":
            texts[member[0]] = value
            continue
        if len(segments) > MAX_DEPTH:
            raise MalformedInput(f"The parameter {_shown(name)} is nested too deeply.")
        node = root
        for segment in segments:
            node = node.children.setdefault(segment, _Node())
        node.value = value
    if not root.children:
        return texts
    found = _structure(shape, root)
    if not found.keys().isdisjoint(texts):
        raise MalformedInput(_NO_STRUCTURE)
    return found | texts


def _structure(shape: StructureShape, node: _Node) -> dict[str, Any]:
    _no_value(node)
    children = node.children
    return {
        name: _value(member, children[sent])
        for sent, (name, member) in _members_of(shape).items()
        if sent in children
    }


@lru_cache(maxsize=_SHAPES)
def _members_of(shape: StructureShape) -> Mapping[str, tuple[str, Shape]]:
    """A structure's members by their names on the wire."""
    return {
        _name_of(member, name): (name, member) for name, member in shape.members.items()
    }


def _value(shape: Shape, node: _Node) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, node)
    if isinstance(shape, ListShape):
        return _list(shape, node)
    if isinstance(shape, MapShape):
        return _map(shape, node)
    if node.children or node.value is None:
        raise MalformedInput(_NO_STRUCTURE)
    return _scalar(shape, node.value)


def _list(shape: ListShape, node: _Node) -> list[Any]:
    if node.value == "" and not node.children:
        return []
    _no_value(node)
    if not shape.serialization.get("flattened"):
        node = _sole_child(node, shape.member.serialization.get("name", "member"))
    return [_value(shape.member, item) for item in _in_order(node)]


def _map(shape: MapShape, node: _Node) -> dict[str, Any]:
    _no_value(node)
    if not shape.serialization.get("flattened"):
        node = _sole_child(node, "entry")
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    found: dict[str, Any] = {}
    for entry in _in_order(node):
        key, value = entry.children.get(key_name), entry.children.get(value_name)
        if key is None or value is None or key.value is None or key.value in found:
            raise MalformedInput("Each entry of a map has one key and one value.")
        found[key.value] = _value(shape.value, value)
    return found


def _sole_child(node: _Node, name: str) -> _Node:
    if node.children.keys() != {name}:
        raise MalformedInput(f"Only {name} may stand in a list or map.")
    child = node.children[name]
    _no_value(child)
    return child


def _in_order(node: _Node) -> list[_Node]:
    if not all(_INDEX.fullmatch(index) for index in node.children):
        raise MalformedInput("The members of a list are numbered from 1.")
    return [node.children[index] for index in sorted(node.children, key=int)]


def _scalar(shape: Shape, text: str) -> Any:
    try:
        match shape.type_name:
            case "integer" | "long":
                if not _INTEGER.fullmatch(text):
                    raise MalformedInput(f"{_shown(text)} is not an integer.")
                return int(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text.lower()]
            case "blob":
                return base64.b64decode(text, validate=True)
            case "timestamp":
                return _timestamp(text)
            case _:
                return text
    except (ValueError, KeyError, OverflowError, binascii.Error):
        raise MalformedInput(f"{_shown(text)} is not a {shape.type_name}.") from None


def _timestamp(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def _no_value(node: _Node) -> None:
    if node.value is not None:
        raise MalformedInput("Unexpected value where a structure, list or map stands.")


def _name_of(shape: Shape, name: str) -> str:
    """Name a member as the wire does; a flattened list is named by its items."""
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        return str(shape.member.serialization.get("name", name))
    return str(shape.serialization.get("name", name))


def _repeated(pairs: Iterable[tuple[str, str]]) -> str:
    [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
    return _shown(name)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return repr(text[:80])
