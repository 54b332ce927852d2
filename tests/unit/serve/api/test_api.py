"""What no request can get around, whichever service it is for."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from securecart.iam import OPERATIONS as IAM_OPERATIONS
from securecart.kms import OPERATIONS as KMS_OPERATIONS
from securecart.names.credentials import Credentials
from securecart.names.entities import InMemoryEntities
from securecart.serve.api import Api
from securecart.sts import OPERATIONS as STS_OPERATIONS
from securecart.trail import InMemoryJournal, JournalUnavailable
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import sign

Call = Callable[..., HttpResponse]
Records = Callable[[], list[dict[str, Any]]]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
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


def _code(response: HttpResponse) -> str:
    text = response.body.decode()
    if text.startswith("{"):
        code: str = orjson.loads(text)["__type"]
        return code
    found = re.search("<Code>(.*)</Code>", text)
    assert found is not None, text
    return found[1]


def _member(response: HttpResponse, name: str) -> str:
    found = re.search(f"<{name}>(.*)</{name}>", response.body.decode())
    assert found is not None, response
    return found[1]


def test_an_allowed_request_is_done_and_recorded(call: Call, records: Records) -> None:
    """One record tells who did what, from where, and how it ended."""
    response = call("iam", "CreateUser", UserName="ada")
    assert response.status == 200
    (kept,) = records()
    assert kept["eventSource"] == "iam.amazonaws.com"
    assert kept["eventName"] == "CreateUser"
    assert kept["userIdentity"]["userName"] == "admin"
    assert kept["sourceIPAddress"] == "127.0.0.1"
    assert kept["userAgent"] == "tests/1"
    assert kept["requestParameters"] == {"userName": "ada"}
    assert kept["responseElements"]["user"]["userName"] == "ada"
    assert kept["readOnly"] is False
    assert "errorCode" not in kept
    assert dict(response.headers)["x-amzn-requestid"] == kept["requestID"]
    call("iam", "GetUser", UserName="ada")
    assert records()[1]["readOnly"] is True


def test_a_secret_is_in_no_record(call: Call, journal: InMemoryJournal) -> None:
    """Not the access key's that was made, nor a plaintext."""
    made = call("iam", "CreateAccessKey", UserName="admin")
    secret = _member(made, "SecretAccessKey")
    key = orjson.loads(call("kms", "CreateKey").body)["KeyMetadata"]["KeyId"]
    text = base64.b64encode(b"very secret").decode()
    call("kms", "Encrypt", KeyId=key, Plaintext=text)
    kept = b"".join(journal.records)
    assert secret.encode() not in kept
    assert text.encode() not in kept


def test_a_denied_request_changes_nothing_and_is_recorded(
    call: Call, records: Records, entities: InMemoryEntities
) -> None:
    """AWS's words to the caller, the same in the record."""
    call("iam", "CreateUser", UserName="ada")
    made = call("iam", "CreateAccessKey", UserName="ada")
    ada = Credentials(_member(made, "AccessKeyId"), _member(made, "SecretAccessKey"))
    before = entities.generation()
    response = call("iam", "CreateUser", UserName="eve", signed_by=ada)
    assert (response.status, _code(response)) == (403, "AccessDenied")
    words = (
        "User: arn:aws:iam::123456789012:user/ada is not authorized to perform:"
        " iam:CreateUser on resource: arn:aws:iam::123456789012:user/eve because no"
        " identity-based policy allows the iam:CreateUser action"
    )
    assert words in response.body.decode()
    assert entities.generation() == before
    kept = records()[-1]
    assert kept["errorCode"] == "AccessDenied"
    assert kept["errorMessage"] == words
    assert kept["userIdentity"]["userName"] == "ada"
    assert kept["requestParameters"] == {"userName": "eve"}
    denied = call("kms", "CreateKey", signed_by=ada)
    assert (denied.status, _code(denied)) == (400, "AccessDeniedException")
    assert call("sts", "GetCallerIdentity", signed_by=ada).status == 200


def test_who_one_is_cannot_be_denied(call: Call) -> None:
    """A Deny of everything leaves GetCallerIdentity."""
    deny = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"},
        }
    )
    call("iam", "PutUserPolicy", UserName="admin", PolicyName="p", PolicyDocument=deny)
    assert _code(call("iam", "ListUsers")) == "AccessDenied"
    answer = call("sts", "GetCallerIdentity").body.decode()
    assert "<Arn>arn:aws:iam::123456789012:user/admin</Arn>" in answer


@pytest.mark.parametrize(
    ("service", "operation", "status", "code"),
    [
        ("iam", "ListUsers", 403, "SignatureDoesNotMatch"),
        ("sts", "GetCallerIdentity", 403, "SignatureDoesNotMatch"),
        ("kms", "ListKeys", 400, "InvalidSignatureException"),
    ],
)
def test_a_wrong_secret_opens_nothing(
    call: Call,
    records: Records,
    administrator: Credentials,
    service: str,
    operation: str,
    status: int,
    code: str,
) -> None:
    """The record names the key that was claimed, and nobody as its owner."""
    wrong = replace(administrator, secret_access_key="x" * 40)
    response = call(service, operation, signed_by=wrong)
    assert (response.status, _code(response)) == (status, code)
    (kept,) = records()
    assert kept["errorCode"] == code
    assert kept["eventName"] == operation
    assert kept["userIdentity"]["type"] == "AWSAccount"
    assert kept["userIdentity"]["accessKeyId"] == administrator.access_key_id


def test_an_unknown_key_opens_nothing(call: Call, records: Records) -> None:
    """In each service's words."""
    nobody = Credentials("AKIANOBODY0000000000", "x" * 40)
    assert _code(call("iam", "ListUsers", signed_by=nobody)) == "InvalidClientTokenId"
    assert _code(call("kms", "ListKeys", signed_by=nobody)) == (
        "UnrecognizedClientException"
    )
    assert len(records()) == 2


def test_the_body_is_what_was_signed(
    api: Api,
    request_to: Callable[..., HttpRequest],
    administrator: Credentials,
    entities: InMemoryEntities,
) -> None:
    """Another user's name in place of the signed one is refused."""
    request = request_to("iam", "CreateUser", UserName="ada")
    signed = sign(
        request,
        administrator,
        region="us-east-1",
        service="iam",
        now=NOW,
        payload_hash=hashlib.sha256(request.body).hexdigest(),
    )
    before = entities.generation()
    forged = replace(signed, body=signed.body.replace(b"ada", b"eve"))
    assert _code(api.handle(forged)) == "SignatureDoesNotMatch"
    moved = replace(signed, target="/?UserName=eve")
    assert _code(api.handle(moved)) == "SignatureDoesNotMatch"
    assert entities.generation() == before
    assert api.handle(signed).status == 200


def test_old_and_foreign_signatures_are_refused(call: Call) -> None:
    """Fifteen minutes, our region or AWS's global one, our services."""
    late = call("iam", "ListUsers", now=NOW - timedelta(minutes=16))
    assert _code(late) == "SignatureDoesNotMatch"
    assert call("iam", "ListUsers", region="us-east-1").status == 200
    assert _code(call("iam", "ListUsers", region="us-west-2")) == "IncompleteSignature"
    assert _code(call("kms", "ListKeys", region="us-east-1")) == (
        "IncompleteSignatureException"
    )


def test_a_signature_for_one_service_opens_no_other(
    api: Api, request_to: Callable[..., HttpRequest], administrator: Credentials
) -> None:
    """The scope decides whose operation it is, not the body."""

    def sent(service: str, scope: str, operation: str) -> str:
        request = request_to(service, operation)
        signed = sign(
            request,
            administrator,
            region="eu-central-1",
            service=scope,
            now=NOW,
            payload_hash=hashlib.sha256(request.body).hexdigest(),
        )
        return _code(api.handle(signed))

    assert sent("iam", "sts", "ListUsers") == "InvalidAction"
    assert sent("kms", "iam", "ListKeys") == "MalformedInput"
    assert sent("iam", "kms", "ListUsers") == "UnknownOperationException"
    assert sent("iam", "ec2", "ListUsers") == "IncompleteSignature"


def test_unsigned_requests_reach_two_operations_alone(
    api: Api, request_to: Callable[..., HttpRequest], models: Mapping[str, Any]
) -> None:
    """Whatever else is asked without a signature is refused as such."""
    opened = {
        (service, operation)
        for service, model in models.items()
        for operation in model.operation_names
        if _code(api.handle(request_to(service, operation)))
        not in ("MissingAuthenticationToken", "MissingAuthenticationTokenException")
    }
    assert opened == {
        # Their parameters are missing, and that is what they answer.
        ("sts", "AssumeRoleWithSAML"),
        ("sts", "AssumeRoleWithWebIdentity"),
    }


def test_every_operation_is_offered_or_says_that_it_is_not(
    call: Call, models: Mapping[str, Any]
) -> None:
    """The service model's other operations are known, and not supported."""
    offered = {"iam": IAM_OPERATIONS, "sts": STS_OPERATIONS, "kms": KMS_OPERATIONS}
    for service, model in models.items():
        assert offered[service].keys() <= set(model.operation_names)
    response = call("iam", "CreateLoginProfile", UserName="ada")
    assert (response.status, _code(response)) == (400, "InvalidAction")
    assert "CreateLoginProfile is not supported" in response.body.decode()
    assert _code(call("kms", "ListRetirableGrants", RetiringPrincipal="x")) == (
        "UnknownOperationException"
    )
    assert _code(call("iam", "NoSuchThing")) == "InvalidAction"
    assert _code(call("kms", "NoSuchThing")) == "UnknownOperationException"


def test_a_request_that_cannot_be_recorded_is_not_answered(
    call: Call, journal: InMemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the journal fails with, the answer is withheld."""
    for error, service in (
        (JournalUnavailable(), "iam"),
        (OSError("disk"), "iam"),
        (JournalUnavailable(), "kms"),
    ):

        def fail(_record: bytes, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(journal, "append", fail)
        operation = "ListUsers" if service == "iam" else "ListKeys"
        response = call(service, operation)
        assert (response.status, _code(response)) == (503, "ServiceUnavailable")
        assert b"admin" not in response.body
        assert b"disk" not in response.body


def test_a_mistake_of_ours_tells_nothing(
    call: Call,
    entities: InMemoryEntities,
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The caller sees InternalFailure; the cause is in the log."""

    def fail() -> None:
        raise RuntimeError("the secret cause")

    call("iam", "ListUsers")
    monkeypatch.setattr(entities, "reading", fail)
    response = call("iam", "ListUsers")
    assert (response.status, _code(response)) == (500, "InternalFailure")
    assert b"secret cause" not in response.body
    assert "the secret cause" in caplog.text
    assert records()[-1]["errorCode"] == "InternalFailure"


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "MissingAuthenticationToken"),
        (b"Action=", {}, "MissingAuthenticationToken"),
        (b"Action=%ff", {}, "MalformedInput"),
        (b"Action=A&Action=B", {}, "MalformedInput"),
        (b"x" * (1024 * 1024 + 1), {}, "ValidationError"),
        (b"{}", {"x-amz-target": "x"}, "MissingAuthenticationTokenException"),
        (b"", {"authorization": "AWS4-HMAC-SHA256 x"}, "IncompleteSignature"),
        (b"", {"authorization": "Basic eA=="}, "IncompleteSignature"),
    ],
)
def test_bytes_of_strangers_get_an_error_of_theirs(
    api: Api, records: Records, body: bytes, headers: dict[str, str], code: str
) -> None:
    """Nothing that comes in is our failure, and all of it is recorded."""
    form = {"host": "x", "content-type": "application/x-www-form-urlencoded"}
    request = HttpRequest("POST", "/", tuple((form | headers).items()), body)
    response = api.handle(request)
    assert _code(response) == code
    assert response.status < 500
    assert len(records()) == 1


def test_the_store_may_use_keys_and_nothing_else(
    call: Call, store_credentials: Credentials
) -> None:
    """S3's own credentials open no other door."""
    key = orjson.loads(call("kms", "CreateKey").body)["KeyMetadata"]["KeyId"]

    def may(service: str, operation: str, **parameters: Any) -> bool:
        response = call(service, operation, signed_by=store_credentials, **parameters)
        return response.status == 200

    assert may("kms", "DescribeKey", KeyId=key)
    assert may("kms", "GenerateDataKey", KeyId=key, KeySpec="AES_256")
    assert not may("kms", "DisableKey", KeyId=key)
    assert not may("kms", "CreateKey")
    assert not may("iam", "ListUsers")
    assert not may("sts", "AssumeRole", RoleArn="x" * 20, RoleSessionName="xx")


def test_a_session_acts_in_its_role(call: Call, records: Records) -> None:
    """AssumeRole by the trust policy, then the role's policies and no others."""
    call("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    role = "arn:aws:iam::123456789012:role/r"
    assumed = call("sts", "AssumeRole", RoleArn=role, RoleSessionName="ada")
    session = Credentials(
        _member(assumed, "AccessKeyId"),
        _member(assumed, "SecretAccessKey"),
        _member(assumed, "SessionToken"),
    )
    kept = records()[-1]
    assert kept["responseElements"]["credentials"]["accessKeyId"] == (
        session.access_key_id
    )
    assert session.session_token is not None
    assert session.session_token not in json.dumps(kept)
    assert kept["resources"][0]["ARN"] == role
    assert _code(call("iam", "ListUsers", signed_by=session)) == "AccessDenied"
    allow = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "iam:ListUsers",
                "Resource": "arn:aws:iam::123456789012:user/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
        }
    )
    call("iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=allow)
    assert call("iam", "ListUsers", signed_by=session).status == 200
    assert _code(call("iam", "ListRoles", signed_by=session)) == "AccessDenied"
    assert records()[-1]["userIdentity"]["type"] == "AssumedRole"


def test_a_key_policy_is_asked_for_every_kms_call(call: Call) -> None:
    """Not even the administrator opens a key that names somebody else."""
    key = orjson.loads(call("kms", "CreateKey").body)["KeyMetadata"]["KeyId"]
    closed = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:user/other"},
                "Action": "kms:*",
                "Resource": "*",
            },
        }
    )
    put = call(
        "kms",
        "PutKeyPolicy",
        KeyId=key,
        Policy=closed,
        BypassPolicyLockoutSafetyCheck=True,
    )
    assert put.status == 200
    assert _code(call("kms", "DescribeKey", KeyId=key)) == "AccessDeniedException"
    assert _code(call("kms", "GetKeyPolicy", KeyId=key)) == "AccessDeniedException"
