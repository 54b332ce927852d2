"""Conditions on the source of a copy, held against what it is.

Source: Amazon S3 API Reference, "CopyObject" (the precedence of its
conditions); RFC 9110, sections 8.8.3 and 13.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from securecart.wire.http import HttpRequest

_SOURCE = "x-amz-copy-source-"


def source_holds(request: HttpRequest, *, etag: str, modified: str) -> bool:
    """Say whether a copy's conditions allow it.

    `etag` is quoted, `modified` an HTTP date. A matching entity tag settles
    what a date would say otherwise.
    """
    matches = request.header(f"{_SOURCE}if-match")
    since = request.header(f"{_SOURCE}if-unmodified-since")
    if matches is not None:
        if not _names(matches, etag):
            return False
    elif since is not None and _later(modified, since):
        return False
    differs = request.header(f"{_SOURCE}if-none-match")
    since = request.header(f"{_SOURCE}if-modified-since")
    if differs is not None:
        return not _names(differs, etag)
    return since is None or _later(modified, since)


def _names(condition: str, etag: str) -> bool:
    """Say whether a list of entity tags, or `*`, has this one."""
    wanted = (each.strip().strip('"') for each in condition.split(","))
    return condition.strip() == "*" or etag.strip('"') in wanted


def _later(modified: str, since: str) -> bool:
    """Say whether a date lies after another; any does, after what is no date.

    RFC 9110, 13.1.3 and 13.1.4: a condition that is no date is ignored. For
    `if-unmodified-since` that would copy what should not be: it fails.
    """
    try:
        return _date(modified) > _date(since)
    except (TypeError, ValueError):
        return True


def _date(text: str) -> datetime:
    found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
