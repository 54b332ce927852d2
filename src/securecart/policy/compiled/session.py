"""A principal's policies, and what was specialised of them."""

from dataclasses import replace
from functools import partial

from securecart.names.principal import Principal
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.specialisation import Rule, Specialisation
from securecart.policy.compiled.target import Target
from securecart.policy.decide import prevailing_by_owner, rule_of
from securecart.policy.document import Policy
from securecart.policy.request import Answer, Layer, Layers
from securecart.policy.variables import Context

_MOST_KEPT = 32
"""Specialisations of either kind that a session keeps, some four kilobytes
each: a person's folder needs a dozen. When they are more, all go."""
_LONGEST_KEPT = 256
"""Characters of an action or a head; a bucket's ARN has at most 76, that of a
KMS key some 90."""

_Name = tuple[str, ...]
_Kept = dict[_Name, Specialisation]

_of_keys = partial(prevailing_by_owner, owner=Layer.RESOURCE)


class CompiledSession:
    """Decides as `decide` and `decide_key` do, for one principal.

    `layers` are the principal's own policies.
    """

    __slots__ = ("_keys", "_principal", "_resources", "layers")

    def __init__(self, layers: Layers, principal: Principal) -> None:
        self.layers = layers
        self._principal = principal
        self._resources: _Kept = {}
        self._keys: _Kept = {}

    def decide(
        self,
        action: str,
        resource: str,
        context: Context,
        resource_account: str,
        resource_policy: Policy | None = None,
    ) -> Answer:
        """Answer what `decide` does; `context` is the request's own."""
        head, slash, _rest = resource.partition("/")
        kept = self._resources.get((action, head, slash))
        if (
            kept is None
            or kept.resource_policy is not resource_policy
            or kept.resource_account != resource_account
        ):
            target = Target(action, head + slash, whole=not slash)
            if not (target.whole or target.has_every_segment):
                # A slash before the fifth colon: too odd to come again.
                target = Target(action, resource, whole=True)
                made = self._specialise(
                    rule_of(target.folded_action),
                    target,
                    resource_account,
                    resource_policy,
                )
                return made.answer(resource, context)
            kept = self._specialise(
                rule_of(target.folded_action), target, resource_account, resource_policy
            )
            _keep(self._resources, (action, head, slash), kept)
        return kept.answer(resource, context)

    def decide_key(
        self,
        action: str,
        resource: str,
        context: Context,
        resource_account: str,
        resource_policy: Policy | None,
    ) -> Answer:
        """Answer what `decide_key` does; keys are few, and kept by their ARNs."""
        kept = self._keys.get((action, resource))
        if (
            kept is None
            or kept.resource_policy is not resource_policy
            or kept.resource_account != resource_account
        ):
            kept = self._specialise(
                _of_keys,
                Target(action, resource, whole=True),
                resource_account,
                resource_policy,
            )
            _keep(self._keys, (action, resource), kept)
        return kept.answer(resource, context)

    def _specialise(
        self,
        rule: Rule,
        target: Target,
        resource_account: str,
        resource_policy: Policy | None,
    ) -> Specialisation:
        return Specialisation(
            rule,
            replace(self.layers, resource=resource_policy),
            target,
            Known.of(
                self._principal,
                resource_account,
                bounded=self.layers.boundary is not None,
            ),
        )


def _keep(kept: _Kept, name: _Name, made: Specialisation) -> None:
    if sum(map(len, name)) > _LONGEST_KEPT:
        return
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[name] = made
