"""Where in a document's text its statements stand.

Source: AWS IAM API Reference, "Statement" and "Position".
"""

import re
from dataclasses import dataclass
from json import JSONDecoder

_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column, both from one."""

    line: int
    column: int


Span = tuple[Position, Position]
"""Where a statement begins, and the place after its last character."""


def statement_spans(text: str) -> tuple[Span, ...]:
    """Answer the place of each statement of a document that was parsed before."""
    at = _past(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _past(text, text.index(":", at) + 1)
        if name == "Statement":
            return tuple(_spans(text, start))
        _, at = _DECODER.raw_decode(text, start)
        at = _past(text, at)
        if text[at] == ",":
            at = _past(text, at + 1)
    return ()


def _spans(text: str, at: int) -> list[Span]:
    if text[at] == "{":
        _, end = _DECODER.raw_decode(text, at)
        return [(_position(text, at), _position(text, end))]
    spans = []
    at = _past(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        spans.append((_position(text, at), _position(text, end)))
        at = _past(text, end)
        if text[at] == ",":
            at = _past(text, at + 1)
    return spans


def _past(text: str, at: int) -> int:
    """Where the white space ends that begins here, if any does."""
    found = _WHITE_SPACE.match(text, at)
    return at if found is None else found.end()


def _position(text: str, at: int) -> Position:
    return Position(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
