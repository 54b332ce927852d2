"""Wildcards and variables in the text of a policy.

Sources: AWS IAM User Guide, "IAM JSON policy elements: Resource" and "IAM
policy elements: Variables and tags".
"""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Context = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Character:
    """One code point that stands for itself."""

    itself: str


@dataclass(frozen=True)
class Variable:
    """`${name}` or `${name, 'default'}`."""

    name: str
    default: str | None


ANY_NUMBER = "*"
EXACTLY_ONE = "?"
Token = Character | Variable | str

_VARIABLE = re.compile(r"\$\{\s*([^,'}]+?)\s*(?:,\s*'([^']*)'\s*)?\}")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lower(text: str) -> str:
    """Fold the letters of ASCII and no others."""
    return text.translate(_LOWER)


def tokens(text: str, *, variables: bool, wild: bool) -> list[Token]:
    """Read a text of a policy from left to right."""
    found: list[Token] = []
    while text:
        variable = _VARIABLE.match(text) if variables else None
        if variable is not None:
            name, default = variable.groups()
            found.append(
                Character(name) if name in {"*", "?", "$"} else Variable(name, default)
            )
            text = text[variable.end() :]
        else:
            found.append(text[0] if wild and text[0] in "*?" else Character(text[0]))
            text = text[1:]
    return found


def filled(read: Sequence[Token], context: Context) -> list[Character | str] | None:
    """Put in the values, each to be taken literally; None if one is missing."""
    found: list[Character | str] = []
    for token in read:
        if isinstance(token, Variable):
            value = _value(token, context)
            if value is None:
                return None
            found.extend(Character(character) for character in value)
        else:
            found.append(token)
    return found


def _value(variable: Variable, context: Context) -> str | None:
    value = context.get(lower(variable.name), ())
    if isinstance(value, str):
        return value
    if len(value) == 1:
        return value[0]
    # Of many values none can stand in a text, and the default is no better.
    return None if value else variable.default


def fits(pattern: Sequence[Character | str], text: str) -> bool:
    """Whether the whole text fits the pattern.

    `reached[p][t]` says whether the first p tokens fit the first t characters.
    """
    reached = [[False] * (len(text) + 1) for _ in range(len(pattern) + 1)]
    reached[0][0] = True
    for p, token in enumerate(pattern, start=1):
        any_number = token == ANY_NUMBER
        for t in range(len(text) + 1):
            if any_number:
                reached[p][t] = reached[p - 1][t] or (t > 0 and reached[p][t - 1])
            elif t > 0 and reached[p - 1][t - 1]:
                reached[p][t] = token in (EXACTLY_ONE, Character(text[t - 1]))
    return reached[-1][-1]


def glob(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern without variables."""
    plain = filled(tokens(pattern, variables=False, wild=True), {})
    return plain is not None and fits(plain, text)


def arn_fits(
    pattern: str, arn: str, context: Context, *, variables: bool
) -> bool | None:
    """Whether an ARN fits; None if a variable of the pattern has no value.

    The first five of the six parts are held to their places, whatever stands
    in them; the sixth may hold colons.
    """
    if pattern == "*":
        return True
    parts: list[list[Token]] = [[]]
    for token in tokens(pattern, variables=variables, wild=True):
        if token == Character(":") and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    # A star that closes a short form stands for the parts left out.
    while len(parts) < 6 and parts[-1] and parts[-1][-1] == "*":
        parts.append(["*"])
    plain = [filled(part, context) for part in parts]
    segments = arn.split(":", 5)
    if None in plain:
        return None
    return len(segments) == 6 and all(
        part is not None and fits(part, segment)
        for part, segment in zip(plain, segments, strict=True)
    )
