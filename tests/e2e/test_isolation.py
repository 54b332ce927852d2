"""The browser's own credentials in boto3: one folder, and nothing else."""

import io
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.slow

Session = dict[str, Any]


@pytest.fixture(scope="module")
def sessions(browser: Any, sign_in: Callable[..., Session]) -> dict[str, Session]:
    """Two people, each with a document of their own."""
    found = {}
    for department in ("engineering", "finance"):
        context: BrowserContext = browser.new_context()
        found[department] = sign_in(context.new_page(), department, "oidc")
        context.close()
    return found


@pytest.fixture(scope="module")
def mine(sessions: dict[str, Session]) -> Session:
    """The engineer."""
    return sessions["engineering"]


@pytest.fixture(scope="module")
def theirs(sessions: dict[str, Session], running: Any) -> Session:
    """The other, with something worth stealing."""
    session = sessions["finance"]
    running.client("s3", session["credentials"]).put_object(
        Bucket=session["bucket"], Key=f"{session['folder']}salaries.csv", Body=b"secret"
    )
    return session


@pytest.fixture(scope="module")
def s3(running: Any, mine: Session) -> Any:
    """The engineer's S3."""
    return running.client("s3", mine["credentials"])


def _refused(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDenied", error
    return str(error["Message"])


def test_the_own_folder_works(s3: Any, mine: Session) -> None:
    """Write, read, list, copy within, parts, versions, delete."""
    bucket, folder = mine["bucket"], mine["folder"]
    content = os.urandom(20 * 2**20)
    s3.upload_fileobj(io.BytesIO(content), bucket, f"{folder}big.bin")
    assert (
        s3.get_object(Bucket=bucket, Key=f"{folder}big.bin")["Body"].read() == content
    )
    s3.copy_object(
        Bucket=bucket,
        Key=f"{folder}copy of big.bin",
        CopySource={"Bucket": bucket, "Key": f"{folder}big.bin"},
    )
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=folder)
    names = {item["Key"].removeprefix(folder) for item in listed["Contents"]}
    assert {"big.bin", "copy of big.bin"} <= names
    copy = s3.head_object(Bucket=bucket, Key=f"{folder}copy of big.bin")
    assert copy["ServerSideEncryption"] == "aws:kms"
    s3.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": folder + name} for name in names]},
    )
    assert s3.list_objects_v2(Bucket=bucket, Prefix=folder)["KeyCount"] == 0


def test_a_put_without_a_header_is_encrypted_with_the_buckets_key(
    s3: Any, running: Any, mine: Session
) -> None:
    """The bucket's default, whatever the client forgot."""
    put = s3.put_object(Bucket=mine["bucket"], Key=f"{mine['folder']}a", Body=b"x")
    assert put["ServerSideEncryption"] == "aws:kms"
    alias = "alias/securecart-user-docs"
    key = running.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
    assert put["SSEKMSKeyId"] == key


_ATTEMPTS: dict[str, tuple[str, dict[str, str]]] = {
    "read": ("get_object", {"Key": "{theirs}salaries.csv"}),
    "read what is not there": ("get_object", {"Key": "{theirs}nothing"}),
    "write": ("put_object", {"Key": "{theirs}x"}),
    "delete": ("delete_object", {"Key": "{theirs}salaries.csv"}),
    "write at the root": ("put_object", {"Key": "at the root"}),
    "list": ("list_objects_v2", {}),
    "list an empty prefix": ("list_objects_v2", {"Prefix": ""}),
    "list theirs": ("list_objects_v2", {"Prefix": "{theirs}"}),
    "list the role": ("list_objects_v2", {"Prefix": "{role}"}),
    "list their versions": ("list_object_versions", {"Prefix": "{theirs}"}),
    "copy from theirs": (
        "copy_object",
        {"Key": "{mine}x", "CopySource": "{bucket}/{theirs}salaries.csv"},
    ),
    "put as AES256": (
        "put_object",
        {"Key": "{mine}x", "ServerSideEncryption": "AES256"},
    ),
    "put under another key": (
        "put_object",
        {"Key": "{mine}x", "ServerSideEncryption": "aws:kms"},
    ),
    "delete the bucket": ("delete_bucket", {}),
    "read its policy": ("get_bucket_policy", {}),
    "replace its policy": ("put_bucket_policy", {"Policy": "x"}),
    "read its encryption": ("get_bucket_encryption", {}),
}


@pytest.mark.parametrize(("name", "template"), _ATTEMPTS.values(), ids=_ATTEMPTS)
def test_everything_else_is_denied_as_aws_words_it(
    s3: Any, mine: Session, theirs: Session, name: str, template: dict[str, str]
) -> None:
    """Who, what, on which resource, and why: AWS's sentence."""
    values = {
        "bucket": mine["bucket"],
        "mine": mine["folder"],
        "theirs": theirs["folder"],
        "role": mine["folder"].partition(":")[0],
    }
    parameters = {key: text.format(**values) for key, text in template.items()}
    message = _refused(getattr(s3, name), Bucket=mine["bucket"], **parameters)
    person = re.escape(mine["person"])
    assert re.fullmatch(
        rf"User: arn:aws:sts::\d{{12}}:assumed-role/SecureCartEmployee/{person} "
        r'is not authorized to perform: s3:\w+ on resource: "arn:aws:s3:::[^"]+" '
        r"(because no identity-based policy allows the s3:\w+ action"
        r"|with an explicit deny in a resource-based policy)"
        r"\. Encoded authorization failure message: [\w-]{1410}",
        message,
    ), message


def test_a_batch_with_one_foreign_key_deletes_the_others(
    s3: Any, running: Any, mine: Session, theirs: Session
) -> None:
    """DeleteObjects is decided key by key."""
    own, foreign = f"{mine['folder']}old", f"{theirs['folder']}salaries.csv"
    s3.put_object(Bucket=mine["bucket"], Key=own, Body=b"")
    answer = s3.delete_objects(
        Bucket=mine["bucket"],
        Delete={"Objects": [{"Key": own}, {"Key": foreign}]},
    )
    assert [each["Key"] for each in answer["Deleted"]] == [own]
    assert [(e["Key"], e["Code"]) for e in answer["Errors"]] == [
        (foreign, "AccessDenied")
    ]
    their_s3 = running.client("s3", theirs["credentials"])
    kept = their_s3.get_object(Bucket=mine["bucket"], Key=foreign)["Body"].read()
    assert kept == b"secret"


def test_a_person_has_no_say_in_iam_sts_or_kms(running: Any, mine: Session) -> None:
    """The role opens a folder, and no API beside it."""
    iam = running.client("iam", mine["credentials"])
    kms = running.client("kms", mine["credentials"])
    sts = running.client("sts", mine["credentials"])
    assert "iam:ListRoles" in _refused(iam.list_roles)
    role = f"arn:aws:iam::{running.ready['account']}:role/SecureCartEmployee"
    _refused(sts.assume_role, RoleArn=role, RoleSessionName="somebody.else")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.list_keys()
    key = "alias/securecart-user-docs"
    with pytest.raises(ClientError, match="AccessDenied"):
        # Only through S3: the policy says kms:ViaService.
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")


def test_anybody_may_ask_who_they_are(running: Any, mine: Session) -> None:
    """GetCallerIdentity cannot be denied."""
    told = running.client("sts", mine["credentials"]).get_caller_identity()
    assert told["UserId"] == mine["folder"].removesuffix("/")


def test_nobody_gets_in_without_a_signature(running: Any, mine: Session) -> None:
    """Anonymous requests are denied, and learn nothing."""
    for key in ("", mine["folder"], f"{mine['folder']}a"):
        answer = httpx.get(f"{running.ready['aws']}/{mine['bucket']}/{key}")
        assert answer.status_code == 403
        assert "AccessDenied" in answer.text


def test_the_sessions_end_is_the_configured_hour(mine: Session) -> None:
    """One hour, counted from the sign-in."""
    left = datetime.fromisoformat(mine["expiration"]) - datetime.now(UTC)
    assert 50 * 60 < left.total_seconds() <= 3600
