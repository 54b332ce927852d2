"""`securecart prove` on a running installation, and whether it tells the truth."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from playwright.sync_api import Page

pytestmark = pytest.mark.slow

Session = dict[str, Any]
Done = subprocess.CompletedProcess[str]
Call = Callable[..., Done]
Prove = Callable[..., Done]

_ROLE = "SecureCartEmployee"


@pytest.fixture(scope="module")
def call(running: Any, ports: dict[str, int]) -> Call:
    """Runs a command as an administrator does."""

    def call(*words: str) -> Done:
        command = [sys.executable, "-m", "securecart", *words]
        command += ["--data-dir", str(running.data)]
        for name, port in ports.items():
            command += [f"--{name}-port", str(port)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return call


@pytest.fixture(scope="module")
def prove(call: Call) -> Prove:
    """Runs `securecart prove`."""
    return lambda *options: call("prove", *options)


@pytest.fixture(scope="module")
def sessions(
    running: Any, sign_in_without_browser: Callable[..., Session]
) -> dict[str, Session]:
    """Two people; the second has something worth stealing."""
    found = {
        department: sign_in_without_browser(running, department)
        for department in ("engineering", "finance")
    }
    theirs = found["finance"]
    running.client("s3", theirs["credentials"]).put_object(
        Bucket=theirs["bucket"], Key=f"{theirs['folder']}salaries.csv", Body=b"secret"
    )
    return found


@contextmanager
def folder_policy(running: Any, change: Callable[[Any], None]) -> Iterator[None]:
    """Change the role's policy, and put the old one back."""
    iam = running.client("iam")
    old = iam.get_role_policy(RoleName=_ROLE, PolicyName="OwnFolder")["PolicyDocument"]
    new = json.loads(json.dumps(old))
    change(new)

    def put(document: Any) -> None:
        iam.put_role_policy(
            RoleName=_ROLE, PolicyName="OwnFolder", PolicyDocument=json.dumps(document)
        )

    put(new)
    try:
        yield
    finally:
        put(old)


@contextmanager
def no_closing_slash(running: Any) -> Iterator[None]:
    """Let `ab` into `abc/`, as the usual recipe does."""

    def change(policy: Any) -> None:
        for statement in policy["Statement"]:
            if statement["Sid"] == "UseOwnFolder":
                statement["Resource"] = statement["Resource"].replace("/*", "*")

    with folder_policy(running, change):
        yield


@contextmanager
def no_prefix(running: Any) -> Iterator[None]:
    """Let everybody list everything."""

    def change(policy: Any) -> None:
        for statement in policy["Statement"]:
            if statement["Sid"] == "ListOwnFolder":
                del statement["Condition"]

    with folder_policy(running, change):
        yield


@contextmanager
def open_bucket(running: Any) -> Iterator[None]:
    """Let the whole role read in everybody's folder, by the bucket's policy."""
    s3, bucket = running.client("s3"), running.ready["bucket"]
    old = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    new = json.loads(old)
    new["Statement"].append(
        {
            "Sid": "ForTheAuditors",
            "Effect": "Allow",
            "Principal": {
                "AWS": f"arn:aws:iam::{running.ready['account']}:role/{_ROLE}"
            },
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
    )
    # The key decides once more, and the bucket's policy is not the key's.
    context = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    with folder_policy(running, lambda policy: policy["Statement"].append(context)):
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(new))
        try:
            yield
        finally:
            s3.put_bucket_policy(Bucket=bucket, Policy=old)


@contextmanager
def unpinned(running: Any) -> Iterator[None]:
    """Let the caller choose the session name, as OpenID sign-in has it."""
    iam = running.client("iam")
    old = iam.get_role(RoleName=_ROLE)["Role"]["AssumeRolePolicyDocument"]
    new = json.loads(json.dumps(old))
    for statement in new["Statement"]:
        statement["Condition"]["StringEquals"].pop("sts:RoleSessionName", None)

    def put(document: Any) -> None:
        iam.update_assume_role_policy(
            RoleName=_ROLE, PolicyDocument=json.dumps(document)
        )

    put(new)
    try:
        yield
    finally:
        put(old)


@contextmanager
def chained(running: Any) -> Iterator[None]:
    """Let a second role be assumed from the first, under any name."""
    iam = running.client("iam")
    first = iam.get_role(RoleName=_ROLE)["Role"]["Arn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": first},
        "Action": "sts:AssumeRole",
    }
    policy = iam.get_role_policy(RoleName=_ROLE, PolicyName="OwnFolder")
    iam.create_role(
        RoleName="Further",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": statement}
        ),
    )
    iam.put_role_policy(
        RoleName="Further",
        PolicyName="OwnFolder",
        PolicyDocument=json.dumps(policy["PolicyDocument"]),
    )
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName="Further", PolicyName="OwnFolder")
        iam.delete_role(RoleName="Further")


_BREAKAGES = {
    "no closing slash": (no_closing_slash, "s3:GetObject"),
    "no prefix": (no_prefix, "s3:ListBucket"),
    "an open bucket": (open_bucket, "s3:GetObject"),
    "an unpinned session name": (unpinned, "s3:GetObject"),
    "a further role": (chained, "s3:GetObject"),
}


def test_what_up_sets_up_is_proved(prove: Prove) -> None:
    """With the assumptions it rests on."""
    done = prove()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Proved: ")
    assert "\n  - STS lets no session name" in done.stdout


def test_up_says_that_it_is_proved(running: Any) -> None:
    """Below the addresses, without being asked."""
    output = running.data.parent / "output.txt"
    deadline = time.monotonic() + 30
    while "\nIsolation: proved for any two people." not in output.read_text():
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)


def test_apply_fails_where_something_else_lets_people_in(
    running: Any, call: Call
) -> None:
    """A role that is not of the set-up stays, and is told; not if it is exempt."""
    assert "\nIsolation: proved" in call("apply").stdout
    config = running.data.parent / "exempt.toml"
    config.write_text('[role]\nexempt = ["Further"]\n')
    with chained(running):
        done = call("apply")
        exempt = call("prove", "--config", str(config))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NOT ISOLATED: somebody reads or changes a document" in done.stderr
    assert exempt.returncode == 0, exempt.stdout + exempt.stderr
    assert "(besides Further, which are exempt)" in exempt.stdout


@pytest.mark.parametrize("name", _BREAKAGES)
def test_every_slip_is_found_and_its_mending_too(
    running: Any, prove: Prove, name: str
) -> None:
    """A change by hand is seen at the next call, and so is its undoing."""
    broken, action = _BREAKAGES[name]
    with broken(running):
        done = prove("--json")
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "counterexample"
    assert found["evaluate"]["action"] == action
    assert prove().returncode == 0


def _steal(running: Any, credentials: dict[str, str], theirs: Session) -> bytes:
    s3 = running.client("s3", credentials)
    key = f"{theirs['folder']}salaries.csv"
    return bytes(s3.get_object(Bucket=theirs["bucket"], Key=key)["Body"].read())


def test_the_request_of_a_counterexample_is_really_answered(
    running: Any, prove: Prove, sessions: dict[str, Session]
) -> None:
    """The action that it names, by one person on another's document."""
    mine, theirs = sessions["engineering"]["credentials"], sessions["finance"]
    with open_bucket(running):
        found = json.loads(prove("--json").stdout)
        assert found["evaluate"]["action"] == "s3:GetObject"
        assert {each["sid"] for each in found["statements"]} == {"ForTheAuditors"}
        assert _steal(running, mine, theirs) == b"secret"
    with pytest.raises(ClientError, match="AccessDenied"):
        _steal(running, mine, theirs)


def test_the_sign_in_of_a_counterexample_really_works(
    running: Any,
    prove: Prove,
    sessions: dict[str, Session],
    page: Page,
    get_id_token: Callable[..., str],
) -> None:
    """One's own ID token, the other's name for the session: their bytes."""
    theirs = sessions["finance"]
    token = get_id_token(running, page, running.person("engineering"))
    sts = boto3.client(
        "sts",
        endpoint_url=running.ready["aws"],
        region_name=running.ready["region"],
        config=Config(signature_version=UNSIGNED),
    )

    def take_their_name() -> dict[str, str]:
        keys = sts.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{running.ready['account']}:role/{_ROLE}",
            RoleSessionName=running.person("finance")["username"],
            WebIdentityToken=token,
        )["Credentials"]
        return {
            "access_key_id": keys["AccessKeyId"],
            "secret_access_key": keys["SecretAccessKey"],
            "session_token": keys["SessionToken"],
        }

    with unpinned(running):
        found = json.loads(prove("--json").stdout)
        (step,) = found["asker"]
        assert step["action"] == "sts:AssumeRoleWithWebIdentity"
        assert step["session_name"] == found["owner"][0]["session_name"]
        assert _steal(running, take_their_name(), theirs) == b"secret"
    with pytest.raises(ClientError, match="AccessDenied"):
        take_their_name()
    assert prove().returncode == 0


def test_an_endpoint_that_is_not_there_is_named(
    running: Any, free_ports: Callable[[], dict[str, int]]
) -> None:
    """In one line, and it is not taken for a verdict."""
    port = free_ports()["aws"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "securecart", "prove"),
            *("--data-dir", str(running.data), "--aws-port", str(port)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"http://localhost:{port} does not answer" in done.stderr
