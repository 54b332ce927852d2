"""What lets a request through: mirrors `policy.decide`, layer by layer."""

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod
from typing import Final

from securecart.names.principal import Anonymous, Federated
from securecart.policy import Effect, Policy, Statement
from securecart.policy.principals import Grant
from securecart.proof.document import Case, Conjunction, allowing, sparing
from securecart.proof.principals import Outsider
from securecart.proof.wildcard import Constraint, TooManyStates, Within

_MOST: Final = 4096
"""Ways through the layers that are looked at for one question."""


def openings(
    case: Case, resource: Policy | None, *, owner_decides: bool = False
) -> Iterator[Conjunction]:
    """Every set of constraints that lets a word through.

    `resource` is the policy of what is asked for; with `owner_decides`
    nothing goes without it, as with a role's trust policy or a key's.

    Raises:
        TooManyStates: if there are too many to look at.
    """
    denials = _denials(case, resource)
    if denials is None:
        return
    for allowed in _allowed(case, resource, owner_decides=owner_decides):
        layers = [*allowed, *denials]
        if prod(map(len, layers)) > _MOST:
            raise TooManyStates
        for chosen in product(*layers):
            yield tuple(
                dict.fromkeys(constraint for each in chosen for constraint in each)
            )


def _allowed(
    case: Case, resource: Policy | None, *, owner_decides: bool
) -> Iterator[list[list[Conjunction]]]:
    """The layers that must allow, for each of the ways in which they can."""
    asker = case.asker
    granted: dict[Grant, list[Conjunction]] = {}
    for statement in _matching((resource,), case, Effect.ALLOW):
        constraints = allowing(statement, case)
        if statement.principals is not None and constraints is not None:
            grant = statement.principals.grant_to(asker.principal)
            granted.setdefault(grant, []).append(constraints)
    granted.pop(Grant.NONE, None)
    own = _either(
        allowing(statement, case)
        for statement in _matching(asker.identity, case, Effect.ALLOW)
    )
    bound: list[Conjunction] = (
        [()]
        if asker.boundary is None
        else _either(
            allowing(statement, case)
            for statement in _matching((asker.boundary,), case, Effect.ALLOW)
        )
    )
    if isinstance(asker.principal, Anonymous | Federated) or isinstance(
        asker, Outsider
    ):
        yield [_either(each for found in granted.values() for each in found)]
        return
    yield [_either(granted.get(Grant.DIRECT, ()))]
    yield [_either(granted.get(Grant.ROLE, ())), bound]
    if owner_decides:
        yield [_either(granted.get(Grant.ACCOUNT, ())), own, bound]
    else:
        yield [own, bound]


def _denials(case: Case, resource: Policy | None) -> list[list[Conjunction]] | None:
    """How to escape each Deny; None: one cannot be escaped."""
    found: list[list[Conjunction]] = []
    policies = (resource, *case.asker.identity, case.asker.boundary)
    for statement in _matching(policies, case, Effect.DENY):
        if statement.principals is not None and not statement.principals.deny(
            case.asker.principal, bounded=case.asker.boundary is not None
        ):
            continue
        escapes = sparing(statement, case)
        if escapes is None:
            continue
        if not escapes:
            return None
        found.append(list(escapes))
    return found


def _matching(
    policies: Iterable[Policy | None], case: Case, effect: Effect
) -> Iterator[Statement]:
    for policy in policies:
        for statement in policy.statements if policy is not None else ():
            if statement.effect is effect and statement.actions.cover(case.action):
                yield statement


def _either(found: Iterable[Conjunction | None]) -> list[Conjunction]:
    """One of them must hold; those that say where the word lies, in one."""
    rest: list[Conjunction] = []
    patterns: list[Constraint] = []
    for each in found:
        if each is None:
            continue
        if len(each) == 1 and isinstance(each[0], Within):
            patterns.append(each[0])
        elif not each:
            return [()]
        else:
            rest.append(each)
    together = tuple(
        dict.fromkeys(
            pattern for constraint in patterns for pattern in constraint.patterns
        )
    )
    return [*([(Within(together),)] if together else []), *rest]
