"""What a statement asks of a request that is not known wholly.

Mirrors `policy.document`. All that is left unsaid makes an Allow match more
and a Deny less than they do, so that nothing is overlooked.
"""

from dataclasses import dataclass, field
from typing import TypeGuard

from securecart.policy import Statement
from securecart.policy.conditions.condition import Comparison, Condition
from securecart.proof.arn_pattern import Resource, certain_tails, covers, tails
from securecart.proof.conditions import Truth, on_word, truth_of
from securecart.proof.principals import Asker
from securecart.proof.variables import ABSENT, Alternatives
from securecart.proof.wildcard import Constraint, Outside, Search, Within

PREFIX = "s3:prefix"
Conjunction = tuple[Constraint, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One who asks, an action, and what it is asked for.

    What is asked about is a word: the sixth segment of the resource, or the
    value of `s3:prefix` where `lists`. `sent` are further keys of the request.
    """

    asker: Asker
    action: str
    resource: Resource
    search: Search
    lists: bool = False
    sent: dict[str, Alternatives] = field(default_factory=dict)

    @property
    def names_one(self) -> bool:
        """Whether the resource is one that is known."""
        return self.lists or all(isinstance(part, str) for part in self.resource.tail)

    def known(self, key: str) -> Alternatives | None:
        """What is known of a condition key."""
        if key == PREFIX:
            return None if self.lists else ABSENT
        return self.sent.get(key) or self.asker.known(key)


def allowing(statement: Statement, case: Case) -> Conjunction | None:
    """What an Allow asks of the word; None: it never matches."""
    found: list[Constraint] = []
    if statement.resources is not None:
        patterns, excluded = statement.resources.patterns, statement.resources.excluded
        if case.names_one:
            covered = covers(patterns, case.resource, case.known, case.search)
            if covered is (Truth.ALWAYS if excluded else Truth.NEVER):
                return None
        elif excluded:
            surely = tuple(certain_tails(patterns, case.resource.head, case.known))
            found += [Outside(surely)] if surely else []
        else:
            found.append(Within(tuple(tails(patterns, case.resource.head, case.known))))
    for condition in statement.conditions:
        if _asks_the_word(condition, case):
            found += on_word(condition, case.known, fails=False) or ()
        elif _truth(condition, case, denies=False) is Truth.NEVER:
            return None
    return tuple(found)


def sparing(statement: Statement, case: Case) -> tuple[Conjunction, ...] | None:
    """The ways in which the word escapes a Deny; None: it may anyhow."""
    found: list[Conjunction] = []
    if statement.resources is not None:
        patterns, excluded = statement.resources.patterns, statement.resources.excluded
        if case.names_one:
            covered = covers(patterns, case.resource, case.known, case.search)
            if covered is not (Truth.NEVER if excluded else Truth.ALWAYS):
                return None
        elif excluded:
            found.append(
                (Within(tuple(tails(patterns, case.resource.head, case.known))),)
            )
        else:
            surely = tuple(certain_tails(patterns, case.resource.head, case.known))
            if not surely:
                return None
            found.append((Outside(surely),))
    for condition in statement.conditions:
        if _asks_the_word(condition, case):
            escape = on_word(condition, case.known, fails=True)
            if escape is None:
                return None
            found.append(escape)
        elif _truth(condition, case, denies=True) is not Truth.ALWAYS:
            return None
    return tuple(found)


def _asks_the_word(condition: Condition, case: Case) -> TypeGuard[Comparison]:
    return case.lists and condition.key == PREFIX and isinstance(condition, Comparison)


def _truth(condition: Condition, case: Case, *, denies: bool) -> Truth:
    if case.lists and condition.key == PREFIX:
        # Only Null is left, and there is a value, which may be empty.
        held = (condition.holds({PREFIX: value}) for value in ("", "x"))
        return Truth.of(denies if each is None else each for each in held)
    return truth_of(condition, case.known, case.search, denies=denies)
