"""Whether patterns have a text in common, read from left to right.

Every pattern is a small automaton; the product of all of them is searched
breadth first, so that the first text found is a shortest one. Attributes are
read as any text over their alphabet. Two of them, one of who asks and one of
the owner, that begin and end together are the same text: where that would
make the two people the same, the reading is given up. All other relations
between attributes are allowed, more than there may be: an answer "none" is
certain, a text that is found is still to be tried out.

Mirrors `policy.wildcard`.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Final, NamedTuple

from securecart.policy.casing import ascii_lower
from securecart.policy.wildcard import Wild
from securecart.proof.variables import AnyCase, Attribute, Empty, Symbols

# Every kind of character that an alphabet can tell apart, twice where there
# are enough: what a pattern mentions is one letter, all others are alike.
_KINDS: Final = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    ",",
    ": é",
    "/",
    '"#%&',
)


@dataclass(frozen=True, slots=True)
class Within:
    """The text matches one of the patterns, which are who asks'."""

    patterns: tuple[Symbols, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """The text matches none of the patterns, which have no attributes."""

    patterns: tuple[Symbols, ...]


Constraint = Within | Outside


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of the owner: a pattern's, and with `beginnings` theirs too."""

    pattern: Symbols
    beginnings: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A text that meets all constraints, and what was read as attributes."""

    text: str
    asker: tuple[tuple[Attribute, str], ...]
    owner: tuple[tuple[Attribute, str], ...]


@dataclass(slots=True)
class Search:
    """Decides questions, and remembers what it rested on.

    `relied_on` are the pairs of attributes that were taken to tell people
    apart, `states` counts those of the automata. Past `most` states a search
    ends as if it had found something that cannot be shown.
    """

    most: int = 200_000
    states: int = 0
    relied_on: set[tuple[Attribute, Attribute]] = field(default_factory=set)

    def find(
        self, language: Language, constraints: tuple[Constraint, ...]
    ) -> Run | None:
        """Find a shortest text of the owner's that meets the constraints.

        Raises:
            TooManyStates: if the question is too large.
        """
        return _Product(self, language, constraints).search()


class TooManyStates(Exception):
    """A question too large to be decided here."""


class _Spot(NamedTuple):
    """A place in a pattern; inside an attribute, what was read of it.

    `read` counts the characters up to the least that there must be; below
    zero it counts those that are the same as the barred text's.
    """

    pattern: int
    element: int
    read: int


class _Move(NamedTuple):
    """Where a character leads; whether an attribute ended before, or began."""

    spot: _Spot
    left: bool
    entered: Attribute | None


_Element = frozenset[str] | Wild | Attribute


class _Automaton:
    """Patterns of which one is to be met."""

    def __init__(self, patterns: tuple[Symbols, ...]) -> None:
        self._elements = tuple(tuple(_elements(pattern)) for pattern in patterns)
        self._known: dict[tuple[_Spot, str], tuple[_Move, ...]] = {}
        self._next: dict[_Spot, frozenset[str] | None] = {}
        self._ends: dict[_Spot, tuple[bool, ...]] = {}
        self.starts = tuple(_Spot(i, 0, 0) for i in range(len(patterns)))

    @property
    def letters(self) -> Iterator[str]:
        for elements in self._elements:
            for element in elements:
                if isinstance(element, frozenset):
                    yield from element
                elif isinstance(element, Attribute):
                    yield from element.barred

    def moves(self, spot: _Spot, letter: str) -> tuple[_Move, ...]:
        key = (spot, letter)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(self._read(spot, letter))
        return found

    def next_letters(self, spot: _Spot) -> frozenset[str] | None:
        """The letters that can follow; None: many."""
        if spot not in self._next:
            known: frozenset[str] | None = frozenset()
            for place, _ in self._places(spot):
                element = self._element(place)
                if known is None or (
                    element is not None and not isinstance(element, frozenset)
                ):
                    known = None
                else:
                    known |= element or frozenset()
            self._next[spot] = known
        return self._next[spot]

    def ends(self, spot: _Spot) -> tuple[bool, ...]:
        """For each way to end here: whether an attribute ends with the text."""
        if spot not in self._ends:
            self._ends[spot] = tuple(
                {left for place, left in self._places(spot) if self._at_end(place)}
            )
        return self._ends[spot]

    def attribute_at(self, spot: _Spot) -> Attribute | None:
        """The attribute that is being read."""
        element = self._element(spot)
        return element if spot.read and isinstance(element, Attribute) else None

    def _element(self, spot: _Spot) -> _Element | None:
        elements = self._elements[spot.pattern]
        return elements[spot.element] if spot.element < len(elements) else None

    def _at_end(self, spot: _Spot) -> bool:
        return spot.element == len(self._elements[spot.pattern])

    def _places(self, spot: _Spot) -> Iterator[tuple[_Spot, bool]]:
        """Where one can stand without reading anything."""
        left = False
        yield spot, left
        while True:
            element = self._element(spot)
            if isinstance(element, Attribute):
                if not _may_leave(element, spot.read):
                    return
                left = True
            elif element is not Wild.ANY:
                return
            spot = _Spot(spot.pattern, spot.element + 1, 0)
            yield spot, left

    def _read(self, spot: _Spot, letter: str) -> Iterator[_Move]:
        for place, left in self._places(spot):
            element = self._element(place)
            if element is None:
                continue
            if isinstance(element, Attribute):
                if element.holds(letter):
                    read = _count(element, place.read, letter)
                    entered = None if place.read else element
                    yield _Move(place._replace(read=read), left, entered)
            elif element is Wild.ANY:
                yield _Move(place, left, None)
            elif element is Wild.ONE or letter in element:
                step = _Spot(place.pattern, place.element + 1, 0)
                yield _Move(step, left, None)


def _elements(pattern: Symbols) -> Iterator[_Element]:
    for symbol in pattern:
        if isinstance(symbol, str):
            yield from (frozenset(letter) for letter in symbol)
        elif isinstance(symbol, AnyCase):
            for letter in symbol.text:
                folded = ascii_lower(letter)
                other = folded.upper() if folded.isascii() else folded
                yield frozenset((folded, other))
        elif not isinstance(symbol, Empty):
            yield symbol


def _count(attribute: Attribute, read: int, letter: str) -> int:
    if read <= 0 and attribute.barred[-read : 1 - read] == letter:
        return read - 1
    return min(abs(read) + 1, attribute.least)


def _may_leave(attribute: Attribute, read: int) -> bool:
    return abs(read) >= attribute.least and read != -len(attribute.barred or " ")


class _State(NamedTuple):
    owner: _Spot
    asker: tuple[_Spot, ...]
    together: tuple[bool, ...]
    outside: tuple[frozenset[_Spot], ...]


class _Product:
    """All patterns in step."""

    def __init__(
        self,
        search: Search,
        language: Language,
        constraints: tuple[Constraint, ...],
    ) -> None:
        self._search = search
        self._owner = _Automaton((language.pattern,))
        self._beginnings = language.beginnings
        apart = {symbol.of for symbol in language.pattern if isinstance(symbol, Empty)}
        self._asker = tuple(
            _Automaton(self._of_others(constraint.patterns, apart))
            for constraint in constraints
            if isinstance(constraint, Within)
        )
        self._outside = tuple(
            _Automaton(constraint.patterns)
            for constraint in constraints
            if isinstance(constraint, Outside)
        )

    def _of_others(
        self, patterns: tuple[Symbols, ...], empty_of_owner: set[Attribute]
    ) -> tuple[Symbols, ...]:
        """Leave out what holds for who asks only where both have nothing."""
        kept = []
        for pattern in patterns:
            same = {
                (symbol.of, other)
                for symbol in pattern
                if isinstance(symbol, Empty)
                for other in empty_of_owner
                if symbol.of.tells_apart(other)
            }
            self._search.relied_on |= same
            if not same:
                kept.append(pattern)
        return tuple(kept)

    @cached_property
    def _alphabet(self) -> frozenset[str]:
        automata = (self._owner, *self._asker, *self._outside)
        mentioned = {letter for each in automata for letter in each.letters}
        others = (
            next((letter for letter in kind if letter not in mentioned), "")
            for kind in _KINDS
        )
        return frozenset(mentioned.union(filter(None, others)))

    def search(self) -> Run | None:
        before: dict[_State, tuple[_State, str] | None] = {}
        waiting: deque[_State] = deque()
        for spots in product(*(automaton.starts for automaton in self._asker)):
            start = _State(
                self._owner.starts[0],
                spots,
                (False,) * len(spots),
                tuple(frozenset(each.starts) for each in self._outside),
            )
            before[start] = None
            waiting.append(start)
        while waiting:
            state = waiting.popleft()
            self._search.states += 1
            if self._search.states > self._search.most:
                raise TooManyStates
            if self._accepts(state):
                return self._run(state, before)
            for letter in self._letters(state):
                for step in self._steps(state, letter):
                    if step not in before:
                        before[step] = (state, letter)
                        waiting.append(step)
        return None

    def _letters(self, state: _State) -> list[str]:
        found: frozenset[str] | None = self._owner.next_letters(state.owner)
        for automaton, spot in zip(self._asker, state.asker, strict=True):
            more = automaton.next_letters(spot)
            if more is not None:
                found = more if found is None else found & more
        letters = self._alphabet if found is None else found
        return sorted(letters, key=lambda letter: (not letter.isalpha(), letter))

    def _steps(self, state: _State, letter: str) -> Iterator[_State]:
        outside = tuple(
            frozenset(move.spot for spot in spots for move in each.moves(spot, letter))
            for each, spots in zip(self._outside, state.outside, strict=True)
        )
        choices = tuple(
            automaton.moves(spot, letter)
            for automaton, spot in zip(self._asker, state.asker, strict=True)
        )
        for owner in self._owner.moves(state.owner, letter):
            for moves in product(*choices):
                together = self._together(state, owner, moves)
                if together is not None:
                    spots = tuple(move.spot for move in moves)
                    yield _State(owner.spot, spots, together, outside)

    def _together(
        self, state: _State, owner: _Move, moves: tuple[_Move, ...]
    ) -> tuple[bool, ...] | None:
        """Which attributes are still the owner's letter by letter.

        None: one of them ended so, and who asks is the owner.
        """
        found = []
        for index, (was, move) in enumerate(zip(state.together, moves, strict=True)):
            if was and move.left and owner.left:
                self._give_up(state, index)
                return None
            goes_on = was and not move.left and not owner.left
            begins = (
                move.entered is not None
                and owner.entered is not None
                and move.entered.tells_apart(owner.entered)
            )
            found.append(goes_on or begins)
        return tuple(found)

    def _accepts(self, state: _State) -> bool:
        for each, spots in zip(self._outside, state.outside, strict=True):
            if any(each.ends(spot) for spot in spots):
                return False
        owner_ends = (False,) if self._beginnings else self._owner.ends(state.owner)
        return any(self._asker_ends(state, owner_left=left) for left in owner_ends)

    def _asker_ends(self, state: _State, *, owner_left: bool) -> bool:
        for index, automaton in enumerate(self._asker):
            ends = automaton.ends(state.asker[index])
            if owner_left and state.together[index] and True in ends:
                self._give_up(state, index)
                ends = tuple(left for left in ends if not left)
            if not ends:
                return False
        return True

    def _give_up(self, state: _State, index: int) -> None:
        asker = self._asker[index].attribute_at(state.asker[index])
        owner = self._owner.attribute_at(state.owner)
        if asker is not None and owner is not None:
            self._search.relied_on.add((asker, owner))

    def _run(
        self, state: _State, before: dict[_State, tuple[_State, str] | None]
    ) -> Run:
        path: list[tuple[str, _State]] = []
        step = before[state]
        while step is not None:
            path.append((step[1], state))
            state = step[0]
            step = before[state]
        path.reverse()
        text = "".join(letter for letter, _ in path)
        asker: list[tuple[Attribute, str]] = []
        for index, automaton in enumerate(self._asker):
            spots = [(letter, state.asker[index]) for letter, state in path]
            asker.extend(_values(automaton, spots))
        owner = _values(self._owner, [(letter, state.owner) for letter, state in path])
        return Run(text, tuple(asker), tuple(owner))


def _values(
    automaton: _Automaton, path: list[tuple[str, _Spot]]
) -> Iterator[tuple[Attribute, str]]:
    """What was read as each attribute."""
    reading: tuple[Attribute, tuple[int, int], str] | None = None
    for letter, spot in path:
        attribute = automaton.attribute_at(spot)
        place = (spot.pattern, spot.element)
        if reading is not None and reading[1] != place:
            yield reading[0], reading[2]
            reading = None
        if attribute is not None:
            text = reading[2] if reading is not None else ""
            reading = (attribute, place, text + letter)
    if reading is not None:
        yield reading[0], reading[2]
