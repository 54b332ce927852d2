"""Looking at every element of a statement, past the first that fails."""

from collections.abc import Iterator

from securecart.policy.arn_pattern import ArnPattern
from securecart.policy.conditions.condition import Absence, Condition
from securecart.policy.document import (
    Effect,
    Facts,
    Policy,
    Principals,
    Resources,
    Statement,
)
from securecart.policy.explain.bound import Bound, spelled
from securecart.policy.explain.finding import (
    ConditionFinding,
    Finding,
    LayerFinding,
    PrincipalFinding,
    ResourceFinding,
    StatementFinding,
)
from securecart.policy.request import Layer, StatementRef
from securecart.policy.variables import Context, Piece, read_pieces


def examine(layer: Layer, policies: tuple[Policy, ...], facts: Facts) -> LayerFinding:
    """Say what became of every statement of a layer."""
    near = []
    others = 0
    for policy_index, policy in enumerate(policies):
        for index, statement in enumerate(policy.statements):
            if statement.actions.cover(facts.action):
                ref = StatementRef(layer, policy_index, index, statement.sid)
                near.append(_examined(ref, statement, policy, facts))
            else:
                others += 1
    return LayerFinding(layer, len(policies), tuple(near), others)


def _examined(
    ref: StatementRef, statement: Statement, policy: Policy, facts: Facts
) -> StatementFinding:
    denies = statement.effect is Effect.DENY
    conditions = tuple(
        _condition(condition, policy, facts.context)
        for condition in statement.conditions
    )
    unmet: list[Finding] = [
        *_principal(statement.principals, facts, denies=denies),
        *_resource(statement.resources, facts, denies=denies),
        *(found for found in conditions if not _counts(held=found.held, denies=denies)),
    ]
    grant = None
    if statement.principals is not None and not denies:
        grant = statement.principals.grant_to(facts.principal)
    return StatementFinding(ref, statement.effect, tuple(unmet), conditions, grant)


def _counts(*, held: bool | None, denies: bool) -> bool:
    """What cannot be decided meets a Deny and fails an Allow."""
    return denies if held is None else held


def _principal(
    principals: Principals | None, facts: Facts, *, denies: bool
) -> Iterator[PrincipalFinding]:
    if principals is None:
        return
    who = facts.principal
    speaks = (
        principals.deny(who, bounded=facts.bounded)
        if denies
        else principals.grant_to(who)
    )
    if not speaks:
        listed = principals.listed
        everyone = {"*"} if listed.everyone else set[str]()
        groups = (
            listed.accounts,
            listed.arns,
            listed.services,
            listed.providers,
            listed.ids,
            listed.canonical_users,
        )
        yield PrincipalFinding(
            "NotPrincipal" if principals.excluded else "Principal",
            tuple(sorted(everyone.union(*groups))),
        )


def _resource(
    resources: Resources | None, facts: Facts, *, denies: bool
) -> Iterator[ResourceFinding]:
    if resources is None:
        return
    covered = resources.cover(facts.resource, facts.context)
    if not _counts(held=covered, denies=denies):
        yield ResourceFinding(
            "NotResource" if resources.excluded else "Resource",
            tuple(
                Bound.of(pattern.text, _pieces(pattern), facts.context)
                for pattern in resources.patterns
            ),
        )


def _pieces(pattern: ArnPattern) -> tuple[Piece, ...]:
    tail = pattern.tail
    return (pattern.text[: len(pattern.text) - len(tail.text)], *tail.pieces)


def _condition(
    condition: Condition, policy: Policy, context: Context
) -> ConditionFinding:
    found = context.get(condition.key, ())
    return ConditionFinding(
        condition.name,
        spelled(condition.key, policy.text),
        tuple(_wanted(condition, context)),
        (found,) if isinstance(found, str) else found,
        condition.holds(context),
    )


def _wanted(condition: Condition, context: Context) -> Iterator[Bound]:
    if isinstance(condition, Absence):
        for absent in sorted(condition.wanted):
            text = "true" if absent else "false"
            yield Bound(text, text)
    else:
        for text in condition.values:
            pieces = read_pieces(text, variables=condition.variables, wild=True)
            yield Bound.of(text, pieces, context)
