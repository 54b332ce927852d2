"""Every condition operator that there is, by name.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from typing import Any, Protocol

from securecart.policy.conditions import arns, strings
from securecart.policy.conditions.addresses import (
    lies_within,
    read_address,
    read_range,
)
from securecart.policy.conditions.binary import read_bytes
from securecart.policy.conditions.booleans import read_boolean
from securecart.policy.conditions.dates import read_date
from securecart.policy.conditions.numbers import read_number
from securecart.policy.conditions.test import Test
from securecart.policy.variables import Context


class _CompileText(Protocol):
    def __call__(self, value: str, *, variables: bool) -> Test: ...


@dataclass(frozen=True, slots=True)
class TextOperator:
    """Compares text; only here AWS reads variables in a policy's values."""

    compile: _CompileText
    negated: bool = False

    def test(self, value: str, *, variables: bool) -> Test:
        """Compile one value of a policy.

        A value whose variable is missing matches nothing. Under negation that
        would let everything pass, so there it stays undecided.

        Raises:
            ValueError: if the value is not understood.
        """
        test = self.compile(value, variables=variables)
        if self.negated:
            return test
        return lambda actual, context: test(actual, context) is True


@dataclass(frozen=True, slots=True)
class TypedOperator:
    """Compares what both texts stand for: numbers, moments, addresses.

    `read_wanted` reads the policy's value, `read_actual` the request's; then
    `holds(actual, wanted)` is asked. Both readers raise ValueError.
    """

    read_wanted: Callable[[str], Any]
    read_actual: Callable[[str], Any]
    holds: Callable[[Any, Any], bool]
    negated: bool = False

    def test(self, value: str) -> Test:
        """Compile one value of a policy; undecided where the request's is odd.

        Raises:
            ValueError: if the value is not understood.
        """
        wanted = self.read_wanted(value)

        def test(actual: str, _context: Context) -> bool | None:
            try:
                return self.holds(self.read_actual(actual), wanted)
            except ValueError:
                return None

        return test


def _numeric(
    holds: Callable[[Any, Any], bool], *, negated: bool = False
) -> TypedOperator:
    return TypedOperator(read_number, read_number, holds, negated)


def _date(holds: Callable[[Any, Any], bool], *, negated: bool = False) -> TypedOperator:
    return TypedOperator(read_date, read_date, holds, negated)


Operator = TextOperator | TypedOperator

# Negated operators stand for "none of these values": the negation is applied
# over all the values together, so their comparison is the positive one.
OPERATORS: dict[str, Operator] = {
    "StringEquals": TextOperator(strings.equals),
    "StringNotEquals": TextOperator(strings.equals, negated=True),
    "StringEqualsIgnoreCase": TextOperator(strings.equals_ignoring_case),
    "StringNotEqualsIgnoreCase": TextOperator(
        strings.equals_ignoring_case, negated=True
    ),
    "StringLike": TextOperator(strings.like),
    "StringNotLike": TextOperator(strings.like, negated=True),
    "ArnEquals": TextOperator(arns.like),
    "ArnLike": TextOperator(arns.like),
    "ArnNotEquals": TextOperator(arns.like, negated=True),
    "ArnNotLike": TextOperator(arns.like, negated=True),
    "NumericEquals": _numeric(eq),
    "NumericNotEquals": _numeric(eq, negated=True),
    "NumericLessThan": _numeric(lt),
    "NumericLessThanEquals": _numeric(le),
    "NumericGreaterThan": _numeric(gt),
    "NumericGreaterThanEquals": _numeric(ge),
    "DateEquals": _date(eq),
    "DateNotEquals": _date(eq, negated=True),
    "DateLessThan": _date(lt),
    "DateLessThanEquals": _date(le),
    "DateGreaterThan": _date(gt),
    "DateGreaterThanEquals": _date(ge),
    "Bool": TypedOperator(read_boolean, read_boolean, eq),
    "BinaryEquals": TypedOperator(read_bytes, read_bytes, eq),
    "IpAddress": TypedOperator(read_range, read_address, lies_within),
    "NotIpAddress": TypedOperator(read_range, read_address, lies_within, negated=True),
}


def compile_test(operator: Operator, value: str, *, variables: bool) -> Test:
    """Compile one value; `variables` says that `${…}` is read as one.

    Raises:
        ValueError: if the operator cannot understand the value.
    """
    if isinstance(operator, TypedOperator):
        return operator.test(value)
    return operator.test(value, variables=variables)
