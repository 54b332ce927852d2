"""Why a decision came out as it did, statement by statement."""

from dataclasses import dataclass

from securecart.policy.decide import decide, facts_of, policies_by_layer
from securecart.policy.document import Effect
from securecart.policy.request import Answer, Layer, Layers, Request, StatementRef


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one statement.

    `unmet` names the first element that did not match the request, such as
    `Resource` or `Condition StringLike s3:prefix`; None if all matched.
    """

    statement: StatementRef
    effect: Effect
    unmet: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer of `decide`, and a finding for every statement it met."""

    answer: Answer
    findings: tuple[Finding, ...]


def explain(layers: Layers, request: Request) -> Explanation:
    """Decide, and tell what became of each statement."""
    facts = facts_of(layers, request)
    findings = tuple(
        Finding(
            StatementRef(layer, policy_index, index, statement.sid),
            statement.effect,
            statement.unmet(facts),
        )
        for layer, policies in policies_by_layer(layers, Layer.RESOURCE)
        for policy_index, policy in enumerate(policies)
        for index, statement in enumerate(policy.statements)
    )
    return Explanation(decide(layers, request), findings)
