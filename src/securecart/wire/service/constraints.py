"""Hold parameters to the constraints of the service model, in AWS's words."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from securecart.names.errors import ValidationError
from securecart.wire.service.patterns import compiled

_SHOWN_LENGTH = 256
"""How much of a caller's value goes back in a message."""
_SHOWN_VIOLATIONS = 10
"""How many violations a message lists, however many there are."""


def check(shape: StructureShape, parameters: Mapping[str, Any]) -> None:
    """Check parsed parameters against the operation's input shape.

    Raises:
        ValidationError: naming the violations, up to ten of them.
    """
    if _fits(shape)(parameters):  # Nearly all do, and nobody wants words then.
        return
    found = list(_violations(shape, parameters, ""))
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ValidationError(
            f"{len(found)} validation {noun} detected: "
            + "; ".join(found[:_SHOWN_VIOLATIONS])
        )


# A model has as many shapes as it has, and lives as long as the process.
@cache
def _fits(shape: Shape) -> Callable[[Any], bool]:
    """Answer what says that values of a shape break no constraint.

    It may be wrong about one that breaks none, and never about one that does.
    """
    if isinstance(shape, StructureShape):
        return _structure_fits(shape)
    if shape.type_name == "string":
        return _string_fits(shape)
    return lambda value: not any(_violations(shape, value, ""))


def _structure_fits(shape: StructureShape) -> Callable[[Any], bool]:
    required = frozenset(shape.required_members)
    members: dict[str, Callable[[Any], bool]] = {}

    def fits(value: Mapping[str, Any]) -> bool:
        if not members:  # Not before: a shape may have itself as a member.
            members.update((name, _fits(each)) for name, each in shape.members.items())
        if not required <= value.keys():
            return False
        return all(members[name](member) for name, member in value.items())

    return fits


def _string_fits(shape: Shape) -> Callable[[Any], bool]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", sys.maxsize)
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    match = compiled(pattern).fullmatch if pattern else None

    def fits(value: Any) -> bool:
        return (
            isinstance(value, str)
            and least <= len(value) <= most
            and (match is None or match(value) is not None)
            and (not enum or value in enum)
        )

    return fits


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _length(shape, value, path)
        for index, item in enumerate(value, 1):
            yield from _violations(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        yield from _length(shape, value, path)
        for key, item in value.items():
            yield from _violations(shape.key, key, path)
            yield from _violations(shape.value, item, path)
    elif isinstance(value, str):
        yield from _string(shape, value, path)
    elif isinstance(value, bytes):
        yield from _length(shape, value, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _number(shape, value, path)


def _structure(
    shape: StructureShape, value: Mapping[str, Any], path: str
) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if name not in value:
            yield (
                f"Value null at '{prefix}{_lowered(name)}' failed to satisfy "
                "constraint: Member must not be null"
            )
    for name, member in shape.members.items():
        if name in value:
            yield from _violations(member, value[name], prefix + _lowered(name))


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    too_long = False
    for violation in _length(shape, value, path):
        too_long = True
        yield violation
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield _said(
            shape,
            value,
            path,
            f"Member must satisfy enum value set: [{', '.join(enum)}]",
        )
    pattern = shape.metadata.get("pattern")
    if pattern and not too_long and not compiled(pattern).fullmatch(value):
        words = f"Member must satisfy regular expression pattern: {pattern}"
        yield _said(shape, value, path, words)


def _length(
    shape: Shape, value: str | bytes | Sequence[Any] | Mapping[str, Any], path: str
) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        words = f"Member must have length greater than or equal to {least}"
        yield _said(shape, value, path, words)
    if most is not None and len(value) > most:
        words = f"Member must have length less than or equal to {most}"
        yield _said(shape, value, path, words)


def _number(shape: Shape, value: int, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        words = f"Member must have value greater than or equal to {least}"
        yield _said(shape, value, path, words)
    if most is not None and value > most:
        words = f"Member must have value less than or equal to {most}"
        yield _said(shape, value, path, words)


def _said(shape: Shape, value: object, path: str, words: str) -> str:
    """Word a violation; secrets and what is no scalar are not repeated."""
    shown = ""
    if isinstance(value, str | int) and not shape.metadata.get("sensitive"):
        shown = f" '{str(value)[:_SHOWN_LENGTH]}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {words}"


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]
