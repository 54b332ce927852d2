"""What keeps a version of an object from being deleted before its time.

Source: Amazon S3 User Guide, "Locking objects with Object Lock"; Amazon S3
API Reference, "PutObjectLockConfiguration", "PutObjectRetention" and
"PutObjectLegalHold".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Self

from securecart.s3.errors import (
    InvalidArgument,
    MalformedXML,
    NotImplementedHere,
)
from securecart.s3.xml import Content, read_document, write_document
from securecart.wire.http import HttpRequest

_MODES = frozenset({"COMPLIANCE", "GOVERNANCE"})
_HOLDS = frozenset({"ON", "OFF"})
# Amazon S3 User Guide, "Object Lock considerations": 100 years.
_MAX_DAYS, _MAX_YEARS = 36_500, 100
_MODE = "x-amz-object-lock-mode"
_UNTIL = "x-amz-object-lock-retain-until-date"
_HOLD = "x-amz-object-lock-legal-hold"
_LOCKING = frozenset({_MODE, _UNTIL, _HOLD})
_REMAINING = "s3:object-lock-remaining-retention-days"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class LockConfiguration:
    """A bucket's lock: on, with how long every new version is kept, if at all.

    `period` is a number of `unit`, which is `Days` or `Years`.
    """

    mode: str | None = None
    unit: str | None = None
    period: int = 0

    @classmethod
    def from_xml(cls, body: bytes) -> Self:
        """Read `ObjectLockConfiguration`.

        Raises:
            MalformedXML, InvalidArgument: it is not one.
            NotImplementedHere: there is more in it.
        """
        root = read_document(body, "ObjectLockConfiguration")
        root.only("ObjectLockEnabled", "Rule")
        if root.optional("ObjectLockEnabled") != "Enabled":
            raise MalformedXML
        rules = list(root.all("Rule"))
        if not rules:
            return cls()
        rule = root.one("Rule")
        rule.only("DefaultRetention")
        retention = rule.one("DefaultRetention")
        retention.only("Mode", "Days", "Years")
        found = {
            unit: value
            for unit in ("Days", "Years")
            if (value := retention.optional(unit)) is not None
        }
        if retention.optional("Mode") not in _MODES or len(found) != 1:
            raise MalformedXML
        ((unit, text),) = found.items()
        most = _MAX_DAYS if unit == "Days" else _MAX_YEARS
        if not re.fullmatch(r"[0-9]{1,6}", text) or not 0 < int(text) <= most:
            raise InvalidArgument(
                "Default retention period must be a positive integer value."
            )
        return cls(retention.optional("Mode"), unit, int(text))

    def to_xml(self) -> bytes:
        """Write `ObjectLockConfiguration`."""
        content: dict[str, Content | list[Content]] = {"ObjectLockEnabled": "Enabled"}
        if self.mode is not None and self.unit is not None:
            content["Rule"] = {
                "DefaultRetention": {"Mode": self.mode, self.unit: str(self.period)}
            }
        return write_document("ObjectLockConfiguration", content)


@dataclass(frozen=True, slots=True)
class Retention:
    """How, and until when (aware), a version is kept."""

    mode: str
    until: datetime

    @classmethod
    def checked(cls, mode: str, until: str, *, now: datetime) -> Self:
        """Make one of what a caller sent.

        Raises:
            InvalidArgument: there is no such mode, or the date is none that
                lies ahead.
        """
        if mode not in _MODES:
            raise InvalidArgument("Unknown wormMode directive.")
        if not _TIME.fullmatch(until):
            raise InvalidArgument(
                "The retain until date must be provided in ISO 8601 format"
            )
        try:
            date = datetime.fromisoformat(until).astimezone(UTC)
        except (ValueError, OverflowError):
            raise InvalidArgument(
                "The retain until date must be provided in ISO 8601 format"
            ) from None
        if date <= now:
            raise InvalidArgument("The retain until date must be in the future!")
        return cls(mode, date)

    @classmethod
    def from_xml(cls, body: bytes, *, now: datetime) -> Self:
        """Read `Retention`.

        Raises:
            MalformedXML, InvalidArgument: it is not one.
            NotImplementedHere: it takes the retention away, or has more in it.
        """
        root = read_document(body, "Retention")
        root.only("Mode", "RetainUntilDate")
        mode, until = root.optional("Mode"), root.optional("RetainUntilDate")
        if mode is None and until is None:
            raise NotImplementedHere("A retention can be shortened, not taken away.")
        if mode is None or until is None:
            raise MalformedXML
        return cls.checked(mode, until, now=now)

    @property
    def until_text(self) -> str:
        """The date as S3 writes it."""
        return f"{self.until:%Y-%m-%dT%H:%M:%SZ}"

    def to_xml(self) -> bytes:
        """Write `Retention`."""
        return write_document(
            "Retention", {"Mode": self.mode, "RetainUntilDate": self.until_text}
        )

    def context(self, now: datetime) -> Mapping[str, str]:
        """The condition keys of a request that sets it."""
        return {
            "s3:object-lock-mode": self.mode,
            "s3:object-lock-retain-until-date": self.until_text,
            _REMAINING: str((self.until - now) // timedelta(days=1)),
        }


def read_legal_hold(body: bytes) -> str:
    """Read `LegalHold`: `ON` or `OFF`.

    Raises:
        MalformedXML: it is not one.
        NotImplementedHere: there is more in it.
    """
    root = read_document(body, "LegalHold")
    root.only("Status")
    status = root.optional("Status")
    if status not in _HOLDS:
        raise MalformedXML
    return status


def legal_hold_document(status: str) -> bytes:
    """Write `LegalHold`."""
    return write_document("LegalHold", {"Status": status})


def legal_hold_context(status: str) -> Mapping[str, str]:
    """The condition keys of a request that sets it."""
    return {"s3:object-lock-legal-hold": status}


def lock_of(request: HttpRequest, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Read the lock that an object is to have from the first; a store's headers.

    Raises:
        InvalidArgument: the headers do not go together, or say what cannot be.
    """
    if _LOCKING.isdisjoint(request.first):
        return ()
    mode, until = request.header(_MODE), request.header(_UNTIL)
    hold = request.header(_HOLD)
    found: list[tuple[str, str]] = []
    if (mode is None) is not (until is None):
        raise InvalidArgument(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must "
            "both be supplied"
        )
    if mode is not None and until is not None:
        retention = Retention.checked(mode, until, now=now)
        found += [(_MODE, retention.mode), (_UNTIL, retention.until_text)]
    if hold is not None:
        if hold not in _HOLDS:
            raise InvalidArgument("Legal Hold must be either of 'ON' or 'OFF'")
        found.append((_HOLD, hold))
    return tuple(found)


def lock_context(request: HttpRequest, *, now: datetime) -> Mapping[str, str]:
    """The condition key that a request's headers only imply: the days ahead.

    Raises:
        InvalidArgument: they say what cannot be.
    """
    if _LOCKING.isdisjoint(request.first):
        return _NOTHING
    mode, until = request.header(_MODE), request.header(_UNTIL)
    if mode is None or until is None:
        return _NOTHING
    retention = Retention.checked(mode, until, now=now)
    return {_REMAINING: retention.context(now)[_REMAINING]}
