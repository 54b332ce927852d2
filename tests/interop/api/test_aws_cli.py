"""What the AWS command line, which knows nothing of us, sees."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Aws = Callable[..., Any]

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
        },
    }
)


@pytest.fixture
def aws(site: Any, tmp_path: Path) -> Aws:
    """Run `aws` as the administrator, or as whom `signed_by` says."""

    def aws(*arguments: str, signed_by: Any = site.administrator) -> Any:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_ACCESS_KEY_ID": signed_by.access_key_id,
            "AWS_SECRET_ACCESS_KEY": signed_by.secret_access_key,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": site.endpoint,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }
        program = Path(sys.executable).with_name("aws")
        done = subprocess.run(
            [program, *arguments, "--output", "json"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            return done.stderr.strip()
        return json.loads(done.stdout) if done.stdout.strip() else None

    return aws


def test_the_command_line_sets_up(aws: Aws, tmp_path: Path, metadata: str) -> None:
    """Providers, a role and a key, as AWS's own guides do it."""
    document = tmp_path / "metadata.xml"
    document.write_text(metadata)
    saml = aws(
        "iam",
        "create-saml-provider",
        "--name=SecureCart",
        f"--saml-metadata-document=file://{document}",
    )
    assert saml["SAMLProviderArn"] == (
        "arn:aws:iam::123456789012:saml-provider/SecureCart"
    )
    oidc = aws(
        "iam",
        "create-open-id-connect-provider",
        "--url=http://localhost:8081",
        "--client-id-list",
        "a",
        "b",
    )
    assert oidc["OpenIDConnectProviderArn"].endswith("oidc-provider/localhost:8081")
    creating = (
        "iam",
        "create-role",
        "--role-name=r",
        f"--assume-role-policy-document={TRUST}",
    )
    assert aws(*creating)["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert "(EntityAlreadyExists)" in aws(*creating)
    key = aws("kms", "create-key")["KeyMetadata"]["KeyId"]
    aws("kms", "create-alias", "--alias-name=alias/docs", f"--target-key-id={key}")
    made = aws("kms", "generate-data-key", "--key-id=alias/docs", "--key-spec=AES_256")
    blob = tmp_path / "blob"
    blob.write_bytes(base64.b64decode(made["CiphertextBlob"]))
    opened = aws("kms", "decrypt", f"--ciphertext-blob=fileb://{blob}")
    assert opened["Plaintext"] == made["Plaintext"]


def test_the_command_line_tells_refusals(aws: Aws, site: Any) -> None:
    """A wrong secret, and an operation that is not offered."""
    assert aws("sts", "get-caller-identity")["Account"] == "123456789012"
    wrong = replace(site.administrator, secret_access_key="x" * 40)
    refused = aws("sts", "get-caller-identity", signed_by=wrong)
    assert "(SignatureDoesNotMatch) when calling the GetCallerIdentity" in refused
    aws("iam", "create-user", "--user-name=eve")
    made = aws("iam", "create-access-key", "--user-name=eve")["AccessKey"]
    eve = replace(
        site.administrator,
        access_key_id=made["AccessKeyId"],
        secret_access_key=made["SecretAccessKey"],
    )
    denied = aws("iam", "list-users", signed_by=eve)
    words, encoded = denied.split(" Encoded authorization failure message: ")
    assert words.endswith("no identity-based policy allows the iam:ListUsers action.")
    decode = ("sts", "decode-authorization-message", f"--encoded-message={encoded}")
    decoded = json.loads(aws(*decode)["DecodedMessage"])
    assert decoded["context"]["principal"]["name"] == "eve"
    assert decoded["context"]["action"] == "iam:ListUsers"
    assert "(AccessDenied)" in aws(*decode, signed_by=eve)
    refused = aws(*decode[:2], "--encoded-message=x")
    assert "(InvalidAuthorizationMessageException)" in refused
    found = aws("sts", "get-access-key-info", f"--access-key-id={made['AccessKeyId']}")
    assert found["Account"] == "123456789012"
    refused = aws("iam", "generate-credential-report")
    assert "(InvalidAction)" in refused
    assert "not supported" in refused
