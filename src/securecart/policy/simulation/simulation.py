"""A request with the policies that bear on it, decided as the servers would."""

from dataclasses import dataclass, replace
from enum import Enum

from securecart.policy.decide import (
    decide,
    decide_key,
    decide_trust,
    policies_by_layer,
)
from securecart.policy.document import Policy
from securecart.policy.explain.explanation import Explanation, explanation
from securecart.policy.request import Answer, Decision, Layer, Layers, Request


class Rule(Enum):
    """How the resource's policy and the principal's own come together."""

    EITHER = "decide"
    KEY = "decide_key"
    TRUST = "decide_trust"


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is asked, by which rule, under which policies.

    AWS knows one permissions boundary for a principal. Of several `boundaries`
    each must allow, so each is put into `layers` in its turn.
    """

    rule: Rule
    layers: Layers
    boundaries: tuple[Policy, ...]
    request: Request

    def answer(self) -> Answer:
        """Decide; a boundary's statements count its place among `boundaries`."""
        if not self.boundaries:
            return self._decide(self.layers)
        answers = [
            _numbered(self._decide(replace(self.layers, boundary=boundary)), index)
            for index, boundary in enumerate(self.boundaries)
        ]
        for decision in (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY):
            refusals = [a for a in answers if a.decision is decision]
            if refusals:
                # Boundaries come before session policies: theirs is the reason.
                return min(refusals, key=lambda a: a.layer is Layer.SESSION)
        refs = dict.fromkeys(ref for a in answers for ref in a.statements)
        return Answer(Decision.ALLOW, tuple(refs))

    def explanation(self) -> Explanation:
        """Say why."""
        owner = Layer.TRUST if self.rule is Rule.TRUST else Layer.RESOURCE
        layers = replace(self.layers, boundary=next(iter(self.boundaries), None))
        policies = [
            (layer, self.boundaries if layer is Layer.BOUNDARY else policies)
            for layer, policies in policies_by_layer(layers, owner)
        ]
        return explanation(
            layers,
            policies,
            self.request,
            self.answer(),
            guards_key=self.rule is Rule.KEY,
        )

    def _decide(self, layers: Layers) -> Answer:
        if self.rule is Rule.EITHER:
            return decide(layers, self.request)
        if self.rule is Rule.KEY or layers.resource is None:
            return decide_key(layers, self.request)
        return decide_trust(layers.resource, self.request, layers)


def _numbered(answer: Answer, boundary: int) -> Answer:
    refs = (
        replace(ref, policy=boundary) if ref.layer is Layer.BOUNDARY else ref
        for ref in answer.statements
    )
    return replace(answer, statements=tuple(refs))
