"""What strangers and liars send, over the wire."""

import hashlib
import hmac
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.exceptions import ClientError

from securecart.names.credentials import Credentials

pytestmark = pytest.mark.slow

LARGE = b"0123456789abcdef" * 20_000
CHUNK = 65536


class _Liar(S3SigV4Auth):
    """Signs for the hash that is claimed, whatever the body is."""

    def payload(self, request: Any) -> str:
        return str(request.context["claimed"])


def signed(
    landscape: Any, method: str, target: str, claimed: str, **headers: str
) -> AWSRequest:
    """Answer a request that the administrator signed for a claimed hash."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest(method, f"{landscape.url}{target}", named)
    request.context["claimed"] = claimed
    keys = BotocoreCredentials("ADMINKEY", "admin-secret")
    _Liar(keys, "s3", "us-east-1").add_auth(request)
    return request


def over_the_wire(landscape: Any, request: AWSRequest, body: bytes) -> bytes:
    """Answer the request's bytes, whatever its body really is."""
    request.headers["host"] = f"127.0.0.1:{landscape.port}"
    request.headers["content-length"] = str(len(body))
    request.headers["connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    target = str(request.url).removeprefix(landscape.url)
    return f"{request.method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


@pytest.mark.parametrize("body", [b"small", LARGE], ids=["small", "large"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_wrong_hash_never_becomes_an_object(
    landscape: Any,
    admin: Any,
    bucket: str,
    body: bytes,
    existing: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    """Nor a version of one that is there."""
    key = f"wrong-hash-{len(body)}-{existing}"
    if existing:
        admin.put_object(Bucket=bucket, Key=key, Body=b"before")
    before = admin.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
    wrong = hashlib.sha256(body + b"!").hexdigest()
    request = signed(landscape, "PUT", f"/{bucket}/{key}", wrong)
    answer = landscape.raw(over_the_wire(landscape, request, body))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>XAmzContentSHA256Mismatch</Code>" in answer
    after = admin.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
    assert after == before
    right = hashlib.sha256(body).hexdigest()
    request = signed(landscape, "PUT", f"/{bucket}/{key}", right)
    answer = landscape.raw(over_the_wire(landscape, request, body))
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_an_upload_that_breaks_off_leaves_nothing(
    landscape: Any, admin: Any, bucket: str
) -> None:
    """Neither object nor version, however near the end it was."""
    for missing in (len(LARGE), len(LARGE) - 70_000, 1):
        request = signed(landscape, "PUT", f"/{bucket}/broken-off", "UNSIGNED-PAYLOAD")
        whole = over_the_wire(landscape, request, LARGE)
        landscape.raw(whole[:-missing], seconds=1)
    listed = admin.list_object_versions(Bucket=bucket, Prefix="broken-off")
    assert "Versions" not in listed


def test_a_digest_that_does_not_fit_is_refused(
    admin: Any, bucket: str, folder: str
) -> None:
    """Content-MD5 and a checksum, by the store."""
    for parameters in (
        {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumCRC32C": "AAAAAA=="},
    ):
        with pytest.raises(ClientError) as refused:
            admin.put_object(
                Bucket=bucket, Key=f"{folder}digest", Body=b"body", **parameters
            )
        assert refused.value.response["Error"]["Code"] == "BadDigest"


@pytest.mark.parametrize(
    "head",
    [
        (
            b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["smuggling", "bare-lf", "folded", "too-large", "tls", "http2"],
)
def test_a_hostile_head_is_refused_and_the_connection_closed(
    landscape: Any, head: bytes
) -> None:
    """With one answer, whatever follows."""
    follow = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = landscape.raw(head + follow)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer
    assert b"Traceback" not in answer


def test_a_refused_body_is_never_asked_for(landscape: Any, bucket: str) -> None:
    """`100 Continue` comes after the decision."""
    answer = landscape.raw(
        f"PUT /{bucket}/x HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n"
        "Expect: 100-continue\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"100 Continue" not in answer


def test_a_refused_body_that_comes_anyway_does_not_hide_the_answer(
    landscape: Any, bucket: str
) -> None:
    """As browsers send it: without waiting."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{landscape.url}/{bucket}/x", b"x" * 3_000_000, method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    assert refused.value.code == 403
    refused.value.close()


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (Credentials("ADMINKEY", "wrong"), "SignatureDoesNotMatch"),
        (Credentials("AKIANOBODY", "x"), "InvalidAccessKeyId"),
        (Credentials("ASIANOBODY", "x", "forged"), "InvalidToken"),
        (Credentials("NOBODYKEY", "nobody-secret"), "AccessDenied"),
    ],
    ids=["wrong-secret", "unknown-key", "forged-token", "no-policy"],
)
def test_who_cannot_prove_it_is_refused(
    landscape: Any, bucket: str, credentials: Credentials, code: str
) -> None:
    """In S3's words."""
    with pytest.raises(ClientError) as refused:
        landscape.client(credentials).get_object(Bucket=bucket, Key="x")
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}


def test_credentials_of_two_sessions_do_not_mix(landscape: Any, bucket: str) -> None:
    """One's key with another's token opens neither's folder."""
    alice, bob = landscape.session("alice"), landscape.session("bob")
    mixed = Credentials(alice.access_key_id, alice.secret_access_key, bob.session_token)
    for name in ("alice", "bob"):
        with pytest.raises(ClientError) as refused:
            landscape.client(mixed).put_object(
                Bucket=bucket, Key=f"AROAEMPLOYEE:{name}/x", Body=b""
            )
        assert refused.value.response["Error"]["Code"] == "InvalidToken"


def test_an_id_that_begins_anothers_opens_nothing(landscape: Any, bucket: str) -> None:
    """`ab` and `abc` are two people."""
    short = landscape.client(landscape.session("ab"))
    long = landscape.client(landscape.session("abc"))
    long.put_object(Bucket=bucket, Key="AROAEMPLOYEE:abc/x", Body=b"theirs")
    calls: tuple[Callable[[], Any], ...] = (
        lambda: short.get_object(Bucket=bucket, Key="AROAEMPLOYEE:abc/x"),
        lambda: short.list_objects_v2(Bucket=bucket, Prefix="AROAEMPLOYEE:ab"),
        lambda: short.list_objects_v2(Bucket=bucket, Prefix="AROAEMPLOYEE:abc/"),
        lambda: short.put_object(Bucket=bucket, Key="AROAEMPLOYEE:abc", Body=b""),
    )
    for call in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def in_signed_chunks(request: AWSRequest, payload: bytes) -> bytes:
    """Encode a payload as aws-chunked, each chunk signed after the one before."""
    scope, previous = re.findall(
        r"Credential=[^/]+/([^,]+), .*Signature=(\w+)", request.headers["authorization"]
    )[0]
    key = b"AWS4admin-secret"
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    empty = hashlib.sha256().hexdigest()
    encoded = b""
    for start in range(0, len(payload) + CHUNK, CHUNK):
        piece = payload[start : start + CHUNK]
        text = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n{request.headers['x-amz-date']}\n{scope}\n"
            f"{previous}\n{empty}\n{hashlib.sha256(piece).hexdigest()}"
        )
        previous = hmac.digest(key, text.encode(), "sha256").hex()
        encoded += b"%x;chunk-signature=%b\r\n" % (len(piece), previous.encode())
        encoded += piece + b"\r\n"
    return encoded


@pytest.mark.parametrize("size", [3 * CHUNK, 2 * CHUNK + 17])
def test_signed_chunks_are_verified(
    landscape: Any, admin: Any, bucket: str, size: int
) -> None:
    """Each before its bytes go on; one false byte, and there is no object."""
    payload = (LARGE * 2)[:size]
    for name, spoilt in (("good", False), ("spoilt", True)):
        key = f"chunked-{name}-{size}"
        request = signed(
            landscape,
            "PUT",
            f"/{bucket}/{key}",
            STREAMING,
            x_amz_decoded_content_length=str(size),
            content_encoding="aws-chunked",
        )
        body = in_signed_chunks(request, payload)
        if spoilt:
            middle = len(body) - 300
            body = body[:middle] + b"!" + body[middle + 1 :]
        answer = landscape.raw(over_the_wire(landscape, request, body))
        if spoilt:
            assert b"<Code>SignatureDoesNotMatch</Code>" in answer
            assert "Contents" not in admin.list_objects_v2(Bucket=bucket, Prefix=key)
        else:
            assert answer.startswith(b"HTTP/1.1 200 ")
            got = admin.get_object(Bucket=bucket, Key=key)
            assert got["Body"].read() == payload
            assert "ContentEncoding" not in got


def test_many_at_once_get_their_own(landscape: Any, bucket: str) -> None:
    """No answer is another's, also when connections are shared out."""
    wrong: list[str] = []

    def person(name: str) -> None:
        client = landscape.client(landscape.session(name))
        key = f"AROAEMPLOYEE:{name}/mine"
        body = name.encode() * 3000
        for _ in range(10):
            client.put_object(Bucket=bucket, Key=key, Body=body)
            if client.get_object(Bucket=bucket, Key=key)["Body"].read() != body:
                wrong.append(name)

    threads = [
        threading.Thread(target=person, args=(f"person-{each}",)) for each in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
