"""The parts of a sentence: what failed, and what would not have."""

from collections.abc import Iterable
from typing import Final

from securecart.names.principal import Principal
from securecart.names.session import RoleSession
from securecart.policy.explain.bound import Bound
from securecart.policy.explain.finding import (
    ConditionFinding,
    Finding,
    PrincipalFinding,
    ResourceFinding,
)

_LONGEST: Final = 200
"""Characters of one value: a long key of a document still shows its head."""

_MOST: Final = 3
"""Values of one list: more are counted."""

# How the request's value stands to the policy's, where it is not the same.
_RELATIONS: Final = {
    "StringLike": "like ",
    "ArnLike": "like ",
    "ArnEquals": "like ",
    "NumericLessThan": "less than ",
    "NumericLessThanEquals": "at most ",
    "NumericGreaterThan": "more than ",
    "NumericGreaterThanEquals": "at least ",
    "DateLessThan": "before ",
    "DateLessThanEquals": "at or before ",
    "DateGreaterThan": "after ",
    "DateGreaterThanEquals": "at or after ",
    "IpAddress": "in ",
}
_NULL: Final = "Null"


def plain(text: str) -> str:
    """A text of a stranger's that can break no line, shortened."""
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else _escaped(c) for c in shown)


def caller(principal: Principal) -> str:
    """Who asks; of a session without a name, the role."""
    if isinstance(principal, RoleSession) and not principal.session_name:
        return principal.role_arn
    return plain(principal.arn)


def quoted(text: str) -> str:
    """The same between quotation marks."""
    return f'"{plain(text)}"'


def either(texts: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`, `a, b, c or 4 more`."""
    listed = list(texts)
    if len(listed) > _MOST:
        listed = [*listed[:_MOST], f"{len(listed) - _MOST} more"]
    *head, tail = listed
    return f"{', '.join(head)} {last} {tail}" if head else tail


def failure(finding: Finding, principal: str, resource: str) -> str:
    """Why an element does not match, as in `…, but <failure>`."""
    if isinstance(finding, ConditionFinding):
        return _condition_failure(finding)
    if isinstance(finding, PrincipalFinding):
        listed = either(plain(name) for name in finding.listed)
        if finding.element == "NotPrincipal":
            return f"its NotPrincipal is {listed}"
        return f"its Principal is {listed}, not {principal}"
    wanted = _values(finding.wanted)
    if finding.element == "NotResource":
        return f"its NotResource is {wanted}"
    return f"its Resource is {wanted}, not {plain(resource)}"


def remedy(finding: Finding, principal: str, resource: str) -> str:
    """What would let it match, as in `it would, if <remedy>`."""
    if isinstance(finding, ResourceFinding):
        left = "left out" if finding.element == "NotResource" else "covered"
        return f"its {finding.element} {left} {plain(resource)}"
    if isinstance(finding, PrincipalFinding):
        left = "left out" if finding.element == "NotPrincipal" else "named"
        return f"its {finding.element} {left} {principal}"
    if finding.operator == _NULL:
        return f"{finding.key} were {'missing' if finding.actual else 'present'}"
    if len(finding.actual) > 1 or ":" in finding.operator:
        return f"{finding.key} satisfied {finding.operator} {_values(finding.wanted)}"
    relation, negated = _relation(finding.operator)
    no = "not " if negated else ""
    return f"{finding.key} were {no}{relation}{_values(finding.wanted)}"


def met(finding: ConditionFinding) -> str:
    """The value that a condition met and accepted."""
    if not finding.actual:
        return f"{finding.key} is missing"
    return f"{finding.key} is {_actual(finding)}"


def _condition_failure(finding: ConditionFinding) -> str:
    operator, key = finding.operator, finding.key
    if not finding.actual:
        return f"{key} is missing"
    actual, wanted = _actual(finding), _values(finding.wanted)
    if operator == _NULL:
        return f"{key} is {actual}, and the statement wants it missing"
    relation, negated = _relation(operator)
    quantified = ":" in operator
    if len(finding.actual) > 1 and not quantified:
        why = f"and {operator} takes one value"
    elif finding.held is None:
        why = f"which cannot be held against {wanted}"
    elif negated or quantified:
        why = f"which {operator} {wanted} rules out"
    else:
        why = f"which is not {relation}{wanted}" if relation else f"not {wanted}"
    return f"{key} is {actual}, {why}"


def _relation(operator: str) -> tuple[str, bool]:
    """How the value must stand to the policy's, and whether it must not."""
    bare = operator.removesuffix("IfExists")
    positive = bare.replace("Not", "", 1)
    return _RELATIONS.get(positive, ""), positive != bare


def _actual(finding: ConditionFinding) -> str:
    return either((quoted(value) for value in finding.actual), "and")


def _values(wanted: tuple[Bound, ...]) -> str:
    return either(_value(bound) for bound in wanted)


def _value(bound: Bound) -> str:
    if bound.value is None:
        return f"{quoted(bound.text)} ({either(bound.missing, 'and')} is missing)"
    if bound.value == bound.text:
        return quoted(bound.text)
    return f"{quoted(bound.value)} (from {quoted(bound.text)})"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
