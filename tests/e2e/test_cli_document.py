"""The commands of docs/aws-cli.md, as they stand there, on the local target."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.slow

Person = dict[str, str]

_DOCUMENT = Path(__file__).parents[2] / "docs" / "aws-cli.md"


def _blocks() -> dict[str, str]:
    """The document's shell blocks by the second word of their fence."""
    text = _DOCUMENT.read_text()
    return dict(re.findall(r"^```sh (\S+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def _sign_in(page: Page, address: str, person: Person) -> None:
    page.goto(address)
    page.get_by_label("User name").fill(person["username"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()


def _saml(running: Any, page: Page, person: Person, folder: Path) -> None:
    """Keep the SAML response that the browser posts, and the portal from it."""
    acs = f"{running.portal}/saml/acs"
    page.route(acs, lambda route: route.fulfill(body="kept"))
    with page.expect_request(acs) as posted:
        _sign_in(page, f"{running.portal}/login/saml", person)
    response = parse_qs(posted.value.post_data)["SAMLResponse"][0]
    (folder / "assertion.b64").write_text(response)


def _run(
    running: Any, script: list[str], folder: Path, person: Person
) -> subprocess.CompletedProcess[str]:
    """Run a shell with nothing of ours around it, above all no keys."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", "\n".join(["set -eu", *script])],
        cwd=folder,
        env={
            "PATH": path,
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": running.ready["aws"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "ACCOUNT": running.ready["account"],
            "SESSION_NAME": person["username"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("way", "department"), [("saml", "engineering"), ("oidc", "finance")]
)
def test_the_commands_do_what_they_say(
    running: Any,
    page: Page,
    get_id_token: Callable[..., str],
    tmp_path: Path,
    way: str,
    department: str,
) -> None:
    """From the answer to a document and back; and everything else is refused."""
    person = running.person(department)
    if way == "saml":
        _saml(running, page, person, tmp_path)
    else:
        (tmp_path / "id-token").write_text(get_id_token(running, page, person))
    found = _blocks()
    refused = found["refused"].splitlines()
    done = _run(
        running,
        [
            *(found[name] for name in ("setup-local", "names", way, "folder")),
            *(f'{command} && echo "let in: {command}"\ntrue' for command in refused),
        ],
        tmp_path,
        person,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy.txt").read_text() == "The third quarter\n"
    lines = done.stdout.splitlines()
    assert re.fullmatch(rf"AROA[A-Z0-9]+:{re.escape(person['username'])}", lines[0])
    assert "aws:kms" in lines
    assert f"{lines[0]}/report.txt to ./copy.txt" in done.stdout
    assert "let in" not in done.stdout
    assert done.stderr.count("(AccessDenied)") == len(refused) == 6, done.stderr
