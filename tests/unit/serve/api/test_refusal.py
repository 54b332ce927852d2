"""A refusal by policy: AWS's words to the caller, the reason to log and audit."""

import html
import json
import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest

from securecart.names.principal import Anonymous, Federated
from securecart.policy import DeniedByPolicy, Layers, Request, decide, explain
from securecart.sealing import Keyring, SealingKey
from securecart.serve.refusal import Refusals, Told
from securecart.sts import AuthorizationMessages
from securecart.sts.trust import not_authorized
from securecart.trail import InMemoryJournal
from securecart.wire.http import HttpResponse

Call = Callable[..., HttpResponse]
Records = Callable[[], list[dict[str, Any]]]
ACCOUNT = "123456789012"
ADMIN = f"arn:aws:iam::{ACCOUNT}:user/admin"


def _document(**statement: Any) -> str:
    whole = {"Version": "2012-10-17", "Statement": {"Sid": "Only", **statement}}
    return json.dumps(whole)


def _by_iam(call: Call) -> HttpResponse:
    """A Deny of the caller's own, met by a key of the request."""
    document = _document(
        Effect="Deny",
        Action="iam:ListUsers",
        Resource="*",
        Condition={"Bool": {"aws:SecureTransport": "true"}},
    )
    call(
        "iam",
        "PutUserPolicy",
        UserName="admin",
        PolicyName="p",
        PolicyDocument=document,
    )
    return call("iam", "ListUsers")


def _by_key_policy(call: Call) -> HttpResponse:
    """A key whose policy lets somebody in over plain HTTP alone."""
    key = orjson.loads(call("kms", "CreateKey").body)["KeyMetadata"]["KeyId"]
    document = _document(
        Effect="Allow",
        Principal={"AWS": ADMIN},
        Action="kms:*",
        Resource="*",
        Condition={"Bool": {"aws:SecureTransport": "false"}},
    )
    call(
        "kms",
        "PutKeyPolicy",
        KeyId=key,
        Policy=document,
        BypassPolicyLockoutSafetyCheck=True,
    )
    return call("kms", "DescribeKey", KeyId=key)


def _by_trust_policy(call: Call) -> HttpResponse:
    """A role that trusts the caller under another name of the session."""
    document = _document(
        Effect="Allow",
        Principal={"AWS": ADMIN},
        Action="sts:AssumeRole",
        Condition={"StringEquals": {"sts:RoleSessionName": "eve"}},
    )
    call("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document)
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    return call("sts", "AssumeRole", RoleArn=role, RoleSessionName="ada")


CASES = [
    (
        _by_iam,
        "iam:ListUsers",
        'of identity policy 2 denies it, since aws:SecureTransport is "true".',
    ),
    (
        _by_key_policy,
        "kms:DescribeKey",
        'would allow kms:DescribeKey, but aws:SecureTransport is "true", not "false"',
    ),
    (
        _by_trust_policy,
        "sts:AssumeRole",
        'would allow sts:AssumeRole, but sts:RoleSessionName is "ada", not "eve".',
    ),
]


@pytest.mark.parametrize(("refused", "action", "told"), CASES)
def test_a_refusal_is_explained_to_the_log_and_the_audit_alone(
    call: Call,
    records: Records,
    caplog: pytest.LogCaptureFixture,
    refused: Callable[[Call], HttpResponse],
    action: str,
    told: str,
) -> None:
    """By the policies and the condition keys that the decision rested on."""
    with caplog.at_level("INFO", logger="securecart"):
        response = refused(call)
    assert b"is not authorized to perform" in response.body
    assert b"Only" not in response.body
    kept = records()[-1]
    explanation = kept["additionalEventData"]["explanation"]
    assert told in " ".join(explanation)
    assert "Encoded" not in kept["errorMessage"]
    (logged,) = caplog.messages
    assert logged.startswith(f"{ADMIN} may not {action} on ")
    assert vars(caplog.records[0])["request_id"] == kept["requestID"]
    assert logged.endswith(explanation[-1])


@pytest.mark.parametrize(("refused", "action", "told"), CASES)
def test_an_administrator_decodes_the_message(
    call: Call, refused: Callable[[Call], HttpResponse], action: str, told: str
) -> None:
    """It ends the message; what it holds is what the audit tells."""
    refusal = refused(call).body.decode()
    found = re.search(
        rf"not authorized to perform: {action} on [^<]*[^.<]"
        r"\. Encoded authorization failure message: ([\w-]+)[<\"]",
        refusal,
    )
    assert found
    response = call("sts", "DecodeAuthorizationMessage", EncodedMessage=found[1])
    assert response.status == 200
    text = re.search("<DecodedMessage>(.*)</DecodedMessage>", response.body.decode())
    assert text
    decoded = json.loads(html.unescape(text[1]))
    context = decoded["context"]
    assert context["action"] == action
    assert context["principal"]["arn"] == ADMIN
    (condition,) = context["conditions"]["items"]
    assert f'{condition["key"]} is "{condition["values"]["items"][0]["value"]}' in told
    assert decoded["explicitDeny"] is ("denies" in told)


@pytest.mark.parametrize(("refused", "action", "told"), CASES)
def test_what_cannot_be_encoded_is_refused_all_the_same(
    call: Call,
    records: Records,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    refused: Callable[[Call], HttpResponse],
    action: str,
    told: str,
) -> None:
    """In AWS's words, explained in the audit; what failed is in the log."""

    def fail(*_: object) -> None:
        raise ValueError("the secret cause")

    monkeypatch.setattr("securecart.sts.authorization_message._packed", fail)
    body = refused(call).body.decode()
    assert f"is not authorized to perform: {action}" in body
    assert "Encoded" not in body
    assert "secret" not in body
    assert "the secret cause" in caplog.text
    assert told in " ".join(records()[-1]["additionalEventData"]["explanation"])


@pytest.mark.parametrize(("refused", "action", "told"), CASES)
def test_what_cannot_be_explained_is_refused_all_the_same(
    call: Call,
    records: Records,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    refused: Callable[[Call], HttpResponse],
    action: str,
    told: str,
) -> None:
    """In AWS's words and on record; what failed is in the log."""

    def fail(_explanation: object) -> None:
        raise RecursionError("the secret cause")

    monkeypatch.setattr("securecart.serve.refusal.sentences", fail)
    response = refused(call)
    body = response.body.decode()
    assert response.status in {400, 403}
    assert f"is not authorized to perform: {action}" in body
    assert "AccessDenied" in body
    assert "secret" not in body
    assert "the secret cause" in caplog.text
    kept = records()[-1]
    assert kept["errorCode"].startswith("AccessDenied")
    assert told not in str(kept)


def test_what_no_policy_refused_is_not_explained(
    call: Call, journal: InMemoryJournal, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what is allowed, nor an error of the request."""
    with caplog.at_level("INFO", logger="securecart"):
        assert call("iam", "ListUsers").status == 200
        missing = call("iam", "GetRole", RoleName="none")
    assert missing.status == 404
    assert b"Encoded" not in missing.body
    assert b"explanation" not in b"".join(journal.records)
    assert not caplog.messages


def _told(request: Request) -> Told:
    why = partial(explain, Layers(), request)
    error = DeniedByPolicy(request, decide(Layers(), request), why)
    messages = AuthorizationMessages(Keyring(SealingKey(bytes(32))))
    return Refusals(messages, os.urandom).tell(error, "r")


def test_strangers_at_s3_are_told_nothing_at_all() -> None:
    """Not even what they could not read."""
    resource = "arn:aws:s3:::docs/x"
    told = _told(Request(Anonymous(), "s3:GetObject", resource, {}, ACCOUNT))
    assert told.error.message == "Access Denied"
    assert told.explanation


def test_who_is_known_to_a_provider_alone_learns_no_role_names() -> None:
    """STS answers as for a role that is not there, word for word."""
    action = "sts:AssumeRoleWithWebIdentity"
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    stranger = Federated(ACCOUNT, "arn:p", "eve")
    told = _told(Request(stranger, action, role, {}, ACCOUNT))
    assert told.error.message == not_authorized(action).message
    assert told.explanation


def test_a_role_that_is_not_there_is_refused_as_one_that_trusts_nobody(
    call: Call,
) -> None:
    """Message for message, but for the sealed part, which is as long."""
    trusts_another = _document(
        Effect="Allow", Principal={"AWS": [ADMIN + "x"]}, Action="sts:AssumeRole"
    )
    call("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=trusts_another)

    def answer(name: str) -> str:
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        response = call("sts", "AssumeRole", RoleArn=role, RoleSessionName="ada")
        assert response.status == 403
        return re.sub(
            r"message: [\w-]{1410}<|<RequestId>.*", "", response.body.decode()
        )

    assert answer("r") == answer("q").replace("role/q", "role/r")
