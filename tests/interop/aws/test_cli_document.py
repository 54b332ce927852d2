"""The commands of docs/aws-cli.md are run as they stand there.

Against moto, which lets everybody do everything: what the local target must
refuse is tested with the running product.
"""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from securecart.adapters.aws import AwsAccount, Endpoint
from securecart.blueprint import Blueprint, apply

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[3] / "docs" / "aws-cli.md"

ASSERTION = b"""
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
                xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
 <saml:Assertion><saml:AttributeStatement>
  <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName">
   <saml:AttributeValue>alice</saml:AttributeValue>
  </saml:Attribute>
  <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
   <saml:AttributeValue>arn:aws:iam::123456789012:role/R,x</saml:AttributeValue>
  </saml:Attribute>
 </saml:AttributeStatement></saml:Assertion>
</samlp:Response>
"""


def blocks() -> dict[str, str]:
    """The document's shell blocks by the second word of their fence."""
    text = DOCUMENT.read_text()
    return dict(re.findall(r"^```sh (\S+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("way", ["saml", "oidc"])
def test_the_commands_do_what_they_say(
    endpoint: Endpoint,
    account: AwsAccount,
    blueprint: Blueprint,
    client: Callable[[str], Any],
    tmp_path: Path,
    way: str,
) -> None:
    """From the identity provider's answer to a document and back."""
    apply(blueprint, account)
    # moto denies by a bucket policy without looking at its conditions.
    client("s3").delete_bucket_policy(Bucket=blueprint.bucket)
    (tmp_path / "assertion.b64").write_bytes(base64.b64encode(ASSERTION))
    (tmp_path / "id-token").write_text("header.body.mac")
    found = blocks()
    script = "\n".join(
        ["set -eu", *(found[name] for name in ("setup-local", "names", way, "folder"))]
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": path,
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": endpoint.url or "",
            "ACCOUNT": blueprint.account,
            "SESSION_NAME": "alice",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy.txt").read_text() == "The third quarter\n"
    assert "aws:kms\n" in done.stdout
    # At AWS the folder is the UserId of the first line; moto makes each up.
    assert done.stdout.splitlines()[0].endswith(":alice")
    assert ":alice/report.txt to ./copy.txt" in done.stdout


def test_every_block_is_named() -> None:
    """So that a test can find each; none is left out by a typing error."""
    assert set(blocks()) == {
        *("setup-local", "setup-aws", "names", "saml", "oidc", "folder", "refused")
    }
    assert DOCUMENT.read_text().count("```") == 2 * len(blocks())
