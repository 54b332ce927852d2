"""One statement with what the rules need to know around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from securecart.policy.catalogue import SERVICES, Action, actions_matching, find_action
from securecart.policy.conditions.condition import Absence, Comparison, Quantifier
from securecart.policy.document import Actions, Effect, Policy, PolicyKind, Statement
from securecart.policy.lint.entry import Entry, entries_of
from securecart.policy.wildcard import Glob, Wild

_SESSION_NAME = "sts:rolesessionname"


@dataclass(frozen=True, slots=True)
class Subject:
    """A statement, read against the catalogue and the rest of its document.

    `named` has for each text of `Action` or `NotAction` the known actions
    that it matches, `actions` the names of those that the statement speaks of
    in the end. `present` are condition keys without which a Deny stops the
    request anyway. `held` are actions for which another statement denies the
    session names that it does not list.
    """

    kind: PolicyKind
    statement: Statement
    named: tuple[tuple[str, tuple[Action, ...]], ...]
    actions: frozenset[str]
    entries: tuple[Entry, ...]
    present: frozenset[str]
    held: frozenset[str]

    @property
    def allows(self) -> bool:
        """Whether this is an Allow."""
        return self.statement.effect is Effect.ALLOW

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Its conditions but for `Null`."""
        return tuple(c for c in self.statement.conditions if isinstance(c, Comparison))

    def requires(self, key: str) -> bool:
        """Whether it matches only requests that have a value it names."""
        return any(c.key == key and holds_to_values(c) for c in self.comparisons)


def subjects_of(policy: Policy) -> Iterator[Subject]:
    """Every statement of a document with its surroundings."""
    denied = [s for s in policy.statements if s.effect is Effect.DENY]
    present = frozenset(chain.from_iterable(map(_denied_without, denied)))
    held = frozenset(chain.from_iterable(map(_names_held, denied)))
    for statement in policy.statements:
        named = tuple(_named(statement.actions))
        yield Subject(
            policy.kind,
            statement,
            named,
            _spoken_of(statement.actions, named),
            tuple(entries_of(statement)),
            present | {c.key for c in statement.conditions if _asks_for(c)},
            held,
        )


def holds_to_values(comparison: Comparison) -> bool:
    """Whether it holds only where the key is there and has a value named."""
    return not (
        comparison.negated
        or comparison.if_exists
        or comparison.quantifier is Quantifier.ALL
    )


def _asks_for(condition: Absence | Comparison) -> bool:
    """Whether it is `Null` with `false`: the key must be there."""
    return isinstance(condition, Absence) and condition.wanted == {False}


def _denied_without(statement: Statement) -> Iterator[str]:
    """The key without which a Deny stops the request, if that is all it asks."""
    if len(statement.conditions) == 1:
        (only,) = statement.conditions
        if isinstance(only, Absence) and only.wanted == {True}:
            yield only.key


def _names_held(statement: Statement) -> frozenset[str]:
    """The actions for which a Deny stops every session name but those listed."""
    if len(statement.conditions) == 1:
        (only,) = statement.conditions
        if (
            isinstance(only, Comparison)
            and only.key == _SESSION_NAME
            and only.negated
            and only.quantifier is None
        ):
            return _spoken_of(statement.actions, tuple(_named(statement.actions)))
    return frozenset()


def _named(actions: Actions) -> Iterator[tuple[str, tuple[Action, ...]]]:
    for text, glob in zip(actions.texts, actions.patterns, strict=True):
        yield text, _matching(text, glob)


def _matching(text: str, glob: Glob) -> tuple[Action, ...]:
    if any(isinstance(piece, Wild) for piece in glob.pieces):
        return tuple(actions_matching(glob))
    action = find_action(text)
    return (action,) if action else ()


def _spoken_of(
    actions: Actions, named: tuple[tuple[str, tuple[Action, ...]], ...]
) -> frozenset[str]:
    listed = frozenset(action.name for _, found in named for action in found)
    return _ALL - listed if actions.excluded else listed


_ALL = frozenset(
    action.name for actions in SERVICES.values() for action in actions.values()
)
