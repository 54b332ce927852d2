"""AssumeRoleWithSAML."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from securecart.federation.saml import NameId, SigningIdentity
from securecart.federation.saml.names import EMAIL_ADDRESS
from securecart.iam import SamlProvider
from securecart.names.errors import AccessDenied, ServiceError, ValidationError
from securecart.policy import MalformedPolicyDocument
from securecart.sts import (
    ExpiredIdentityToken,
    InvalidIdentityToken,
    PackedPolicyTooLarge,
)

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/Cut"


def test_an_assertion_is_traded_for_credentials(world: "World") -> None:
    """Every member that AWS answers with, and a session that says who it is."""
    result = world.with_saml()
    session = world.session(result)
    credentials = result["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    started = world.answer.issued_at.replace(microsecond=0)
    assert credentials["Expiration"] == started + timedelta(hours=1)
    assert result["AssumedRoleUser"] == {
        "AssumedRoleId": "AROAEXAMPLE:ada",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/SecureCartEmployee/ada",
    }
    assert result["Subject"] == "ada"
    assert result["SubjectType"] == "persistent"
    assert result["Issuer"] == world.answer.issuer
    assert result["Audience"] == world.answer.recipient
    assert len(result["NameQualifier"]) == 28
    assert "PackedPolicySize" not in result
    assert "SourceIdentity" not in result
    assert session.userid == "AROAEXAMPLE:ada"
    assert (
        session.federated_provider == f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
    )
    assert dict(session.context)["saml:sub"] == "ada"
    assert not session.chained
    assert session.mfa_authenticated is False


def test_tags_and_source_identity_come_from_the_assertion(world: "World") -> None:
    """And go before the role's own tags, whatever their case."""
    world.put_role(tags=(("Department", "none"), ("kept", "yes")))
    response = world.saml_response(
        {
            "PrincipalTag:department": ["finance"],
            "TransitiveTagKeys": ["department"],
            "SourceIdentity": ["ada"],
        }
    )
    result = world.with_saml(response)
    session = world.session(result)
    assert session.tags == (("kept", "yes"), ("department", "finance"))
    assert session.transitive_tag_keys == ("department",)
    assert session.source_identity == result["SourceIdentity"] == "ada"
    assert result["PackedPolicySize"] == 2


@pytest.mark.parametrize("missing", ["sts:TagSession", "sts:SetSourceIdentity"])
def test_tags_and_source_identity_need_the_role_s_trust(
    world: "World", missing: str
) -> None:
    """Who may assume may not therefore tag."""
    trust_policy = world.put_role().trust_policy.replace(f'"{missing}"', '"sts:Other"')
    world.put_role(trust_policy=trust_policy.replace("sts:Other", "sts:AssumeRole"))
    claims = {"PrincipalTag:a": ["b"], "SourceIdentity": ["ada"]}
    with pytest.raises(AccessDenied, match=f"^Not authorized to perform {missing}$"):
        world.with_saml(world.saml_response(claims))


def test_the_trust_policy_decides_on_what_was_verified(world: "World") -> None:
    """Nothing in the request's own context can stand in for a claim."""
    response = world.saml_response(recipient="https://evil.example.com/acs")
    parameters = {
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee",
        "PrincipalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart",
        "SAMLAssertion": response,
    }
    with pytest.raises(AccessDenied, match="Not authorized to perform sts:AssumeRole"):
        world.call(
            "AssumeRoleWithSAML",
            parameters,
            context={"saml:aud": world.answer.recipient},
        )


@pytest.mark.parametrize(
    "parameters",
    [
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Missing"},
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/securecartemployee"},
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x/SecureCartEmployee"},
    ],
)
def test_a_role_that_is_not_there_is_not_told_from_one_that_does_not_trust(
    world: "World", parameters: dict[str, Any]
) -> None:
    """A stranger learns no role names."""
    with pytest.raises(AccessDenied, match=r"^Not authorized to perform"):
        world.with_saml(**parameters)


def test_a_role_that_the_assertion_does_not_name_is_refused(world: "World") -> None:
    """Even one that trusts the provider."""
    world.put_role(name="Other")
    with pytest.raises(AccessDenied, match=r"^Not authorized to perform"):
        world.with_saml(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Other")


def test_an_unreadable_trust_policy_denies(world: "World") -> None:
    """It may have held a Deny."""
    world.put_role(trust_policy="{}")
    with pytest.raises(AccessDenied):
        world.with_saml()


def test_unreadable_metadata_vouches_for_nobody(world: "World") -> None:
    """It may have been put by another release."""
    with world.entities.writing() as store:
        (provider,) = store.list(SamlProvider)
        store.put(replace(provider, metadata="<a/>"))
    with pytest.raises(InvalidIdentityToken, match="Could not parse metadata"):
        world.with_saml()


def test_an_unknown_provider_is_refused(world: "World") -> None:
    """In AWS's words."""
    with pytest.raises(InvalidIdentityToken, match="Specified provider doesn't exist"):
        world.with_saml(PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/Other")


def test_a_forged_signature_is_refused(
    world: "World", make_identity: Callable[[], SigningIdentity]
) -> None:
    """STS verifies for itself, whoever handed it the assertion."""
    forged = world.saml_response(signer=make_identity())
    with pytest.raises(InvalidIdentityToken, match=r"^Response signature invalid$"):
        world.with_saml(forged)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issuer": "https://other"}, "Issuer not present in specified provider"),
        ({"audience": "https://other"}, "does not contain the required audience"),
    ],
)
def test_another_issuer_or_audience_is_refused(
    world: "World", changes: dict[str, Any], message: str
) -> None:
    """In AWS's words."""
    with pytest.raises(InvalidIdentityToken, match=message):
        world.with_saml(world.saml_response(**changes))


@pytest.mark.parametrize("response", ["", "AAAA", "!", "PGEvPg=="])
def test_what_is_no_response_is_refused(world: "World", response: str) -> None:
    """Anybody may call."""
    with pytest.raises(InvalidIdentityToken, match="Invalid SAML response"):
        world.with_saml(response)


def test_an_assertion_is_redeemed_within_five_minutes(world: "World") -> None:
    """However long it says that it is valid."""
    issued = world.answer.issued_at
    late, last = issued + timedelta(minutes=5), timedelta(milliseconds=1)
    with pytest.raises(ExpiredIdentityToken, match="within 5 minutes of issuance"):
        world.with_saml(now=late)
    assert world.with_saml(now=late - last)


def test_an_expired_assertion_is_refused(world: "World") -> None:
    """With the code that tells a client to sign in again."""
    response = world.saml_response(not_on_or_after=world.answer.not_before)
    with pytest.raises(ExpiredIdentityToken, match="no longer valid"):
        world.with_saml(response, now=world.answer.issued_at + timedelta(minutes=2))


def test_an_assertion_is_redeemed_once(world: "World") -> None:
    """Who finds it in a log afterwards gets nothing for it."""
    response = world.saml_response()
    world.with_saml(response)
    with pytest.raises(InvalidIdentityToken, match="already redeemed"):
        world.with_saml(response)
    assert world.with_saml(world.saml_response(assertion_id="_b"))


def test_a_refused_call_uses_no_assertion_up(world: "World") -> None:
    """A wrong parameter can be put right without signing in again."""
    response = world.saml_response()
    for parameters in ({"DurationSeconds": 43_200}, {"Policy": "{}"}):
        with pytest.raises(ServiceError):
            world.with_saml(response, **parameters)
    assert world.with_saml(response)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"RoleSessionName": []}, "exactly one value"),
        ({"RoleSessionName": [""]}, "RoleSessionName is required in AuthnResponse"),
        ({"RoleSessionName": ["a/b"]}, "RoleSessionName in AuthnResponse must match"),
        ({"SourceIdentity": ["aws:a"]}, "Source Identity must match"),
        ({"PrincipalTag:aws:a": ["b"]}, "reserved"),
    ],
)
def test_bad_claims_are_refused_in_aws_words(
    world: "World", attributes: dict[str, list[str]], message: str
) -> None:
    """An administrator finds them in AWS's troubleshooting page."""
    with pytest.raises(InvalidIdentityToken, match=message):
        world.with_saml(world.saml_response(attributes))


@pytest.mark.parametrize(
    ("parameters", "attributes", "session_hours", "seconds"),
    [
        ({}, {}, None, 3_600),
        ({"DurationSeconds": 7_200}, {}, None, 7_200),
        ({"DurationSeconds": 7_200}, {"SessionDuration": ["1800"]}, None, 1_800),
        ({}, {"SessionDuration": ["7200"]}, None, 3_600),
        ({"DurationSeconds": 7_200}, {}, 1, 3_600),
        ({"DurationSeconds": 900}, {"SessionDuration": ["7200"]}, 1, 900),
    ],
)
def test_the_least_duration_holds(
    world: "World",
    parameters: dict[str, Any],
    attributes: dict[str, list[str]],
    session_hours: int | None,
    seconds: int,
) -> None:
    """Of what is asked, what the assertion says, and where its session ends."""
    world.put_role(max_session_duration=7_200)
    start = world.answer.issued_at
    end = None if session_hours is None else start + timedelta(hours=session_hours)
    response = world.saml_response(attributes, session_not_on_or_after=end)
    session = world.session(world.with_saml(response, **parameters))
    assert session.expires_at - session.issued_at == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (899, "greater than or equal to 900"),
        (43_201, "less than or equal to 43200"),
        (3_601, "exceeds MaxSessionDuration set for this role"),
    ],
)
def test_a_duration_out_of_bounds_is_refused(
    world: "World", seconds: int, message: str
) -> None:
    """In AWS's words."""
    with pytest.raises(ValidationError, match=message):
        world.with_saml(DurationSeconds=seconds)


def test_session_policies_are_kept_in_the_session(world: "World") -> None:
    """Inline and managed; the first as text, the others by name."""
    document = '{"Version":"2012-10-17","Statement":[]}'.replace(
        "[]", '{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}'
    )
    result = world.with_saml(Policy=document, PolicyArns=[{"arn": POLICY}])
    session = world.session(result)
    assert session.session_policies == (document,)
    assert session.session_policy_arns == (POLICY,)
    assert 0 < result["PackedPolicySize"] < 100


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"Policy": "{}"}, MalformedPolicyDocument),
        ({"Policy": "{"}, MalformedPolicyDocument),
        ({"Policy": " " * 2_049}, PackedPolicyTooLarge),
        ({"PolicyArns": [{"arn": POLICY + "s"}]}, MalformedPolicyDocument),
        ({"PolicyArns": [{"arn": POLICY}] * 11}, ValidationError),
    ],
)
def test_bad_session_policies_are_refused(
    world: "World", parameters: dict[str, Any], error: type[ServiceError]
) -> None:
    """A session policy that is not understood must not be left out."""
    with pytest.raises(error):
        world.with_saml(**parameters)


def test_tags_beyond_the_packed_limit_are_refused(world: "World") -> None:
    """AWS has such a limit of its own besides those on each tag."""
    noise = [hashlib.sha512(bytes([number])).hexdigest() for number in range(50)]
    tags = {f"PrincipalTag:{value[:9]}": [value * 2] for value in noise}
    with pytest.raises(PackedPolicyTooLarge, match=r"consumes \d+% of allotted"):
        world.with_saml(world.saml_response(tags))


def test_the_subject_type_is_the_format(world: "World") -> None:
    """In full where it is no SAML 2.0 format."""
    response = world.saml_response(name_id=NameId("a@example.com", EMAIL_ADDRESS))
    assert world.with_saml(response)["SubjectType"] == EMAIL_ADDRESS
