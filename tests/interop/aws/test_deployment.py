"""The deployed policies, read from moto: all that count, and no others."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from securecart.adapters.aws import AwsAccount, AwsDeployment, Endpoint
from securecart.blueprint import Blueprint, SetupFailed, apply, setup_for
from securecart.proof.deployment import DeployedRole, Deployment

pytestmark = pytest.mark.slow

Clients = Callable[[str], Any]
Read = Callable[[], Deployment]

ACCOUNT = "123456789012"
BUCKET = "securecart-user-docs"
ROLE = "SecureCartEmployee"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"


@pytest.fixture
def read(endpoint: Endpoint, blueprint: Blueprint) -> Read:
    """Reads the account anew."""
    return lambda: AwsDeployment(endpoint, ACCOUNT).read(
        role=blueprint.role,
        bucket=blueprint.bucket,
        key_alias=blueprint.key_alias,
        exempt=frozenset({"Exempt"}),
    )


@pytest.fixture
def applied(account: AwsAccount, blueprint: Blueprint) -> None:
    """The set-up as the blueprint wants it."""
    apply(blueprint, account)


def allow(action: str, **elements: Any) -> str:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, **elements}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def trust(**principal: str) -> str:
    """A trust policy for one principal."""
    action = "sts:AssumeRoleWithSAML" if "Federated" in principal else "sts:AssumeRole"
    return allow(action, Principal=principal)


def employees(deployment: Deployment) -> DeployedRole:
    """The role that the configuration names."""
    return next(role for role in deployment.roles if role.name == ROLE)


@pytest.mark.usefixtures("applied")
def test_what_was_applied_is_what_is_read(
    read: Read, blueprint: Blueprint, client: Clients
) -> None:
    """Every document of the blueprint, under the ids that the account gave."""
    deployment = read()
    (key,) = deployment.keys
    wanted = setup_for(blueprint, key.arn)
    assert wanted.key
    assert wanted.bucket
    assert wanted.bucket.policy
    assert wanted.role
    role = employees(deployment)
    assert deployment.roles == (role,)
    assert role.role_id == client("iam").get_role(RoleName=ROLE)["Role"]["RoleId"]
    assert role.boundary is None
    assert deployment.bucket_policy
    for read_back, put in (
        (key.policy.text, wanted.key.policy),
        (deployment.bucket_policy.text, wanted.bucket.policy),
        (role.trust.text, wanted.role.trust),
        (role.identity[0].text, wanted.role.inline[0][1]),
    ):
        assert json.loads(read_back) == json.loads(put)


@pytest.mark.usefixtures("applied")
def test_every_layer_of_a_role_is_read(read: Read, client: Clients) -> None:
    """Inline and managed policies, the boundary, the tags; versions in force."""
    iam = client("iam")
    iam.put_role_policy(
        RoleName=ROLE, PolicyName="More", PolicyDocument=allow("s3:A", Resource="*")
    )
    managed = iam.create_policy(
        PolicyName="Managed", PolicyDocument=allow("s3:Old", Resource="*")
    )["Policy"]["Arn"]
    iam.create_policy_version(
        PolicyArn=managed,
        PolicyDocument=allow("s3:New", Resource="*"),
        SetAsDefault=True,
    )
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=managed)
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=managed)
    iam.tag_role(RoleName=ROLE, Tags=[{"Key": "team", "Value": "all"}])
    role = employees(read())
    actions = {
        text
        for policy in role.identity
        for statement in policy.statements
        for text in statement.actions.texts
    }
    assert {"s3:A", "s3:New", "s3:GetObject"} <= actions
    assert "s3:Old" not in actions
    assert role.boundary
    assert "s3:New" in role.boundary.text
    assert role.tags == (("team", "all"),)


@pytest.mark.usefixtures("applied")
def test_roles_that_people_can_come_to_are_read(read: Read, client: Clients) -> None:
    """By sign-in or from another role, however far; those of services are not."""
    for name, principal in {
        "Federated": {"Federated": SAML},
        "Exempt": {"Federated": SAML},
        "OfAccount": {"AWS": ACCOUNT},
        "OfRole": {"AWS": ROLE_ARN},
        "OfSession": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/somebody"},
        "OfTheNext": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/OfRole"},
        "OfService": {"Service": "ec2.amazonaws.com"},
        "OfServiceRole": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/OfService"},
        "OfUser": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/admin"},
        "OfStranger": {"AWS": "999988887777"},
    }.items():
        client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=trust(**principal)
        )
    assert [role.name for role in read().roles] == [
        "Federated",
        "OfAccount",
        "OfRole",
        "OfSession",
        "OfTheNext",
        ROLE,
    ]


@pytest.mark.usefixtures("applied")
def test_the_key_that_really_encrypts_is_read_too(read: Read, client: Clients) -> None:
    """Beside the one that the alias leads to."""
    other = client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": other}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    client("s3").put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules}
    )
    keys = [key.arn for key in read().keys]
    assert len(keys) == 2
    assert other in keys


@pytest.mark.usefixtures("applied")
def test_a_bucket_without_a_policy_has_none(read: Read, client: Clients) -> None:
    """That is a deployment as well: somebody took the policy away."""
    client("s3").delete_bucket_policy(Bucket=BUCKET)
    assert read().bucket_policy is None


def test_nothing_deployed_says_what_to_run(
    read: Read, account: AwsAccount, blueprint: Blueprint, client: Clients
) -> None:
    """One thing after another."""
    with pytest.raises(SetupFailed, match=f"no role {ROLE}; run `securecart apply`"):
        read()
    apply(blueprint, account)
    client("kms").delete_alias(AliasName=blueprint.key_alias)
    with pytest.raises(SetupFailed, match=f"no KMS key {blueprint.key_alias}; run"):
        read()
    client("s3").delete_bucket(Bucket=BUCKET)
    with pytest.raises(SetupFailed, match=f"no bucket {BUCKET}; run"):
        read()


def acls_on(client: Clients) -> None:
    """Let ACLs count again."""
    client("s3").put_bucket_ownership_controls(
        Bucket=BUCKET,
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    )


def odd_policy(client: Clients) -> None:
    """Give the role a policy that AWS may know and this engine does not."""
    client("iam").put_role_policy(
        RoleName=ROLE,
        PolicyName="Odd",
        PolicyDocument=allow(
            "s3:*", Resource="*", Condition={"StringEquals": {"s3:nonsense": "x"}}
        ),
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (acls_on, "has ACLs, which grant beside all policies: run `securecart apply`"),
        (odd_policy, f"the policy Odd of the role {ROLE} is not understood.*nonsense"),
    ],
)
@pytest.mark.usefixtures("applied")
def test_what_no_proof_could_speak_of_is_refused(
    read: Read, client: Clients, change: Callable[[Clients], None], says: str
) -> None:
    """Rather than left out."""
    change(client)
    with pytest.raises(SetupFailed, match=says):
        read()
