"""AssumeRoleWithWebIdentity."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import RSAKey

from securecart.names.errors import AccessDenied, ValidationError
from securecart.policy import DeniedByPolicy, sentences
from securecart.sts import ExpiredIdentityToken, InvalidIdentityToken
from securecart.sts.errors import IdpCommunicationError

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/localhost:8081"


def test_an_id_token_is_traded_for_credentials(world: "World") -> None:
    """Every member that AWS answers with, and a session that says who it is."""
    result = world.with_oidc()
    session = world.session(result)
    assert result["SubjectFromWebIdentityToken"] == "ada"
    assert result["Provider"] == PROVIDER
    assert result["Audience"] == "securecart-portal"
    assert session.userid == "AROAEXAMPLE:ada"
    assert session.federated_provider == PROVIDER
    assert dict(session.context)["localhost:8081:sub"] == "ada"
    assert session.mfa_authenticated is False


def test_tags_come_from_the_token(world: "World") -> None:
    """From the claim that AWS defines."""
    tags = {"principal_tags": {"department": ["finance"]}}
    result = world.with_oidc(world.id_token({"https://aws.amazon.com/tags": tags}))
    assert world.session(result).tags == (("department", "finance"),)


def test_who_names_another_person_gets_nothing(world: "World") -> None:
    """The trust policy pins the session name to the token's subject."""
    with pytest.raises(
        DeniedByPolicy,
        match=r"^Not authorized to perform sts:AssumeRoleWithWebIdentity$",
    ) as refused:
        world.with_oidc(RoleSessionName="bob")
    told = sentences(refused.value.explanation())
    assert 'sts:RoleSessionName is "bob", ' in told[0]


@pytest.mark.parametrize(
    "name", ["", "a", "a/b", "../bob", "a:b", "a\n", "a" * 65, "äda"]
)
def test_a_session_name_that_could_open_another_folder_is_refused(
    world: "World", name: str
) -> None:
    """Even where the trust policy would take it."""
    trust_policy = world.put_role().trust_policy
    pin = ', "sts:RoleSessionName": "${localhost:8081:sub}"'
    assert pin in trust_policy
    world.put_role(trust_policy=trust_policy.replace(pin, ""))
    assert world.with_oidc(RoleSessionName="bob")
    with pytest.raises(ValidationError, match="roleSessionName"):
        world.with_oidc(RoleSessionName=name)


def test_a_role_that_is_not_there_is_refused(world: "World") -> None:
    """As one that does not trust."""
    with pytest.raises(AccessDenied, match=r"^Not authorized to perform"):
        world.with_oidc(RoleArn="arn:aws:iam::123456789012:role/Missing")


def test_a_token_of_an_unknown_issuer_is_refused(world: "World") -> None:
    """No key is fetched for it: nobody here trusts that address."""
    with pytest.raises(
        InvalidIdentityToken,
        match="No OpenIDConnect provider found in your account for https://evil",
    ):
        world.with_oidc(world.id_token({"iss": "https://evil.example.com"}))
    assert world.keys.asked == []


def test_the_scheme_of_the_issuer_counts(world: "World") -> None:
    """Http and https are two issuers, though their ARN would be one."""
    with pytest.raises(InvalidIdentityToken, match="No OpenIDConnect provider"):
        world.with_oidc(world.id_token({"iss": "https://localhost:8081"}))


def test_a_token_for_another_client_is_refused(world: "World") -> None:
    """In AWS's words."""
    with pytest.raises(InvalidIdentityToken, match=r"^Incorrect token audience$"):
        world.with_oidc(world.id_token({"aud": "other"}))


def test_an_expired_token_is_refused(world: "World") -> None:
    """In AWS's words, with both moments."""
    token = world.id_token({"exp": 1_000})
    with pytest.raises(ExpiredIdentityToken, match=r"before the expiration .* 1000$"):
        world.with_oidc(token)


def test_a_forged_signature_is_refused(world: "World") -> None:
    """STS verifies for itself."""
    forged = world.id_token(key=RSAKey.generate_key(2048))
    with pytest.raises(InvalidIdentityToken, match="Invalid ID token"):
        world.with_oidc(forged)


@pytest.mark.parametrize("token", ["", "abcd", "a.b.c", "e30.e30.e30"])
def test_what_is_no_token_is_refused(world: "World", token: str) -> None:
    """An access token is a common mistake."""
    with pytest.raises(InvalidIdentityToken, match="not a valid JWT"):
        world.with_oidc(token)


def test_without_keys_nobody_is_believed(world: "World") -> None:
    """Neither a provider that is down vouches for anybody, nor an unknown key."""
    token = world.id_token(key=RSAKey.generate_key(2048), key_id="two")
    with pytest.raises(InvalidIdentityToken, match="retrieve verification key"):
        world.with_oidc(token)
    world.keys.key_set = None
    with pytest.raises(IdpCommunicationError, match="retrieve verification key"):
        world.with_oidc()


def test_bad_claims_are_refused(world: "World") -> None:
    """Tags beyond AWS's limits."""
    token = world.id_token({"https://aws.amazon.com/source_identity": "aws:a"})
    with pytest.raises(InvalidIdentityToken, match="Source Identity"):
        world.with_oidc(token)


@pytest.mark.parametrize(
    "parameters", [{"DurationSeconds": 3_601}, {"ProviderId": "www.amazon.com"}]
)
def test_bad_parameters_are_refused(world: "World", parameters: dict[str, Any]) -> None:
    """Nothing that is asked for is passed over."""
    with pytest.raises(ValidationError):
        world.with_oidc(**parameters)


def test_a_token_may_be_used_until_it_expires(world: "World") -> None:
    """As at AWS; the session does not outlive its own duration."""
    token = world.id_token()
    later = world.answer.issued_at + timedelta(minutes=4)
    assert world.with_oidc(token)
    session = world.session(world.with_oidc(token, now=later), now=later)
    assert session.expires_at == later.replace(microsecond=0) + timedelta(hours=1)
