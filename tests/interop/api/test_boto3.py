"""What boto3, which knows nothing of us, sees of IAM, STS and KMS."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from securecart.adapters.journal import JournalReader
from securecart.names.credentials import Credentials

pytestmark = pytest.mark.slow
Client = Callable[..., Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}],
}


def _code(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    response = error.value.response
    status: int = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"]


def test_set_up_can_be_run_twice(client: Client, metadata: str) -> None:
    """Each thing is made once; making it again is the error AWS has for it."""
    iam = client("iam")

    def set_up() -> None:
        arn = iam.create_role(
            RoleName="SecureCartEmployee",
            AssumeRolePolicyDocument=json.dumps(TRUST),
            MaxSessionDuration=43200,
            Tags=[{"Key": "app", "Value": "SecureCart"}],
        )["Role"]["Arn"]
        assert arn == "arn:aws:iam::123456789012:role/SecureCartEmployee"

    set_up()
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException) as error:
        set_up()
    assert _code(error) == (409, "EntityAlreadyExists")
    saml = {"Name": "SecureCart", "SAMLMetadataDocument": metadata}
    arn = iam.create_saml_provider(**saml)["SAMLProviderArn"]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_saml_provider(**saml)
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == (
        metadata
    )
    oidc = {"Url": "http://localhost:8081", "ClientIDList": ["securecart-portal"]}
    arn = iam.create_open_id_connect_provider(**oidc)["OpenIDConnectProviderArn"]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_open_id_connect_provider(**oidc)
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["securecart-portal"]
    policy = {"PolicyName": "p", "PolicyDocument": json.dumps(ALLOW)}
    arn = iam.create_policy(**policy)["Policy"]["Arn"]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_policy(**policy)
    for _ in range(2):
        iam.put_role_policy(RoleName="SecureCartEmployee", **policy)
        iam.attach_role_policy(RoleName="SecureCartEmployee", PolicyArn=arn)
    # boto3 decodes policy documents, if they come as AWS sends them.
    role = iam.get_role(RoleName="SecureCartEmployee")["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert role["Tags"] == [{"Key": "app", "Value": "SecureCart"}]
    inline = iam.get_role_policy(RoleName="SecureCartEmployee", PolicyName="p")
    assert inline["PolicyDocument"] == ALLOW
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == ALLOW


def test_errors_have_awss_shapes(client: Client) -> None:
    """boto3 raises its modelled exceptions, with the message inside."""
    iam, kms = client("iam"), client("kms")
    with pytest.raises(iam.exceptions.NoSuchEntityException) as missing:
        iam.get_role(RoleName="none")
    assert _code(missing) == (404, "NoSuchEntity")
    assert missing.value.response["Error"]["Message"] == (
        "The role with name none cannot be found."
    )
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException) as wrong:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    assert _code(wrong) == (400, "MalformedPolicyDocument")
    with pytest.raises(ClientError) as broken:
        iam.create_role(RoleName="a/b", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert _code(broken) == (400, "ValidationError")
    with pytest.raises(kms.exceptions.NotFoundException) as lost:
        kms.describe_key(KeyId="alias/none")
    assert _code(lost) == (400, "NotFoundException")
    with pytest.raises(kms.exceptions.MalformedPolicyDocumentException):
        kms.create_key(Policy="{}")


def test_lists_are_paged_by_boto3s_paginators(client: Client) -> None:
    """Following the markers answers each thing once."""
    iam, kms = client("iam"), client("kms")
    for number in range(5):
        iam.create_user(UserName=f"user{number}")
        kms.create_key()
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    names = [user["UserName"] for page in pages for user in page["Users"]]
    assert names == ["admin", *(f"user{number}" for number in range(5))]
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2})
    keys = [key["KeyId"] for page in pages for key in page["Keys"]]
    assert len(keys) == len(set(keys)) == 5


def test_keys_encrypt_for_boto3(client: Client) -> None:
    """Keys, aliases, data keys and their context."""
    kms = client("kms")
    key = kms.create_key(Description="documents")["KeyMetadata"]
    kms.create_alias(AliasName="alias/docs", TargetKeyId=key["KeyId"])
    with pytest.raises(kms.exceptions.AlreadyExistsException):
        kms.create_alias(AliasName="alias/docs", TargetKeyId=key["KeyId"])
    context = {"aws:s3:arn": "arn:aws:s3:::docs"}
    made = kms.generate_data_key(
        KeyId="alias/docs", KeySpec="AES_256", EncryptionContext=context
    )
    opened = kms.decrypt(
        CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context
    )
    assert opened["Plaintext"] == made["Plaintext"]
    assert opened["KeyId"] == key["Arn"]
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"])
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(kms.exceptions.DisabledException):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    ending = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert ending["KeyState"] == "PendingDeletion"
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.enable_key(KeyId=key["KeyId"])


def test_a_user_may_what_its_policies_say(site: Any) -> None:
    """No permission, then one, then a session of a role, each by real calls."""
    iam = site.client("iam")
    iam.create_user(UserName="ada")
    made = iam.create_access_key(UserName="ada")["AccessKey"]
    ada = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    identity = site.client("sts", ada).get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/ada"
    with pytest.raises(ClientError) as denied:
        site.client("iam", ada).list_roles()
    assert _code(denied) == (403, "AccessDenied")
    with pytest.raises(ClientError) as denied:
        site.client("kms", ada).create_key()
    assert _code(denied) == (400, "AccessDeniedException")
    grant = {"Effect": "Allow", "Action": ["iam:ListRoles", "sts:AssumeRole"]}
    document = {
        "Version": "2012-10-17",
        "Statement": [{**grant, "Resource": "*"}],
    }
    iam.put_user_policy(
        UserName="ada", PolicyName="p", PolicyDocument=json.dumps(document)
    )
    assert site.client("iam", ada).list_roles()["Roles"] == []
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
    given = site.client("sts", ada).assume_role(
        RoleArn=role["Role"]["Arn"], RoleSessionName="ada"
    )["Credentials"]
    session = Credentials(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    )
    found = site.client("sts", session).get_caller_identity()
    assert found["UserId"] == f"{role['Role']['RoleId']}:ada"
    assert found["Arn"] == "arn:aws:sts::123456789012:assumed-role/r/ada"
    with pytest.raises(ClientError) as denied:
        site.client("iam", session).list_roles()
    assert _code(denied) == (403, "AccessDenied")


def test_wrong_signatures_and_unknown_operations(site: Any) -> None:
    """boto3 tells them as it tells AWS's own."""
    wrong = replace(site.administrator, secret_access_key="x" * 40)
    with pytest.raises(ClientError) as refused:
        site.client("iam", wrong).list_users()
    assert _code(refused) == (403, "SignatureDoesNotMatch")
    with pytest.raises(ClientError) as refused:
        site.client("kms", wrong).list_keys()
    assert _code(refused) == (400, "InvalidSignatureException")
    with pytest.raises(ClientError) as refused:
        site.client("iam").create_instance_profile(InstanceProfileName="x")
    assert _code(refused) == (400, "InvalidAction")
    with pytest.raises(ClientError) as refused:
        site.client("kms").list_retirable_grants(RetiringPrincipal="x")
    assert _code(refused) == (400, "UnknownOperationException")
    with pytest.raises(ClientError) as refused:
        site.client("sts").assume_role_with_web_identity(
            RoleArn="arn:aws:iam::123456789012:role/r",
            RoleSessionName="ada",
            WebIdentityToken="no.token.atall",
        )
    assert _code(refused) == (400, "InvalidIdentityToken")


def test_every_request_left_a_record(site: Any) -> None:
    """Allowed or denied, with the request id that boto3 was answered."""
    iam = site.client("iam")
    allowed = iam.list_users()["ResponseMetadata"]["RequestId"]
    with pytest.raises(ClientError) as refused:
        iam.get_role(RoleName="none")
    failed = refused.value.response["ResponseMetadata"]["RequestId"]
    records = list(JournalReader(site.journal).records())
    assert [(r["requestID"], r.get("errorCode")) for r in records] == [
        (allowed, None),
        (failed, "NoSuchEntity"),
    ]
    assert records[0]["userAgent"].startswith("Boto3/")
