"""The set-up against moto: made once, found again, repaired.

Where moto is not like AWS, the test says so.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from securecart.adapters.aws import AwsAccount, Endpoint
from securecart.adapters.aws.bucket import AwsBucket
from securecart.adapters.aws.failures import explained
from securecart.adapters.aws.providers import AwsProviders
from securecart.blueprint import (
    Blueprint,
    Change,
    SetupBlocked,
    SetupFailed,
    apply,
    verify,
)
from securecart.blueprint import changes as c
from securecart.names.credentials import Credentials

pytestmark = pytest.mark.slow

Clients = Callable[[str], Any]

BUCKET = "securecart-user-docs"
ROLE = "SecureCartEmployee"
ALIAS = "alias/securecart-user-docs"
SAML = "arn:aws:iam::123456789012:saml-provider/SecureCart"
OIDC = "arn:aws:iam::123456789012:oidc-provider/login.example.com"
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def test_everything_is_made_once(account: AwsAccount, blueprint: Blueprint) -> None:
    """The second plan is empty, and the second run does nothing."""
    assert len(apply(blueprint, account)) == 14
    assert verify(blueprint, account) == ()
    assert apply(blueprint, account) == ()


def test_what_was_made_is_what_aws_would_show(
    account: AwsAccount, blueprint: Blueprint, client: Clients
) -> None:
    """Seen by plain boto3, without any code of ours."""
    apply(blueprint, account)
    s3, iam, kms = client("s3"), client("iam"), client("kms")
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule == {
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": key,
        },
        "BucketKeyEnabled": False,
    }
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=BUCKET)
    assert list(block["PublicAccessBlockConfiguration"].values()) == [True] * 4
    (cors,) = s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    assert cors["AllowedOrigins"] == ["https://docs.example.com"]
    assert {"ETag", "x-amz-version-id"} <= set(cors["ExposeHeaders"])
    role = iam.get_role(RoleName=ROLE)["Role"]
    assert role["MaxSessionDuration"] == 43_200
    trusted = [
        statement["Principal"]["Federated"]
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    ]
    assert set(trusted) == {SAML, OIDC}


def other_key(client: Clients) -> None:
    """Encrypt with a key of somebody else's choice."""
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    client("s3").put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )


def open_to_all(client: Clients) -> None:
    """Replace the bucket's policy by one that lets everybody read."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    # AWS would refuse this while public policies are blocked; moto does not.
    client("s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)


def some_blocks_off(client: Clients) -> None:
    """Leave three of the four settings on."""
    client("s3").put_public_access_block(
        Bucket=BUCKET,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": True,
        },
    )


def acls_on(client: Clients) -> None:
    """Let ACLs count again."""
    client("s3").put_bucket_ownership_controls(
        Bucket=BUCKET,
        OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    )


def any_origin(client: Clients) -> None:
    """Let every page of the web use the bucket."""
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    client("s3").put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})


def unpinned(client: Clients) -> None:
    """Take the pin off the session name: the hole in the usual recipe."""
    iam = client("iam")
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    for statement in trust["Statement"]:
        statement["Condition"]["StringEquals"].pop("sts:RoleSessionName", None)
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def key_for_all(client: Clients) -> None:
    """Let every account use the key."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:*",
        "Resource": "*",
    }
    client("kms").put_key_policy(
        KeyId=client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"],
        PolicyName="default",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def managed_policy(client: Clients) -> None:
    """Attach a managed policy that allows anything."""
    made = client("iam").create_policy(
        PolicyName="Anything", PolicyDocument=json.dumps(ANYTHING)
    )
    client("iam").attach_role_policy(RoleName=ROLE, PolicyArn=made["Policy"]["Arn"])


def rotation_off(client: Clients) -> None:
    """Keep the key's material for ever."""
    key = client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
    client("kms").disable_key_rotation(KeyId=key)


def refused(code: str) -> ClientError:
    """An error as AWS answers it."""
    return ClientError({"Error": {"Code": code, "Message": "in AWS's words"}}, "Op")


DRIFTS: list[tuple[Callable[[Clients], object], type]] = [
    (open_to_all, c.PutBucketPolicy),
    (
        lambda client: client("s3").delete_bucket_policy(Bucket=BUCKET),
        c.PutBucketPolicy,
    ),
    # AWS would fall back to SSE-S3; moto to nothing. Either is not our key.
    (
        lambda client: client("s3").delete_bucket_encryption(Bucket=BUCKET),
        c.PutEncryption,
    ),
    (other_key, c.PutEncryption),
    (
        lambda client: client("s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        c.EnableVersioning,
    ),
    (
        lambda client: client("s3").delete_public_access_block(Bucket=BUCKET),
        c.BlockPublicAccess,
    ),
    (some_blocks_off, c.BlockPublicAccess),
    (acls_on, c.EnforceOwnership),
    (
        lambda client: client("s3").delete_bucket_ownership_controls(Bucket=BUCKET),
        c.EnforceOwnership,
    ),
    (any_origin, c.PutCors),
    (lambda client: client("s3").delete_bucket_cors(Bucket=BUCKET), c.PutCors),
    (lambda client: client("kms").delete_alias(AliasName=ALIAS), c.CreateAlias),
    (key_for_all, c.PutKeyPolicy),
    (rotation_off, c.EnableKeyRotation),
    (
        lambda client: client("iam").update_saml_provider(
            SAMLProviderArn=SAML, SAMLMetadataDocument="y" * 1000
        ),
        c.UpdateSamlProvider,
    ),
    (unpinned, c.UpdateTrust),
    (
        lambda client: client("iam").update_role(
            RoleName=ROLE, MaxSessionDuration=3600
        ),
        c.UpdateMaxSession,
    ),
    (
        lambda client: client("iam").put_role_policy(
            RoleName=ROLE, PolicyName="OwnFolder", PolicyDocument=json.dumps(ANYTHING)
        ),
        c.PutRolePolicy,
    ),
    (
        lambda client: client("iam").put_role_policy(
            RoleName=ROLE, PolicyName="More", PolicyDocument=json.dumps(ANYTHING)
        ),
        c.DeleteRolePolicy,
    ),
    (managed_policy, c.DetachRolePolicy),
]


def test_each_drift_is_found_and_repaired(
    account: AwsAccount, blueprint: Blueprint, client: Clients
) -> None:
    """By one change of the right kind, after which nothing differs.

    One test for all, each on what the one before has repaired.
    """
    apply(blueprint, account)
    for drift, repair in DRIFTS:
        drift(client)
        assert [type(change) for change in apply(blueprint, account)] == [repair]
        assert verify(blueprint, account) == (), drift


def test_a_client_is_added_to_a_provider_that_is_there(endpoint: Endpoint) -> None:
    """Moto has no AddClientIDToOpenIDConnectProvider."""
    iam = endpoint.session().client("iam")
    expected = {"OpenIDConnectProviderArn": OIDC, "ClientID": "securecart-portal"}
    with Stubber(iam) as stubber:
        stubber.add_response("add_client_id_to_open_id_connect_provider", {}, expected)
        AwsProviders(iam).carry_out(c.AddClientId(OIDC, "securecart-portal"))
        stubber.assert_no_pending_responses()


def test_a_key_made_by_an_interrupted_run_is_used(
    account: AwsAccount, blueprint: Blueprint, client: Clients
) -> None:
    """Its description says whose it is, until the alias does."""
    client("kms").create_key(Description="somebody else's")

    def interrupt(change: Change) -> None:
        if isinstance(change, c.CreateAlias):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply(blueprint, account, interrupt)
    apply(blueprint, account)
    assert len(client("kms").list_keys()["Keys"]) == 2
    assert verify(blueprint, account) == ()


@pytest.mark.parametrize(
    "switch_off",
    [
        lambda kms, key: kms.disable_key(KeyId=key),
        lambda kms, key: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
    ],
)
def test_a_key_switched_off_needs_a_person(
    account: AwsAccount,
    blueprint: Blueprint,
    client: Clients,
    switch_off: Callable[[Any, str], object],
) -> None:
    """The message names the key, and the ways out."""
    apply(blueprint, account)
    kms = client("kms")
    switch_off(kms, kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"])
    with pytest.raises(SetupBlocked, match="enable it, or cancel its deletion"):
        apply(blueprint, account)


def test_changes_may_be_repeated(account: AwsAccount, blueprint: Blueprint) -> None:
    """An answer that was lost is no reason not to ask again.

    Creations of a key, a provider and a role are told apart by reading first.
    """
    once = (c.CreateKey, c.CreateSamlProvider, c.CreateOidcProvider, c.CreateRole)
    for change in apply(blueprint, account):
        if not isinstance(change, once):
            account.carry_out(change)
    assert verify(blueprint, account) == ()


def test_another_region_is_asked_for_by_name(
    endpoint: Endpoint, blueprint: Blueprint, client: Clients
) -> None:
    """Only the first region goes without a location constraint."""
    frankfurt = replace(blueprint, region="eu-central-1")
    account = AwsAccount(replace(endpoint, region="eu-central-1"), blueprint.account)
    apply(frankfurt, account)
    location = client("s3").get_bucket_location(Bucket=BUCKET)
    assert location["LocationConstraint"] == "eu-central-1"
    assert verify(frankfurt, account) == ()
    with pytest.raises(SetupBlocked, match="eu-central-1"):
        apply(blueprint, AwsAccount(endpoint, blueprint.account))


def test_a_bucket_of_somebody_else_is_not_touched(endpoint: Endpoint) -> None:
    """Every call names the owner that it expects; moto does not look at that."""
    s3 = endpoint.session().client("s3")
    expected = {"Bucket": BUCKET, "ExpectedBucketOwner": "123456789012"}
    with Stubber(s3) as stubber:
        stubber.add_client_error(
            "head_bucket", "403", http_status_code=403, expected_params=expected
        )
        bucket = AwsBucket(s3, account="123456789012", region="us-east-1")
        with pytest.raises(SetupBlocked, match="belongs to somebody else"):
            bucket.read(BUCKET)


def test_credentials_of_another_account_are_refused(
    account: AwsAccount, blueprint: Blueprint
) -> None:
    """Before anything is read."""
    with pytest.raises(SetupBlocked, match="999988887777"):
        apply(replace(blueprint, account="999988887777"), account)


def test_an_endpoint_that_does_not_answer_is_named(blueprint: Blueprint) -> None:
    """With what to look for."""
    nowhere = Endpoint(
        "us-east-1", "http://127.0.0.1:9", Credentials("testing", "testing")
    )
    account = AwsAccount(nowhere, blueprint.account)
    with pytest.raises(SetupFailed, match=r"http://127\.0\.0\.1:9 does not answer"):
        verify(blueprint, account)


def test_an_error_of_aws_is_told_with_what_was_tried(
    account: AwsAccount, blueprint: Blueprint
) -> None:
    """Its code and words, after ours."""
    bad = replace(blueprint, bucket="ab")
    with pytest.raises(SetupFailed, match=r"could not create the bucket ab"):
        apply(bad, account)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (refused("AccessDenied"), "use an administrator's credentials"),
        (refused("ExpiredToken"), "get new ones"),
        (refused("BucketAlreadyExists"), "choose another name"),
        (refused("Unheard"), "answered Unheard: in AWS's words"),
        (NoCredentialsError(), "set a profile"),
        (ResponseParserError("<html>"), "is it the right address"),
        (ReadTimeoutError(endpoint_url="http://x"), "does not answer"),
    ],
)
def test_every_error_says_what_to_do(error: Exception, says: str) -> None:
    """Beginning with what was being done, and to whom."""
    with (
        pytest.raises(SetupFailed, match=says) as caught,
        explained("create the role R", "AWS in eu-west-1"),
    ):
        raise error
    assert str(caught.value).startswith("could not create the role R: ")


def test_no_secret_is_shown(endpoint: Endpoint) -> None:
    """Not even to whoever prints the endpoint."""
    shown = repr(replace(endpoint, credentials=Credentials("AKIA", "hidden")))
    assert "hidden" not in shown
