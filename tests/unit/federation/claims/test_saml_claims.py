"""AWS's claims in SAML assertions."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest

from securecart.federation.claims import (
    RejectedClaim,
    RolePair,
    SessionClaims,
    aws_session_claims_from_saml,
    saml_session_context,
    saml_trust_context,
    subject_type,
)
from securecart.federation.saml import NameId, VerifiedAssertion
from securecart.federation.saml.names import (
    EMAIL_ADDRESS,
    PERSISTENT,
    REFEDS_MFA,
    TRANSIENT,
)
from securecart.names.arn import Arn

AWS = "https://aws.amazon.com/SAML/Attributes/"
ROLE = "arn:aws:iam::123456789012:role/SecureCartEmployee"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/SecureCart"
NAMED = {AWS + "RoleSessionName": ["ada"]}


@pytest.fixture
def assertion(now: datetime) -> VerifiedAssertion:
    """Answer an assertion without attributes."""
    return VerifiedAssertion(
        assertion_id="_1",
        issuer="https://idp.example.com",
        name_id=NameId("ada@example.com", PERSISTENT),
        audiences=("urn:amazon:webservices",),
        recipient="http://localhost:8080/saml/acs",
        in_response_to=None,
        issued_at=now,
        not_on_or_after=now + timedelta(minutes=5),
        authn_instant=now,
        authn_context=None,
        session_index=None,
        session_not_on_or_after=None,
        attributes={},
    )


def _with(
    assertion: VerifiedAssertion, attributes: Mapping[str, Sequence[str]]
) -> VerifiedAssertion:
    whole = {name: tuple(values) for name, values in attributes.items()}
    return replace(assertion, attributes=MappingProxyType(whole))


def test_every_claim_is_read(assertion: VerifiedAssertion) -> None:
    """All that AWS's table of attributes lists."""
    claims = aws_session_claims_from_saml(
        _with(
            assertion,
            {
                AWS + "Role": [f"{ROLE},{PROVIDER}", f" {PROVIDER} ,\n {ROLE}2 "],
                AWS + "RoleSessionName": ["ada@example.com"],
                AWS + "SessionDuration": ["1800"],
                AWS + "PrincipalTag:department": ["Research + Co"],
                AWS + "PrincipalTag:Cost Center": [""],
                AWS + "TransitiveTagKeys": ["department"],
                AWS + "SourceIdentity": ["ada"],
                "mail": ["ada@example.com"],
            },
        )
    )
    assert claims == SessionClaims(
        roles=(RolePair(ROLE, PROVIDER), RolePair(ROLE + "2", PROVIDER)),
        session_name="ada@example.com",
        duration_seconds=1800,
        tags=(("department", "Research + Co"), ("Cost Center", "")),
        transitive_tag_keys=("department",),
        source_identity="ada",
        mfa=False,
    )


def test_attribute_names_are_case_sensitive(assertion: VerifiedAssertion) -> None:
    """AWS says so, and takes no other spelling."""
    with pytest.raises(RejectedClaim, match="RoleSessionName is required"):
        aws_session_claims_from_saml(
            _with(assertion, {AWS + "rolesessionname": ["ada"]})
        )


@pytest.mark.parametrize(
    "name", ["", "a", "a/b", "a:b", "a b", "a\n", "é" * 3, "a" * 65]
)
def test_a_bad_session_name_is_refused(assertion: VerifiedAssertion, name: str) -> None:
    """A slash, or nothing at all, would open another's folder."""
    with pytest.raises(RejectedClaim, match="RoleSessionName"):
        aws_session_claims_from_saml(
            _with(assertion, {AWS + "RoleSessionName": [name]})
        )


@pytest.mark.parametrize("values", [[], ["ada", "eve"]])
def test_one_session_name_and_no_choice(
    assertion: VerifiedAssertion, values: list[str]
) -> None:
    """Two values would leave it to the reader who is who."""
    with pytest.raises(RejectedClaim, match="exactly one value"):
        aws_session_claims_from_saml(
            _with(assertion, {AWS + "RoleSessionName": values})
        )


@pytest.mark.parametrize(
    "value",
    [
        "",
        ROLE,
        f"{ROLE},{ROLE}",
        f"{PROVIDER},{PROVIDER}",
        f"{ROLE},{PROVIDER},{PROVIDER}",
        f"{ROLE.replace('iam', 'sts')},{PROVIDER}",
        f"x,{PROVIDER}",
    ],
)
def test_a_bad_role_is_refused(assertion: VerifiedAssertion, value: str) -> None:
    """A pair of a role and a SAML provider, and nothing else."""
    with pytest.raises(RejectedClaim, match="Role in AuthnResponse"):
        aws_session_claims_from_saml(_with(assertion, NAMED | {AWS + "Role": [value]}))


@pytest.mark.parametrize(
    "value", ["", "899", "43201", "-900", "1e3", "٩٠٠", "9" * 5_000]
)
def test_a_bad_duration_is_refused(assertion: VerifiedAssertion, value: str) -> None:
    """900 to 43200, in digits."""
    with pytest.raises(RejectedClaim, match="SessionDuration"):
        aws_session_claims_from_saml(
            _with(assertion, NAMED | {AWS + "SessionDuration": [value]})
        )


@pytest.mark.parametrize(
    "tags",
    [
        {f"PrincipalTag:k{number}": ["v"] for number in range(51)},
        {"PrincipalTag:": ["v"]},
        {"PrincipalTag:" + "k" * 129: ["v"]},
        {"PrincipalTag:k": ["v" * 257]},
        {"PrincipalTag:k": ["a\tb"]},
        {"PrincipalTag:k*": ["v"]},
        {"PrincipalTag:aws:k": ["v"]},
        {"PrincipalTag:AWS:k": ["v"]},
        {"PrincipalTag:k": ["v"], "PrincipalTag:K": ["v"]},
        {"PrincipalTag:k": ["v", "w"]},
        {"TransitiveTagKeys": ["k"]},
    ],
)
def test_a_bad_tag_is_refused(
    assertion: VerifiedAssertion, tags: dict[str, list[str]]
) -> None:
    """AWS's limits: 50 tags, 128 and 256 characters, one key in any case."""
    named = {AWS + name: values for name, values in tags.items()}
    with pytest.raises(RejectedClaim):
        aws_session_claims_from_saml(_with(assertion, NAMED | named))


def test_fifty_tags_at_their_longest_are_taken(assertion: VerifiedAssertion) -> None:
    """The limits themselves are allowed."""
    tags = {f"{AWS}PrincipalTag:{i:0128}": ["é" * 256] for i in range(50)}
    assert len(aws_session_claims_from_saml(_with(assertion, NAMED | tags)).tags) == 50


@pytest.mark.parametrize("value", ["a", "a b", "aws:ada", "AWS:x", ""])
def test_a_bad_source_identity_is_refused(
    assertion: VerifiedAssertion, value: str
) -> None:
    """In AWS's words."""
    attributes = NAMED | {AWS + "SourceIdentity": [value]}
    with pytest.raises(RejectedClaim, match="Source Identity must match"):
        aws_session_claims_from_saml(_with(assertion, attributes))


def test_a_second_factor_is_told_by_the_context(assertion: VerifiedAssertion) -> None:
    """The authentication context class says how the person signed in."""
    with_mfa = replace(_with(assertion, NAMED), authn_context=REFEDS_MFA)
    assert aws_session_claims_from_saml(with_mfa).mfa


def test_the_trust_policy_sees_aws_keys(assertion: VerifiedAssertion) -> None:
    """`saml:aud` is the recipient; what has a name in AWS's table has a key."""
    context = saml_trust_context(
        _with(
            assertion,
            {
                "urn:oid:1.3.6.1.4.1.5923.1.1.1.1": ["staff", "member"],
                "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": [
                    "ada@example.com"
                ],
                "urn:oid:2.5.4.3": [],
                "else": ["x"],
            },
        ),
        Arn.parse(PROVIDER),
    )
    hashed = hashlib.sha1(
        b"https://idp.example.com123456789012/SecureCart", usedforsecurity=False
    )
    assert context == {
        "saml:aud": "http://localhost:8080/saml/acs",
        "saml:iss": "https://idp.example.com",
        "saml:sub": "ada@example.com",
        "saml:sub_type": "persistent",
        "saml:namequalifier": base64.b64encode(hashed.digest()).decode(),
        "saml:doc": "123456789012/SecureCart",
        "saml:edupersonaffiliation": ("staff", "member"),
        "saml:mail": "ada@example.com",
    }


def test_the_session_keeps_three_keys(assertion: VerifiedAssertion) -> None:
    """The others are for the trust policy alone."""
    kept = dict(saml_session_context(assertion, Arn.parse(PROVIDER)))
    assert set(kept) == {"saml:sub", "saml:sub_type", "saml:namequalifier"}


@pytest.mark.parametrize(
    ("name_format", "shown"),
    [
        (PERSISTENT, "persistent"),
        (TRANSIENT, "transient"),
        (EMAIL_ADDRESS, EMAIL_ADDRESS),
    ],
)
def test_the_subject_type_is_short_for_saml_2_formats(
    assertion: VerifiedAssertion, name_format: str, shown: str
) -> None:
    """AWS STS API Reference, SubjectType."""
    named = replace(assertion, name_id=NameId("a", name_format))
    assert subject_type(named) == shown
