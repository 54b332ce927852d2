"""Records have CloudTrail's form, are bounded, and hold no secret."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.service_models import load_service_model
from securecart.names.principal import (
    Anonymous,
    Federated,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession
from securecart.trail import Event, TlsDetails, disclosed, parse_record, record
from securecart.trail.disclosure import LISTED, MAX_ITEMS, MAX_TEXT
from securecart.trail.record import MAX_LENGTH

ACCOUNT = "123456789012"


def test_a_record_is_cloudtrails(make_event: Callable[..., Event]) -> None:
    """An allowed read of one document, field by field."""
    assert json.loads(record(make_event())) == {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:jane",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/SecureCartEmployee/jane",
            "accountId": ACCOUNT,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLE",
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee",
                    "accountId": ACCOUNT,
                    "userName": "SecureCartEmployee",
                },
                "attributes": {
                    "creationDate": "2026-11-23T12:00:00Z",
                    "mfaAuthenticated": "true",
                },
                "webIdFederationData": {
                    "federatedProvider": (
                        f"arn:aws:iam::{ACCOUNT}:oidc-provider/localhost:8081"
                    ),
                    "attributes": {"localhost:8081:sub": "jane"},
                },
                "sourceIdentity": "jane@example.com",
            },
            "accessKeyId": "ASIAEXAMPLE",
        },
        "eventTime": "2026-11-23T12:30:45Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "[Boto3/1.40]",
        "requestParameters": {
            "bucketName": "securecart-user-docs",
            "Host": "localhost:9000",
            "key": "AROAEXAMPLE:jane/plans/2027.pdf",
        },
        "responseElements": None,
        "requestID": "R1",
        "eventID": "00000000-0000-4000-8000-000000000001",
        "readOnly": True,
        "resources": [
            {
                "type": "AWS::S3::Object",
                "ARN": (
                    "arn:aws:s3:::securecart-user-docs/AROAEXAMPLE:jane/plans/2027.pdf"
                ),
            },
            {
                "type": "AWS::S3::Bucket",
                "ARN": "arn:aws:s3:::securecart-user-docs",
                "accountId": ACCOUNT,
            },
        ],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Data",
    }


@pytest.mark.parametrize(
    ("principal", "identity"),
    [
        (
            Root(ACCOUNT),
            {
                "type": "Root",
                "principalId": ACCOUNT,
                "arn": f"arn:aws:iam::{ACCOUNT}:root",
                "accountId": ACCOUNT,
            },
        ),
        (
            IamUser(ACCOUNT, "admin", "AIDAEXAMPLE"),
            {
                "type": "IAMUser",
                "principalId": "AIDAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:user/admin",
                "accountId": ACCOUNT,
                "userName": "admin",
            },
        ),
        (
            Federated(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:saml-provider/P", "jane"),
            {
                "type": "SAMLUser",
                "principalId": f"arn:aws:iam::{ACCOUNT}:saml-provider/P:jane",
                "userName": "jane",
                "identityProvider": f"arn:aws:iam::{ACCOUNT}:saml-provider/P",
            },
        ),
        (
            Federated(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:oidc-provider/h", "jane"),
            {
                "type": "WebIdentityUser",
                "principalId": f"arn:aws:iam::{ACCOUNT}:oidc-provider/h:jane",
                "userName": "jane",
                "identityProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/h",
            },
        ),
        (
            Service(ACCOUNT, "s3.amazonaws.com"),
            {"type": "AWSService", "invokedBy": "s3.amazonaws.com"},
        ),
        (
            Anonymous(),
            {
                "type": "AWSAccount",
                "principalId": "",
                "accountId": "ANONYMOUS_PRINCIPAL",
            },
        ),
    ],
)
def test_every_kind_of_principal(
    principal: Principal, identity: dict[str, str], make_event: Callable[..., Event]
) -> None:
    """Each principal has CloudTrail's own identity element."""
    event = make_event(principal=principal, access_key_id=None)
    assert json.loads(record(event))["userIdentity"] == identity


def test_a_saml_session_has_no_web_identity(
    make_event: Callable[..., Event], session: RoleSession
) -> None:
    """Federation data stands in web identity sessions only."""
    session = replace(
        session,
        federated_provider=f"arn:aws:iam::{ACCOUNT}:saml-provider/P",
        source_identity=None,
        mfa_authenticated=None,
    )
    context = json.loads(record(make_event(principal=session)))["userIdentity"][
        "sessionContext"
    ]
    assert context.keys() == {"sessionIssuer", "attributes"}
    assert context["attributes"]["mfaAuthenticated"] == "false"


def test_a_refusal_is_told(make_event: Callable[..., Event]) -> None:
    """Code and message of an error are in the record, the message bounded."""
    event = make_event(error_code="AccessDenied", error_message="x" * 5000, data=False)
    found = json.loads(record(event))
    assert found["errorCode"] == "AccessDenied"
    assert len(found["errorMessage"]) == 1024
    assert found["managementEvent"] is True
    assert found["eventCategory"] == "Management"


def test_optional_fields(make_event: Callable[..., Event]) -> None:
    """TLS, shared event and additional data stand where they are known."""
    event = make_event(
        tls=TlsDetails("TLSv1.3", "TLS_AES_128_GCM_SHA256", "h"),
        shared_event_id="s",
        additional={"bytesTransferredOut": 7, "secret": "no"},
    )
    found = json.loads(record(event))
    assert found["tlsDetails"] == {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": "h",
    }
    assert found["sharedEventID"] == "s"
    assert found["additionalEventData"] == {"bytesTransferredOut": 7}


def test_secrets_are_never_written(make_event: Callable[..., Event]) -> None:
    """Tokens, assertions, keys and plaintext are not on the list."""
    secret = "hush"
    event = make_event(
        request_parameters={
            "RoleArn": "r",
            "SAMLAssertion": secret,
            "WebIdentityToken": secret,
            "TokenCode": secret,
            "Password": secret,
            "Plaintext": secret,
            "CiphertextBlob": secret,
            "X-Amz-Security-Token": secret,
            "X-Amz-Signature": secret,
            "x-amz-server-side-encryption-customer-key": secret,
            "Authorization": secret,
            "Tags": [{"Key": "a", "Value": "b", "Odd": secret}],
        },
        response_elements={
            "Credentials": {
                "AccessKeyId": "ASIA",
                "SecretAccessKey": secret,
                "SessionToken": secret,
                "Expiration": datetime(2026, 1, 1, tzinfo=UTC),
            },
            "AccessKey": {"UserName": "admin", "SecretAccessKey": secret},
        },
    )
    line = record(event)
    assert secret.encode() not in line
    found = json.loads(line)
    assert found["requestParameters"] == {
        "roleArn": "r",
        "tags": [{"key": "a", "value": "b"}],
    }
    assert found["responseElements"] == {
        "credentials": {
            "accessKeyId": "ASIA",
            "expiration": "2026-01-01T00:00:00+00:00",
        },
        "accessKey": {"userName": "admin"},
    }


@pytest.mark.parametrize("service", ["iam", "sts", "kms"])
def test_no_sensitive_member_is_listed(service: str) -> None:
    """What AWS's models mark as sensitive cannot be written down."""
    model = load_service_model(service)
    sensitive = {
        name[:1].lower() + name[1:]
        for shape_name in model.shape_names
        for name, member in getattr(model.shape_for(shape_name), "members", {}).items()
        if member.metadata.get("sensitive")
    }
    assert sensitive
    # KMS calls the id of an external store's key pair so; that pair itself
    # (xksProxyAuthenticationCredential) is not listed, so neither is its id.
    assert not (sensitive - {"accessKeyId"}) & LISTED
    assert "xksProxyAuthenticationCredential" not in LISTED


def test_encryption_contexts_are_told_in_full() -> None:
    """Which document a key opened is in the context, under the caller's names."""
    context = {"aws:s3:arn": "arn:aws:s3:::b/k"}
    assert disclosed({"EncryptionContext": context}) == {"encryptionContext": context}


def test_values_are_bounded() -> None:
    """Long texts are cut, long lists and deep nests end."""
    nested: Any = "leaf"
    for _ in range(20):
        nested = {"tags": nested}
    found = disclosed(
        {
            "key": "k" * (MAX_TEXT + 1),
            "deletedKeys": ["k"] * (MAX_ITEMS + 1),
            "tags": nested,
            "encryptionContext": {str(i): "v" for i in range(MAX_ITEMS + 1)},
            "policy": b"bytes",
            "path": None,
        }
    )
    assert len(found["key"]) == MAX_TEXT
    assert found["key"].endswith("…")
    assert found["deletedKeys"] == ["k"] * MAX_ITEMS + ["…"]
    assert len(found["encryptionContext"]) == MAX_ITEMS
    assert str(found["tags"]).count("tags") < 20
    assert found["policy"] == "…"
    assert "path" not in found


def test_a_record_that_is_too_long_says_so(make_event: Callable[..., Event]) -> None:
    """The bound holds, whatever is in the request."""
    event = make_event(request_parameters={"deletedKeys": ["\x01" * 8000] * 1000})
    line = record(event)
    assert len(line) <= MAX_LENGTH
    found = json.loads(line)
    assert found["requestParameters"] is None
    assert found["additionalEventData"] == {"reason": "the record was too long"}
    assert found["eventName"] == "GetObject"


def test_no_key_of_a_batch_is_left_out(make_event: Callable[..., Event]) -> None:
    """S3's largest batch deletion is recorded whole, in its longest form."""
    keys = ["\x01" * 1020 + f"{index:04}" for index in range(1000)]
    line = record(make_event(request_parameters={"deletedKeys": keys}))
    assert json.loads(line)["requestParameters"]["deletedKeys"] == keys


@given(key=st.text(), agent=st.text(st.characters()))
def test_a_record_is_one_line(key: str, agent: str) -> None:
    """No key and no header can begin a record of its own."""
    for text in (key, agent + "\n{}\r\u2028\x00\x85\udcff"):
        event = make_any(text)
        line = record(event)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert not any(byte < 0x20 for byte in line[:-1])
        assert parse_record(line) is not None


def make_any(text: str) -> Event:
    """Make an event whose every text is a stranger's."""
    return Event(
        time=datetime(2026, 1, 1, tzinfo=UTC),
        source="s3.amazonaws.com",
        name="GetObject",
        region="r",
        account=ACCOUNT,
        source_ip=text,
        user_agent=text,
        principal=Federated(ACCOUNT, text, text),
        access_key_id=text,
        request_id=text,
        event_id=text,
        read_only=True,
        data=True,
        error_code=text,
        error_message=text,
        request_parameters={"key": text, text: text, "encryptionContext": {text: text}},
    )


@pytest.mark.parametrize(
    "line", [b"", b"{", b'{"eventTime": "x"', b"[]", b"{}", b'{"a":1}\xff', b"null"]
)
def test_torn_lines_are_no_records(line: bytes) -> None:
    """Half a line is skipped, not guessed at."""
    assert parse_record(line) is None


def test_a_record_behind_half_of_another_is_read(
    make_event: Callable[..., Event],
) -> None:
    """Wherever the half was cut, and whatever it quotes."""
    told = record(make_event(request_parameters={"text": _FORGED}))
    behind = record(make_event(name="Behind"))
    for cut in range(1, len(told) - 1):
        found = parse_record(told[:cut] + behind)
        assert found is not None
        assert found["eventName"] == "Behind"


def test_what_a_caller_wrote_is_no_record_of_its_own(
    make_event: Callable[..., Event],
) -> None:
    """Neither as a text nor as an object, in half a record without the rest."""
    for forged in (_FORGED, json.loads(_FORGED)):
        told = record(make_event(request_parameters={"text": forged}))
        for cut in range(1, len(told) - 2):
            assert parse_record(told[:cut]) is None


_FORGED = '{"eventVersion":"1.11","userIdentity":"x","eventTime":"2026"}'
