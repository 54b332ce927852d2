"""What the rules of a lifecycle do to a key now.

Source: Amazon S3 User Guide, "Expiring objects", "Lifecycle rules: Based on an
object's age" and "Lifecycle configuration elements".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from securecart.s3.lifecycle import Filter, LifecycleConfiguration, LifecycleRule


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a key, or a delete marker; `size` in bytes.

    `id` is None in a bucket that never kept versions. `tags` are None where
    nobody looked: see `wants_tags`.
    """

    id: str | None
    modified: datetime
    size: int = 0
    marker: bool = False
    latest: bool = True
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """One deletion, and the rule that asks for it.

    Without a `version_id` it is a plain delete: where versions are kept it
    adds a delete marker, and nothing is lost.
    """

    version_id: str | None
    rule_id: str


def due(start: datetime, days: int) -> datetime:
    """The days after a moment, rounded up to midnight (UTC), as S3 counts."""
    end = start + timedelta(days=days)
    midnight = datetime.combine(end.date(), time(), end.tzinfo)
    return midnight if end == midnight else midnight + timedelta(days=1)


def wants_tags(lifecycle: LifecycleConfiguration, key: str) -> bool:
    """Whether the tags of a key's versions bear on what is done to it."""
    return any(
        rule.enabled and rule.filter.tags and key.startswith(rule.filter.prefix)
        for rule in lifecycle.rules
    )


def removals(
    lifecycle: LifecycleConfiguration,
    key: str,
    versions: Sequence[StoredVersion],
    *,
    now: datetime,
) -> list[Removal]:
    """Answer what is to be deleted of a key.

    `versions` are all that the key has, the newest first.
    """
    rules = [
        rule
        for rule in lifecycle.rules
        if rule.enabled and key.startswith(rule.filter.prefix)
    ]
    if not rules or not versions:
        return []
    newest, *older = versions
    found: list[Removal] = []
    if not newest.latest:
        # The latest is missing from what was read: nothing is certain.
        return []
    if newest.marker:
        if not older:
            found += _of_marker(rules, newest, now)
    else:
        found += _of_current(rules, newest, now)
    for place, version in enumerate(older):
        since = versions[place].modified
        found += _of_noncurrent(rules, version, since, place, now)
    return found


def _of_current(
    rules: Sequence[LifecycleRule], version: StoredVersion, now: datetime
) -> list[Removal]:
    for rule in rules:
        expired = (
            rule.expire_days is not None
            and due(version.modified, rule.expire_days) <= now
        ) or (rule.expire_date is not None and rule.expire_date <= now)
        if expired and covers(rule.filter, version):
            return [Removal(None, rule.id)]
    return []


def _of_marker(
    rules: Sequence[LifecycleRule], marker: StoredVersion, now: datetime
) -> list[Removal]:
    """A marker with nothing left behind it; it has neither size nor tags."""
    for rule in rules:
        aged = (
            rule.expire_days is not None
            and due(marker.modified, rule.expire_days) <= now
        )
        if not rule.filter.by_object and (rule.expire_markers or aged):
            return [Removal(marker.id, rule.id)]
    return []


def _of_noncurrent(
    rules: Sequence[LifecycleRule],
    version: StoredVersion,
    since: datetime,
    newer: int,
    now: datetime,
) -> list[Removal]:
    for rule in rules:
        if (
            rule.noncurrent_days is not None
            and newer >= rule.newer_noncurrent
            and due(since, rule.noncurrent_days) <= now
            and covers(rule.filter, version)
        ):
            return [Removal(version.id, rule.id)]
    return []


def covers(wanted: Filter, version: StoredVersion) -> bool:
    """Whether a filter is for a version, as far as more than its key goes.

    Tags that nobody looked at are no match: nothing is deleted on a guess.
    """
    if not wanted.by_object:
        return True
    if version.marker:
        return False
    if wanted.greater_than is not None and version.size <= wanted.greater_than:
        return False
    if wanted.less_than is not None and version.size >= wanted.less_than:
        return False
    tags = version.tags
    return not wanted.tags or (
        tags is not None and all(tags.get(key) == value for key, value in wanted.tags)
    )


def aborted_by(
    lifecycle: LifecycleConfiguration, key: str, initiated: datetime, *, now: datetime
) -> str | None:
    """The id of the rule by which an unfinished upload ends; None: it goes on."""
    for rule in lifecycle.rules:
        if (
            rule.enabled
            and rule.abort_days is not None
            and key.startswith(rule.filter.prefix)
            and due(initiated, rule.abort_days) <= now
        ):
            return rule.id
    return None
