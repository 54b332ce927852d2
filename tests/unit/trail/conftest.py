"""What the tests of the trail share."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from securecart.names.session import RoleSession
from securecart.trail import Event, Resource


@pytest.fixture
def session() -> RoleSession:
    """One employee in the federated role."""
    return RoleSession(
        account="123456789012",
        role_name="SecureCartEmployee",
        role_path="/",
        role_id="AROAEXAMPLE",
        session_name="jane",
        credential_id="ASIAEXAMPLE",
        issued_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        expires_at=datetime(2026, 11, 23, 13, tzinfo=UTC),
        source_identity="jane@example.com",
        federated_provider="arn:aws:iam::123456789012:oidc-provider/localhost:8081",
        mfa_authenticated=True,
        context=(("localhost:8081:sub", "jane"),),
    )


@pytest.fixture
def make_event(session: RoleSession) -> Callable[..., Event]:
    """Make events that differ in what a test is about."""
    event = Event(
        time=datetime(2026, 11, 23, 12, 30, 45, 999_999, tzinfo=UTC),
        source="s3.amazonaws.com",
        name="GetObject",
        region="us-east-1",
        account="123456789012",
        source_ip="127.0.0.1",
        user_agent="[Boto3/1.40]",
        principal=session,
        access_key_id="ASIAEXAMPLE",
        request_id="R1",
        event_id="00000000-0000-4000-8000-000000000001",
        read_only=True,
        data=True,
        request_parameters={
            "bucketName": "securecart-user-docs",
            "Host": "localhost:9000",
            "key": "AROAEXAMPLE:jane/plans/2027.pdf",
        },
        resources=(
            Resource(
                "AWS::S3::Object",
                "arn:aws:s3:::securecart-user-docs/AROAEXAMPLE:jane/plans/2027.pdf",
            ),
            Resource(
                "AWS::S3::Bucket", "arn:aws:s3:::securecart-user-docs", "123456789012"
            ),
        ),
    )

    def _make(**changes: Any) -> Event:
        return replace(event, **changes)

    return _make
