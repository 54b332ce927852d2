"""Rules of a lifecycle: read as AWS reads them, and what they do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.errors import ServiceError
from securecart.s3.errors import (
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    NotImplementedHere,
)
from securecart.s3.expiry import (
    Removal,
    StoredVersion,
    aborted_by,
    due,
    removals,
    wants_tags,
)
from securecart.s3.lifecycle import Filter, LifecycleConfiguration, LifecycleRule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = st.integers(1, 40)


def document(rules: str) -> bytes:
    """A configuration around some rules."""
    return f"<LifecycleConfiguration>{rules}</LifecycleConfiguration>".encode()


def rule(actions: str, wanted: str = "<Filter/>", status: str = "Enabled") -> bytes:
    """A configuration of one rule."""
    return document(f"<Rule>{wanted}<Status>{status}</Status>{actions}</Rule>")


EXPIRE = "<Expiration><Days>3</Days></Expiration>"
ABORT = (
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload>"
)
MARKERS = (
    "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"
    "</Expiration>"
)
NONCURRENT = (
    "<NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays>"
    "<NewerNoncurrentVersions>2</NewerNoncurrentVersions>"
    "</NoncurrentVersionExpiration>"
)
TAG = "<Tag><Key>k</Key><Value>v</Value></Tag>"


@pytest.mark.parametrize(
    "body",
    [
        rule(EXPIRE),
        rule(ABORT + NONCURRENT, "<Filter><Prefix>a/</Prefix></Filter>"),
        rule(EXPIRE, "<Prefix>old/</Prefix>", "Disabled"),
        rule(MARKERS, "<Prefix></Prefix>"),
        rule("<Expiration><Date>2027-01-01T00:00:00.000Z</Date></Expiration>"),
        rule(NONCURRENT, f"<Filter>{TAG}</Filter>"),
        rule(
            EXPIRE,
            f"<Filter><And><Prefix>a</Prefix>{TAG}<ObjectSizeGreaterThan>1"
            "</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan>"
            "</And></Filter>",
        ),
    ],
)
def test_rules_come_back_as_they_were_put(body: bytes) -> None:
    """In meaning, and in writing from the second time on."""
    read = LifecycleConfiguration.from_xml(body)
    assert LifecycleConfiguration.from_xml(read.to_xml()) == read


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (document(""), MalformedXML),
        (b"<Lifecycle/>", MalformedXML),
        (rule(""), InvalidRequest),
        (rule(EXPIRE, ""), MalformedXML),
        (rule(EXPIRE, "<Prefix>a</Prefix><Filter/>"), MalformedXML),
        (rule(EXPIRE, status="On"), MalformedXML),
        (rule("<Expiration/>"), MalformedXML),
        (rule("<Expiration><Days>0</Days></Expiration>"), InvalidArgument),
        (rule("<Expiration><Days>x</Days></Expiration>"), InvalidArgument),
        (rule(EXPIRE + EXPIRE), MalformedXML),
        (
            rule("<Expiration><Date>2027-01-01T01:00:00Z</Date></Expiration>"),
            InvalidArgument,
        ),
        (rule("<Expiration><Date>soon</Date></Expiration>"), MalformedXML),
        (
            rule(
                "<Expiration><Days>1</Days><Date>2027-01-01T00:00:00Z</Date>"
                "</Expiration>"
            ),
            MalformedXML,
        ),
        (
            rule(NONCURRENT.replace("<NoncurrentDays>5</NoncurrentDays>", "")),
            MalformedXML,
        ),
        (rule(NONCURRENT.replace(">2<", ">101<")), InvalidArgument),
        (rule(ABORT.replace(">7<", ">0<")), InvalidArgument),
        (rule(ABORT, f"<Filter>{TAG}</Filter>"), InvalidRequest),
        (rule(MARKERS, f"<Filter>{TAG}</Filter>"), InvalidRequest),
        (rule(EXPIRE, f"<Filter><Prefix>a</Prefix>{TAG}</Filter>"), MalformedXML),
        (rule(EXPIRE, f"<Filter><And>{TAG}</And></Filter>"), MalformedXML),
        (rule(EXPIRE, f"<Filter><And>{TAG}{TAG}</And></Filter>"), InvalidRequest),
        (
            rule("<Transition><Days>1</Days></Transition>"),
            NotImplementedHere,
        ),
        (
            document(
                f"<Rule><ID>a</ID><Filter/><Status>Enabled</Status>{EXPIRE}</Rule>" * 2
            ),
            InvalidArgument,
        ),
        (
            document(f"<Rule><Filter/><Status>Enabled</Status>{EXPIRE}</Rule>" * 1001),
            MalformedXML,
        ),
    ],
)
def test_what_is_no_lifecycle_is_refused(
    body: bytes, error: type[ServiceError]
) -> None:
    """By AWS's codes."""
    with pytest.raises(error):
        LifecycleConfiguration.from_xml(body)


def of(**what: object) -> LifecycleConfiguration:
    """A configuration of one rule."""
    values = {"id": "r", "enabled": True, "filter": Filter(), **what}
    return LifecycleConfiguration((LifecycleRule(**values),))  # type: ignore[arg-type] # a test's own rule


def history(*ages: int, marker: bool = False) -> list[StoredVersion]:
    """Versions of these ages in days, the newest first."""
    return [
        StoredVersion(
            str(place),
            NOW - timedelta(days=age),
            size=10,
            latest=place == 0,
            marker=marker and place == 0,
        )
        for place, age in enumerate(ages)
    ]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), DAYS)  # noqa: DTZ001 - made aware below
def test_days_end_at_midnight(start: datetime, days: int) -> None:
    """Never before they are over, and within a day after."""
    start = start.replace(tzinfo=UTC)
    end = due(start, days)
    assert (end.hour, end.minute, end.second, end.microsecond) == (0, 0, 0, 0)
    assert timedelta(0) <= end - start - timedelta(days=days) < timedelta(days=1)


@given(DAYS, DAYS)
def test_a_current_object_expires_after_its_days(age: int, days: int) -> None:
    """By a plain delete: where versions are kept nothing is lost."""
    found = removals(of(expire_days=days), "k", history(age), now=NOW)
    assert found == ([Removal(None, "r")] if age > days else [])


@given(
    ages=st.lists(st.integers(0, 60), min_size=1, max_size=8).map(sorted),
    days=DAYS,
    newer=st.integers(0, 5),
)
def test_old_versions_go_and_the_newest_stay(
    ages: list[int], days: int, newer: int
) -> None:
    """Never the current one, and never one of those that are to be kept."""
    lifecycle = of(noncurrent_days=days, newer_noncurrent=newer)
    versions = history(*ages)
    found = removals(lifecycle, "k", versions, now=NOW)
    gone = {int(each.version_id or "-1") for each in found}
    for place in range(len(ages)):
        since = ages[place - 1]
        wanted = place > newer and since > days
        assert (place in gone) is wanted


@given(
    enabled=st.booleans(),
    prefix=st.sampled_from(["", "a/", "b/"]),
    tags=st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2),
    wanted=st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2),
    size=st.integers(0, 5),
    bounds=st.tuples(st.integers(0, 3), st.integers(3, 6)),
)
def test_a_filter_holds_in_all_its_parts(
    enabled: bool,  # noqa: FBT001 - hypothesis passes it by name
    prefix: str,
    tags: dict[str, str],
    wanted: dict[str, str],
    size: int,
    bounds: tuple[int, int],
) -> None:
    """Prefix, tags and sizes."""
    only = Filter(prefix, tuple(wanted.items()), *bounds)
    version = StoredVersion("1", NOW - timedelta(days=99), size, tags=tags)
    lifecycle = of(expire_days=1, filter=only, enabled=enabled)
    matches = (
        enabled
        and "a/k".startswith(prefix)
        and wanted.items() <= tags.items()
        and bounds[0] < size < bounds[1]
    )
    assert bool(removals(lifecycle, "a/k", [version], now=NOW)) is matches


def test_tags_that_nobody_looked_at_do_not_match() -> None:
    """Nothing is deleted on a guess."""
    lifecycle = of(expire_days=1, filter=Filter("", (("k", "v"),)))
    assert wants_tags(lifecycle, "k")
    assert removals(lifecycle, "k", history(99), now=NOW) == []


def test_a_marker_goes_when_nothing_is_behind_it() -> None:
    """By a rule for markers, or by age; never while it hides a version."""
    for lifecycle in (of(expire_markers=True), of(expire_days=3)):
        alone = removals(lifecycle, "k", history(9, marker=True), now=NOW)
        assert alone == [Removal("0", "r")]
        hiding = removals(lifecycle, "k", history(9, 10, marker=True), now=NOW)
        assert hiding == []
    by_size = of(expire_days=3, filter=Filter(greater_than=1))
    assert removals(by_size, "k", history(9, marker=True), now=NOW) == []


def test_without_the_latest_nothing_is_done() -> None:
    """What was read is not all that there is."""
    versions = history(90, 91, 92)[1:]
    lifecycle = of(noncurrent_days=1, expire_days=1)
    assert removals(lifecycle, "k", versions, now=NOW) == []


@given(DAYS, DAYS)
def test_an_upload_is_ended_after_its_days(age: int, days: int) -> None:
    """Of the keys that the rule is for."""
    lifecycle = of(abort_days=days, filter=Filter("a/"))
    initiated = NOW - timedelta(days=age)
    ended = aborted_by(lifecycle, "a/k", initiated, now=NOW)
    assert (ended == "r") is (age > days)
    assert aborted_by(lifecycle, "b", initiated, now=NOW) is None
