"""One line of a `Condition`: an operator, a key, and the values it allows.

Source: AWS IAM User Guide, "Conditions with multiple context keys or
values" and "Set operators for multivalued context keys".
"""

from dataclasses import dataclass
from enum import Enum

from securecart.policy.conditions.test import Test
from securecart.policy.variables import Context


class Quantifier(Enum):
    """How a set operator takes the many values of one key together."""

    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The values of one key, tested by one operator.

    `name` is the operator as the policy wrote it, `key` in lower case, and
    `values` what the policy compares with, of which `tests` were compiled.
    `variables` says whether `${…}` in them is read as a variable.
    """

    name: str
    key: str
    values: tuple[str, ...]
    variables: bool
    tests: tuple[Test, ...]
    negated: bool
    if_exists: bool
    quantifier: Quantifier | None

    def holds(self, context: Context) -> bool | None:
        """Whether the request satisfies this; None: cannot be decided."""
        found = context.get(self.key, ())
        values = (found,) if isinstance(found, str) else found
        if self.quantifier is not None and not any(values):
            # AWS takes an empty text for an empty set, as if nothing were there.
            return self.quantifier is Quantifier.ALL
        if not values:
            return self.negated or self.if_exists
        if len(values) == 1:
            return self._accepts(values[0], context)
        answers = {self._accepts(value, context) for value in values}
        if self.quantifier is Quantifier.ANY:
            return True if True in answers else _unless_unsure(answers, known=False)
        if self.quantifier is None:
            # Many values where the policy's author expected one.
            return None
        return False if False in answers else _unless_unsure(answers, known=True)

    def _accepts(self, value: str, context: Context) -> bool | None:
        known = True
        for test in self.tests:
            found = test(value, context)
            if found:
                return not self.negated
            known = known and found is not None
        return self.negated if known else None


@dataclass(frozen=True, slots=True)
class Absence:
    """The operator Null: `true` asks that the key be absent."""

    name: str
    key: str
    wanted: frozenset[bool]

    def holds(self, context: Context) -> bool | None:
        """Whether the key is absent as wanted; no values are no key.

        Whether an empty text is a value AWS leaves open: its pages on set
        operators call one null, those on this operator speak of keys alone.
        """
        found = context.get(self.key, ())
        values = (found,) if isinstance(found, str) else found
        if values and not any(values):
            return True if len(self.wanted) > 1 else None
        return (not values) in self.wanted


Condition = Comparison | Absence


def _unless_unsure(answers: set[bool | None], *, known: bool) -> bool | None:
    return None if None in answers else known
