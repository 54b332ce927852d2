"""A bucket's lifecycle: its rules, read and written.

What they do is in `expiry`. There is one storage class, so nothing moves.

Source: Amazon S3 API Reference, "PutBucketLifecycleConfiguration"; Amazon S3
User Guide, "Lifecycle configuration elements".
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Self

from securecart.s3.errors import InvalidArgument, InvalidRequest, MalformedXML
from securecart.s3.xml import Content, Element, read_document, write_document

_ROOT = "LifecycleConfiguration"
# Amazon S3 User Guide, "Lifecycle configuration elements".
MAX_RULES = 1000
_MAX_ID = 255
_MAX_PREFIX = 1024
_MAX_KEY, _MAX_VALUE = 128, 256
_MAX_NEWER = 100
_MAX_DIGITS = 10
_MAX_SIZE_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Filter:
    """What a rule is for; all of it must hold. Sizes are bytes, exclusive."""

    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    greater_than: int | None = None
    less_than: int | None = None

    @property
    def by_object(self) -> bool:
        """Whether it asks for more than a key."""
        sizes = self.greater_than is not None or self.less_than is not None
        return bool(self.tags) or sizes


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """One rule; None stands for what it does not do. Days are whole.

    `legacy` says that its prefix stood outside of a filter.
    """

    id: str
    enabled: bool
    filter: Filter
    legacy: bool = False
    expire_days: int | None = None
    expire_date: datetime | None = None
    expire_markers: bool = False
    noncurrent_days: int | None = None
    newer_noncurrent: int = 0
    abort_days: int | None = None


@dataclass(frozen=True, slots=True)
class LifecycleConfiguration:
    """The rules of a bucket."""

    rules: tuple[LifecycleRule, ...]

    @classmethod
    def from_xml(cls, body: bytes) -> Self:
        """Read `LifecycleConfiguration`.

        Raises:
            MalformedXML, InvalidArgument, InvalidRequest: it is not one.
            NotImplementedHere: it asks for what is not done here, such as
                transitions.
        """
        root = read_document(body, _ROOT)
        root.only("Rule")
        rules = tuple(
            _rule(element, number) for number, element in enumerate(root.all("Rule"))
        )
        if not 0 < len(rules) <= MAX_RULES:
            raise MalformedXML
        if len({rule.id for rule in rules}) < len(rules):
            raise InvalidArgument(
                "Rule ID must be unique. Found same ID for more than one rule"
            )
        return cls(rules)

    def to_xml(self) -> bytes:
        """Write `LifecycleConfiguration`."""
        return write_document(_ROOT, {"Rule": [_content(rule) for rule in self.rules]})


def _rule(element: Element, number: int) -> LifecycleRule:
    element.only(
        "ID",
        "Status",
        "Prefix",
        "Filter",
        "Expiration",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    )
    status = element.optional("Status")
    if status not in {"Enabled", "Disabled"}:
        raise MalformedXML
    rule_id = element.optional("ID") or f"rule-{number + 1}"
    if len(rule_id) > _MAX_ID:
        raise InvalidArgument("ID length should not exceed allowed limit of 255")
    prefix, filters = element.optional("Prefix"), list(element.all("Filter"))
    if (prefix is None) is (not filters) or len(filters) > 1:
        raise MalformedXML
    wanted = _filter(filters[0]) if filters else Filter(_prefix(prefix or ""))
    days, date, markers = _expiration(_only_one(element, "Expiration"))
    noncurrent, newer = _noncurrent(_only_one(element, "NoncurrentVersionExpiration"))
    abort = _abort(_only_one(element, "AbortIncompleteMultipartUpload"))
    if not markers and not any((days, date, noncurrent, abort)):
        raise InvalidRequest("At least one action needs to be specified in a rule")
    if wanted.by_object and abort is not None:
        raise InvalidRequest(
            "AbortIncompleteMultipartUpload cannot be specified with Tags or sizes"
        )
    if wanted.by_object and markers:
        raise InvalidRequest(
            "ExpiredObjectDeleteMarker cannot be specified with Tags or sizes"
        )
    return LifecycleRule(
        id=rule_id,
        enabled=status == "Enabled",
        filter=wanted,
        legacy=not filters,
        expire_days=days,
        expire_date=date,
        expire_markers=markers,
        noncurrent_days=noncurrent,
        newer_noncurrent=newer,
        abort_days=abort,
    )


def _only_one(element: Element, name: str) -> Element | None:
    found = list(element.all(name))
    if len(found) > 1:
        raise MalformedXML
    return found[0] if found else None


def _prefix(text: str) -> str:
    if len(text.encode()) > _MAX_PREFIX:
        raise InvalidRequest("The maximum size of a prefix is 1024.")
    return text


def _filter(element: Element) -> Filter:
    both = _only_one(element, "And")
    if both is None:
        element.only("Prefix", "Tag", *_SIZES)
        found = _predicates(element)
        if _count(found) > 1:
            raise MalformedXML
        return found
    element.only("And")
    both.only("Prefix", "Tag", *_SIZES)
    found = _predicates(both)
    if _count(found) < 2:  # noqa: PLR2004 - And joins several
        raise MalformedXML
    return found


_SIZES = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")


def _predicates(element: Element) -> Filter:
    tags = []
    for tag in element.all("Tag"):
        tag.only("Key", "Value")
        key, value = tag.one("Key").text, tag.one("Value").text
        if not 0 < len(key) <= _MAX_KEY or len(value) > _MAX_VALUE:
            raise InvalidRequest("The TagKey or TagValue you have provided is invalid")
        tags.append((key, value))
    if len({key for key, _ in tags}) < len(tags):
        raise InvalidRequest("Duplicate Tag Keys are not allowed.")
    greater, less = (_size(element.optional(name)) for name in _SIZES)
    if greater is not None and less is not None and less <= greater + 1:
        raise InvalidRequest(
            "'ObjectSizeLessThan' must be greater than 'ObjectSizeGreaterThan' by "
            "more than 1 byte"
        )
    return Filter(_prefix(element.optional("Prefix") or ""), tuple(tags), greater, less)


def _count(found: Filter) -> int:
    sizes = [size for size in (found.greater_than, found.less_than) if size is not None]
    return bool(found.prefix) + len(found.tags) + len(sizes)


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_SIZE_DIGITS):
        raise MalformedXML
    return int(text)


def _expiration(element: Element | None) -> tuple[int | None, datetime | None, bool]:
    if element is None:
        return None, None, False
    element.only("Days", "Date", "ExpiredObjectDeleteMarker")
    days = element.optional("Days")
    date = element.optional("Date")
    markers = element.optional("ExpiredObjectDeleteMarker")
    if [days, date, markers].count(None) != 2:  # noqa: PLR2004 - one of the three
        raise MalformedXML
    if markers not in {None, "true", "false"}:
        raise MalformedXML
    return _days(days, "Days", "Expiration"), _date(date), markers == "true"


def _noncurrent(element: Element | None) -> tuple[int | None, int]:
    if element is None:
        return None, 0
    element.only("NoncurrentDays", "NewerNoncurrentVersions")
    action = "NoncurrentVersionExpiration"
    days = _days(element.optional("NoncurrentDays"), "NoncurrentDays", action)
    if days is None:
        raise MalformedXML
    name = "NewerNoncurrentVersions"
    newer = _days(element.optional(name), name, action) or 0
    if newer > _MAX_NEWER:
        raise InvalidArgument(
            f"'{name}' for {action} action must be between 1 and {_MAX_NEWER}"
        )
    return days, newer


def _abort(element: Element | None) -> int | None:
    if element is None:
        return None
    name = "DaysAfterInitiation"
    element.only(name)
    days = _days(element.optional(name), name, "AbortIncompleteMultipartUpload")
    if days is None:
        raise MalformedXML
    return days


def _days(text: str | None, name: str, action: str) -> int | None:
    if text is None:
        return None
    digits = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    if not digits or not 0 < int(text) < 2**31:
        raise InvalidArgument(
            f"'{name}' for {action} action must be a positive integer"
        )
    return int(text)


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedXML from None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    if date.time() != time():
        raise InvalidArgument("'Date' must be at midnight GMT")
    return date


def _content(rule: LifecycleRule) -> Content:
    found: dict[str, Content | list[Content]] = {"ID": rule.id}
    if rule.legacy:
        found["Prefix"] = rule.filter.prefix
    else:
        found["Filter"] = _filter_content(rule.filter)
    found["Status"] = "Enabled" if rule.enabled else "Disabled"
    if rule.expire_days is not None:
        found["Expiration"] = {"Days": str(rule.expire_days)}
    elif rule.expire_date is not None:
        found["Expiration"] = {"Date": f"{rule.expire_date:%Y-%m-%dT%H:%M:%S.000Z}"}
    elif rule.expire_markers:
        found["Expiration"] = {"ExpiredObjectDeleteMarker": "true"}
    if rule.noncurrent_days is not None:
        noncurrent: dict[str, Content | list[Content]] = {
            "NoncurrentDays": str(rule.noncurrent_days)
        }
        if rule.newer_noncurrent:
            noncurrent["NewerNoncurrentVersions"] = str(rule.newer_noncurrent)
        found["NoncurrentVersionExpiration"] = noncurrent
    if rule.abort_days is not None:
        found["AbortIncompleteMultipartUpload"] = {
            "DaysAfterInitiation": str(rule.abort_days)
        }
    return found


def _filter_content(wanted: Filter) -> Content:
    found: dict[str, Content | list[Content]] = {}
    if wanted.prefix or not _count(wanted):
        found["Prefix"] = wanted.prefix
    if wanted.tags:
        found["Tag"] = [{"Key": key, "Value": value} for key, value in wanted.tags]
    for name, size in zip(_SIZES, (wanted.greater_than, wanted.less_than), strict=True):
        if size is not None:
            found[name] = str(size)
    return {"And": found} if _count(wanted) > 1 else found
