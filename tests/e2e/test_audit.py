"""What people did is on record, in CloudTrail's format and without secrets."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from playwright.sync_api import Browser, Request

pytestmark = pytest.mark.slow

Record = dict[str, Any]

_WRONG_PASSWORD = "not-the-password-71"


@dataclass(frozen=True)
class Day:
    """A person's session, what they did in it, and what must stay secret."""

    session: dict[str, Any]
    since: str
    done: list[tuple[str, str]]
    request_ids: list[str]
    secrets: dict[str, str]

    @property
    def key(self) -> str:
        """The document that all of it is about."""
        return f"{self.session['folder']}audited/contract.pdf"


def _sign_in(
    running: Any, browser: Browser, sign_in: Callable[..., dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Sign in by SAML; answer the session, and every secret that passed by."""
    person = running.person("engineering")
    secrets = {"password": person["password"], "wrong password": _WRONG_PASSWORD}
    context = browser.new_context()
    page = context.new_page()

    def keep(request: Request) -> None:
        carried = parse_qsl(urlsplit(request.url).query)
        carried += parse_qsl(request.post_data or "")
        for name, value in carried:
            if name in {"SAMLResponse", "SAMLRequest", "Signature", "code", "errand"}:
                secrets[f"{name} {len(secrets)}"] = value

    page.on("request", keep)
    page.goto(f"{running.portal}/login/saml")
    page.get_by_label("User name").fill(person["username"])
    page.get_by_label("Password").fill(_WRONG_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    session = sign_in(page, "engineering", "saml")
    secrets |= {f"cookie {c['name']}": c["value"] for c in context.cookies()}
    context.close()
    return session, secrets


@pytest.fixture(scope="module")
def day(running: Any, browser: Browser, sign_in: Callable[..., dict[str, Any]]) -> Day:
    """Allowed and denied requests to all four services, one after another."""
    session, secrets = _sign_in(running, browser, sign_in)
    # `--since` counts in seconds, and the page has asked for its folder.
    since = datetime.now(UTC).replace(microsecond=0).timestamp() + 1
    time.sleep(since - time.time())
    ids: list[str] = []
    day = Day(
        session,
        datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        [],
        ids,
        {
            **secrets,
            "session token": session["credentials"]["session_token"],
            "secret key": session["credentials"]["secret_access_key"],
            "administrator's secret key": running.ready["admin"]["secret_access_key"],
        },
    )
    s3, sts, iam, kms = (
        running.client(name, session["credentials"])
        for name in ("s3", "sts", "iam", "kms")
    )

    def do(event: str, outcome: str, call: Callable[..., Any], **given: Any) -> None:
        day.done.append((event, outcome))
        answer: Any = None
        with suppress(ClientError):
            answer = call(**given)
        assert (answer is None) == (outcome == "denied"), event
        if answer is not None:
            ids.append(answer["ResponseMetadata"]["RequestId"])

    own = {"Bucket": session["bucket"], "Key": day.key}
    other = {"Bucket": session["bucket"], "Key": "AROANOBODY:else/contract.pdf"}
    do("s3:PutObject", "allowed", s3.put_object, **own, Body=b"signed")
    do("s3:GetObject", "allowed", s3.get_object, **own)
    do("s3:GetObject", "denied", s3.get_object, **other)
    do("s3:DeleteObject", "denied", s3.delete_object, **other)
    do("sts:GetCallerIdentity", "allowed", sts.get_caller_identity)
    role = f"arn:aws:iam::{running.ready['account']}:role/SecureCartEmployee"
    chained = {"RoleArn": role, "RoleSessionName": "other"}
    do("sts:AssumeRole", "denied", sts.assume_role, **chained)
    do("iam:ListRoles", "denied", iam.list_roles)
    data_key = {"KeyId": "alias/securecart-user-docs", "KeySpec": "AES_256"}
    do("kms:GenerateDataKey", "denied", kms.generate_data_key, **data_key)
    address = _presigned(running, session, day.key)
    day.done.append(("s3:GetObject", "allowed"))
    assert httpx.get(address).content == b"signed"
    query = dict(parse_qsl(urlsplit(address).query))
    day.secrets["presigned signature"] = query["X-Amz-Signature"]
    do("s3:DeleteObject", "allowed", s3.delete_object, **own)
    return day


def _presigned(running: Any, session: dict[str, Any], key: str) -> str:
    """An address that opens one document, signed by the session."""
    keys = session["credentials"]
    credentials = Credentials(
        keys["access_key_id"], keys["secret_access_key"], keys["session_token"]
    )
    address = f"{running.ready['aws']}/{session['bucket']}/{quote(key)}"
    request = AWSRequest("GET", address)
    signing = S3SigV4QueryAuth(credentials, "s3", running.ready["region"], 60)
    signing.add_auth(request)
    return str(request.url)


@pytest.fixture(scope="module")
def audit(running: Any, day: Day) -> Callable[..., list[Record]]:
    """Run `securecart audit --json` for the person and the time."""

    def audit(*options: str) -> list[Record]:
        told = _audit(running, day, "--json", *options)
        return [json.loads(line) for line in told.splitlines()]

    return audit


def _audit(running: Any, day: Day, *options: str) -> str:
    return subprocess.run(
        [
            *(sys.executable, "-m", "securecart", "audit"),
            *("--data-dir", str(running.data)),
            *("--person", day.session["person"], "--since", day.since, *options),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def _event(record: Record) -> str:
    return f"{record['eventSource'].partition('.')[0]}:{record['eventName']}"


def _outcome(record: Record) -> str:
    return "denied" if "AccessDenied" in record.get("errorCode", "") else "allowed"


def test_a_persons_day_is_on_record_and_nothing_else(
    day: Day, audit: Callable[..., list[Record]]
) -> None:
    """Each request once, in order; the identifiers are those of the answers."""
    records = audit()
    assert [(_event(each), _outcome(each)) for each in records] == day.done
    recorded = [each["requestID"] for each in records]
    assert len(set(recorded)) == len(records)
    assert set(day.request_ids) <= set(recorded)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--outcome", "denied"], 5),
        (["--action", "s3:GetObject"], 3),
        (["--action", "s3:*"], 6),
        (["--document", "{key}"], 4),
        (["--document", "audited/*"], 4),
        (["--document", "{key}", "--action", "s3:PutObject"], 1),
        (["--action", "kms:*", "--outcome", "allowed"], 0),
        (["--until", "2020-01-01"], 0),
    ],
)
def test_it_is_found_by_document_action_and_outcome(
    day: Day, audit: Callable[..., list[Record]], options: list[str], expected: int
) -> None:
    """Each narrows; together they narrow further."""
    found = audit(*(each.format(key=day.key) for each in options))
    assert len(found) == expected


def test_records_are_cloudtrails(
    running: Any, day: Day, audit: Callable[..., list[Record]]
) -> None:
    """An allowed and a denied one, field by field."""
    account, person = running.ready["account"], day.session["person"]
    role = f"arn:aws:iam::{account}:role/SecureCartEmployee"
    put, denied = audit()[0], audit()[2]
    for record in (put, denied):
        identity = record["userIdentity"]
        assert identity["type"] == "AssumedRole"
        assert identity["principalId"] == day.session["folder"].removesuffix("/")
        session_arn = f"arn:aws:sts::{account}:assumed-role/SecureCartEmployee/{person}"
        assert identity["arn"] == session_arn
        assert identity["accountId"] == record["recipientAccountId"] == account
        keys = day.session["credentials"]
        assert identity["accessKeyId"] == keys["access_key_id"]
        issuer = identity["sessionContext"]["sessionIssuer"]
        assert (issuer["type"], issuer["arn"]) == ("Role", role)
        assert record["eventSource"] == "s3.amazonaws.com"
        assert record["eventType"] == "AwsApiCall"
        assert record["eventCategory"] == "Data"
        assert record["awsRegion"] == running.ready["region"]
        assert record["sourceIPAddress"] in {"127.0.0.1", "::1"}
        assert "Boto3" in record["userAgent"]
        assert re.fullmatch(r"[0-9a-f-]{36}", record["eventID"])
        when = datetime.fromisoformat(record["eventTime"])
        assert abs((datetime.now(UTC) - when).total_seconds()) < 600
    assert put["requestParameters"]["key"] == day.key
    assert put["readOnly"] is False
    assert "errorCode" not in put
    assert denied["errorCode"] == "AccessDenied"
    assert "not authorized to perform: s3:GetObject" in denied["errorMessage"]


def test_the_sign_in_itself_is_on_record(running: Any, day: Day) -> None:
    """AssumeRoleWithSAML, by the person whom the assertion names."""
    told = subprocess.run(
        [
            *(sys.executable, "-m", "securecart", "audit", "--json"),
            *("--data-dir", str(running.data), "--action", "sts:AssumeRoleWithSAML"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    keys = day.session["credentials"]["access_key_id"]
    mine = [json.loads(line) for line in told.splitlines() if keys in line]
    assert len(mine) == 1
    assert mine[0]["userIdentity"]["type"] == "SAMLUser"
    assert mine[0]["userIdentity"]["userName"] == day.session["person"]


def test_for_people_it_is_a_line_each(running: Any, day: Day) -> None:
    """When, outcome, who, what, on which document, from where.

    What a policy refused has its reason below.
    """
    told = _audit(running, day).splitlines()
    lines = [line for line in told if not line.startswith(" ")]
    assert len(lines) == len(day.done)
    denied = told.index(lines[2])
    reason = told[denied + 1].lstrip()
    assert reason.startswith("Denied, since no identity policy allows s3:GetObject")
    for line, (event, outcome) in zip(lines, day.done, strict=True):
        assert f" {outcome} " in line
        assert f" {event} " in line
        assert day.session["person"] in line
    assert day.key in lines[0]
    assert lines[2].endswith("AccessDenied")


def test_no_secret_is_in_the_journal_or_a_log(running: Any, day: Day) -> None:
    """Passwords, assertions, cookies, tokens, secret keys, signatures."""
    assert len(day.secrets) > 8
    files = list(_journal_and_logs(running.data))
    assert {"aws.log", "idp.log", "portal.log"} < {file.name for file in files}
    assert any(file.suffix == ".jsonl" for file in files)
    for file in files:
        text = file.read_text(errors="replace")
        for name, secret in day.secrets.items():
            # The beginning of one would be enough to be found by.
            assert secret[:40] not in text, f"{name} is in {file}"


def _journal_and_logs(data: Path) -> Iterator[Path]:
    for folder in ("journal", "logs", "store/logs"):
        yield from (file for file in (data / folder).rglob("*") if file.is_file())
