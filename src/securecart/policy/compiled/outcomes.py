"""What the values of one condition key say, each worked out once."""

from securecart.policy.conditions.condition import Condition

Values = str | tuple[str, ...]

_MOST_VALUES = 4
"""Most of a session's requests come from one address, by one agent."""
_LONGEST_VALUE = 128
"""Characters of one byte each: room for a person's folder. Callers choose the
values, so what is longer is asked every time."""


class Outcomes(dict[Values, int]):
    """For a key's value, the statements that it leaves in question.

    These are a number with a bit for each statement; every bit but those
    that a condition on the key took away is set. However many conditions
    there are, a value that came before is one look into this dictionary.
    No values at all, `()`, stand for a key that is absent.
    """

    __slots__ = ("_conditions", "_key", "_undecided")

    def __init__(
        self,
        key: str,
        conditions: tuple[tuple[int, Condition], ...],
        *,
        undecided: bool,
    ) -> None:
        super().__init__()
        self._key = key
        self._conditions = conditions
        self._undecided = undecided

    def __missing__(self, values: Values) -> int:
        """Ask the conditions."""
        context = {self._key: values}
        left = -1
        for bit, condition in self._conditions:
            held = condition.holds(context)
            if not (self._undecided if held is None else held):
                left &= ~bit
        if not values or (
            isinstance(values, str)
            and len(values) <= _LONGEST_VALUE
            and values.isascii()
        ):
            if len(self) >= _MOST_VALUES:
                self.clear()
            self[values] = left
        return left
