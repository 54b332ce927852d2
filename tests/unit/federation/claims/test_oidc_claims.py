"""AWS's claims in ID tokens."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from securecart.federation.claims import (
    RejectedClaim,
    SessionClaims,
    aws_session_claims_from_oidc,
    oidc_session_context,
    oidc_trust_context,
)
from securecart.federation.oidc import VerifiedIdToken

TAGS = "https://aws.amazon.com/tags"


def _token(now: datetime, claims: dict[str, Any], **changes: Any) -> VerifiedIdToken:
    whole: dict[str, Any] = {
        "issuer": "http://localhost:8081",
        "subject": "ada",
        "audiences": ("securecart-portal",),
        "authorized_party": None,
        "issued_at": now,
        "expires_at": now + timedelta(minutes=5),
        "auth_time": None,
        "amr": (),
        "claims": claims,
    }
    return VerifiedIdToken(**(whole | changes))


def test_tags_in_one_claim_are_read(now: datetime) -> None:
    """Each tag is a list of one."""
    claims = aws_session_claims_from_oidc(
        _token(
            now,
            {
                TAGS: {
                    "principal_tags": {"department": ["finance"]},
                    "transitive_tag_keys": ["department"],
                },
                "https://aws.amazon.com/source_identity": "ada",
            },
            amr=("pwd", "mfa"),
        )
    )
    assert claims == SessionClaims(
        tags=(("department", "finance"),),
        transitive_tag_keys=("department",),
        source_identity="ada",
        mfa=True,
    )


def test_flat_tags_are_read(now: datetime) -> None:
    """For providers that cannot nest a claim, as a text or a list of one."""
    flat = {
        TAGS + "/principal_tags/department": "finance",
        TAGS + "/principal_tags/team": ["ledger"],
        TAGS + "/transitive_tag_keys": ["team"],
    }
    claims = aws_session_claims_from_oidc(_token(now, flat))
    assert claims.tags == (("department", "finance"), ("team", "ledger"))
    assert claims.transitive_tag_keys == ("team",)


def test_no_claims_ask_for_nothing(now: datetime) -> None:
    """Role and session name are the bearer's to choose."""
    assert aws_session_claims_from_oidc(_token(now, {})) == SessionClaims()


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: []},
        {TAGS: {"principal_tags": []}},
        {TAGS: {"principal_tags": {"a": "b"}}},
        {TAGS: {"principal_tags": {"a": []}}},
        {TAGS: {"principal_tags": {"a": ["b", "c"]}}},
        {TAGS: {"principal_tags": {"a": [1]}}},
        {TAGS: {"principal_tags": {"a": ["b"], "A": ["b"]}}},
        {TAGS: {"principal_tags": {"a": ["b"]}}, TAGS + "/principal_tags/a": "c"},
        {TAGS: {"transitive_tag_keys": ["a"]}},
        {TAGS: {"transitive_tag_keys": "a"}},
        {TAGS + "/principal_tags/a": 1},
        {"https://aws.amazon.com/source_identity": 1},
        {"https://aws.amazon.com/source_identity": "aws:x"},
    ],
)
def test_a_bad_claim_is_refused(now: datetime, claims: dict[str, Any]) -> None:
    """Never passed over: a tag may be what a Deny looks at."""
    with pytest.raises(RejectedClaim):
        aws_session_claims_from_oidc(_token(now, claims))


def test_the_trust_policy_sees_the_issuer_without_scheme(now: datetime) -> None:
    """Condition keys begin with the issuer, in lower case."""
    token = _token(now, {}, issuer="https://IdP.example.com/T", amr=("pwd", "mfa"))
    assert oidc_trust_context(token) == {
        "idp.example.com/t:aud": "securecart-portal",
        "idp.example.com/t:oaud": "securecart-portal",
        "idp.example.com/t:sub": "ada",
        "idp.example.com/t:amr": ("pwd", "mfa"),
    }


def test_the_authorized_party_stands_for_the_audience(now: datetime) -> None:
    """Where the token has one, `aud` is what `azp` says."""
    token = _token(now, {}, audiences=("api", "portal"), authorized_party="portal")
    assert oidc_trust_context(token) == {
        "localhost:8081:aud": "portal",
        "localhost:8081:oaud": ("api", "portal"),
        "localhost:8081:azp": "portal",
        "localhost:8081:sub": "ada",
    }


def test_the_session_keeps_three_keys(now: datetime) -> None:
    """AWS: no others are there after the assumption."""
    token = _token(
        now,
        {"email": "ada@example.com"},
        audiences=("api", "portal"),
        authorized_party="portal",
        amr=("pwd", "mfa"),
    )
    assert dict(oidc_session_context(token)) == {
        "localhost:8081:aud": "portal",
        "localhost:8081:sub": "ada",
        "localhost:8081:amr": ("pwd", "mfa"),
    }
