"""Two processes on one installation: what one does holds in the other at once."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from securecart.federation.saml import (
    Answer,
    IdpMetadata,
    NameId,
    SigningIdentity,
    build_response,
    encode_post,
)
from securecart.federation.saml.names import PERSISTENT

pytestmark = pytest.mark.slow

_START_SECONDS = 30
_ASSERTIONS = 10
_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"


@dataclass
class Two:
    """An installation, and a second process that serves its APIs elsewhere."""

    home: Any
    running: Any
    port: int
    in_background: Callable[..., subprocess.Popen[bytes]]
    second: subprocess.Popen[bytes] | None = None

    @property
    def endpoints(self) -> tuple[str, str]:
        return self.running.ready["aws"], f"http://localhost:{self.port}"

    def start_second(self) -> None:
        command = [sys.executable, "-m", "securecart", "serve", "aws"]
        data = ["--data-dir", str(self.home.data), "--aws-port", str(self.port)]
        self.second = self.in_background([*command, *data], self.home.data)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                httpx.get(self.endpoints[1], trust_env=False)
            except httpx.TransportError:
                assert self.second.poll() is None, "the second process ended"
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the second process does not answer")

    def stop_second(self) -> None:
        assert self.second is not None
        self.second.terminate()
        assert self.second.wait(_START_SECONDS) == 0

    def command(self, *words: str) -> str:
        """Run `securecart` on the installation; answer what it printed."""
        ready = self.running.ready
        ports = [
            f"--{name}-port={ready[name].rpartition(':')[2]}"
            for name in ("aws", "idp", "portal")
        ]
        data = ["--data-dir", str(self.home.data)]
        done = subprocess.run(
            [sys.executable, "-m", "securecart", *words, *data, *ports],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home.data.parent,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def client(
        self, service: str, keys: dict[str, str] | None = None, *, at: int = 0
    ) -> Any:
        keys = keys or self.running.ready["admin"]
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service, by name
            endpoint_url=self.endpoints[at],
            region_name=self.running.ready["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys.get("session_token"),
            config=Config(retries={"max_attempts": 0}),
        )

    def assertion(self, person: str) -> str:
        """What the identity provider would post for somebody, signed with its key."""
        now, folder = datetime.now(UTC), self.home.data / "idp"
        metadata = httpx.get(f"{self.running.ready['idp']}/saml/metadata").content
        answer = Answer(
            response_id=f"_{uuid4().hex}",
            assertion_id=f"_{uuid4().hex}",
            issuer=IdpMetadata.parse(metadata).entity_id,
            recipient=f"{self.running.portal}/saml/acs",
            audience="urn:amazon:webservices",
            in_response_to=None,
            name_id=NameId(person, PERSISTENT),
            issued_at=now,
            not_before=now - timedelta(minutes=1),
            not_on_or_after=now + timedelta(minutes=5),
            authn_instant=now,
            session_index=f"_{uuid4().hex}",
            attributes={
                f"{_ATTRIBUTE}Role": [f"{self.role_arn},{self.provider_arn}"],
                f"{_ATTRIBUTE}RoleSessionName": [person],
            },
        )
        (key,) = folder.rglob("signing.key.pem")
        certificate = key.with_name("signing.cert.pem").read_bytes()
        identity = SigningIdentity(key.read_bytes(), certificate)
        return encode_post(build_response(answer, identity))

    @property
    def role_arn(self) -> str:
        account = self.running.ready["account"]
        return f"arn:aws:iam::{account}:role/SecureCartEmployee"

    @property
    def provider_arn(self) -> str:
        account = self.running.ready["account"]
        return f"arn:aws:iam::{account}:saml-provider/SecureCart"

    def redeem(self, assertion: str, *, at: int = 0) -> dict[str, str]:
        sts = boto3.client(
            "sts",
            endpoint_url=self.endpoints[at],
            region_name=self.running.ready["region"],
            config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
        )
        made = sts.assume_role_with_saml(
            RoleArn=self.role_arn,
            PrincipalArn=self.provider_arn,
            SAMLAssertion=assertion,
        )
        return {
            "access_key_id": made["Credentials"]["AccessKeyId"],
            "secret_access_key": made["Credentials"]["SecretAccessKey"],
            "session_token": made["Credentials"]["SessionToken"],
            "folder": f"{made['AssumedRoleUser']['AssumedRoleId']}/",
        }

    def sign_in(self, person: str, *, at: int = 0) -> dict[str, str]:
        return self.redeem(self.assertion(person), at=at)

    def answers(self, keys: dict[str, str]) -> list[str]:
        """What S3 and then STS say to a session, at the one and at the other."""
        asked: list[Callable[[int], Any]] = [
            lambda at: self.client("s3", keys, at=at).list_objects_v2(
                Bucket="securecart-user-docs", Prefix=keys["folder"]
            ),
            lambda at: self.client("sts", keys, at=at).get_caller_identity(),
        ]
        return [_answer(ask, at) for ask in asked for at in (0, 1)]


def _answer(ask: Callable[[int], Any], at: int) -> str:
    try:
        ask(at)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


WELCOME = ["ok"] * 4
GONE = ["AccessDenied", "AccessDenied", "InvalidClientTokenId", "InvalidClientTokenId"]


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory,
    new_home: Callable[[Path], Any],
    free_ports: Callable[[], dict[str, int]],
    in_background: Callable[..., subprocess.Popen[bytes]],
) -> Iterator[Two]:
    """Both processes, for all tests here."""
    home = new_home(tmp_path_factory.mktemp("two") / "data")
    two = Two(home, home.up(), free_ports()["aws"], in_background)
    two.start_second()
    yield two
    two.stop_second()
    assert home.stop() == 0


def test_an_assertion_is_redeemed_at_one_of_the_two(two: Two) -> None:
    """However close together, and never again, also not after a restart."""
    assertions = [two.assertion("ada") for _ in range(_ASSERTIONS)]

    def redeemed(assertion: str, at: int) -> bool:
        answer = _answer(lambda at: two.redeem(assertion, at=at), at)
        assert answer in ("ok", "InvalidIdentityToken")
        return answer == "ok"

    with ThreadPoolExecutor(4) as threads:
        tried = [
            (threads.submit(redeemed, each, 0), threads.submit(redeemed, each, 1))
            for each in assertions
        ]
        won = [(one.result(), other.result()) for one, other in tried]
    assert [sum(both) for both in won] == [1] * _ASSERTIONS
    two.stop_second()
    two.start_second()
    assert not any(redeemed(each, 1) for each in assertions)


def test_keys_change_and_no_session_ends(two: Two) -> None:
    """Each opens what the other issues, before and after."""
    before = [two.sign_in("ada", at=at) for at in (0, 1)]
    assert "go on" in two.command("rotate")
    after = [two.sign_in("ada", at=at) for at in (0, 1)]
    for keys in (*before, *after):
        assert two.answers(keys) == WELCOME


def test_a_person_is_revoked(two: Two) -> None:
    """At once, nobody else with them, and the set-up stays as it should be."""
    ada, bob = two.sign_in("ada"), two.sign_in("bob", at=1)
    told = two.command("revoke", "ada")
    assert told.startswith("ada: every session that began before ")
    assert "signed out" in told
    assert two.answers(ada) == ["AccessDenied", "AccessDenied", "ok", "ok"]
    assert two.answers(bob) == WELCOME
    assert "as the configuration wants it" in two.command("plan")
    assert "proved" in two.command("prove").lower()
    time.sleep(1)  # The rest of the second in which it was.
    assert two.answers(two.sign_in("ada")) == WELCOME


def test_the_role_s_older_sessions_are_revoked(two: Two) -> None:
    """By the policy that AWS's console would put."""
    ada = two.sign_in("ada", at=1)
    iam = two.client("iam")
    role = {"RoleName": "SecureCartEmployee", "PolicyName": "AWSRevokeOlderSessions"}
    now = datetime.now(UTC) + timedelta(seconds=1)
    iam.put_role_policy(
        **role,
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Deny",'
        '"Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":'
        f'{{"aws:TokenIssueTime":"{now:%Y-%m-%dT%H:%M:%SZ}"}}}}}}]}}',
    )
    assert two.answers(ada) == ["AccessDenied", "AccessDenied", "ok", "ok"]
    iam.delete_role_policy(**role)
    assert two.answers(ada) == WELCOME


def test_what_a_long_term_key_got_ends_with_it(two: Two) -> None:
    """The key is deleted at one, its sessions are refused at the other."""
    iam = two.client("iam", at=1)
    made = iam.create_access_key(UserName="admin")["AccessKey"]
    key = {
        "access_key_id": made["AccessKeyId"],
        "secret_access_key": made["SecretAccessKey"],
    }
    got = two.client("sts", key).get_session_token()["Credentials"]
    session = {
        "access_key_id": got["AccessKeyId"],
        "secret_access_key": got["SecretAccessKey"],
        "session_token": got["SessionToken"],
        "folder": "",
    }
    assert two.answers(session) == WELCOME
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        two.client("iam", session).list_users()
    iam.delete_access_key(UserName="admin", AccessKeyId=made["AccessKeyId"])
    assert two.answers(session) == GONE


def test_sessions_end_with_their_provider(two: Two) -> None:
    """And one made anew under its name does not bring them back."""
    ada = two.sign_in("ada")
    assert two.answers(ada) == WELCOME
    time.sleep(1)  # Providers tell their age in whole seconds.
    iam = two.client("iam", at=1)
    iam.delete_saml_provider(SAMLProviderArn=two.provider_arn)
    assert two.answers(ada) == GONE
    two.command("apply")
    assert two.answers(ada) == GONE
    assert two.answers(two.sign_in("ada", at=1)) == WELCOME


def test_all_sessions_end_with_their_key(two: Two) -> None:
    """Long-term keys are no sessions, and whoever signs in anew works on."""
    ada = two.sign_in("ada", at=1)
    assert "has ended" in two.command("rotate", "--end-sessions")
    for at in (0, 1):
        with pytest.raises(ClientError, match="InvalidToken"):
            two.client("s3", ada, at=at).list_objects_v2(Bucket="securecart-user-docs")
        assert two.client("sts", at=at).get_caller_identity()
    assert two.answers(two.sign_in("ada")) == WELCOME
