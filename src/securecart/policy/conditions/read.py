"""Reading the JSON value of `Condition`."""

from typing import Any

from securecart.policy.casing import ascii_lower
from securecart.policy.conditions.booleans import read_boolean
from securecart.policy.conditions.condition import (
    Absence,
    Comparison,
    Condition,
    Quantifier,
)
from securecart.policy.conditions.keys import is_known, nearest_key
from securecart.policy.conditions.operators import OPERATORS, compile_test
from securecart.policy.errors import NotUnderstood
from securecart.policy.json_text import NumberText

_IF_EXISTS = "IfExists"
_NULL = "Null"


def read_conditions(element: Any, *, variables: bool) -> tuple[Condition, ...]:
    """Compile every operator, key and value.

    Raises:
        NotUnderstood: if anything in it is not understood; says which.
    """
    if not isinstance(element, dict):
        raise NotUnderstood("not an object of operators")
    return tuple(
        _read(operator, key, values, variables=variables)
        for operator, keys in element.items()
        for key, values in _keys(operator, keys)
    )


def _keys(operator: str, keys: Any) -> list[tuple[str, Any]]:
    if not isinstance(keys, dict) or not keys:
        raise NotUnderstood(f"{operator} wants an object of condition keys")
    folded = [ascii_lower(key) for key in keys]
    if len(set(folded)) < len(folded):
        raise NotUnderstood(f"{operator} names a condition key twice")
    for key in keys:
        if not is_known(key):
            meant = nearest_key(key)
            hint = f"; the nearest is {meant!r}" if meant else ""
            raise NotUnderstood(
                f"{operator} names an unknown condition key {key[:80]!r}{hint}"
            )
    return list(keys.items())


def _read(name: str, key: str, element: Any, *, variables: bool) -> Condition:
    folded = ascii_lower(key)
    try:
        values = _values(element)
        if name == _NULL:
            return Absence(name, folded, frozenset(map(read_boolean, values)))
        prefix, colon, bare = name.rpartition(":")
        quantifier = Quantifier(prefix) if colon else None
        operator = OPERATORS[bare.removesuffix(_IF_EXISTS)]
        tests = tuple(
            compile_test(operator, value, variables=variables) for value in values
        )
    except KeyError:
        raise NotUnderstood(f"{name[:80]!r} is no condition operator") from None
    except ValueError as error:
        raise NotUnderstood(f"{name[:80]} {key[:80]}: {error}") from error
    return Comparison(
        name,
        folded,
        tuple(values),
        variables,
        tests,
        negated=operator.negated,
        if_exists=bare.endswith(_IF_EXISTS),
        quantifier=quantifier,
    )


def _values(element: Any) -> list[str]:
    listed = element if isinstance(element, list) else [element]
    if not listed:
        raise NotUnderstood("a condition without values")
    return [_value(value) for value in listed]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, NumberText):
        return value.text
    if isinstance(value, str):
        return value
    raise NotUnderstood("a condition's value is neither text, number nor truth value")
