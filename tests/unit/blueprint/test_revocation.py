"""Revocations: what they refuse, how long they are kept, and what is none."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from securecart.blueprint.revocation import (
    is_revocation,
    next_second,
    revocation_document,
    revocation_name,
    spent,
)
from securecart.names.session import RoleSession
from securecart.policy import Layers, PolicyKind, Request, decide, parse_policy

NOW = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)
ALLOW_ALL = parse_policy(
    '{"Version":"2012-10-17","Statement":'
    '{"Effect":"Allow","Action":"*","Resource":"*"}}',
    PolicyKind.IDENTITY,
)


def _random(count: int) -> bytes:
    return b"\x0a" * count


def _allowed(document: str, person: str, issued_at: datetime) -> bool:
    session = RoleSession(
        account="123456789012",
        role_name="SecureCartEmployee",
        role_path="/",
        role_id="AROAEXAMPLE",
        session_name=person,
        credential_id="ASIAEXAMPLE",
        issued_at=issued_at.replace(microsecond=0),
        expires_at=issued_at + timedelta(hours=12),
    )
    policy = parse_policy(document, PolicyKind.IDENTITY)
    request = Request(
        session, "s3:GetObject", "arn:aws:s3:::docs/x", {}, "123456789012"
    )
    return decide(Layers(identity=(ALLOW_ALL, policy)), request).allowed


@pytest.mark.parametrize(
    ("issued_at", "allowed"),
    [
        (NOW - timedelta(hours=1), False),
        (NOW, False),
        (NOW + timedelta(milliseconds=749), False),
        (NOW + timedelta(milliseconds=750), True),
    ],
)
def test_sessions_until_now_are_refused_to_the_second(
    issued_at: datetime, *, allowed: bool
) -> None:
    """Whoever signs in afterwards works on."""
    moment = next_second(NOW)
    document = revocation_document(moment, role_id="AROAEXAMPLE", people=["ada"])
    assert _allowed(document, "ada", issued_at) == allowed


@pytest.mark.parametrize("other", ["Ada", "ad", "adaa", "a*a", "bob"])
def test_only_who_is_named_is_refused(other: str) -> None:
    """Names are literal, and their case counts."""
    moment = next_second(NOW)
    document = revocation_document(moment, role_id="AROAEXAMPLE", people=["ada"])
    assert not _allowed(document, "ada", NOW)
    assert _allowed(document, other, NOW)
    everybody = revocation_document(moment, role_id="AROAEXAMPLE", people=None)
    assert not _allowed(everybody, other, NOW)


def test_a_revocation_is_spent_when_no_session_is_as_old() -> None:
    """Policies of other names are nobody's to remove here."""
    moment = next_second(NOW)
    names = [revocation_name(moment, _random), "OwnFolder", "AWSRevokeOlderSessions"]
    assert names[0] == "SecureCartRevoked-20260302T090001Z-0a0a0a0a"
    end = moment + timedelta(hours=12)
    assert spent(names, end - timedelta(seconds=1)) == []
    assert spent(names, end) == names[:1]


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("name", "document", "expected"),
    [
        ("SecureCartRevoked-20260302T090001Z-0a0a0a0a", _document(DENY), True),
        ("AWSRevokeOlderSessions", _document(DENY, DENY), True),
        ("AWSRevokeOlderSessions", json.dumps({"Statement": DENY}), True),
        ("AWSRevokeOlderSessions", _document(DENY, DENY | {"Effect": "Allow"}), False),
        ("AWSRevokeOlderSessions", "no JSON", False),
        ("AWSRevokeOlderSessions", "[]", False),
        ("AWSRevokeOlderSessions", '{"Statement": "Deny"}', False),
        ("SecureCartRevoked-yesterday", _document(DENY), False),
        ("Backdoor", _document(DENY), False),
    ],
)
def test_only_what_grants_nothing_is_a_revocation(
    name: str, document: str, *, expected: bool
) -> None:
    """So that no grant hides behind the name of one."""
    assert is_revocation(name, document) == expected
