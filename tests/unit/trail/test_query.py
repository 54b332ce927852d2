"""Questions to the journal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from securecart.names.principal import Anonymous, Federated
from securecart.trail import Outcome, Query, matches, parse_record, record
from securecart.trail.event import Event

NOW = datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC)


def found(query: Query, event: Event) -> bool:
    """Ask for an event by way of its record."""
    read = parse_record(record(event))
    assert read is not None
    return matches(query, read)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), True),
        (Query(person="jane"), True),
        (Query(person="jan"), False),
        (Query(person="ja*"), True),
        (Query(person="Jane"), False),
        (Query(person="jane@example.com"), True),
        (Query(person="AROAEXAMPLE:jane"), True),
        (Query(person="*assumed-role/SecureCartEmployee/jane"), True),
        (Query(document="AROAEXAMPLE:jane/plans/2027.pdf"), True),
        (Query(document="plans/2027.pdf"), True),
        (Query(document="securecart-user-docs/AROAEXAMPLE:jane/*"), True),
        (Query(document="2027.pdf"), False),
        (Query(document="*.pdf"), True),
        (Query(action="GetObject"), True),
        (Query(action="s3:getobject"), True),
        (Query(action="s3:Get*"), True),
        (Query(action="kms:GetObject"), False),
        (Query(action="PutObject"), False),
        (Query(outcome=Outcome.ALLOWED), True),
        (Query(outcome=Outcome.DENIED), False),
        (Query(person="jane", action="PutObject"), False),
        (Query(since=NOW - timedelta(seconds=1)), True),
        (Query(since=NOW + timedelta(seconds=1)), False),
        (Query(until=NOW - timedelta(seconds=1)), False),
        (Query(until=NOW + timedelta(seconds=1)), True),
    ],
)
def test_questions(
    query: Query,
    expected: bool,  # noqa: FBT001 - a parametrized expectation
    make_event: Callable[..., Event],
) -> None:
    """By person, document, action, outcome and time, each alone or together."""
    assert found(query, make_event()) is expected


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, Outcome.ALLOWED),
        ("AccessDenied", Outcome.DENIED),
        ("SignatureDoesNotMatch", Outcome.DENIED),
        ("NoSuchKey", Outcome.FAILED),
    ],
)
def test_outcomes(
    code: str | None, outcome: Outcome, make_event: Callable[..., Event]
) -> None:
    """A refusal is another thing than a failure."""
    assert found(Query(outcome=outcome), make_event(error_code=code))


def test_who_signed_in_is_found(make_event: Callable[..., Event]) -> None:
    """A sign-in is found by the person's name, also one that failed."""
    sign_in = make_event(
        principal=Federated("1", "arn:aws:iam::1:saml-provider/P", "jane")
    )
    assert found(Query(person="jane"), sign_in)
    failed = make_event(
        principal=Anonymous(), request_parameters={"roleSessionName": "jane"}
    )
    assert found(Query(person="jane"), failed)


def test_each_document_of_a_batch_is_found(make_event: Callable[..., Event]) -> None:
    """A batch delete is found by any of its documents, refused ones too."""
    event = make_event(
        name="DeleteObjects",
        request_parameters={"deletedKeys": ["f/a"], "deniedKeys": ["g/b"]},
    )
    assert found(Query(document="a"), event)
    assert found(Query(document="g/b"), event)
    assert not found(Query(document="c"), event)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"userIdentity": 1, "requestParameters": [], "eventTime": 3, "eventName": 4},
        {"requestParameters": {"key": 1, "deletedKeys": "x"}},
        {"userIdentity": {"sessionContext": "x"}, "eventTime": "2026-01-01"},
    ],
)
def test_odd_records_do_not_stop_a_search(odd: dict[str, Any]) -> None:
    """A line somebody edited is compared like any other."""
    query = Query(
        person="a", document="b", action="c", since=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert not matches(query, {"eventTime": "x", **odd})
    assert not matches(Query(person="a", document="b", action="c"), odd)
