"""The condition keys that principals bring."""

from datetime import UTC, datetime, timedelta

from securecart.names.principal import Principal
from securecart.names.session import RoleSession
from securecart.policy import principal_context

ISSUED = datetime(2025, 3, 1, 12, tzinfo=UTC)


def test_a_session_brings_what_its_provider_vouched_for() -> None:
    """Tags, source identity, provider and its own keys."""
    session = RoleSession(
        account="111122223333",
        role_name="Employee",
        role_path="/staff/",
        role_id="AROAEMPLOYEE",
        session_name="ab",
        credential_id="ASIAEXAMPLE",
        issued_at=ISSUED,
        expires_at=ISSUED + timedelta(hours=1),
        tags=(("Department", "Finance"),),
        source_identity="ab@example.com",
        federated_provider="arn:aws:iam::111122223333:saml-provider/SecureCart",
        mfa_authenticated=True,
        context=(("saml:sub", "ab"), ("aws:userid", "forged")),
    )
    assert principal_context(session) == {
        "saml:sub": "ab",
        "aws:userid": "AROAEMPLOYEE:ab",
        "aws:principalarn": "arn:aws:iam::111122223333:role/staff/Employee",
        "aws:principalaccount": "111122223333",
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:principaltag/department": "Finance",
        "aws:sourceidentity": "ab@example.com",
        "aws:federatedprovider": "arn:aws:iam::111122223333:saml-provider/SecureCart",
        "aws:tokenissuetime": "2025-03-01T12:00:00Z",
        "aws:multifactorauthpresent": "true",
    }


def test_long_term_keys_bring_no_session_keys(
    principals: dict[str, Principal],
) -> None:
    """Neither a moment of issue nor MFA."""
    keys = principal_context(principals["admin"])
    assert keys["aws:username"] == "admin"
    assert "aws:tokenissuetime" not in keys
    assert "aws:multifactorauthpresent" not in keys


def test_the_anonymous_are_called_so(principals: dict[str, Principal]) -> None:
    """An account's place too is taken by the word; there is no ARN."""
    assert principal_context(principals["anonymous"]) == {
        "aws:userid": "anonymous",
        "aws:principaltype": "Anonymous",
        "aws:principalaccount": "anonymous",
        "aws:principalisawsservice": "false",
    }


def test_a_service_brings_its_name(principals: dict[str, Principal]) -> None:
    """And says that it is one."""
    assert principal_context(principals["s3"]) == {
        "aws:principalservicename": "s3.amazonaws.com",
        "aws:principalisawsservice": "true",
    }
