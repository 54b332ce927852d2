"""`target = "aws"`: the same set-up and portal against software not ours.

moto's server plays AWS: it keeps and answers what was put as AWS does, and
lets everybody do everything. That our documents deny what they must is tested
where something enforces them, on the local target. AWS takes no OpenID
issuer on loopback, moto does; else nothing here is said otherwise than to AWS.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import boto3
import httpx
import pyotp
import pytest
from lxml import html
from tests import moto_server

from securecart.blueprint.blueprint import KEY_TO_COME

pytestmark = pytest.mark.slow

ACCOUNT = "123456789012"
"""moto's own."""
ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
NOBODY = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}

_START_SECONDS = 60

_CONFIGURATION = """
target = "aws"
[endpoints]
portal = "{portal}"
aws = "{aws}"
[account]
id = "{account}"
[idp]
kind = "external"
sign_in = "{sign_in}"
[idp.saml]
metadata = "{idp}/saml/metadata"
[idp.oidc]
issuer = "{idp}"
client_secret_file = "data/portal/client.secret"
"""

_STAND_IN = """
[endpoints]
portal = "{portal}"
idp = "{idp}"
[account]
id = "{account}"
[idp]
employees = 3
"""


@dataclass(frozen=True)
class Company:
    """A folder with configurations, and what runs beside it."""

    folder: Path
    addresses: dict[str, str]
    aws: str

    def configure(self, file: str = "securecart.toml", **changes: str) -> Path:
        values = {"aws": self.aws, "account": ACCOUNT, "sign_in": "saml"}
        template = _STAND_IN if file == "stand-in.toml" else _CONFIGURATION
        path = self.folder / file
        path.write_text(template.format_map(values | self.addresses | changes))
        return path

    def run(
        self, command: str, config: Path, keys: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _program(*command.split(), "--config", str(config)),
            cwd=self.folder,
            env=_environment(keys),
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )

    def start(
        self,
        part: str,
        config: Path,
        stop: Callable[[subprocess.Popen[bytes]], int],
        port: int | None = None,
    ) -> Callable[[], int]:
        """Serve a part as a process of its own; answer what stops it."""
        command = ["serve", part, "--config", str(config), "--data-dir", "data"]
        address = self.addresses[part]
        if port is not None:
            command += [f"--{part}-port", str(port)]
            address = f"http://localhost:{port}"
        log = self.folder / f"{part}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                _program(*command),
                cwd=self.folder,
                env=_environment({}),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                httpx.get(f"{address}/healthz", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return lambda: stop(process)
        stop(process)
        raise AssertionError(log.read_text())


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "securecart", *arguments]


def _environment(keys: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("AWS_")
    }
    return kept | NOBODY | keys


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of moto's server."""
    with moto_server.running() as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture(scope="module")
def company(
    moto: str,
    tmp_path_factory: pytest.TempPathFactory,
    free_ports: Callable[[], dict[str, int]],
    stop: Callable[[subprocess.Popen[bytes]], int],
) -> Iterator[Company]:
    """A company whose identity provider is external: the stand-in, run alone."""
    ports = free_ports()
    addresses = {name: f"http://localhost:{ports[name]}" for name in ("portal", "idp")}
    company = Company(tmp_path_factory.mktemp("company"), addresses, moto)
    end = company.start("idp", company.configure("stand-in.toml"), stop)
    yield company
    assert end() == 0


@pytest.fixture(scope="module")
def set_up(company: Company) -> tuple[Company, Sequence[str], Sequence[str]]:
    """The account after `plan` and `apply`; and what each said."""
    config = company.configure()
    planned = company.run("plan", config, ADMINISTRATOR)
    assert planned.returncode == 0, planned.stderr
    applied = company.run("apply", config, ADMINISTRATOR)
    assert applied.returncode == 0, applied.stderr
    return company, planned.stdout.splitlines(), applied.stdout.splitlines()


@pytest.fixture(scope="module")
def portal(
    set_up: tuple[Company, Sequence[str], Sequence[str]],
    stop: Callable[[subprocess.Popen[bytes]], int],
) -> Iterator[Company]:
    """`securecart serve portal` alone, without any AWS credentials."""
    company = set_up[0]
    end = company.start("portal", company.configure(), stop)
    yield company
    assert end() == 0


def test_apply_does_what_plan_said_and_then_nothing_is_left(
    set_up: tuple[Company, Sequence[str], Sequence[str]],
) -> None:
    """One line a change, the same words; a second plan and apply are empty.

    What stands in the end is proved to keep people apart.
    """
    company, planned, (*applied, isolation) = set_up
    assert isolation.startswith("Isolation: proved for any two people.")
    done = [re.sub(r"arn:aws:kms:\S+", KEY_TO_COME, line) for line in applied]
    assert [line.removeprefix("would ") for line in planned[:-1]] == done[:-1]
    assert len(applied) > 10
    assert applied[-1] == f"{len(applied) - 1} changes made."
    nothing = "The account is as the configuration wants it.\n"
    for command, printed in (("plan", nothing), ("apply", f"{nothing}{isolation}\n")):
        again = company.run(command, company.configure(), ADMINISTRATOR)
        assert again.stdout == printed


def test_the_account_holds_what_the_configuration_says(
    set_up: tuple[Company, Sequence[str], Sequence[str]],
) -> None:
    """Asked by boto3, as any administrator would."""
    company = set_up[0]
    s3, iam, kms = (_client(company, name) for name in ("s3", "iam", "kms"))
    bucket = "securecart-user-docs"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    default = rules["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    alias = "alias/securecart-user-docs"
    key = kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
    assert default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    role = iam.get_role(RoleName="SecureCartEmployee")["Role"]
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    portal = company.addresses["portal"]
    for part in (
        f"{portal}/saml/acs",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
    ):
        assert f'"{part}"' in trust
    rules = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in rules] == [[portal]]


@pytest.mark.parametrize(
    ("way", "department"), [("saml", "legal"), ("oidc", "engineering")]
)
def test_a_person_signs_in_and_reaches_s3(
    portal: Company, way: str, department: str
) -> None:
    """By either way, with MFA or without: the browser works with STS's answer."""
    # moto denies by a bucket policy without looking at its conditions.
    _client(portal, "s3").delete_bucket_policy(Bucket="securecart-user-docs")
    with httpx.Client(trust_env=False, timeout=20) as client:
        session = _sign_in(client, portal, way, department)
    assert session["sign_in"] == way
    assert session["endpoint"] == portal.aws
    assert session["folder"].endswith(f":{session['person']}/")
    s3 = _client(portal, "s3", session["credentials"])
    key = f"{session['folder']}{way}.txt"
    s3.put_object(Bucket=session["bucket"], Key=key, Body=b"a document")
    read = s3.get_object(Bucket=session["bucket"], Key=key)
    assert read["Body"].read() == b"a document"
    assert read["ServerSideEncryption"] == "aws:kms"
    sts = _client(portal, "sts", session["credentials"])
    who = f"assumed-role/SecureCartEmployee/{session['person']}"
    assert sts.get_caller_identity()["Arn"].endswith(who)


def test_behind_a_proxy_it_listens_on_loopback_and_answers_to_its_name(
    set_up: tuple[Company, Sequence[str], Sequence[str]],
    free_ports: Callable[[], dict[str, int]],
    stop: Callable[[subprocess.Popen[bytes]], int],
) -> None:
    """The proxy ends TLS and passes the Host header on; cookies are for TLS."""
    company, port = set_up[0], free_ports()["portal"]
    config = company.configure("proxied.toml", portal="https://docs.example.com")
    end = company.start("portal", config, stop, port)
    login = f"http://localhost:{port}/login/saml"
    answer = httpx.get(login, headers={"Host": "docs.example.com"}, trust_env=False)
    other = httpx.get(login, trust_env=False)
    assert end() == 0
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("__Host-")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers
    assert other.status_code == 421


def _sign_in(
    client: httpx.Client, company: Company, way: str, department: str
) -> dict[str, Any]:
    """What a browser does between "Sign in with SSO" and "My documents"."""
    file = company.folder / "data/idp/sample-sign-ins.json"
    people = json.loads(file.read_text())["sample_sign_ins"]
    person = next(each for each in people if each["department"] == department)
    portal = company.addresses["portal"]
    page = _follow(client, client.get(f"{portal}/login/{way}"))
    page = _submit(
        client, page, username=person["username"], password=person["password"]
    )
    if person["totp_secret"] is not None:
        _submit(client, page, code=pyotp.TOTP(person["totp_secret"]).now())
    own = {"Sec-Fetch-Site": "same-origin"}
    told = client.get(f"{portal}/api/session", headers=own)
    assert told.status_code == 200, told.text
    assert told.json()["person"] == person["username"]
    return dict(told.json())


def _submit(client: httpx.Client, page: httpx.Response, **typed: str) -> httpx.Response:
    form = html.fromstring(page.text).find(".//form")
    assert form is not None, page.text
    fields = {
        each.get("name", ""): each.get("value", "")
        for each in form.findall(".//input[@name]")
    }
    parts = urlsplit(str(page.url))
    answer = client.post(
        urljoin(str(page.url), form.get("action", "")),
        data=fields | typed,
        headers={"Origin": f"{parts.scheme}://{parts.netloc}"},
    )
    return _follow(client, answer)


def _follow(client: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """Follow redirects, and the form that carries a SAML response."""
    while True:
        if answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            answer = client.get(target)
        elif 'name="SAMLResponse"' in answer.text:
            return _submit(client, answer)
        else:
            return answer


def _client(company: Company, service: str, keys: dict[str, str] | None = None) -> Any:
    keys = keys or {"access_key_id": "testing", "secret_access_key": "testing"}
    return boto3.client(
        service,  # type: ignore[call-overload]  # any service, by name
        endpoint_url=company.aws,
        region_name="us-east-1",
        aws_access_key_id=keys["access_key_id"],
        aws_secret_access_key=keys["secret_access_key"],
        aws_session_token=keys.get("session_token"),
    )


def _refusal(told: subprocess.CompletedProcess[str]) -> str:
    assert told.returncode == 1
    assert told.stdout == ""
    lines = told.stderr.splitlines()
    assert len(lines) == 1, told.stderr
    return lines[0]


def test_without_credentials_it_is_one_line(company: Company) -> None:
    """Nothing in the environment, no profile, no instance role."""
    line = _refusal(company.run("plan", company.configure(), {}))
    assert "no AWS credentials were found" in line
    assert "AWS_ACCESS_KEY_ID" in line


def test_an_unknown_profile_is_one_line(company: Company) -> None:
    """The AWS CLI's own variable is read, and what it names is not there."""
    told = company.run("plan", company.configure(), {"AWS_PROFILE": "nobody"})
    assert "nobody" in _refusal(told)


def test_wrong_credentials_are_one_line(company: Company, moto: str) -> None:
    """Moto asks who calls, once it is told to."""
    authentication = f"{moto}/moto-api/reset-auth"
    try:
        httpx.post(authentication, content=b"0", trust_env=False)
        told = company.run("plan", company.configure(), ADMINISTRATOR)
    finally:
        httpx.post(authentication, content=b"inf", trust_env=False)
    assert "the access key is unknown there" in _refusal(told)


def test_another_accounts_credentials_are_one_line(company: Company) -> None:
    """Whoever means one account does not set up another."""
    config = company.configure("other.toml", account="999999999999")
    line = _refusal(company.run("apply", config, ADMINISTRATOR))
    assert "999999999999" in line
    assert ACCOUNT in line


def test_an_endpoint_that_does_not_answer_is_one_line(
    company: Company, free_ports: Callable[[], dict[str, int]]
) -> None:
    """Named, so that a typing error is seen."""
    address = f"http://localhost:{free_ports()['aws']}"
    config = company.configure("unreachable.toml", aws=address)
    line = _refusal(company.run("plan", config, ADMINISTRATOR))
    assert f"{address} does not answer" in line


def test_an_identity_provider_that_does_not_answer_is_one_line(
    company: Company, free_ports: Callable[[], dict[str, int]]
) -> None:
    """Both `plan` and the portal's start say it, instead of the first person."""
    ports = free_ports()
    address, portal = (f"http://localhost:{ports[name]}" for name in ("idp", "portal"))
    config = company.configure("no-idp.toml", idp=address, portal=portal)
    assert address in _refusal(company.run("plan", config, ADMINISTRATOR))
    assert address in _refusal(company.run("serve portal", config, {}))
