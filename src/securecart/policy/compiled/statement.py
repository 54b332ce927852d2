"""One statement, as far as it can be evaluated before the request."""

from typing import Literal

from securecart.policy.compiled.check import Asked, Check, weight_of
from securecart.policy.compiled.conditions import specialise_condition
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.resources import specialise_resources
from securecart.policy.compiled.target import Target
from securecart.policy.conditions.condition import Absence, Comparison, Condition
from securecart.policy.document import Effect, Statement


def specialise_statement(
    statement: Statement, target: Target, known: Known
) -> bool | Asked:
    """Answer what is left of `Statement.unmet`: True means that it matches."""
    denies = statement.effect is Effect.DENY
    if not (statement.actions.cover(target.action) and _concerns(statement, known)):
        return False
    conditions, checks, weight = list[Condition](), list[Check](), 0
    resources = statement.resources
    covered = resources is None or specialise_resources(
        resources, target, known, undecided=denies
    )
    if covered is False:
        return False
    if resources is not None and covered is not True:
        checks.append(covered)
        weight += weight_of(pattern.text for pattern in resources.patterns)
    for condition in statement.conditions:
        left = specialise_condition(condition, known, undecided=denies)
        if left is False:
            return False
        if isinstance(left, Comparison | Absence):
            conditions.append(left)
        elif left is not True:
            checks.append(left)
        weight += _weight(condition, left)
    if not (conditions or checks):
        return True
    weight += len(conditions) + len(checks)
    return Asked(tuple(conditions), tuple(checks), weight)


def _concerns(statement: Statement, known: Known) -> bool:
    principals = statement.principals
    if principals is None:
        return True
    if statement.effect is Effect.DENY:
        return principals.deny(known.principal, bounded=known.bounded)
    return bool(principals.grant_to(known.principal))


def _weight(condition: Condition, left: Literal[True] | Condition | Check) -> int:
    # Without variables it is the policy's own, which is there anyway.
    if left is True or left is condition or isinstance(condition, Absence):
        return 0
    return weight_of(condition.values)
