"""Names that nobody may choose, and names that begin alike."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page

pytestmark = pytest.mark.slow

_ROLE = "SecureCartEmployee"


@pytest.fixture(scope="module")
def sessions(running: Any) -> Iterator[dict[str, Any]]:
    """Sessions `ab` and `abc` of one role with the employees' own policy."""
    iam = running.client("iam")
    account = running.ready["account"]
    (policy_name,) = iam.list_role_policies(RoleName=_ROLE)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=_ROLE, PolicyName=policy_name)
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    role = iam.create_role(
        RoleName="Alike", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    iam.put_role_policy(
        RoleName="Alike",
        PolicyName="OwnFolder",
        PolicyDocument=json.dumps(policy["PolicyDocument"]),
    )
    sts = running.client("sts")
    found = {}
    for name in ("ab", "abc"):
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName=name)
        keys = given["Credentials"]
        credentials = {
            "access_key_id": keys["AccessKeyId"],
            "secret_access_key": keys["SecretAccessKey"],
            "session_token": keys["SessionToken"],
        }
        found[name] = running.client("s3", credentials), f"{role['RoleId']}:{name}"
    yield found
    iam.delete_role_policy(RoleName="Alike", PolicyName="OwnFolder")
    iam.delete_role(RoleName="Alike")


@pytest.mark.parametrize(("mine", "theirs"), [("ab", "abc"), ("abc", "ab")])
def test_an_id_that_begins_like_another_opens_nothing_of_it(
    running: Any, sessions: dict[str, Any], mine: str, theirs: str
) -> None:
    """`ab` and `abc` are as foreign as any two."""
    bucket = running.ready["bucket"]
    s3, my_id = sessions[mine]
    their_s3, their_id = sessions[theirs]
    their_s3.put_object(Bucket=bucket, Key=f"{their_id}/x", Body=b"theirs")
    s3.put_object(Bucket=bucket, Key=f"{my_id}/x", Body=b"mine")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{my_id}/")
    assert [item["Key"] for item in listed["Contents"]] == [f"{my_id}/x"]
    for name, parameters in (
        ("get_object", {"Key": f"{their_id}/x"}),
        ("put_object", {"Key": f"{their_id}/y"}),
        ("delete_object", {"Key": f"{their_id}/x"}),
        ("list_objects_v2", {"Prefix": f"{their_id}/"}),
        ("list_objects_v2", {"Prefix": my_id}),
        ("list_objects_v2", {"Prefix": f"{my_id}*"}),
        ("put_object", {"Key": f"{my_id}x"}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(s3, name)(Bucket=bucket, **parameters)
    kept = their_s3.get_object(Bucket=bucket, Key=f"{their_id}/x")["Body"].read()
    assert kept == b"theirs"


def test_nobody_gets_another_persons_credentials_by_naming_them(
    running: Any, page: Page, get_id_token: Callable[..., str]
) -> None:
    """With OpenID the caller sends the session name; the trust policy pins it."""
    token = get_id_token(running, page, running.person("engineering"))
    sts = running.client("sts")
    role = f"arn:aws:iam::{running.ready['account']}:role/{_ROLE}"
    me = running.person("engineering")["username"]
    other = running.person("finance")["username"]
    for name in (other, me.upper(), f"{me}x", me[:-1], f"{me}*"):
        with pytest.raises(ClientError) as refused:
            sts.assume_role_with_web_identity(
                RoleArn=role, RoleSessionName=name, WebIdentityToken=token
            )
        assert refused.value.response["Error"]["Code"] in {
            "AccessDenied",
            "ValidationError",
        }
    given = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName=me, WebIdentityToken=token
    )
    assert given["AssumedRoleUser"]["AssumedRoleId"].endswith(f":{me}")
