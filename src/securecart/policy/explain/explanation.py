"""The answer of the engine, beside what it looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from securecart.policy.decide import (
    decide,
    decide_key,
    decide_trust,
    facts_of,
    policies_by_layer,
)
from securecart.policy.document import Policy
from securecart.policy.explain.examine import examine
from securecart.policy.explain.finding import LayerFinding, StatementFinding
from securecart.policy.request import Answer, Layer, Layers, Request


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and what became of each layer in the order AWS takes them.

    `guards_key` says that the layer RESOURCE is the policy of a KMS key.
    """

    request: Request
    answer: Answer
    layers: tuple[LayerFinding, ...]
    guards_key: bool = False

    def layer(self, layer: Layer) -> LayerFinding:
        """What was found in a layer; nothing, if the request has none such."""
        empty = LayerFinding(layer, 0, (), 0)
        return next((found for found in self.layers if found.layer is layer), empty)

    @property
    def deciding(self) -> tuple[StatementFinding, ...]:
        """The findings of the statements that decided."""
        refs = set(self.answer.statements)
        return tuple(s for found in self.layers for s in found.near if s.ref in refs)


def explain(layers: Layers, request: Request) -> Explanation:
    """Say why `decide` answers as it does."""
    return explanation(
        layers,
        policies_by_layer(layers, Layer.RESOURCE),
        request,
        decide(layers, request),
    )


def explain_key(layers: Layers, request: Request) -> Explanation:
    """Say why `decide_key` answers as it does."""
    found = policies_by_layer(layers, Layer.RESOURCE)
    answer = decide_key(layers, request)
    return explanation(layers, found, request, answer, guards_key=True)


def explain_trust(
    trust_policy: Policy, request: Request, layers: Layers | None = None
) -> Explanation:
    """Say why `decide_trust` answers as it does."""
    whole = replace(layers or Layers(), resource=trust_policy)
    found = policies_by_layer(whole, Layer.TRUST)
    answer = decide_trust(trust_policy, request, layers)
    return explanation(whole, found, request, answer)


def explanation(
    layers: Layers,
    policies: Iterable[tuple[Layer, tuple[Policy, ...]]],
    request: Request,
    answer: Answer,
    *,
    guards_key: bool = False,
) -> Explanation:
    """Put an answer beside what became of each layer's policies."""
    facts = facts_of(layers, request)
    findings = tuple(examine(layer, listed, facts) for layer, listed in policies)
    return Explanation(request, answer, findings, guards_key)
