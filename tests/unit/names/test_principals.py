"""Every principal has AWS's ARN and AWS's `aws:userid`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from securecart.names.credentials import Credentials
from securecart.names.principal import (
    Anonymous,
    Federated,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PROVIDER = "arn:aws:iam::123456789012:saml-provider/SecureCart"
SESSION = RoleSession(
    account="123456789012",
    role_name="SecureCartEmployee",
    role_path="/people/",
    role_id="AROAEXAMPLE",
    session_name="jane",
    credential_id="ASIAEXAMPLE",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)


@pytest.mark.parametrize(
    ("principal", "arn", "userid"),
    [
        (Root("123456789012"), "arn:aws:iam::123456789012:root", "123456789012"),
        (
            IamUser("123456789012", "admin", "AIDAEXAMPLE", path="/ops/"),
            "arn:aws:iam::123456789012:user/ops/admin",
            "AIDAEXAMPLE",
        ),
        (
            SESSION,
            "arn:aws:sts::123456789012:assumed-role/SecureCartEmployee/jane",
            "AROAEXAMPLE:jane",
        ),
        (
            Service("123456789012", "s3.amazonaws.com"),
            "s3.amazonaws.com",
            "s3.amazonaws.com",
        ),
        (
            Federated("123456789012", PROVIDER, "jane"),
            PROVIDER,
            f"{PROVIDER}:jane",
        ),
        (Anonymous(), "anonymous", "anonymous"),
    ],
)
def test_arn_and_userid(principal: Principal, arn: str, userid: str) -> None:
    """As policies name and compare them."""
    assert principal.arn == arn
    assert principal.userid == userid


def test_nobody_has_no_account() -> None:
    """An anonymous caller belongs to no account, so to none of ours."""
    assert not Anonymous().account


def test_the_role_keeps_its_path() -> None:
    """A session's ARN leaves the path out, its role's ARN does not."""
    assert SESSION.role_arn == (
        "arn:aws:iam::123456789012:role/people/SecureCartEmployee"
    )


def test_secrets_stay_out_of_repr() -> None:
    """A logged credential shows its id alone."""
    shown = repr(Credentials("ASIAEXAMPLE", "secret", "token"))
    assert "ASIAEXAMPLE" in shown
    assert "secret" not in shown.replace("secret_access_key", "")
    assert "token" not in shown.replace("session_token", "")


def test_sessions_are_told_apart_by_every_field() -> None:
    """Their hash is that of one field, and what is kept for one is not another's."""
    other = replace(SESSION, tags=(("Department", "finance"),))
    assert hash(other) == hash(SESSION)
    assert {SESSION: "kept"}.get(other) is None
