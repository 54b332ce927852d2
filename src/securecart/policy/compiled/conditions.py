"""`Condition`: what of a line a request must still settle."""

from collections.abc import Iterator
from dataclasses import replace

from securecart.policy.compiled.check import Check
from securecart.policy.compiled.known import Known
from securecart.policy.conditions.condition import Comparison, Condition
from securecart.policy.conditions.test import Test
from securecart.policy.variables import Context, Variable, read_pieces
from securecart.policy.wildcard import Glob

_EXACT = ("StringEquals", "StringNotEquals")
_LIKE = ("StringLike", "StringNotLike")
_IF_EXISTS = "IfExists"


def specialise_condition(
    condition: Condition, known: Known, *, undecided: bool
) -> bool | Condition | Check:
    """Answer what is left to ask of a request.

    A condition that is left depends on its own key's value alone.
    `undecided` is the outcome where it cannot be decided.
    """

    def holds(context: Context) -> bool:
        held = condition.holds(context)
        return undecided if held is None else held

    variables = _variables(condition)
    if not all(known.settles(variable.key) for variable in variables):
        return lambda _resource, context: holds(known.join(context))
    if known.settles(condition.key):
        return holds(known.keys)
    if variables and isinstance(condition, Comparison):
        return replace(condition, tests=tuple(_bound_tests(condition, known)))
    return condition


def _variables(condition: Condition) -> list[Variable]:
    if not (isinstance(condition, Comparison) and condition.variables):
        return []
    return [
        piece
        for value in condition.values
        if "${" in value
        for piece in read_pieces(value, variables=True, wild=False)
        if isinstance(piece, Variable)
    ]


def _bound_tests(comparison: Comparison, known: Known) -> Iterator[Test]:
    """The same tests, their variables known; texts are compiled once more."""
    name = comparison.name.removesuffix(_IF_EXISTS)
    for value, test in zip(comparison.values, comparison.tests, strict=True):
        pieces = known.bind(read_pieces(value, variables=True, wild=name in _LIKE))
        if pieces is None or name not in _EXACT + _LIKE:
            yield _with_known(test, known)
        else:
            yield _as_glob(Glob(p for p in pieces if not isinstance(p, Variable)))


def _with_known(test: Test, known: Known) -> Test:
    return lambda actual, _context: test(actual, known.keys)


def _as_glob(glob: Glob) -> Test:
    return lambda actual, _context: glob.matches(actual)
