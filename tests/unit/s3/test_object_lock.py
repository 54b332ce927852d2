"""Object Lock's documents, headers and condition keys."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from securecart.names.errors import ServiceError
from securecart.s3 import S3Request, required
from securecart.s3.object_lock import (
    LockConfiguration,
    Retention,
    legal_hold_context,
    legal_hold_document,
    lock_context,
    lock_of,
    read_legal_hold,
)

Resolve = Callable[..., S3Request]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNTIL = "2026-12-23T12:00:00Z"


def document(inner: str) -> bytes:
    """Answer a lock's configuration with this rule."""
    return (
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
        f"{inner}</ObjectLockConfiguration>"
    ).encode()


def rule(inner: str) -> bytes:
    """Answer one with this default retention."""
    return document(f"<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>")


def test_configurations_come_back_as_they_were_put() -> None:
    """With a default retention in days or years, or without one."""
    for made in (
        LockConfiguration(),
        LockConfiguration("GOVERNANCE", "Days", 1),
        LockConfiguration("COMPLIANCE", "Years", 100),
    ):
        assert LockConfiguration.from_xml(made.to_xml()) == made


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<ObjectLockConfiguration/>", "MalformedXML"),
        (document("<Rule/>"), "MalformedXML"),
        (rule("<Mode>GOVERNANCE</Mode>"), "MalformedXML"),
        (rule("<Mode>NONE</Mode><Days>1</Days>"), "MalformedXML"),
        (
            rule("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"),
            "MalformedXML",
        ),
        (rule("<Mode>GOVERNANCE</Mode><Days>0</Days>"), "InvalidArgument"),
        (rule("<Mode>GOVERNANCE</Mode><Days>-1</Days>"), "InvalidArgument"),
        (rule("<Mode>GOVERNANCE</Mode><Days>36501</Days>"), "InvalidArgument"),
        (rule("<Mode>GOVERNANCE</Mode><Years>101</Years>"), "InvalidArgument"),
        (document("<EventHold/>"), "NotImplemented"),
    ],
)
def test_what_is_no_configuration_is_refused(body: bytes, code: str) -> None:
    """Nothing of it is half done."""
    with pytest.raises(ServiceError) as refused:
        LockConfiguration.from_xml(body)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("mode", "until"),
    [
        ("NONE", UNTIL),
        ("GOVERNANCE", "2026-11-23T12:00:00Z"),
        ("GOVERNANCE", "2020-01-01T00:00:00Z"),
        ("GOVERNANCE", "tomorrow"),
        ("GOVERNANCE", "2026-12-23"),
        ("GOVERNANCE", "2026-13-23T12:00:00Z"),
    ],
)
def test_a_retention_ends_in_the_future(mode: str, until: str) -> None:
    """And has a mode."""
    with pytest.raises(ServiceError) as refused:
        Retention.checked(mode, until, now=NOW)
    assert refused.value.code == "InvalidArgument"


def test_a_retention_comes_back_in_one_form() -> None:
    """However its date was written."""
    for until in (UNTIL, "2026-12-23T14:00:00.000+02:00"):
        made = Retention.checked("GOVERNANCE", until, now=NOW)
        assert Retention.from_xml(made.to_xml(), now=NOW) == made
        assert made.until_text == UNTIL
    with pytest.raises(ServiceError) as refused:
        Retention.from_xml(b"<Retention/>", now=NOW)
    assert refused.value.code == "NotImplemented"


def test_a_hold_is_on_or_off() -> None:
    """And nothing else."""
    for status in ("ON", "OFF"):
        assert read_legal_hold(legal_hold_document(status)) == status
    with pytest.raises(ServiceError):
        read_legal_hold(legal_hold_document("MAYBE"))


def test_headers_go_together(ask: Resolve) -> None:
    """A mode without a date would keep nothing."""
    whole = {
        "x_amz_object_lock_mode": "GOVERNANCE",
        "x_amz_object_lock_retain_until_date": UNTIL,
        "x_amz_object_lock_legal_hold": "ON",
    }
    request = ask("PUT /docs/a", **whole).request
    assert dict(lock_of(request, now=NOW)) == {
        name.replace("_", "-"): value for name, value in whole.items()
    }
    assert lock_of(ask("PUT /docs/a").request, now=NOW) == ()
    for missing in list(whole)[:2]:
        half = {name: value for name, value in whole.items() if name != missing}
        with pytest.raises(ServiceError):
            lock_of(ask("PUT /docs/a", **half).request, now=NOW)
    with pytest.raises(ServiceError):
        lock_of(ask("PUT /docs/a", x_amz_object_lock_legal_hold="").request, now=NOW)


def test_locks_are_condition_keys(ask: Resolve) -> None:
    """Of headers, of bodies, and how many days lie ahead."""
    put = ask(
        "PUT /docs/a",
        x_amz_object_lock_mode="GOVERNANCE",
        x_amz_object_lock_retain_until_date=UNTIL,
    )
    writing, retaining = required(put, lock=lock_context(put.request, now=NOW))
    keys = {
        "s3:object-lock-mode": "GOVERNANCE",
        "s3:object-lock-retain-until-date": UNTIL,
        "s3:object-lock-remaining-retention-days": "30",
    }
    assert keys.items() <= writing.context.items()
    assert retaining.action == "s3:PutObjectRetention"
    assert keys.items() <= retaining.context.items()
    retention = Retention.checked("GOVERNANCE", UNTIL, now=NOW)
    (body,) = required(ask("PUT /docs/a?retention"), lock=retention.context(NOW))
    assert body.context == keys
    (hold,) = required(ask("PUT /docs/a?legal-hold"), lock=legal_hold_context("ON"))
    assert hold.context == {"s3:object-lock-legal-hold": "ON"}
    (read,) = required(ask("GET /docs/a"), lock=retention.context(NOW))
    assert read.context == {}


def test_bypassing_is_a_right_of_its_own(ask: Resolve) -> None:
    """For one version, for each of a batch, and for a shorter retention."""
    bypass = {"x_amz_bypass_governance_retention": "true"}
    for line in ("DELETE /docs/a?versionId=v", "PUT /docs/a?retention"):
        actions = [each.action for each in required(ask(line, **bypass))]
        assert actions[-1] == "s3:BypassGovernanceRetention"
