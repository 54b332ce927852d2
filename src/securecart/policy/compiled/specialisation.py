"""Everything that can match one action on one head, ready for the requests."""

from collections.abc import Callable

from securecart.policy.compiled.check import Check
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.statement import specialise_statement
from securecart.policy.compiled.target import Target
from securecart.policy.decide import Case, policies_by_layer
from securecart.policy.document import Effect, Statement
from securecart.policy.request import Answer, Layer, Layers
from securecart.policy.variables import Context

_MOST_ANSWERS = 16
"""Sets of matching statements whose Answers are kept; few ever occur."""

Rule = Callable[[Case], Answer]


class Specialisation:
    """Decides requests of one principal for one target.

    `resource_policy` and `resource_account` are those that it holds for.
    What matches is a number with a bit for each statement. A Deny that
    matches settles the outcome, so that Allows are looked at only without.
    """

    __slots__ = (
        "_allowing",
        "_answers",
        "_denying",
        "_known",
        "_layers",
        "_maybe_allowing",
        "_maybe_denying",
        "_maybe_denying_if_present",
        "_rule",
        "_statements",
        "resource_account",
        "resource_policy",
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
        self._denying = self._allowing = 0
        denying = list[tuple[int, Check]]()
        if_present = list[tuple[str, frozenset[str], int, Check]]()
        allowing = list[tuple[int, Check]]()
        statements = dict[int, Statement]()
        for statement in _statements(layers):
            left = specialise_statement(statement, target, known)
            # The same policy may stand in two layers.
            if left is False or id(statement) in statements:
                continue
            bit = 1 << len(statements)
            statements[id(statement)] = statement
            denies = statement.effect is Effect.DENY
            if left is True:
                self._denying |= bit if denies else 0
                self._allowing |= 0 if denies else bit
            elif not denies:
                allowing.append((bit, left.check))
            elif left.present is None:
                denying.append((bit, left.check))
            else:
                if_present.append((left.present, left.harmless, bit, left.check))
        self._statements = tuple(statements.values())
        self._maybe_denying = tuple(denying)
        self._maybe_denying_if_present = tuple(if_present)
        self._maybe_allowing = tuple(allowing)

    def answer(self, resource: str, context: Context) -> Answer:
        """Decide one request."""
        matching = self._denying
        for key, harmless, bit, check in self._maybe_denying_if_present:
            if (
                key in context
                and context[key] not in harmless
                and check(resource, context)
            ):
                matching |= bit
        for bit, check in self._maybe_denying:
            if check(resource, context):
                matching |= bit
        if not matching:
            matching = self._allowing
            for bit, check in self._maybe_allowing:
                if check(resource, context):
                    matching |= bit
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
        if len(self._answers) >= _MOST_ANSWERS:
            self._answers.clear()
        self._answers[matching] = answer
        return answer


def _statements(layers: Layers) -> list[Statement]:
    return [
        statement
        for _, policies in policies_by_layer(layers, Layer.RESOURCE)
        for policy in policies
        for statement in policy.statements
    ]
