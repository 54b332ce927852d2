"""Everything that can match one action on one head, ready for the requests."""

from collections.abc import Callable
from typing import Literal

from securecart.policy.compiled.check import Asked, Check
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.outcomes import Outcomes
from securecart.policy.compiled.statement import specialise_statement
from securecart.policy.compiled.target import Target
from securecart.policy.conditions.condition import Condition
from securecart.policy.decide import Case, policies_by_layer
from securecart.policy.document import Effect, Statement
from securecart.policy.request import Answer, Layer, Layers
from securecart.policy.variables import Context

_MOST_ANSWERS = 4
"""Sets of matching statements whose Answers are kept; few ever occur."""
_LONGEST_ANSWER = 4
"""Statements of an Answer that is kept; most name one or two."""

# What these weigh, each with all that it comes to keep, as `Asked.weight`.
_ITSELF, _STATEMENT, _KEY = 48, 1, 18

Rule = Callable[[Case], Answer]
_Side = tuple[int, tuple[tuple[str, Outcomes], ...], tuple[tuple[int, Check], ...]]


class Specialisation:
    """Decides requests of one principal for one target.

    `resource_policy` and `resource_account` are those that it holds for.
    What matches is a number with a bit for each statement. A Deny that
    matches settles the outcome, so that Allows are looked at only without.
    `weight` is the memory that it can take, with all that it will keep.
    """

    __slots__ = (
        "_answers",
        "_known",
        "_layers",
        "_rule",
        "_sides",
        "_statements",
        "resource_account",
        "resource_policy",
        "weight",
    )

    def __init__(
        self, rule: Rule, layers: Layers, target: Target, known: Known
    ) -> None:
        self.resource_policy = layers.resource
        self.resource_account = known.resource_account
        self._rule = rule
        self._layers = layers
        self._known = known
        self._answers: dict[int, Answer] = {}
        denying, allowing = _Left(), _Left()
        statements = dict[int, Statement]()
        for statement in _statements(layers):
            left = specialise_statement(statement, target, known)
            # The same policy may stand in two layers.
            if left is False or id(statement) in statements:
                continue
            side = denying if statement.effect is Effect.DENY else allowing
            side.add(1 << len(statements), left)
            statements[id(statement)] = statement
        self._statements = tuple(statements.values())
        self._sides = (denying.side(undecided=True), allowing.side(undecided=False))
        self.weight = _ITSELF + denying.weight + allowing.weight
        self.weight += _KEY * sum(len(keys) for _, keys, _ in self._sides)

    def answer(self, resource: str, context: Context) -> Answer:
        """Decide one request."""
        matching = 0
        for statements, keys, checks in self._sides:
            matching = statements
            if not matching:
                continue
            for key, outcomes in keys:
                matching &= outcomes[context.get(key, ())]
            for bit, check in checks:
                if matching & bit and not check(resource, context):
                    matching ^= bit
            if matching:
                break
        answer = self._answers.get(matching)
        return self._prevailing(matching) if answer is None else answer

    def _prevailing(self, matching: int) -> Answer:
        found = {
            id(statement)
            for place, statement in enumerate(self._statements)
            if matching >> place & 1
        }
        answer = self._rule(
            Case(
                self._layers,
                self._known.principal,
                self._known.resource_account,
                lambda statement: id(statement) in found,
            )
        )
        if len(answer.statements) <= _LONGEST_ANSWER:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            self._answers[matching] = answer
        return answer


class _Left:
    """What is left of the statements of one effect, sorted by what it asks."""

    def __init__(self) -> None:
        self.weight = 0
        self._bits = 0
        self._conditions: dict[str, list[tuple[int, Condition]]] = {}
        self._checks: list[tuple[int, Check]] = []

    def add(self, bit: int, left: Asked | Literal[True]) -> None:
        """Take in what is left of one statement; True: nothing but itself."""
        self._bits |= bit
        self.weight += _STATEMENT
        if left is True:
            return
        self.weight += left.weight
        for condition in left.conditions:
            self._conditions.setdefault(condition.key, []).append((bit, condition))
        self._checks += [(bit, check) for check in left.checks]

    def side(self, *, undecided: bool) -> _Side:
        """All of the statements, the condition keys, and what else is asked."""
        keys = tuple(
            (key, Outcomes(key, tuple(conditions), undecided=undecided))
            for key, conditions in self._conditions.items()
        )
        return self._bits, keys, tuple(self._checks)


def _statements(layers: Layers) -> list[Statement]:
    return [
        statement
        for _, policies in policies_by_layer(layers, Layer.RESOURCE)
        for policy in policies
        for statement in policy.statements
    ]
