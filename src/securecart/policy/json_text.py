"""Reading JSON from strangers: bounded in size and depth, without surprises."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

# IAM's own limit for a document (`policyDocumentType` in its service model);
# each service that keeps policies has smaller ones of its own.
MAX_CHARACTERS = 131_072
# Document, statements, statement, condition, operator, values: six.
MAX_DEPTH = 12

# One string, even one that is unclosed or ends amid an escape, or one bracket. A quote
# always begins a string, and each has one reading, so this is linear.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class NumberText:
    """A JSON number as it was written, so that no digit is lost."""

    text: str


def read_json(text: str) -> Any:
    """Read a JSON value; numbers become `NumberText`.

    Raises:
        ValueError: if it is no JSON, too long, too deep, names a member of an
            object twice, or holds half a surrogate pair.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"longer than {MAX_CHARACTERS} characters")
    _check_depth(text)
    value = decode_json(text)
    try:
        json.dumps(value, ensure_ascii=False, default=_as_written).encode()
    except UnicodeEncodeError:
        raise ValueError("half a surrogate pair, which no UTF-8 can hold") from None
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
        elif token[0] in "]}":
            depth -= 1


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict[str, Any]()
    for name, value in members:
        if name in found:
            raise ValueError(f"{name[:80]!r} stands twice in one object")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=NumberText,
    parse_float=NumberText,
    parse_constant=_no_constant,
)


def decode_json(text: str) -> Any:
    """Read a JSON value whose length and depth the caller bounds.

    Raises:
        ValueError: if it is no JSON, or names a member of an object twice.
    """
    return _DECODER.decode(text)


def _as_written(number: NumberText) -> str:
    return number.text
