"""DateEquals, DateLessThan and the rest.

Dates are ISO 8601 as the W3C's "Date and Time Formats" note narrows it, a year
or a month standing for its first moment, or seconds since the epoch. Source:
AWS IAM User Guide, "IAM JSON policy elements: Condition operators", date
condition operators.
"""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECONDS = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?")
# Four digits are a year: as seconds they would be one hour of 1970.
_YEAR_OR_MONTH = re.compile(r"[0-9]{4}(?P<month>-[0-9]{2})?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
)


def read_date(text: str) -> int:
    """Read a moment, in microseconds since the epoch.

    Raises:
        ValueError: if the text is none.
    """
    early = _YEAR_OR_MONTH.fullmatch(text)
    if early:
        text += "-01" if early["month"] else "-01-01"
    seconds = _SECONDS.fullmatch(text)
    if seconds:
        fraction = (seconds[2] or "").ljust(6, "0")[:6]
        return int(seconds[1]) * 1_000_000 + int(fraction)
    if not _DATE.fullmatch(text):
        raise ValueError(f"not a date: {text[:40]!r}")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND
