"""Policy variables: `${key}`, `${key, 'default'}`, `${*}`, `${?}`, `${$}`.

Source: AWS IAM User Guide, "IAM policy elements: Variables and tags".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from securecart.policy.casing import ascii_lower
from securecart.policy.errors import NotUnderstood
from securecart.policy.wildcard import Wild, wildcards

Context = Mapping[str, str | tuple[str, ...]]
"""Condition keys of a request: names in lower case, values as text.

An absent key is not in the mapping; a tuple is a key with many values.
"""

_ESCAPES = frozenset("*?$")
# What a variable's name never holds. Tag keys may have blanks and any letter
# (`aws:PrincipalTag/cost centre`), and issuers colons, dots and slashes.
_NEVER_IN_A_NAME = frozenset("${}*?'\",\\")


@dataclass(frozen=True, slots=True)
class Variable:
    """A place where the value of a condition key is put in, as plain text."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """The text to stand here; None if the request has none to give.

        A key with many values has none to give either; the default is for a key
        that is absent.
        """
        found = context.get(self.key, ())
        if isinstance(found, str):
            return found
        if not found:
            return self.default
        return found[0] if len(found) == 1 else None


Piece = str | Wild | Variable


def read_pieces(text: str, *, variables: bool, wild: bool) -> tuple[Piece, ...]:
    """Cut a policy's text into plain text, wildcards and variables.

    Raises:
        NotUnderstood: if a `${` begins nothing that a variable could be.
    """
    return tuple(_pieces(text, variables=variables, wild=wild))


def _pieces(text: str, *, variables: bool, wild: bool) -> Iterator[Piece]:
    while text:
        plain, opening, text = text.partition("${") if variables else (text, "", "")
        if plain:
            yield from wildcards(plain) if wild else (plain,)
        if opening:
            piece, text = _read_variable(text)
            yield piece


def _read_variable(text: str) -> tuple[str | Variable, str]:
    """Read what follows a `${`; answer it and the text behind its `}`."""
    if text[:1] in _ESCAPES and text[1:2] == "}":
        return text[0], text[2:]
    name_end = next((i for i, c in enumerate(text) if c in _NEVER_IN_A_NAME), -1)
    name = ascii_lower(text[:name_end].strip(" ")) if name_end > 0 else ""
    if not name or not name.isprintable():
        raise NotUnderstood("a variable without a name that could be a condition key")
    if text[name_end] == "}":
        return Variable(name, None), text[name_end + 1 :]
    if text[name_end] == ",":
        quoted = text[name_end + 1 :].lstrip(" ")
        default, closing, rest = quoted[1:].partition("'")
        rest = rest.lstrip(" ")
        if quoted.startswith("'") and closing and rest.startswith("}"):
            return Variable(name, default), rest[1:]
    raise NotUnderstood(f"a variable that does not end as one: ${{{text[:40]}")
