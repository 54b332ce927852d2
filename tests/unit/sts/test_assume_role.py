"""AssumeRole and GetCallerIdentity."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from securecart.iam import Role
from securecart.names.errors import AccessDenied, ValidationError
from securecart.names.principal import IamUser, Principal, Root
from securecart.names.session import RoleSession
from securecart.policy import DeniedByPolicy, Layer
from securecart.sts.errors import InvalidParameterValue

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Auditor"


@pytest.fixture
def auditor(world: "World") -> "World":
    """Answer an account with a role that its own principals may assume."""
    _trust(world, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    return world


def _trust(
    world: "World",
    principal: Mapping[str, str],
    *,
    without: str = "",
    **condition: Mapping[str, str],
) -> None:
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": [action for action in actions if action != without],
        "Condition": condition,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    world.put_role(
        name="Auditor",
        role_id="AROAAUDITOR",
        trust_policy=document,
        max_session_duration=43_200,
    )


def _assume(world: "World", caller: Principal, **parameters: Any) -> Mapping[str, Any]:
    asked = {"RoleArn": ROLE, "RoleSessionName": "audit"} | parameters
    return world.call("AssumeRole", asked, caller=caller)


def _employee(world: "World", **attributes: list[str]) -> RoleSession:
    """Answer a session whose role may assume any role."""
    allow_all = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow_all})
    world.put_role(inline_policies={"all": document})
    claims = {name.replace("__", ":"): values for name, values in attributes.items()}
    return world.session(world.with_saml(world.saml_response(claims)))


def test_a_user_assumes_a_role(auditor: "World", administrator: IamUser) -> None:
    """With tags, a source identity and up to twelve hours."""
    result = _assume(
        auditor,
        administrator,
        DurationSeconds=43_200,
        Tags=[{"Key": "team", "Value": "audit"}],
        TransitiveTagKeys=["team"],
        SourceIdentity="root-of-all",
    )
    session = auditor.session(result)
    assert session.userid == "AROAAUDITOR:audit"
    assert session.tags == (("team", "audit"),)
    assert session.transitive_tag_keys == ("team",)
    assert result["SourceIdentity"] == "root-of-all"
    assert session.federated_provider is None
    assert not session.chained
    assert (session.expires_at - session.issued_at).total_seconds() == 43_200


def test_the_callers_own_policies_count(auditor: "World") -> None:
    """The account is trusted, but the user has no policy that allows it."""
    nobody = IamUser(ACCOUNT, "nobody", "AIDANOBODY")
    with pytest.raises(
        DeniedByPolicy, match=r"user/nobody is not .* sts:AssumeRole"
    ) as refused:
        _assume(auditor, nobody)
    explanation = refused.value.explanation()
    assert explanation.answer.layer is Layer.IDENTITY


def test_a_role_that_does_not_trust_denies(
    world: "World", administrator: IamUser
) -> None:
    """An administrator's own policies are not enough."""
    _trust(world, {"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"})
    with pytest.raises(AccessDenied, match="not authorized to perform: sts:AssumeRole"):
        _assume(world, administrator)


def test_who_took_the_name_of_the_trusted_is_not_trusted(
    world: "World", administrator: IamUser
) -> None:
    """The trust policy meant a user who is gone."""
    _trust(world, {"AWS": administrator.arn})
    assert _assume(world, administrator)
    with world.entities.writing() as store:
        role = next(each for each in store.list(Role) if each.name == "Auditor")
        store.put(replace(role, bound_principals=((administrator.arn, "AIDAGONE"),)))
    with pytest.raises(AccessDenied, match="not authorized to perform: sts:AssumeRole"):
        _assume(world, administrator)


def test_a_role_that_is_not_there_denies_alike(
    world: "World", administrator: IamUser
) -> None:
    """Role names are not told."""
    with pytest.raises(AccessDenied, match="not authorized to perform: sts:AssumeRole"):
        _assume(world, administrator)


def test_the_external_id_is_asked_for(world: "World", administrator: IamUser) -> None:
    """And so are session name and tags."""
    _trust(
        world,
        {"AWS": administrator.arn},
        StringEquals={
            "sts:ExternalId": "42",
            "sts:RoleSessionName": "audit",
            "aws:RequestTag/Team": "audit",
        },
    )
    asked = {
        "ExternalId": "42",
        "Tags": [{"Key": "team", "Value": "audit"}],
    }
    assert _assume(world, administrator, **asked)
    for name in asked:
        with pytest.raises(AccessDenied):
            _assume(
                world, administrator, **{k: v for k, v in asked.items() if k != name}
            )


def test_a_tag_that_resembles_another_is_none(
    world: "World", administrator: IamUser
) -> None:
    """The Kelvin sign is no k, although `str.lower` makes it one."""
    _trust(world, {"AWS": administrator.arn}, StringEquals={"aws:RequestTag/k": "x"})
    assert _assume(world, administrator, Tags=[{"Key": "K", "Value": "x"}])
    with pytest.raises(AccessDenied):
        _assume(world, administrator, Tags=[{"Key": "\u212a", "Value": "x"}])


@pytest.mark.parametrize("vendor", ["aws", "iam"])
def test_the_role_s_own_tags_are_keys(
    world: "World", administrator: IamUser, vendor: str
) -> None:
    """A trust policy can ask what the role is for."""
    key = f"{vendor}:ResourceTag/Team"
    _trust(world, {"AWS": administrator.arn}, StringEquals={key: "it"})
    with pytest.raises(AccessDenied):
        _assume(world, administrator)
    with world.entities.writing() as store:
        role = next(each for each in store.list(Role) if each.name == "Auditor")
        store.put(replace(role, tags=(("team", "it"),)))
    assert _assume(world, administrator)


def test_the_duration_is_no_key(world: "World", administrator: IamUser) -> None:
    """AWS has `sts:DurationSeconds` for bearer tokens, not for roles."""
    _trust(
        world,
        {"AWS": administrator.arn},
        NumericLessThanEquals={"sts:DurationSeconds": "43200"},
    )
    with pytest.raises(AccessDenied):
        _assume(world, administrator, DurationSeconds=900)


def test_root_and_strangers_assume_nothing(auditor: "World") -> None:
    """AWS: roles may not be assumed by root accounts."""
    with pytest.raises(AccessDenied, match="root"):
        _assume(auditor, Root(ACCOUNT))


def test_a_chain_lasts_an_hour_at_most(auditor: "World") -> None:
    """A session that takes another role is cut to 3,600 seconds."""
    employee = _employee(auditor)
    session = auditor.session(_assume(auditor, employee))
    assert session.chained
    assert session.federated_provider is None
    assert session.context == ()
    with pytest.raises(ValidationError, match="1 hour session limit"):
        _assume(auditor, employee, DurationSeconds=3_601)


def test_a_chain_keeps_transitive_tags_and_source_identity(auditor: "World") -> None:
    """And drops the tags that are not transitive."""
    employee = _employee(
        auditor,
        PrincipalTag__team=["ledger"],
        PrincipalTag__department=["finance"],
        TransitiveTagKeys=["team"],
        SourceIdentity=["ada"],
    )
    tags = [{"Key": "purpose", "Value": "audit"}]
    session = auditor.session(_assume(auditor, employee, Tags=tags))
    assert session.tags == (("purpose", "audit"), ("team", "ledger"))
    assert session.transitive_tag_keys == ("team",)
    assert session.source_identity == "ada"


@pytest.mark.parametrize("missing", ["sts:TagSession", "sts:SetSourceIdentity"])
def test_what_a_chain_brings_along_needs_the_role_s_trust(
    auditor: "World", missing: str
) -> None:
    """As if it were passed anew."""
    employee = _employee(
        auditor,
        PrincipalTag__team=["ledger"],
        TransitiveTagKeys=["team"],
        SourceIdentity=["ada"],
    )
    assert _assume(auditor, employee)
    _trust(auditor, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, without=missing)
    with pytest.raises(AccessDenied, match=f"not authorized to perform: {missing}"):
        _assume(auditor, employee)


def test_a_chain_cannot_rewrite_what_it_inherits(auditor: "World") -> None:
    """Else a person could become somebody else on the way."""
    employee = _employee(
        auditor,
        PrincipalTag__team=["ledger"],
        TransitiveTagKeys=["team"],
        SourceIdentity=["ada"],
    )
    with pytest.raises(InvalidParameterValue, match="conflicts with a transitive"):
        _assume(auditor, employee, Tags=[{"Key": "Team", "Value": "root"}])
    with pytest.raises(ValidationError, match="cannot be changed"):
        _assume(auditor, employee, SourceIdentity="bob")
    assert _assume(auditor, employee, SourceIdentity="ada")


@pytest.mark.parametrize(
    "parameters",
    [
        {"ProvidedContexts": [{}]},
        {"SourceIdentity": "aws:a"},
        {"RoleSessionName": "a/b"},
        {"Tags": [{"Key": "aws:a", "Value": "b"}]},
        {"DurationSeconds": 899},
    ],
)
def test_bad_parameters_are_refused(
    auditor: "World", administrator: IamUser, parameters: dict[str, Any]
) -> None:
    """What is not taken is refused, never passed over."""
    with pytest.raises(ValidationError):
        _assume(auditor, administrator, **parameters)


def test_anybody_may_ask_who_they_are(world: "World") -> None:
    """No policy can deny it."""
    employee = _employee(world)
    assert world.call("GetCallerIdentity", {}, caller=employee) == {
        "UserId": "AROAEXAMPLE:ada",
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/SecureCartEmployee/ada",
    }
