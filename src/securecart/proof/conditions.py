"""What a condition comes to while only the shape of the values is known.

Mirrors `policy.conditions`; whatever is constant, the engine itself decides.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import Final

from securecart.policy.conditions.condition import (
    Absence,
    Comparison,
    Condition,
    Quantifier,
)
from securecart.policy.variables import Variable, read_pieces
from securecart.policy.wildcard import Wild
from securecart.proof.variables import (
    AnyCase,
    Attribute,
    Empty,
    Known,
    Symbols,
    spell,
    substituted,
    text_of,
)
from securecart.proof.wildcard import Constraint, Language, Outside, Search, Within


class Truth(Enum):
    """Whether something holds, for all the values that there may be."""

    NEVER = "never"
    PERHAPS = "perhaps"
    ALWAYS = "always"

    @classmethod
    def of(cls, outcomes: Iterable[bool]) -> "Truth":
        """Take together what different values lead to."""
        found = set(outcomes)
        if found == {True}:
            return cls.ALWAYS
        return cls.PERHAPS if found == {True, False} else cls.NEVER


# Whether `*` and `?` are wildcards in the values of the operators that compare
# text; ArnLike is not among them, for its wildcards end at colons.
_TEXT: Final = {
    "StringEquals": False,
    "StringNotEquals": False,
    "StringEqualsIgnoreCase": False,
    "StringNotEqualsIgnoreCase": False,
    "StringLike": True,
    "StringNotLike": True,
}


def truth_of(
    condition: Condition, known: Known, search: Search, *, denies: bool
) -> Truth:
    """Whether a condition holds; what is undecided does so in a Deny."""
    found = known(condition.key)
    if found is None:
        return Truth.PERHAPS
    outcomes: set[bool | None] = set()
    if found.absent:
        outcomes.add(condition.holds({}))
    for shape in found.values:
        value = tuple(symbol for symbol in shape if not isinstance(symbol, Empty))
        if isinstance(condition, Absence):
            sample = "present" if any(value) else ""
            outcomes.add(condition.holds({condition.key: sample}))
        else:
            outcomes |= _outcomes(condition, value, known, search)
    return Truth.of(denies if outcome is None else outcome for outcome in outcomes)


def patterns_of(comparison: Comparison, known: Known) -> tuple[Symbols, ...] | None:
    """Every text that a comparison could ask for; None: not in such words."""
    pieces = _pieces_of(comparison)
    if pieces is None:
        return None
    fold = "IgnoreCase" in comparison.name
    return tuple(
        _any_case(pattern) if fold else pattern
        for each in pieces
        for pattern in spell(each, known)
    )


def certain_patterns_of(comparison: Comparison, known: Known) -> tuple[Symbols, ...]:
    """Those of them that are constant, whoever asks."""
    fold = "IgnoreCase" in comparison.name
    return tuple(
        _any_case(pattern) if fold else pattern
        for each in _pieces_of(comparison) or ()
        if (pattern := certain(each, known)) is not None
    )


def certain(pieces: Iterable[str | Wild | Variable], known: Known) -> Symbols | None:
    """A pattern all of whose values are constant; None for any other."""
    found: list[str | Wild] = []
    for piece in pieces:
        if not isinstance(piece, Variable):
            found.append(piece)
            continue
        value = _constant(piece.key, known)
        if value is None:
            return None
        found.append(value)
    return tuple(found)


def on_word(
    comparison: Comparison, known: Known, *, fails: bool
) -> tuple[Constraint, ...] | None:
    """What a comparison asks of its key's value; with `fails`, what fails it.

    Never more than that: what cannot be said leaves the value free. None
    means that nothing at all can be said.
    """
    patterns = patterns_of(comparison, known)
    if patterns is None:
        return None
    # A set operator takes an empty text for an empty set.
    if comparison.quantifier is (Quantifier.ANY if fails else Quantifier.ALL):
        return (Within((*patterns, ())),) if comparison.negated is fails else None
    # Set operators take an empty text for no value at all.
    loose = comparison.quantifier is (Quantifier.ANY if fails else Quantifier.ALL)
    if comparison.negated is fails:
        return (Within((*patterns, ()) if loose else patterns),)
    if loose:
        return None
    surely = certain_patterns_of(comparison, known)
    return (Outside(surely),) if surely else None


def _outcomes(
    comparison: Comparison, value: Symbols, known: Known, search: Search
) -> set[bool | None]:
    text = text_of(value)
    pieces = _pieces_of(comparison)
    if text is not None:
        keys = variables_in(comparison)
        constants = {key: _constant(key, known) for key in keys}
        if all(found is not None for found in constants.values()):
            context = {key: found for key, found in constants.items() if found}
            return {comparison.holds({**context, comparison.key: text})}
    if pieces is None:
        return {True, False}
    # Both sides are one person's: none of the values tells anybody apart.
    patterns = tuple(
        substituted(pattern, _of_nobody)
        for pattern in patterns_of(comparison, known) or ()
    )
    may = search.find(Language(value), (Within(patterns),)) is not None
    surely = certain_patterns_of(comparison, known)
    must = bool(surely) and search.find(Language(value), (Outside(surely),)) is None
    matched = {True} if must else {True, False} if may else {False}
    return {one is not comparison.negated for one in matched}


def _of_anybody(attribute: Attribute) -> Attribute:
    return replace(attribute, unique=False, chosen=True)


def _of_nobody(attribute: Attribute) -> Attribute:
    return replace(attribute, unique=False)


def _pieces_of(
    comparison: Comparison,
) -> tuple[tuple[str | Wild | Variable, ...], ...] | None:
    wild = _TEXT.get(comparison.name.rpartition(":")[2].removesuffix("IfExists"))
    if wild is None:
        return None
    return tuple(
        read_pieces(value, variables=comparison.variables, wild=wild)
        for value in comparison.values
    )


def variables_in(comparison: Comparison) -> set[str]:
    """The keys whose values a comparison compares with."""
    if not comparison.variables:
        return set()
    return {
        piece.key
        for value in comparison.values
        if "${" in value
        for piece in read_pieces(value, variables=True, wild=False)
        if isinstance(piece, Variable)
    }


def _constant(key: str, known: Known) -> str | None:
    found = known(key)
    if found is None or found.absent or len(found.values) != 1:
        return None
    return text_of(found.values[0])


def _any_case(pattern: Symbols) -> Symbols:
    """A pattern for any case; a value in it may be another's but for the case."""
    return tuple(
        AnyCase(symbol) if isinstance(symbol, str) else symbol
        for symbol in substituted(pattern, _of_anybody)
    )
