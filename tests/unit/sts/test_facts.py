"""Every limit, code and message of AWS's STS, line by line.

The names of the cases are the lines; what AWS documents, or is known to
answer, stands in the expectations. Limits of single parameters that stand in
the service model are held to by `wire.service`, which reads them there.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import RSAKey

from securecart.adapters.service_models import load_service_model
from securecart.federation.saml import build_failure, encode_post
from securecart.federation.saml.names import AUTHN_FAILED, RESPONDER
from securecart.names.errors import AccessDenied, ServiceError
from securecart.names.principal import IamUser, Root
from securecart.names.session import RoleSession
from securecart.wire.service import Service

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/Cut"
ADMINISTRATOR = IamUser(ACCOUNT, "root-of-all", "AIDAEXAMPLE")
ALLOW = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
)
EVERYBODY_OF_OURS: Mapping[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
}
Result = Mapping[str, Any]
Ask = Callable[["World"], Result]


def _by_user(**parameters: Any) -> Ask:
    """AssumeRole, by an administrator."""
    asked = {"RoleArn": ROLE, "RoleSessionName": "ada"} | parameters
    return lambda world: world.call("AssumeRole", asked, caller=ADMINISTRATOR)


def _by_session(
    *, attributes: Mapping[str, list[str]] | None = None, **parameters: Any
) -> Ask:
    """AssumeRole, by the session of an assertion with these attributes."""

    def ask(world: "World") -> Result:
        session = world.session(world.with_saml(world.saml_response(attributes)))
        asked = {"RoleArn": ROLE, "RoleSessionName": "ada"} | parameters
        return world.call("AssumeRole", asked, caller=session)

    return ask


def _by_saml(
    attributes: Mapping[str, list[str]] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    **answer: Any,
) -> Ask:
    """AssumeRoleWithSAML, with another answer of the provider."""
    return lambda world: world.with_saml(
        world.saml_response(attributes, **answer), **(parameters or {})
    )


def _by_oidc(claims: Mapping[str, Any] | None = None, **parameters: Any) -> Ask:
    """AssumeRoleWithWebIdentity, with other claims."""
    return lambda world: world.with_oidc(world.id_token(claims), **parameters)


def _late(world: "World") -> Result:
    response = world.saml_response()
    return world.with_saml(response, now=world.answer.issued_at + timedelta(minutes=5))


def _without_keys(world: "World") -> Result:
    world.keys.key_set = None
    return world.with_oidc()


def _strange_key(world: "World") -> Result:
    key = RSAKey.generate_key(2048)
    return world.with_oidc(world.id_token(key=key, key_id="two"))


def _by_root(world: "World") -> Result:
    asked = {"RoleArn": ROLE, "RoleSessionName": "ada"}
    return world.call("AssumeRole", asked, caller=Root(ACCOUNT))


def _altered(world: "World") -> Result:
    response = base64.b64decode(world.saml_response())
    altered = response.replace(b">ada<", b">eve<")
    return world.with_saml(base64.b64encode(altered).decode())


def _failed(world: "World") -> Result:
    failure = build_failure(
        (RESPONDER, AUTHN_FAILED),
        world.identity,
        response_id="_r",
        issuer=world.answer.issuer,
        recipient=world.answer.recipient,
        in_response_to="_q",
        now=world.answer.issued_at,
    )
    return world.with_saml(encode_post(failure))


def _tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"k{number}", "Value": "v"} for number in range(count)]


def _noise(number: int) -> str:
    """Text that does not compress."""
    return hashlib.sha512(bytes([number])).hexdigest() * 2


def _tag(key: str, value: str = "v") -> list[dict[str, str]]:
    return [{"Key": key, "Value": value}]


_MFA = {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/ada", "TokenCode": "123456"}
_AWS_TAGS = "https://aws.amazon.com/tags"

REFUSED: Mapping[str, tuple[Ask, str, int, str]] = {
    # Durations.
    "DurationSeconds from 900": (
        _by_user(DurationSeconds=899),
        "ValidationError",
        400,
        (
            "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must"
            " have value greater than or equal to 900"
        ),
    ),
    "DurationSeconds to 43200": (
        _by_oidc(DurationSeconds=43_201),
        "ValidationError",
        400,
        "must have value less than or equal to 43200",
    ),
    "at most the role's MaxSessionDuration": (
        _by_user(DurationSeconds=7_201),
        "ValidationError",
        400,
        (
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this"
            " role."
        ),
    ),
    "the same by SAML": (
        _by_saml(parameters={"DurationSeconds": 7_201}),
        "ValidationError",
        400,
        "Requested DurationSeconds exceeds MaxSessionDuration set for this role.",
    ),
    "the same by OIDC": (
        _by_oidc(DurationSeconds=7_201),
        "ValidationError",
        400,
        (
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this"
            " role."
        ),
    ),
    "role chaining at most 3600": (
        _by_session(DurationSeconds=3_601),
        "ValidationError",
        400,
        (
            "The requested DurationSeconds exceeds the 1 hour session limit for roles"
            " assumed by role chaining."
        ),
    ),
    # Session policies.
    "session policies of 2,048 characters": (
        _by_user(Policy=ALLOW.ljust(2_049)),
        "PackedPolicyTooLarge",
        400,
        "2048 characters",
    ),
    "inline and managed together": (
        _by_user(Policy=ALLOW.ljust(2_049 - len(POLICY)), PolicyArns=[{"arn": POLICY}]),
        "PackedPolicyTooLarge",
        400,
        "2048 characters",
    ),
    "at most 10 managed": (
        _by_user(PolicyArns=[{"arn": POLICY}] * 11),
        "ValidationError",
        400,
        "at most 10",
    ),
    "a managed policy without its ARN": (
        _by_user(PolicyArns=[{"arn": POLICY}, {}]),
        "ValidationError",
        400,
        "Value null at 'policyArns.2.member.arn'",
    ),
    "a session policy that is none": (
        _by_oidc(Policy="{}"),
        "MalformedPolicyDocument",
        400,
        "",
    ),
    "a managed policy that is not there": (
        _by_user(PolicyArns=[{"arn": POLICY + "s"}]),
        "MalformedPolicyDocument",
        400,
        "does not exist",
    ),
    "the packed size": (
        _by_user(Tags=[{"Key": f"k{n}", "Value": _noise(n)} for n in range(40)]),
        "PackedPolicyTooLarge",
        400,
        "% of allotted space, please use smaller policy.",
    ),
    # Session tags.
    "50 session tags": (_by_user(Tags=_tags(51)), "ValidationError", 400, "50"),
    "50 by SAML": (
        _by_saml({f"PrincipalTag:k{n}": ["v"] for n in range(51)}),
        "InvalidIdentityToken",
        400,
        "50",
    ),
    "50 by OIDC": (
        _by_oidc({f"{_AWS_TAGS}/principal_tags/k{n}": "v" for n in range(51)}),
        "InvalidIdentityToken",
        400,
        "50",
    ),
    "50 with those that come down a chain": (
        _by_session(
            attributes={"PrincipalTag:team": ["x"], "TransitiveTagKeys": ["team"]},
            Tags=_tags(50),
        ),
        "ValidationError",
        400,
        "50",
    ),
    "a key of 128 characters": (
        _by_user(Tags=_tag("k" * 129)),
        "ValidationError",
        400,
        "128",
    ),
    "a value of 256 characters": (
        _by_user(Tags=_tag("k", "v" * 257)),
        "ValidationError",
        400,
        "session tag k",
    ),
    "keys that begin with aws:": (
        _by_user(Tags=_tag("aws:k")),
        "ValidationError",
        400,
        "reserved",
    ),
    "keys that differ by case alone": (
        _by_user(Tags=[*_tag("team"), *_tag("Team")]),
        "InvalidParameterValue",
        400,
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    ),
    "the same by SAML as a claim": (
        _by_saml({"PrincipalTag:team": ["x"], "PrincipalTag:Team": ["y"]}),
        "InvalidIdentityToken",
        400,
        "Duplicate tag keys found.",
    ),
    "a transitive key without its tag": (
        _by_user(Tags=_tag("team"), TransitiveTagKeys=["role"]),
        "InvalidParameterValue",
        400,
        "The specified transitive tag key must be included in the requested tags.",
    ),
    "a transitive tag cannot be overridden": (
        _by_session(
            attributes={"PrincipalTag:team": ["x"], "TransitiveTagKeys": ["team"]},
            Tags=_tag("Team", "y"),
        ),
        "InvalidParameterValue",
        400,
        (
            "One of the specified transitive tag keys can't be set because it conflicts"
            " with a transitive tag key from the calling session."
        ),
    ),
    "one value a tag, by SAML": (
        _by_saml({"PrincipalTag:team": ["x", "y"]}),
        "InvalidIdentityToken",
        400,
        "exactly one value",
    ),
    "one value a tag, by OIDC": (
        _by_oidc({_AWS_TAGS: {"principal_tags": {"team": ["x", "y"]}}}),
        "InvalidIdentityToken",
        400,
        "exactly one value",
    ),
    # The source identity.
    "the pattern of a source identity": (
        _by_user(SourceIdentity="a/b"),
        "ValidationError",
        400,
        "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with",
    ),
    "the same by SAML, aws:": (
        _by_saml({"SourceIdentity": ["aws:ada"]}),
        "InvalidIdentityToken",
        400,
        'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
    ),
    "a source identity cannot change down a chain": (
        _by_session(attributes={"SourceIdentity": ["ada"]}, SourceIdentity="eve"),
        "ValidationError",
        400,
        "SourceIdentity cannot be changed during a session.",
    ),
    # MFA, contexts, other providers.
    "no user has an MFA device": (
        _by_user(**_MFA),
        "AccessDenied",
        403,
        (
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please"
            " verify your MFA serial number is valid and associated with this user."
        ),
    ),
    "half a proof of MFA": (
        _by_user(TokenCode="123456"),
        "AccessDenied",
        403,
        (
            "MultiFactorAuthentication failed, must provide both MFA serial number and"
            " one time pass code."
        ),
    ),
    "no context provider is known": (
        _by_user(ProvidedContexts=[{"ContextAssertion": "abcd"}]),
        "ValidationError",
        400,
        "ProvidedContexts",
    ),
    "OAuth 2.0 access tokens are not taken": (
        _by_oidc(ProviderId="www.amazon.com"),
        "ValidationError",
        400,
        "ProviderId",
    ),
    "root assumes no role": (
        _by_root,
        "AccessDenied",
        403,
        "Roles may not be assumed by root accounts.",
    ),
    # SAML, in the words of AWS's troubleshooting page.
    "no RoleSessionName": (
        _by_saml({"RoleSessionName": [""]}),
        "InvalidIdentityToken",
        400,
        "RoleSessionName is required in AuthnResponse",
    ),
    "a bad RoleSessionName": (
        _by_saml({"RoleSessionName": ["ada lovelace"]}),
        "InvalidIdentityToken",
        400,
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
    ),
    "a signature that does not fit": (
        _altered,
        "InvalidIdentityToken",
        400,
        "Response signature invalid",
    ),
    "another issuer": (
        _by_saml(issuer="https://elsewhere.example.com/saml"),
        "InvalidIdentityToken",
        400,
        "Issuer not present in specified provider",
    ),
    "another provider": (
        _by_saml(
            parameters={"PrincipalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/Other"}
        ),
        "InvalidIdentityToken",
        400,
        "Specified provider doesn't exist.",
    ),
    "another audience": (
        _by_saml(audience="https://elsewhere.example.com"),
        "InvalidIdentityToken",
        400,
        "Response does not contain the required audience.",
    ),
    "a role that does not trust": (
        _by_saml(recipient="https://elsewhere.example.com/acs"),
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithSAML",
    ),
    "redeemed within 5 minutes of issue": (
        _late,
        "ExpiredTokenException",
        400,
        "Token must be redeemed within 5 minutes of issuance",
    ),
    "a failed sign-in": (
        _failed,
        "IDPRejectedClaim",
        403,
        "",
    ),
    # OIDC.
    "a role that does not trust by OIDC": (
        _by_oidc(RoleSessionName="eve"),
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ),
    "a token for another client": (
        _by_oidc({"aud": "another"}),
        "InvalidIdentityToken",
        400,
        "Incorrect token audience",
    ),
    "a token of an unknown issuer": (
        _by_oidc({"iss": "https://elsewhere.example.com"}),
        "InvalidIdentityToken",
        400,
        (
            "No OpenIDConnect provider found in your account for"
            " https://elsewhere.example.com"
        ),
    ),
    "a key that the provider does not have": (
        _strange_key,
        "InvalidIdentityToken",
        400,
        "Couldn't retrieve verification key from your identity provider",
    ),
    "a provider that is down": (
        _without_keys,
        "IDPCommunicationError",
        400,
        "Couldn't retrieve verification key from your identity provider",
    ),
    "an expired token": (
        _by_oidc({"exp": 1_000}),
        "ExpiredTokenException",
        400,
        "Token expired: current date/time",
    ),
}


@pytest.fixture(scope="module")
def wire() -> Service:
    """How STS tells its errors."""
    return Service(load_service_model("sts"))


@pytest.fixture
def open_world(world: "World") -> "World":
    """The account, its role also open to its own principals, for two hours."""
    trusted = json.loads(world.put_role().trust_policy)
    trusted["Statement"].append(EVERYBODY_OF_OURS)
    world.put_role(
        trust_policy=json.dumps(trusted),
        inline_policies={"all": ALLOW},
        max_session_duration=7_200,
    )
    return world


@pytest.mark.parametrize("line", REFUSED)
def test_what_aws_refuses_is_refused_as_aws_does(
    open_world: "World", wire: Service, line: str
) -> None:
    """Code, status and message."""
    ask, code, status, message = REFUSED[line]
    with pytest.raises(ServiceError) as refused:
        ask(open_world)
    assert message in refused.value.message
    assert wire.error_code(refused.value) == code
    assert wire.serialize_error(refused.value, "r").status == status


def _policy(session: RoleSession) -> bool:
    return len(session.session_policies[0]) == 2_048


TAKEN: Mapping[str, tuple[Ask, Callable[[RoleSession], object]]] = {
    "DurationSeconds defaults to 3600": (_by_user(), lambda s: _seconds(s) == 3_600),
    "900 is the least": (
        _by_oidc(DurationSeconds=900),
        lambda s: _seconds(s) == 900,
    ),
    "the role's maximum is taken": (
        _by_user(DurationSeconds=7_200),
        lambda s: _seconds(s) == 7_200,
    ),
    "an hour down a chain": (
        _by_session(DurationSeconds=3_600),
        lambda s: _seconds(s) == 3_600 and s.chained,
    ),
    "SessionDuration only shortens": (
        _by_saml({"SessionDuration": ["1800"]}, parameters={"DurationSeconds": 7_200}),
        lambda s: _seconds(s) == 1_800,
    ),
    "a session policy of 2,048 characters": (
        _by_user(Policy=ALLOW.ljust(2_048)),
        _policy,
    ),
    "10 managed session policies": (
        _by_user(PolicyArns=[{"arn": POLICY}] * 10),
        lambda s: len(s.session_policy_arns) == 10,
    ),
    "50 session tags are taken": (
        _by_user(Tags=_tags(50)),
        lambda s: len(s.tags) == 50,
    ),
    "a tag at its longest": (
        _by_user(Tags=_tag("k" * 128, "v" * 256)),
        lambda s: s.tags == (("k" * 128, "v" * 256),),
    ),
    "a tag without a value": (
        _by_user(Tags=_tag("k", "")),
        lambda s: s.tags == (("k", ""),),
    ),
    "a transitive key in another case": (
        _by_user(Tags=_tag("Team"), TransitiveTagKeys=["team"]),
        lambda s: s.transitive_tag_keys == ("team",),
    ),
    "transitive tags come down a chain": (
        _by_session(
            attributes={
                "PrincipalTag:team": ["x"],
                "PrincipalTag:left": ["y"],
                "TransitiveTagKeys": ["team"],
            }
        ),
        lambda s: s.tags == (("team", "x"),),
    ),
    "a source identity comes down a chain": (
        _by_session(attributes={"SourceIdentity": ["ada"]}),
        lambda s: s.source_identity == "ada",
    ),
    "both forms of tags in an ID token": (
        _by_oidc(
            {
                _AWS_TAGS: {
                    "principal_tags": {"team": ["x"]},
                    "transitive_tag_keys": ["team"],
                },
                f"{_AWS_TAGS}/principal_tags/unit": "y",
            }
        ),
        lambda s: s.tags == (("team", "x"), ("unit", "y")),
    ),
    "a session name of 64 characters": (
        _by_user(RoleSessionName="a" * 64),
        lambda s: s.session_name == "a" * 64,
    ),
}


def _seconds(session: RoleSession) -> int:
    return int((session.expires_at - session.issued_at).total_seconds())


@pytest.mark.parametrize("line", TAKEN)
def test_what_aws_takes_is_taken(open_world: "World", line: str) -> None:
    """Up to the very limit."""
    ask, holds = TAKEN[line]
    assert holds(open_world.session(ask(open_world)))


@pytest.mark.parametrize("seconds", [900, 1_800, 3_600, 5_400])
def test_session_not_on_or_after_shortens(open_world: "World", seconds: int) -> None:
    """The least of DurationSeconds, the assertion's two, and the role's."""
    end = open_world.answer.issued_at + timedelta(seconds=seconds)
    response = open_world.saml_response(
        {"SessionDuration": ["3600"]}, session_not_on_or_after=end
    )
    session = open_world.session(open_world.with_saml(response, DurationSeconds=7_200))
    assert _seconds(session) == min(seconds, 3_600)


@pytest.mark.parametrize("ask", [_by_user, _by_oidc])
def test_a_session_token_is_as_long_as_asked(
    open_world: "World", ask: Callable[..., Ask]
) -> None:
    """MinimumSessionTokenSize lengthens, and never shortens."""
    sizes = []
    for least in (0, 100, 4_096):
        result = ask(MinimumSessionTokenSize=least)(open_world)
        assert open_world.session(result).session_name == "ada"
        sizes.append(len(result["Credentials"]["SessionToken"]))
    assert sizes[0] == sizes[1] > 100
    assert 4_096 <= sizes[2] < 4_200


@pytest.mark.parametrize("asked", [{"DurationSeconds": 7_201}, {"Policy": "{"}])
def test_who_is_not_trusted_learns_nothing_of_a_role(
    open_world: "World", asked: Mapping[str, Any]
) -> None:
    """Neither how long its sessions may be, nor that it is there."""
    open_world.put_role(name="Closed")
    names = ("Closed", "Missing")
    for ask in (_by_user, _by_oidc):
        told = set()
        for name in names:
            arn = ROLE.replace("SecureCartEmployee", name)
            session_name = "eve" if ask is _by_oidc else "ada"
            with pytest.raises(AccessDenied) as refused:
                ask(RoleArn=arn, RoleSessionName=session_name, **asked)(open_world)
            told.add(refused.value.message.replace(arn, ""))
        assert len(told) == 1


def test_get_caller_identity_cannot_be_denied(world: "World") -> None:
    """Whoever asks, whatever the policies say, and by each kind of caller."""
    nobody = replace(ADMINISTRATOR, name="nobody", user_id="AIDANOBODY")
    session = world.session(world.with_oidc())
    answers = {
        caller.arn: world.call("GetCallerIdentity", {}, caller=caller)["UserId"]
        for caller in (nobody, session, Root(ACCOUNT))
    }
    assert answers == {
        f"arn:aws:iam::{ACCOUNT}:user/nobody": "AIDANOBODY",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/SecureCartEmployee/ada": (
            "AROAEXAMPLE:ada"
        ),
        f"arn:aws:iam::{ACCOUNT}:root": ACCOUNT,
    }
