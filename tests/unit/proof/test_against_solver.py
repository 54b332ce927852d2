"""The automata against a solver for strings that nobody here wrote.

cvc5 gets the same question as an equation: one person's pattern with their
own attribute in it, another person's folder, and the two attributes are not
the same. It may say "unknown"; it may never contradict a proof.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import cvc5
import pytest
from cvc5 import Kind

from securecart.policy.wildcard import Wild
from securecart.proof.variables import Attribute, Letters, Symbols
from securecart.proof.wildcard import Language, Search, Within

_STEPS: Final = "50000"
"""For one question: the solver's own measure, the same on a busy machine."""

_IN_A_NAME: Final = ("AZ", "az", "09", "__", "++", "==", ",,", "..", "@@", "--")
"""Ranges of the letters of a session name."""


class Equations:
    """One question to the solver, built up word by word."""

    def __init__(self) -> None:
        self.terms = cvc5.TermManager()
        self._solver = cvc5.Solver(self.terms)
        self._solver.setLogic("QF_SLIA")
        self._solver.setOption("rlimit-per", _STEPS)
        self._count = 0

    def unknown(self) -> Any:
        """A text of which nothing is known."""
        self._count += 1
        return self.terms.mkConst(self.terms.getStringSort(), f"x{self._count}")

    def text(self, text: str) -> Any:
        """A text that is known."""
        return self.terms.mkString(text)

    def joined(self, parts: list[Any]) -> Any:
        """One after another."""
        empty = self.text("")
        return self.terms.mkTerm(Kind.STRING_CONCAT, empty, empty, *parts)

    def length(self, text: Any) -> Any:
        return self.terms.mkTerm(Kind.STRING_LENGTH, text)

    def hold(self, kind: Kind, *terms: Any) -> None:
        """Require something."""
        self._solver.assertFormula(self.terms.mkTerm(kind, *terms))

    def refuse(self, kind: Kind, *terms: Any) -> None:
        """Require that something is not so."""
        self.hold(Kind.NOT, self.terms.mkTerm(kind, *terms))

    def have_an_answer(self) -> bool | None:
        """Whether all of it can be so; None: the solver does not know."""
        result = self._solver.checkSat()
        return None if result.isUnknown() else bool(result.isSat())

    def value_of(self, attribute: Attribute) -> Any:
        """A text such as the attribute may be."""
        value = self.unknown()
        self.hold(Kind.GEQ, self.length(value), self.terms.mkInteger(attribute.least))
        if attribute.letters is Letters.NAME:
            make = self.terms.mkTerm
            ranges = (
                make(Kind.REGEXP_RANGE, self.text(first), self.text(last))
                for first, last in _IN_A_NAME
            )
            letter = make(Kind.REGEXP_UNION, *ranges)
            self.hold(Kind.STRING_IN_REGEXP, value, make(Kind.REGEXP_STAR, letter))
        elif attribute.slash_free:
            self.refuse(Kind.STRING_CONTAINS, value, self.text("/"))
        return value

    def word(self, pattern: Symbols, values: dict[Attribute, Any]) -> Any:
        """A text that the pattern matches."""
        parts = []
        for symbol in pattern:
            if isinstance(symbol, str):
                parts.append(self.text(symbol))
            elif isinstance(symbol, Attribute):
                parts.append(values[symbol])
            else:
                parts.append(self.unknown())
                if symbol is Wild.ONE:
                    one = self.terms.mkInteger(1)
                    self.hold(Kind.EQUAL, self.length(parts[-1]), one)
        return self.joined(parts)


@dataclass(frozen=True)
class Question:
    """Do all patterns of who asks have a text in common with the owner's?"""

    attribute: Attribute
    owner: Symbols
    beginnings: bool
    asker: tuple[Symbols, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the automata may not find more than there is.

        Where an attribute stands in two places of what is asked, they read
        each as a text of its own.
        """
        return sum(pattern.count(self.attribute) for pattern in self.asker) < 2

    def by_automata(self) -> str | None:
        """The text that the automata find."""
        within = tuple(Within((pattern,)) for pattern in self.asker)
        found = Search().find(Language(self.owner, self.beginnings), within)
        return None if found is None else found.text

    def by_solver(self) -> bool | None:
        """The same question, in equations."""
        equations = Equations()
        asker = equations.value_of(self.attribute)
        owner = equations.value_of(self.attribute)
        equations.hold(Kind.DISTINCT, asker, owner)
        words = [
            equations.word(pattern, {self.attribute: asker}) for pattern in self.asker
        ]
        folder = equations.word(self.owner, {self.attribute: owner})
        for word in words:
            equations.hold(Kind.EQUAL, word, words[0])
        whole = [words[0], equations.unknown()] if self.beginnings else [words[0]]
        equations.hold(Kind.EQUAL, equations.joined(whole), folder)
        return equations.have_an_answer()


ROLE: Final = "AROAEXAMPLE1:"
NAME: Final = Attribute("name", Letters.NAME, least=2, unique=True)
TAG: Final = Attribute("tag", Letters.ANY, unique=True, slash_free=True)
WITH_SLASH: Final = Attribute("tag", Letters.ANY, unique=True)
ANY, ONE = Wild.ANY, Wild.ONE


def folders(attribute: Attribute, start: str = "") -> tuple[Symbols, bool]:
    """The keys of one's folder."""
    return (start, attribute, "/", ANY), False


def prefixes(attribute: Attribute, start: str = "") -> tuple[Symbols, bool]:
    """The values of `s3:prefix` that list one's folder."""
    return (start, attribute, "/", ANY), True


NAMED: Final = {
    "the own folder": (folders(NAME, ROLE), ((ROLE, NAME, "/", ANY),), False),
    "no closing slash": (folders(NAME, ROLE), ((ROLE, NAME, ANY),), True),
    "a wildcard first": (folders(NAME, ROLE), ((ANY, NAME, "/", ANY),), True),
    "a wildcard for one": (folders(NAME, ROLE), ((ROLE, ONE, NAME, "/", ANY),), True),
    "the id at the end": (folders(NAME, ROLE), ((ANY, "/", NAME),), True),
    "everything": (folders(NAME, ROLE), ((ANY,),), True),
    "another place": (folders(NAME, ROLE), (("shared/", ANY),), False),
    "an id with a slash": (folders(WITH_SLASH), ((WITH_SLASH, "/", ANY),), True),
    "an id without one": (folders(TAG), ((TAG, "/", ANY),), False),
    "the own listing": (prefixes(NAME, ROLE), ((ROLE, NAME, "/", ANY),), False),
    "a listing without slash": (prefixes(NAME, ROLE), ((ROLE, NAME, ANY),), True),
    "a listing of a prefix": (prefixes(NAME, ROLE), ((ROLE, NAME),), True),
    "an empty prefix": (prefixes(NAME, ROLE), (("",),), True),
    "the role's prefix": (prefixes(NAME, ROLE), ((ROLE, ANY),), True),
    "a boundary that closes": (
        folders(NAME, ROLE),
        ((ROLE, NAME, ANY), (ROLE, NAME, "/", ANY)),
        False,
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_the_usual_slips_are_told_alike(name: str) -> None:
    """The automata, the solver and this table agree."""
    (owner, beginnings), asker, open_to_others = NAMED[name]
    (attribute,) = {symbol for symbol in owner if isinstance(symbol, Attribute)}
    question = Question(attribute, owner, beginnings, asker)
    assert (question.by_automata() is not None) is open_to_others
    assert question.by_solver() is open_to_others


def generated(count: int) -> Iterator[Question]:
    """Small patterns around the attribute, the same in each run."""
    chance = random.Random(7)  # noqa: S311 - chosen by nobody, and repeatable
    for _ in range(count):
        attribute = chance.choice((NAME, TAG, WITH_SLASH))
        start = chance.choice(("", "a", "a/"))
        owner, beginnings = chance.choice((folders, prefixes))(attribute, start)
        asker = tuple(
            _pattern(chance, attribute, start) for _ in range(chance.choice((1, 1, 2)))
        )
        yield Question(attribute, owner, beginnings, asker)


def _pattern(chance: random.Random, attribute: Attribute, start: str) -> Symbols:
    others = ("a", "b", "/", "ab", "/a", ANY, ONE)
    symbols: list[Any] = chance.choices(others, k=chance.randint(0, 4))
    for _ in range(chance.choice((0, 1, 1, 2))):
        symbols.insert(chance.randint(0, len(symbols)), attribute)
    # Else most would fail at the first letter.
    return tuple(symbols) if chance.random() < 0.5 else (start, *symbols)


@dataclass
class Tally:
    """What came of many questions."""

    solver: Counter[bool | None] = field(default_factory=Counter)
    contradicted: list[Question] = field(default_factory=list)
    found_in_vain: list[Question] = field(default_factory=list)


@cache
def tally() -> Tally:
    """Ask both, question by question."""
    tally = Tally()
    for question in generated(150):
        found, there_is = question.by_automata(), question.by_solver()
        tally.solver[there_is] += 1
        if found is None and there_is:
            tally.contradicted.append(question)
        if found is not None and there_is is False:
            tally.found_in_vain.append(question)
    return tally


def test_no_proof_is_contradicted() -> None:
    """Where the automata find nothing, the solver finds nothing."""
    assert tally().contradicted == []


def test_what_is_found_is_there() -> None:
    """But for attributes in two places, which are tried out before they count."""
    assert [each for each in tally().found_in_vain if each.is_exact] == []


def test_the_solver_answers() -> None:
    """Most questions, and not all of them alike; else this shows nothing."""
    answers = tally().solver
    assert answers[None] <= 0.1 * answers.total()
    assert min(answers[True], answers[False]) >= 0.2 * answers.total()
