"""A principal's policies, and what was specialised of them."""

from dataclasses import replace
from functools import partial

from securecart.names.principal import Principal
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.specialisation import Rule, Specialisation
from securecart.policy.compiled.target import Target
from securecart.policy.compiled.unspecialised import Unspecialised
from securecart.policy.decide import prevailing_by_owner, rule_of
from securecart.policy.document import Policy
from securecart.policy.request import Answer, Layer, Layers
from securecart.policy.variables import Context

_MOST_KEPT = 1408
"""What a session's specialisations weigh at most, in units of 64 bytes that are
reckoned high; with names and context the session stays below 96 KB. A person's
folder needs a dozen, some 20 KB in truth. When they are more, all go; what
weighs more by itself is decided without."""
_LONGEST_KEPT = 256
"""Characters of an action or a head; a bucket's ARN has at most 76, that of a
KMS key some 90."""

_Name = tuple[str, ...]

_of_keys = partial(prevailing_by_owner, owner=Layer.RESOURCE)


class CompiledSession:
    """Decides as `decide` and `decide_key` do, for one principal.

    `layers` are the principal's own policies.
    """

    __slots__ = ("_kept", "_known", "_principal", "layers")

    def __init__(self, layers: Layers, principal: Principal) -> None:
        self.layers = layers
        self._principal = principal
        # By action, head and slash; by action and ARN where a key is asked for.
        self._kept: dict[_Name, Specialisation | Unspecialised] = {}
        self._known: Known | None = None

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
        kept = self._kept.get((action, head, slash))
        if (
            kept is None
            or kept.resource_policy is not resource_policy
            or kept.resource_account != resource_account
        ):
            target = Target.of(action, head + slash, whole=not slash)
            rule = rule_of(target.action)
            if not (target.whole or target.has_every_segment):
                # A slash before the fifth colon: too odd to come again.
                target = Target.of(action, resource, whole=True)
                made = self._specialise(rule, target, resource_account, resource_policy)
                return made.answer(resource, context)
            kept = self._specialise(rule, target, resource_account, resource_policy)
            self._keep((action, head, slash), kept)
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
        kept = self._kept.get((action, resource))
        if (
            kept is None
            or kept.resource_policy is not resource_policy
            or kept.resource_account != resource_account
        ):
            kept = self._specialise(
                _of_keys,
                Target.of(action, resource, whole=True),
                resource_account,
                resource_policy,
            )
            self._keep((action, resource), kept)
        return kept.answer(resource, context)

    def _specialise(
        self,
        rule: Rule,
        target: Target,
        resource_account: str,
        resource_policy: Policy | None,
    ) -> Specialisation | Unspecialised:
        known = self._known
        if known is None or known.resource_account != resource_account:
            bounded = self.layers.boundary is not None
            known = Known.of(self._principal, resource_account, bounded=bounded)
            self._known = known
        layers = replace(self.layers, resource=resource_policy)
        made = Specialisation(rule, layers, target, known)
        if made.weight <= _MOST_KEPT:
            return made
        # To make it for each request would cost more than it saves.
        return Unspecialised(
            rule, layers, self._principal, target.action, resource_account
        )

    def _keep(self, name: _Name, made: Specialisation | Unspecialised) -> None:
        if sum(map(len, name)) > _LONGEST_KEPT:
            return
        self._kept.pop(name, None)
        # Added up anew, of a copy: another thread may keep something as well.
        weight = sum(each.weight for each in list(self._kept.values()))
        if weight + made.weight > _MOST_KEPT:
            self._kept.clear()
        self._kept[name] = made
