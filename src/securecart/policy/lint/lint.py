"""Holding every rule to every statement."""

from collections.abc import Iterator
from itertools import chain

from securecart.policy.document import Policy
from securecart.policy.lint import (
    breadth,
    folders,
    grantees,
    listing,
    missing_keys,
    network,
    reach,
    sessions,
    variables,
    vocabulary,
)
from securecart.policy.lint.remark import Remark
from securecart.policy.lint.rule import Rule
from securecart.policy.lint.subject import subjects_of

RULES: tuple[Rule, ...] = (
    *folders.RULES,
    *listing.RULES,
    *sessions.RULES,
    *variables.RULES,
    *missing_keys.RULES,
    *vocabulary.RULES,
    *reach.RULES,
    *breadth.RULES,
    *grantees.RULES,
    *network.RULES,
)


def lint(policy: Policy) -> Iterator[Remark]:
    """Warn of what is legal but dangerous, in the order of the statements.

    Each rule looks at one statement at a time, and says the same of one place
    once only.
    """
    for number, subject in enumerate(subjects_of(policy), 1):
        seen = chain.from_iterable(
            ((rule, sighting) for sighting in rule.look(subject)) for rule in RULES
        )
        for rule, (element, text) in dict.fromkeys(seen):
            yield Remark(
                rule.identifier,
                rule.severity,
                number,
                subject.statement.sid,
                element,
                text,
                rule.advice,
            )
