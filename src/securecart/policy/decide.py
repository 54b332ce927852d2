"""The decision: which layer allows, which denies, and who prevails.

Source: AWS IAM User Guide, "How AWS enforcement code logic evaluates
requests to allow or deny access", "Policy evaluation for requests within a
single account" and "Cross-account policy evaluation logic"; AWS KMS Developer
Guide, "Key policies in AWS KMS"; AWS STS API Reference, "GetCallerIdentity".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from securecart.names.principal import Anonymous, Federated, Principal, Root, Service
from securecart.policy.arn_pattern import segments_of
from securecart.policy.casing import ascii_lower
from securecart.policy.context import whole_context
from securecart.policy.document import Effect, Facts, Policy, Statement
from securecart.policy.principals import Grant
from securecart.policy.request import (
    Answer,
    Decision,
    Layer,
    Layers,
    Request,
    StatementRef,
)

_Found = tuple[StatementRef, ...]

_WITHOUT_ACCOUNT = (Anonymous, Federated, Service)
_WHO_AM_I = "sts:getcalleridentity"


def decide(layers: Layers, request: Request) -> Answer:
    """Decide a request on a resource whose policy adds to identity policies.

    Inside one account either side may allow. Across accounts both must.
    """
    return rule_of(ascii_lower(request.action))(case_of(layers, request))


def decide_key(layers: Layers, request: Request) -> Answer:
    """Decide a request on a KMS key, whose policy is `layers.resource`.

    The key policy must allow the principal itself, or its account, which
    leaves the rest to the principal's own policies.
    """
    return prevailing_by_owner(case_of(layers, request), Layer.RESOURCE)


def decide_trust(
    trust_policy: Policy, request: Request, layers: Layers | None = None
) -> Answer:
    """Decide whether a role may be assumed.

    `layers` are the policies of a caller who has some: a user or a session
    that assumes a role. A caller whom a provider vouches for has none.
    """
    return trust_decisions(trust_policy, request, layers)(request.action)


def trust_decisions(
    trust_policy: Policy, request: Request, layers: Layers | None = None
) -> Callable[[str], Answer]:
    """Answer what decides the request as `decide_trust` does, for any action.

    An assumption may need several actions; all else about them is the same.
    """
    layers = layers or Layers()
    facts = facts_of(layers, request)
    met = dict[int, bool]()  # By statement: whether all but its action matches.

    def answer(action: str) -> Answer:
        folded = ascii_lower(action)
        # Most statements of a trust policy are about another way to assume it.
        whole = replace(layers, resource=trust_policy.about(folded))

        def matches(statement: Statement) -> bool:
            if not statement.actions.cover(folded):
                return False
            found = met.get(id(statement))
            if found is None:
                found = statement.unmet_besides_action(facts) is None
                met[id(statement)] = found
            return found

        case = Case(whole, request.principal, request.resource_account, matches)
        return prevailing_by_owner(case, Layer.TRUST)

    return answer


@dataclass(frozen=True, slots=True)
class Case:
    """Who asks, whose the resource is, and which statements match.

    What matches is found in two ways, afresh by `decide` and from a
    session's specialisations by `compiled`; who prevails is found here alone.
    """

    layers: Layers
    principal: Principal
    resource_account: str
    matches: Callable[[Statement], bool]

    def denial(self, owner: Layer) -> Answer | None:
        """Every Deny of the first layer that has one that matches."""
        for layer, policies in policies_by_layer(self.layers, owner):
            found = self._matching(policies, layer, Effect.DENY)
            if found:
                return Answer(Decision.EXPLICIT_DENY, found, layer)
        return None

    def resource_grant(self, owner: Layer) -> tuple[Grant, _Found]:
        """The strongest grant of the resource's policy, and its statements."""
        policy = self.layers.resource
        strongest, refs = Grant.NONE, list[StatementRef]()
        if policy is None:
            return strongest, ()
        for number, statement in policy.of_effect(Effect.ALLOW):
            if statement.principals is not None and self.matches(statement):
                grant = statement.principals.grant_to(self.principal)
                strongest = max(strongest, grant)
                refs.append(StatementRef(owner, 0, number, statement.sid))
        return strongest, tuple(refs)

    def own_policies(self, granted: _Found = ()) -> Answer:
        """The identity policies, or a grant to the role, cut by the others."""
        layers = self.layers
        allowing = granted or self._matching(
            layers.identity, Layer.IDENTITY, Effect.ALLOW
        )
        # AWS lets an account's root do everything that no policy denies.
        if not allowing and not isinstance(self.principal, Root):
            return _refused(Layer.IDENTITY)
        if layers.boundary is not None:
            bounded = self._matching((layers.boundary,), Layer.BOUNDARY, Effect.ALLOW)
            if not bounded:
                return _refused(Layer.BOUNDARY)
            allowing += bounded
        if layers.session is not None:
            kept = self._matching(layers.session, Layer.SESSION, Effect.ALLOW)
            if not kept:
                return _refused(Layer.SESSION)
            allowing += kept
        return _allowed(allowing)

    @property
    def has_no_account(self) -> bool:
        """Whether nobody but the resource's owner can speak for the caller."""
        return isinstance(self.principal, _WITHOUT_ACCOUNT)

    @property
    def in_one_account(self) -> bool:
        """Whether the caller belongs to the account that owns the resource."""
        return self.principal.account == self.resource_account

    def _matching(
        self, policies: tuple[Policy, ...], layer: Layer, effect: Effect
    ) -> _Found:
        return tuple(
            [
                StatementRef(layer, place, number, statement.sid)
                for place, policy in enumerate(policies)
                for number, statement in policy.of_effect(effect)
                if self.matches(statement)
            ]
        )


def rule_of(folded_action: str) -> Callable[[Case], Answer]:
    """Answer the rule by which `decide` decides about an action."""
    return _knowing_oneself if folded_action == _WHO_AM_I else prevailing


def _knowing_oneself(_: Case) -> Answer:
    """No policy can keep from somebody as whom the request was signed."""
    return _allowed(())


def prevailing(case: Case) -> Answer:
    """The rule of `decide`, but for what cannot be denied."""
    denied = case.denial(Layer.RESOURCE)
    if denied:
        return denied
    grant, granted = case.resource_grant(Layer.RESOURCE)
    if case.has_no_account:
        return _allowed(granted) if grant else _refused(Layer.RESOURCE)
    if not case.in_one_account:
        return _by_both_accounts(case, Layer.RESOURCE, granted)
    if grant is Grant.DIRECT:
        return _allowed(granted)
    return case.own_policies(granted if grant is Grant.ROLE else ())


def prevailing_by_owner(case: Case, owner: Layer) -> Answer:
    """The rule of keys and roles: nothing goes without the resource's own policy."""
    denied = case.denial(owner)
    if denied:
        return denied
    grant, granted = case.resource_grant(owner)
    if not grant:
        return _refused(owner)
    if case.has_no_account:
        return _allowed(granted)
    if not case.in_one_account:
        return _by_both_accounts(case, owner, granted)
    if grant is Grant.DIRECT:
        return _allowed(granted)
    return case.own_policies(granted if grant is Grant.ROLE else ())


def _by_both_accounts(case: Case, owner: Layer, granted: _Found) -> Answer:
    answer = case.own_policies()
    if not answer.allowed:
        return answer
    return _allowed(answer.statements + granted) if granted else _refused(owner)


def _allowed(statements: _Found) -> Answer:
    return Answer(Decision.ALLOW, statements)


def _refused(layer: Layer) -> Answer:
    return Answer(Decision.IMPLICIT_DENY, (), layer)


def case_of(layers: Layers, request: Request) -> Case:
    """The case of one request, every statement to be looked at afresh."""
    facts = facts_of(layers, request)
    return Case(
        layers,
        request.principal,
        request.resource_account,
        lambda statement: statement.unmet(facts) is None,
    )


def facts_of(layers: Layers, request: Request) -> Facts:
    """The request as statements look at it."""
    context = whole_context(
        request.principal, request.context, request.resource_account
    )
    return Facts(
        principal=request.principal,
        bounded=layers.boundary is not None,
        action=ascii_lower(request.action),
        resource=segments_of(request.resource),
        context={**context, **request.asserted} if request.asserted else context,
    )


def policies_by_layer(
    layers: Layers, owner: Layer
) -> Iterator[tuple[Layer, tuple[Policy, ...]]]:
    """The layers in the order in which AWS looks at them."""
    if layers.resource is not None:
        yield owner, (layers.resource,)
    yield Layer.IDENTITY, layers.identity
    if layers.boundary is not None:
        yield Layer.BOUNDARY, (layers.boundary,)
    if layers.session is not None:
        yield Layer.SESSION, layers.session
