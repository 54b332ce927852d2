"""Which policies bear on whom."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest

from securecart.iam import OPERATIONS, Authorizer, Call, conditions
from securecart.names.entities import InMemoryEntities
from securecart.names.principal import Anonymous, IamUser, Principal, Root, Service
from securecart.names.session import RoleSession
from securecart.policy import (
    Decision,
    DeniedByPolicy,
    PolicyKind,
    parse_policy,
    sentences,
)
from securecart.sealing import Keyring

Run = Callable[..., Any]
ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FOLDER = "arn:aws:s3:::docs/a"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        },
    }
)


def _document(effect: str = "Allow", action: str = "s3:*") -> str:
    statement = {"Effect": effect, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _session(role_id: str, **more: Any) -> RoleSession:
    return RoleSession(
        account=ACCOUNT,
        role_name="r",
        role_path="/",
        role_id=role_id,
        session_name="ada",
        credential_id="ASIA1",
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        **more,
    )


def _role(run: Run, **parameters: Any) -> str:
    role = run("CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST, **parameters)
    role_id: str = role["Role"]["RoleId"]
    return role_id


def _policy(run: Run, name: str, document: str) -> str:
    made = run("CreatePolicy", PolicyName=name, PolicyDocument=document)
    arn: str = made["Policy"]["Arn"]
    return arn


@pytest.fixture
def decide(entities: InMemoryEntities) -> Callable[..., Decision]:
    """Decide s3:GetObject in this account."""
    authorizer = Authorizer(entities)

    def decide(principal: Principal, **more: Any) -> Decision:
        try:
            authorizer.require(
                principal,
                "s3:GetObject",
                FOLDER,
                {},
                resource_account=ACCOUNT,
                **more,
            )
        except DeniedByPolicy as denied:
            return denied.explanation().answer.decision
        return Decision.ALLOW

    return decide


def test_a_refusal_is_explained_by_the_policies_that_decided(
    run: Run, entities: InMemoryEntities
) -> None:
    """The resource's among them, whatever was put into the store since."""
    session = _session(_role(run))
    nobody = json.loads(_document("Deny"))
    nobody["Statement"]["Principal"] = "*"
    bucket = parse_policy(json.dumps(nobody), PolicyKind.RESOURCE)
    with pytest.raises(DeniedByPolicy) as denied:
        Authorizer(entities).require(
            session,
            "s3:GetObject",
            FOLDER,
            {},
            resource_account=ACCOUNT,
            resource_policy=bucket,
        )
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    assert sentences(denied.value.explanation()) == [
        "Statement 1 of the resource policy denies it.",
        "There is no identity policy.",
        (
            "Denied by statement 1 of the resource policy, and no Allow outweighs a "
            "Deny. It would take a change to that statement."
        ),
    ]


def test_a_change_holds_for_the_next_request(
    run: Run, decide: Callable[..., Decision]
) -> None:
    """Nothing that was kept outlives the policy that it came from."""
    session = _session(_role(run))
    assert decide(session) is Decision.IMPLICIT_DENY
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    assert decide(session) is Decision.ALLOW
    denying = _policy(run, "deny", _document("Deny"))
    run("AttachRolePolicy", RoleName="r", PolicyArn=denying)
    assert decide(session) is Decision.EXPLICIT_DENY
    run(
        "CreatePolicyVersion",
        PolicyArn=denying,
        PolicyDocument=_document("Deny", "s3:PutObject"),
        SetAsDefault=True,
    )
    assert decide(session) is Decision.ALLOW


def test_a_session_of_a_deleted_role_is_denied_all(
    run: Run, decide: Callable[..., Decision]
) -> None:
    """Not even a resource policy for everybody lets it in, under any name."""
    session = _session(_role(run))
    public = json.loads(_document())
    public["Statement"]["Principal"] = "*"
    bucket = parse_policy(json.dumps(public), PolicyKind.RESOURCE)
    assert decide(session, resource_policy=bucket) is Decision.ALLOW
    run("DeleteRole", RoleName="r")
    assert decide(session, resource_policy=bucket) is Decision.EXPLICIT_DENY
    _role(run)
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    assert decide(session) is Decision.EXPLICIT_DENY


def test_a_boundary_caps_a_role(run: Run, decide: Callable[..., Decision]) -> None:
    """Both the policies and the boundary must allow."""
    edge = _policy(run, "edge", _document(action="s3:PutObject"))
    session = _session(_role(run, PermissionsBoundary=edge))
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    assert decide(session) is Decision.IMPLICIT_DENY
    run("DeleteRolePermissionsBoundary", RoleName="r")
    assert decide(session) is Decision.ALLOW


def test_session_policies_cap_a_session(
    run: Run, decide: Callable[..., Decision]
) -> None:
    """Inline and managed session policies count together; a lost one denies."""
    role_id = _role(run)
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    puts = _document(action="s3:PutObject")
    assert decide(_session(role_id, session_policies=(puts,))) is Decision.IMPLICIT_DENY
    arn = _policy(run, "gets", _document(action="s3:GetObject"))
    both = _session(role_id, session_policies=(puts,), session_policy_arns=(arn,))
    assert decide(both) is Decision.ALLOW
    run("DeletePolicy", PolicyArn=arn)
    assert decide(both) is Decision.EXPLICIT_DENY


def test_a_policy_that_cannot_be_read_denies(
    run: Run, decide: Callable[..., Decision]
) -> None:
    """What this release does not understand may have been a Deny."""
    role_id = _role(run)
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    broken = _session(role_id, session_policies=("{}",))
    assert decide(broken) is Decision.EXPLICIT_DENY


def test_a_user_is_known_by_its_id(run: Run, decide: Callable[..., Decision]) -> None:
    """A user made anew under a name does not speak for the one before."""
    made = run("CreateUser", UserName="ada")["User"]
    run("PutUserPolicy", UserName="ada", PolicyName="p", PolicyDocument=_document())
    assert decide(IamUser(ACCOUNT, "ada", made["UserId"])) is Decision.ALLOW
    assert decide(IamUser(ACCOUNT, "ada", "AIDAOTHER")) is Decision.EXPLICIT_DENY


def test_others_have_no_policies(decide: Callable[..., Decision]) -> None:
    """Root needs none; services and strangers are granted nothing here."""
    assert decide(Root(ACCOUNT)) is Decision.ALLOW
    assert decide(Anonymous()) is Decision.IMPLICIT_DENY
    assert decide(Service(ACCOUNT, "s3.amazonaws.com")) is Decision.IMPLICIT_DENY


def test_layers_are_kept_between_requests(run: Run, entities: InMemoryEntities) -> None:
    """A session's policies are compiled once until something changes."""
    authorizer = Authorizer(entities)
    session = _session(_role(run))
    first = authorizer.layers_for(session)
    assert authorizer.layers_for(session) is first
    run("CreateUser", UserName="ada")
    assert authorizer.layers_for(session) is not first


def test_session_policies_are_kept_by_their_length(
    run: Run, entities: InMemoryEntities
) -> None:
    """Callers write them: 204 of the longest are kept, and 1,024 of the shortest."""
    role_id = _role(run)

    def kept(number: int, padding: str) -> int:
        """How many of so many sessions are still at hand, the latest first."""
        authorizer = Authorizer(entities)
        own = (_document() + padding,)
        sessions = [
            _session(role_id, session_policies=own, source_identity=str(n))
            for n in range(number)
        ]
        layers = [authorizer.layers_for(session) for session in sessions]
        both = zip(reversed(sessions), reversed(layers), strict=True)
        return sum(
            1
            for _ in takewhile(
                lambda each: authorizer.layers_for(each[0]) is each[1], both
            )
        )

    longest = " " * (2_048 - len(_document()))
    assert kept(204, longest) == 204
    assert kept(205, longest) == 1
    assert kept(300, longest) == 96
    assert kept(1_024, "") == 1_024


def test_a_session_policy_is_kept_with_its_session_alone(
    run: Run, entities: InMemoryEntities
) -> None:
    """Those that administrators put are shared by the sessions of a role."""
    authorizer = Authorizer(entities)
    role_id = _role(run)
    run("PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=_document())
    managed = (_policy(run, "m", _document()),)
    own = {"session_policies": (_document(),), "session_policy_arns": managed}
    one = authorizer.layers_for(_session(role_id, **own))
    other = authorizer.layers_for(_session(role_id, chained=True, **own))
    assert one.identity[0] is other.identity[0]
    assert one.session is not None
    assert other.session is not None
    assert one.session[1] is other.session[1]
    assert one.session[0] == other.session[0]
    assert one.session[0] is not other.session[0]


@pytest.fixture
def target(
    entities: InMemoryEntities, keyring: Keyring, random: Callable[[int], bytes]
) -> Callable[..., tuple[str, dict[str, Any]]]:
    """Answer what a call is authorised against."""

    def target(operation: str, **parameters: Any) -> tuple[str, dict[str, Any]]:
        with entities.reading() as store:
            call = Call(store, ACCOUNT, Root(ACCOUNT), parameters, NOW, random, keyring)
            found = OPERATIONS[operation].target(call)
            return found.arn, dict(conditions(call, found))

    return target


def test_a_call_is_authorised_against_what_it_names(
    run: Run, target: Callable[..., tuple[str, dict[str, Any]]]
) -> None:
    """New things by the path they will have, old ones by the one they have."""
    prefix = f"arn:aws:iam::{ACCOUNT}:"
    assert target("CreateRole", RoleName="r", Path="/x/")[0] == prefix + "role/x/r"
    run("CreateRole", RoleName="r", Path="/x/", AssumeRolePolicyDocument=TRUST)
    assert target("GetRole", RoleName="r")[0] == prefix + "role/x/r"
    # A path sent along does not make an existing role another one.
    assert target("DeleteRole", RoleName="r", Path="/y/")[0] == prefix + "role/x/r"
    assert target("ListRoles")[0] == prefix + "role/"
    assert target("CreateSAMLProvider", Name="s")[0] == prefix + "saml-provider/s"
    oidc = target("CreateOpenIDConnectProvider", Url="http://localhost:1")[0]
    assert oidc == prefix + "oidc-provider/localhost:1"
    assert target("CreatePolicy", PolicyName="p")[0] == prefix + "policy/p"
    assert target("CreateAccessKey", UserName="u")[0] == prefix + "user/u"


def test_a_call_brings_its_condition_keys(
    run: Run, target: Callable[..., tuple[str, dict[str, Any]]]
) -> None:
    """Boundaries, attached policies and tags can be held by conditions."""
    edge = _policy(run, "edge", _document())
    _role(run, PermissionsBoundary=edge, Tags=[{"Key": "Team", "Value": "it"}])
    tagging = target("TagRole", RoleName="r", Tags=[{"Key": "A", "Value": "1"}])[1]
    assert tagging == {
        "iam:permissionsboundary": edge,
        "aws:resourcetag/team": "it",
        "iam:resourcetag/team": "it",
        "aws:requesttag/a": "1",
        "aws:tagkeys": ("A",),
    }
    attaching = target("AttachRolePolicy", RoleName="new", PolicyArn=edge)[1]
    assert attaching == {"iam:policyarn": edge}
    asked = target("CreateRole", RoleName="new", PermissionsBoundary="arn:x")[1]
    assert asked == {"iam:permissionsboundary": "arn:x"}
