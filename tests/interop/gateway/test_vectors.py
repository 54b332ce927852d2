"""The cases of `tests/vectors/gateway`, against the gateway over the store."""

from typing import Any

import pytest
from botocore.credentials import Credentials
from tests.gateway_vectors import Case, Endpoint, cases

pytestmark = pytest.mark.slow

_LEAST = 150
"""Fewer cases than this, and somebody has lost some."""
_CASES = list(cases())


@pytest.fixture(scope="session")
def endpoint(landscape: Any) -> Endpoint:
    """The gateway, its administrator, and a session that may do nothing there."""
    session = landscape.session("alice")
    return Endpoint(
        url=landscape.url,
        region="us-east-1",
        account="111122223333",
        admin=Credentials("ADMINKEY", "admin-secret"),
        session=Credentials(
            session.access_key_id, session.secret_access_key, session.session_token
        ),
    )


def test_enough_cases_are_replayed() -> None:
    """And each has a sentence of its own."""
    assert len(_CASES) >= _LEAST
    assert len({(case.file, case.says) for case in _CASES}) == len(_CASES)


@pytest.mark.parametrize(
    "case", _CASES, ids=[f"{case.file}: {case.says}" for case in _CASES]
)
def test_the_gateway_answers_as_aws_does(endpoint: Endpoint, case: Case) -> None:
    """Statuses, codes, headers, documents, and what there is afterwards."""
    endpoint.replay(case)


@pytest.mark.parametrize(
    "change",
    [
        {"answer": 201},
        {"answer": "404 NoSuchKey"},
        {"text": "hallo"},
        {"with": {"etag": None}},
        {"with": {"x-amz-version-id": "~.+"}},
        {"elements": {"Key": None}},
        {"elements": {"Message": "~.*not there.*"}},
        {"elements": {"Key": ["b", "b"]}},
    ],
    ids=str,
)
def test_an_answer_that_is_another_fails(
    endpoint: Endpoint, change: dict[str, Any]
) -> None:
    """Or the cases would show nothing."""
    key = "b" if "elements" in change else "a"
    status = "404 NoSuchKey" if key == "b" else 200
    step = {"send": f"GET /{{bucket}}/{key}", "answer": status, **change}
    case = Case("own", "own", [], {"a": "hello"}, [step], None)
    with pytest.raises(AssertionError):
        endpoint.replay(case)


def test_what_an_error_leaves_is_looked_at(endpoint: Endpoint) -> None:
    """And what a success does."""
    step = {"send": "GET /{bucket}/a", "answer": 200}
    for leaves in ({}, {"a": "x"}, {"a": "hello", "b": ""}):
        with pytest.raises(AssertionError):
            endpoint.replay(Case("own", "own", [], {"a": "hello"}, [step], leaves))
