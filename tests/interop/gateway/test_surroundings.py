"""Health, CORS, encryption and the audit, around the objects themselves."""

import urllib.error
import urllib.request
from email.message import Message
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

ORIGIN = "http://localhost:8080"


def asked(url: str, method: str, **headers: str) -> tuple[int, Message]:
    """Answer status and headers of an unsigned request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


def test_health_is_the_stores_too(landscape: Any) -> None:
    """Asked without a signature."""
    assert asked(f"{landscape.url}/healthz", "GET")[0] == 200


def test_a_preflight_is_answered_from_the_buckets_rules(
    landscape: Any, bucket: str
) -> None:
    """For the portal, and for nobody else."""
    url = f"{landscape.url}/{bucket}/AROAEMPLOYEE%3Aalice/x"
    status, headers = asked(
        url,
        "OPTIONS",
        Origin=ORIGIN,
        Access_Control_Request_Method="PUT",
        Access_Control_Request_Headers="authorization,x-amz-date",
    )
    assert status == 200
    assert headers["access-control-allow-origin"] == ORIGIN
    assert "PUT" in headers["access-control-allow-methods"]
    assert headers["access-control-allow-headers"] == "authorization, x-amz-date"
    for origin, method in (("http://evil.example", "PUT"), (ORIGIN, "PATCH")):
        status, headers = asked(
            url, "OPTIONS", Origin=origin, Access_Control_Request_Method=method
        )
        assert status == 403
        assert "access-control-allow-origin" not in headers


def test_the_browser_may_read_answers_errors_too(
    landscape: Any, alice: Any, bucket: str, folder: str
) -> None:
    """Or the portal could not tell a person what went wrong."""
    status, headers = asked(f"{landscape.url}/{bucket}/x", "GET", Origin=ORIGIN)
    assert status == 403
    assert headers["access-control-allow-origin"] == ORIGIN
    key = f"{folder}seen"
    alice.put_object(Bucket=bucket, Key=key, Body=b"x")
    url = alice.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}
    )
    status, headers = asked(url, "GET", Origin=ORIGIN)
    assert status == 200
    assert headers["access-control-expose-headers"] == "etag, x-amz-version-id"
    _, headers = asked(url, "GET", Origin="http://evil.example")
    assert "access-control-allow-origin" not in headers


def test_another_encryption_is_refused(alice: Any, bucket: str, folder: str) -> None:
    """By the bucket's policy; and another key by KMS."""
    with pytest.raises(ClientError) as refused:
        alice.put_object(
            Bucket=bucket, Key=f"{folder}x", Body=b"", ServerSideEncryption="AES256"
        )
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert "with an explicit deny in a resource-based policy" in str(refused.value)
    with pytest.raises(ClientError) as refused:
        alice.put_object(
            Bucket=bucket,
            Key=f"{folder}x",
            Body=b"",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId="alias/none",
        )
    assert refused.value.response["Error"]["Code"] == "KMS.NotFoundException"


def test_a_disabled_key_opens_nothing(
    landscape: Any, alice: Any, bucket: str, folder: str
) -> None:
    """At once, whatever the store has cached."""
    key = f"{folder}locked"
    alice.put_object(Bucket=bucket, Key=key, Body=b"x")
    landscape.api.perform("DisableKey", {"KeyId": landscape.key_arn})
    try:
        for call, parameters in (
            (alice.get_object, {}),
            (alice.put_object, {"Body": b"y"}),
            (alice.create_multipart_upload, {}),
        ):
            with pytest.raises(ClientError) as refused:
                call(Bucket=bucket, Key=key, **parameters)
            assert refused.value.response["Error"]["Code"] == "KMS.DisabledException"
    finally:
        landscape.api.perform("EnableKey", {"KeyId": landscape.key_arn})
    assert alice.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"


def test_who_may_not_use_the_key_neither_reads_nor_writes(
    landscape: Any, admin: Any, bucket: str, folder: str
) -> None:
    """S3's permission alone is not enough: the caller needs KMS's too."""
    key = f"{folder}keyless"
    admin.put_object(Bucket=bucket, Key=key, Body=b"x")
    named = {"KeyId": landscape.key_arn, "PolicyName": "default"}
    before = landscape.api.perform("GetKeyPolicy", named)["Policy"]
    careless = {"BypassPolicyLockoutSafetyCheck": True}
    nobody = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":'
        '{"AWS":"arn:aws:iam::111122223333:user/other"},"Action":"kms:*",'
        '"Resource":"*"}}'
    )
    landscape.api.perform("PutKeyPolicy", {**named, **careless, "Policy": nobody})
    try:
        for call, action, parameters in (
            (admin.get_object, "kms:Decrypt", {}),
            (admin.put_object, "kms:GenerateDataKey", {"Body": b""}),
        ):
            with pytest.raises(ClientError) as refused:
                call(Bucket=bucket, Key=key, **parameters)
            assert refused.value.response["Error"]["Code"] == "AccessDenied"
            assert action in str(refused.value)
    finally:
        landscape.api.perform("PutKeyPolicy", {**named, "Policy": before})


def test_every_request_leaves_one_record(
    landscape: Any, alice: Any, bucket: str, folder: str
) -> None:
    """Allowed or denied, with who, what, and how it ended."""
    key = f"{folder}recorded"
    before = len(landscape.journal.records)
    put = alice.put_object(Bucket=bucket, Key=key, Body=b"hello")
    with pytest.raises(ClientError):
        alice.get_object(Bucket=bucket, Key="AROAEMPLOYEE:bob/x")
    asked(f"{landscape.url}/{bucket}/{'x'}", "GET")
    made = landscape.records()[before:]
    assert [each["eventName"] for each in made] == [
        "PutObject",
        "GetObject",
        "GetObject",
    ]
    stored, denied, anonymous = made
    assert stored["requestID"] == put["ResponseMetadata"]["RequestId"]
    assert stored["userIdentity"]["arn"].endswith(
        "assumed-role/SecureCartEmployee/alice"
    )
    assert stored["requestParameters"]["key"] == key
    assert stored["responseElements"]["x-amz-version-id"] == put["VersionId"]
    assert "errorCode" not in stored
    assert stored["readOnly"] is False
    assert stored["managementEvent"] is False
    assert denied["errorCode"] == "AccessDenied"
    assert denied["errorMessage"].startswith("User: arn:aws:sts::")
    assert anonymous["userIdentity"]["accountId"] == "ANONYMOUS_PRINCIPAL"
    text = b"".join(landscape.journal.records)
    assert b"X-Amz-Security-Token" not in text
    assert b"Signature=" not in text


def test_a_record_that_cannot_be_written_stops_the_answer(
    landscape: Any,
    alice: Any,
    bucket: str,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of the object leaves, and nobody is told why."""
    key = f"{folder}unrecorded"
    alice.put_object(Bucket=bucket, Key=key, Body=b"secret text")

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(landscape.journal, "append", full)
    url = alice.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}
    )
    answer = landscape.raw(
        f"GET {url.removeprefix(landscape.url)} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{landscape.port}\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"secret text" not in answer
    assert b"space" not in answer


def test_other_services_are_answered_on_the_same_listener(landscape: Any) -> None:
    """The store itself asks for its data keys there."""
    assert "GenerateDataKey" in landscape.api.calls
