"""How one value of a request compares with one of a policy, by operator.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
`None` where the request's value is not of the operator's kind: AWS does not
say what follows then, and nothing can be concluded from it.
"""

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.unit.policy.reference.text import (
    Context,
    arn_fits,
    filled,
    fits,
    lower,
    tokens,
)
from tests.unit.policy.reference.truth import Truth

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


class MissingVariable(Exception):
    """A variable of the policy's value has no value in this request."""


def compared(
    name: str, written: str, met: str, context: Context, *, variables: bool
) -> Truth:
    """Compare by an operator without its `Not`, `IfExists` and set prefix.

    Raises:
        MissingVariable: the policy's value cannot be known.
    """
    if name.startswith("String"):
        return _string(name, written, met, context, variables=variables)
    if name.startswith("Arn"):
        fit = arn_fits(written, met, context, variables=variables)
        if fit is None:
            raise MissingVariable
        return fit
    if name == "Bool":
        told = lower(met)
        return told == lower(written) if told in {"true", "false"} else None
    if name == "IpAddress":
        return _address(written, met)
    if name == "BinaryEquals":
        return _binary(written, met)
    kind = "Numeric" if name.startswith("Numeric") else "Date"
    read = _number if kind == "Numeric" else _moment
    left, right = read(met), read(written)
    return None if left is None else _ORDER[name.removeprefix(kind)](left, right)


def _string(
    name: str, written: str, met: str, context: Context, *, variables: bool
) -> bool:
    pattern = filled(
        tokens(written, variables=variables, wild=name == "StringLike"), context
    )
    if pattern is None:
        raise MissingVariable
    if name == "StringEqualsIgnoreCase":
        # Nothing is wild here: the tokens are the characters.
        text = "".join(getattr(token, "itself", "") for token in pattern)
        return lower(text) == lower(met)
    return fits(pattern, met)


def _address(written: str, met: str) -> Truth:
    try:
        address = ipaddress.ip_address(met)
    except ValueError:
        return None
    # An IPv4 address may come in IPv6's clothes.
    address = getattr(address, "ipv4_mapped", None) or address
    network = ipaddress.ip_network(written, strict=False)
    first = getattr(network.network_address, "ipv4_mapped", None)
    if first is not None and network.prefixlen >= 96:
        network = ipaddress.ip_network(f"{first}/{network.prefixlen - 96}")
    return address in network


def _binary(written: str, met: str) -> Truth:
    try:
        return base64.b64decode(met, validate=True) == base64.b64decode(written)
    except (binascii.Error, ValueError):
        return None


def _number(text: str) -> Decimal | None:
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return Decimal(text)
    return None


def _moment(text: str) -> datetime | None:
    if re.fullmatch(r"[0-9]{5,10}", text):
        return datetime.fromtimestamp(int(text), UTC)
    if re.fullmatch(r"[0-9]{4}(-[0-9]{2})?", text):
        text = f"{text}-01-01"[:10]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
