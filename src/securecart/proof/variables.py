"""Values that are not known, only what they may be.

Where the engine puts the value of a condition key into a pattern, the proof
puts an `Attribute`: any text over an alphabet. Mirrors `policy.variables`.

Source: AWS STS API Reference, "AssumeRole" (RoleSessionName, SourceIdentity)
and "Tag".
"""

import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product
from typing import Final

from securecart.policy.variables import Variable
from securecart.policy.wildcard import Wild

_NAME: Final = frozenset(string.ascii_letters + string.digits + "_+=,.@-")
_TAG_PUNCTUATION: Final = frozenset("_.:/=+-@")
_TAG_CATEGORIES: Final = frozenset("LZN")


class Letters(Enum):
    """What an attribute is written with."""

    NAME = "name"
    TAG = "tag"
    ANY = "any"

    def hold(self, letter: str) -> bool:
        """Whether a character is one of them."""
        if self is Letters.NAME:
            return letter in _NAME
        return self is Letters.ANY or (
            letter in _TAG_PUNCTUATION
            or unicodedata.category(letter)[0] in _TAG_CATEGORIES
        )


@dataclass(frozen=True, slots=True)
class Attribute:
    """A text that is not known, of `least` characters or more, at least one.

    What has the same `key` can be compared between people. `unique` says that
    two people never have the same; `chosen` that whoever asks chooses it, so
    that it says nothing of who that is. `provider` is who vouches for it,
    `place` the role in which it is chosen, and `barred` one text that it is
    not.
    """

    key: str
    letters: Letters
    least: int = 1
    unique: bool = False
    chosen: bool = False
    slash_free: bool = False
    provider: str | None = None
    place: str = ""
    barred: str = ""

    def holds(self, letter: str) -> bool:
        """Whether the value may contain a character."""
        return self.letters.hold(letter) and not (self.slash_free and letter == "/")

    def tells_apart(self, other: "Attribute") -> bool:
        """Whether who has this is another than who has the same of `other`.

        A folder belongs to the one to whom the provider gave its name. So it
        is enough that this one was not chosen.
        """
        return self.unique and not self.chosen and self.key == other.key


@dataclass(frozen=True, slots=True)
class Empty:
    """The empty text as the value of an attribute that may be empty."""

    of: Attribute


@dataclass(frozen=True, slots=True)
class AnyCase:
    """A text in which upper and lower case are the same, in ASCII."""

    text: str


Symbol = str | Wild | Attribute | Empty | AnyCase
Symbols = tuple[Symbol, ...]
"""A pattern, or the shape of a value where no wildcard is in it."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """All that the value of a key can look like, and whether it may be absent."""

    values: tuple[Symbols, ...] = ()
    absent: bool = False

    def substituted(self, put: Callable[[Attribute], Symbol]) -> "Alternatives":
        """Put something else in the place of each attribute."""
        return replace(
            self, values=tuple(substituted(value, put) for value in self.values)
        )


ABSENT: Final = Alternatives(absent=True)
Known = Callable[[str], Alternatives | None]
"""What is known of a condition key; None: the caller or chance decides."""


def constant(text: str) -> Alternatives:
    """The one value that a key has."""
    return Alternatives(((text,),))


def possible(attribute: Attribute, *, absent: bool, empty: bool) -> Alternatives:
    """An attribute's value, which may be empty or absent."""
    values: tuple[Symbols, ...] = ((attribute,),)
    return Alternatives(values + (((Empty(attribute),),) if empty else ()), absent)


def free(key: str) -> Alternatives:
    """A key of which nothing is known."""
    return possible(Attribute(key, Letters.ANY, chosen=True), absent=True, empty=True)


def spell(pieces: Iterable[str | Wild | Variable], known: Known) -> tuple[Symbols, ...]:
    """Every shape that a pattern takes; none if a value is certainly missing."""
    return tuple(
        tuple(symbol for part in parts for symbol in part)
        for parts in product(*(tuple(_parts(piece, known)) for piece in pieces))
    )


def _parts(piece: str | Wild | Variable, known: Known) -> Iterator[Symbols]:
    if not isinstance(piece, Variable):
        yield (piece,)
        return
    found = known(piece.key) or free(piece.key)
    yield from found.values
    if found.absent and piece.default is not None:
        yield (piece.default,)


def attributes_in(symbols: Symbols) -> Iterator[Attribute]:
    """The attributes in a pattern, empty ones too."""
    for symbol in symbols:
        if isinstance(symbol, Attribute):
            yield symbol
        elif isinstance(symbol, Empty):
            yield symbol.of


def text_of(symbols: Symbols) -> str | None:
    """The text of a pattern in which nothing is left open."""
    if all(isinstance(symbol, str) for symbol in symbols):
        return "".join(map(str, symbols))
    return None


def substituted(symbols: Symbols, put: Callable[[Attribute], Symbol]) -> Symbols:
    """Put something else in the place of each attribute that is not empty."""
    return tuple(
        put(symbol) if isinstance(symbol, Attribute) else symbol for symbol in symbols
    )
