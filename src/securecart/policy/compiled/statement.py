"""One statement, as far as it can be evaluated before the request."""

from securecart.policy.compiled.check import Asked, Check
from securecart.policy.compiled.conditions import specialise_condition
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.resources import specialise_resources
from securecart.policy.compiled.target import Target
from securecart.policy.document import Effect, Statement
from securecart.policy.variables import Context


def specialise_statement(
    statement: Statement, target: Target, known: Known
) -> bool | Asked:
    """Answer what is left of `Statement.unmet`: True means that it matches."""
    denies = statement.effect is Effect.DENY
    if not statement.actions.cover(target.folded_action):
        return False
    principals = statement.principals
    if principals is not None and not (
        principals.deny(known.principal, bounded=known.bounded)
        if denies
        else principals.grant_to(known.principal)
    ):
        return False
    checks = list[Check]()
    present, harmless = None, frozenset[str]()
    if statement.resources is not None:
        covered = specialise_resources(
            statement.resources, target, known, undecided=denies
        )
        if covered is False:
            return False
        if covered is not True:
            checks.append(covered)
    for condition in statement.conditions:
        held = specialise_condition(condition, known, undecided=denies)
        if held is False:
            return False
        if held is not True:
            checks.append(held.check)
            if present is None:
                present, harmless = held.present, held.harmless
    return Asked(_all(checks), present, harmless) if checks else True


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:  # noqa: PLR2004
        first, second = checks

        def both(resource: str, context: Context) -> bool:
            return first(resource, context) and second(resource, context)

        return both
    every = tuple(checks)
    return lambda resource, context: all(check(resource, context) for check in every)
