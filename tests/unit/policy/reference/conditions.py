"""The Condition element of a statement.

Sources: AWS IAM User Guide, "IAM JSON policy elements: Condition operators"
and "Multivalued context keys".
"""

from typing import Any

from tests.unit.policy.reference.text import Context, lower
from tests.unit.policy.reference.truth import Truth, every, opposite, some
from tests.unit.policy.reference.values import MissingVariable, compared


def listed(value: Any) -> list[Any]:
    """A list as it is, a single value as a list of one."""
    return value if isinstance(value, list) else [value]


def conditions_hold(
    element: dict[str, Any], context: Context, *, variables: bool
) -> Truth:
    """Whether all keys of all operators hold."""
    return every(
        _holds(operator, key, [_written(v) for v in listed(values)], context, variables)
        for operator, keys in element.items()
        for key, values in keys.items()
    )


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(
    operator: str,
    key: str,
    values: list[str],
    context: Context,
    variables: bool,  # noqa: FBT001 - a row of a table, not an interface
) -> Truth:
    met = context.get(lower(key), ())
    met = (met,) if isinstance(met, str) else met
    if operator == "Null":
        return _null({lower(value) for value in values}, met)
    prefix, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    name = name.replace("Not", "")

    def holds_for(one: str) -> Truth:
        return _one_value(name, values, one, context, negated, variables)

    match prefix, len(met):
        case "ForAllValues", _:
            return not any(met) or every(map(holds_for, met))
        case "ForAnyValue", _:
            return any(met) and some(map(holds_for, met))
        case _, 0:
            return negated or if_exists
        case _, 1:
            return holds_for(met[0])
        case _:
            # AWS: a key of many values wants a set operator. Without one it
            # is not said which of them counts.
            return None


def _null(wanted: set[str], met: tuple[str, ...]) -> Truth:
    if len(wanted) > 1:
        return True
    if met and not any(met):
        # AWS calls an empty string a null data set, so set operators see no
        # value there; of Null it is not said.
        return None
    return wanted == {"false" if met else "true"}


def _one_value(
    name: str,
    values: list[str],
    met: str,
    context: Context,
    negated: bool,  # noqa: FBT001
    variables: bool,  # noqa: FBT001
) -> Truth:
    """Whether one value of the request passes all values of the policy."""
    found: list[Truth] = []
    for written in values:
        try:
            found.append(compared(name, written, met, context, variables=variables))
        except MissingVariable:
            # It matches nothing; whether it would have excluded this value
            # cannot be decided.
            found.append(None if negated else False)
    return opposite(some(found)) if negated else some(found)
