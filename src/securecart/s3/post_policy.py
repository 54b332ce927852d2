"""The policy of a form: what its fields and its file must be.

Every field must be named by a condition, the bucket too, so that a policy
signed for one form is good for no other.

Source: Amazon S3 API Reference, "POST Policy".
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from securecart.names.errors import AccessDenied
from securecart.s3.errors import InvalidPolicyDocument

_NOT_COVERED = frozenset({"file", "policy", "x-amz-signature"})
_IGNORED = "x-ignore-"
_CONTENT_TYPE = "content-type"
_LENGTH = "content-length-range"
_EXPIRATION = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z"
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NOT_OF_JSON = {"$": "$", "v": "\\u000b"}
"""Escapes that AWS's policies have and JSON has not."""
_MAX_LENGTH = 2**63


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a field; `field` is in lower case."""

    matches: str
    """`eq` or `starts-with`."""
    field: str
    value: str

    def holds(self, sent: str | None) -> bool:
        """Say whether a field's value is as it must be; None if it is not there."""
        if sent is None:
            return False
        if self.matches == "eq":
            return sent == self.value
        if self.field == _CONTENT_TYPE and self.value:
            # A list of types is one of such types only.
            return all(one.strip().startswith(self.value) for one in sent.split(","))
        return sent.startswith(self.value)

    def __str__(self) -> str:
        return json.dumps([self.matches, f"${self.field}", self.value])


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """A policy document. `least` and `most` bound the file, in bytes."""

    expiration: datetime
    conditions: tuple[Condition, ...]
    least: int = 0
    most: int = _MAX_LENGTH

    @classmethod
    def parse(cls, encoded: str) -> Self:
        """Read the field `policy`: JSON, in UTF-8 and base64.

        Raises:
            InvalidPolicyDocument: if it is none.
        """
        document = _document(encoded)
        if not isinstance(document, dict) or document.keys() != {
            "expiration",
            "conditions",
        }:
            raise InvalidPolicyDocument(
                "Invalid Policy: it has the elements expiration and conditions."
            )
        conditions: list[Condition] = []
        least, most = 0, _MAX_LENGTH
        for entry in _list(document["conditions"]):
            match entry:
                case dict():
                    conditions += _simple(entry)
                case [str(name), low, high] if name.lower() == _LENGTH:
                    least, most = max(least, _length(low)), min(most, _length(high))
                case [str(matches), str(field), str(value)]:
                    conditions.append(_condition(matches.lower(), field, value))
                case _:
                    raise InvalidPolicyDocument("Invalid Policy: Invalid Condition.")
        return cls(_expiration(document["expiration"]), tuple(conditions), least, most)

    def check(self, fields: Mapping[str, str], *, bucket: str, now: datetime) -> None:
        """Hold a form's fields to the policy; names are in lower case.

        Variables in the fields' values have been replaced.

        Raises:
            AccessDenied: if it has expired, a condition does not hold, or a
                field has none.
        """
        if now >= self.expiration:
            raise AccessDenied("Invalid according to Policy: Policy expired.")
        held = {**fields, "bucket": bucket}
        for condition in self.conditions:
            if not condition.holds(held.get(condition.field)):
                raise AccessDenied(
                    "Invalid according to Policy: Policy Condition failed: "
                    + str(condition)[:300]
                )
        covered = {condition.field for condition in self.conditions} | _NOT_COVERED
        extra = sorted(
            name
            for name in held
            if name not in covered and not name.startswith(_IGNORED)
        )
        if extra:
            raise AccessDenied(
                "Invalid according to Policy: Extra input fields: "
                + ", ".join(extra)[:300]
            )


def _document(encoded: str) -> Any:
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        text = _ESCAPE.sub(lambda escape: _NOT_OF_JSON.get(escape[1], escape[0]), text)
        return json.loads(text, object_pairs_hook=_once)
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidPolicyDocument("Invalid Policy: conditions is a list.")
    return value


def _expiration(value: Any) -> datetime:
    if isinstance(value, str) and _EXPIRATION.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidPolicyDocument("Invalid Policy: Invalid 'expiration' value.")


def _simple(entry: dict[str, Any]) -> list[Condition]:
    conditions = []
    for field, value in entry.items():
        if not isinstance(value, str):
            raise InvalidPolicyDocument(
                "Invalid Policy: Invalid Simple-Condition: value must be a string."
            )
        conditions.append(Condition("eq", field.lower(), value))
    return conditions


def _condition(matches: str, field: str, value: str) -> Condition:
    if matches not in {"eq", "starts-with"} or not field.startswith("$"):
        raise InvalidPolicyDocument("Invalid Policy: Invalid Condition.")
    return Condition(matches, field[1:].lower(), value)


def _length(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MAX_LENGTH:
        raise InvalidPolicyDocument(
            "Invalid Policy: content-length-range has two lengths in bytes."
        )
    return value
