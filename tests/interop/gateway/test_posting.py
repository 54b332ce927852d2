"""Browser-based uploads through the gateway, by forms that boto3 signed."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

pytestmark = pytest.mark.slow

LARGE = os.urandom(1024) * (3 * 1024)
Post = Callable[..., httpx.Response]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A plain HTTP client, which signs nothing and follows nothing."""
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def post(landscape: Any, http: httpx.Client, bucket: str) -> Post:
    """Upload by a form that one person's session signed."""

    def post(
        key: str,
        content: bytes = b"hello",
        *,
        person: str = "alice",
        signed: dict[str, str] | None = None,
        added: dict[str, str] | None = None,
        conditions: list[Any] | None = None,
        filename: str = "a.txt",
        expires: int = 60,
    ) -> httpx.Response:
        signed = signed or {}
        form = landscape.client(landscape.session(person)).generate_presigned_post(
            bucket,
            key,
            Fields=signed,
            Conditions=[
                *({name: value} for name, value in signed.items()),
                *(conditions or ()),
            ],
            ExpiresIn=expires,
        )
        return http.post(
            form["url"],
            data={**form["fields"], **(added or {})},
            files={"file": (filename, content)},
        )

    return post


def code_of(answer: httpx.Response) -> str:
    """The error's code in an answer, empty for a success."""
    found = re.search(r"<Code>(\w+)</Code>", answer.text)
    return found[1] if found else ""


def is_there(admin: Any, bucket: str, prefix: str) -> bool:
    """Whether there is an object, or ever was one."""
    return "Versions" in admin.list_object_versions(Bucket=bucket, Prefix=prefix)


@pytest.mark.parametrize("content", [b"", b"hello", LARGE], ids=["0", "5", "3 MB"])
def test_a_form_uploads_its_file(
    post: Post, alice: Any, bucket: str, folder: str, content: bytes, landscape: Any
) -> None:
    """Whole, with the metadata of its fields and the bucket's encryption."""
    key = f"{folder}form-{len(content)}"
    answer = post(
        key,
        content,
        signed={
            "Content-Type": "text/plain",
            "Cache-Control": "no-store",
            "x-amz-meta-colour": "grün",
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": landscape.key_arn,
        },
    )
    assert answer.status_code == 204, answer.text
    assert answer.content == b""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert answer.headers["etag"] == f'"{md5}"'
    assert answer.headers["location"].endswith(f"/{bucket}/{key}".replace(":", "%3A"))
    got = alice.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == content
    assert got["ContentType"] == "text/plain"
    assert got["CacheControl"] == "no-store"
    assert got["VersionId"] == answer.headers["x-amz-version-id"]
    assert got["SSEKMSKeyId"] == landscape.key_arn
    record = next(
        record
        for record in reversed(landscape.records())
        if record["eventName"] == "PutObject"
    )
    assert record["requestParameters"]["key"] == key
    assert record["additionalEventData"]["AuthenticationMethod"] == "HtmlForm"
    assert record["userIdentity"]["principalId"] == "AROAEMPLOYEE:alice"


def test_the_files_name_can_be_the_keys(
    post: Post, alice: Any, bucket: str, folder: str
) -> None:
    """Its path is left behind, and leads nowhere."""
    key = f"{folder}named/${{filename}}"
    conditions = [["starts-with", "$key", f"{folder}named/"]]
    answer = post(key, conditions=conditions, filename="../../bob/x y.txt")
    assert answer.status_code == 204, answer.text
    got = alice.get_object(Bucket=bucket, Key=f"{folder}named/x y.txt")
    assert got["Body"].read() == b"hello"
    for name in ("..", ".", ""):
        refused = post(key, conditions=conditions, filename=name)
        assert refused.status_code == 400, name


def test_success_is_told_as_the_form_asks(post: Post, bucket: str, folder: str) -> None:
    """A document for 201, nothing for 200, and a page to go on to."""
    key = f"{folder}told & known"
    answer = post(key, signed={"success_action_status": "201"})
    assert answer.status_code == 201
    assert f"<Bucket>{bucket}</Bucket>" in answer.text
    assert f"<Key>{folder}told &amp; known</Key>" in answer.text
    assert "<ETag>" in answer.text
    answer = post(key, signed={"success_action_status": "200"})
    assert (answer.status_code, answer.content) == (200, b"")
    page = "http://portal.example/done?a=1"
    answer = post(key, signed={"success_action_redirect": page})
    assert answer.status_code == 303
    to = urlsplit(answer.headers["location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == "http://portal.example/done"
    md5 = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    assert parse_qs(to.query) == {
        "a": ["1"],
        "bucket": [bucket],
        "key": [key],
        "etag": [f'"{md5}"'],
    }


def test_a_failure_redirects_nowhere(post: Post, folder: str) -> None:
    """Neither does a page that the policy does not name."""
    page = {"success_action_redirect": "http://portal.example/done"}
    answer = post(
        f"{folder}x", signed=page, conditions=[["content-length-range", 9, 9]]
    )
    assert answer.status_code == 400
    assert "location" not in answer.headers
    answer = post(f"{folder}x", added=page)
    assert answer.status_code == 403
    assert "location" not in answer.headers


@pytest.mark.parametrize("size", [10, 300_000])
@pytest.mark.parametrize(
    ("least", "most", "code"),
    [(0, -1, "EntityTooLarge"), (1, 10**6, "EntityTooSmall"), (0, 0, "")],
)
def test_a_file_outside_its_bounds_is_never_there(
    post: Post,
    admin: Any,
    bucket: str,
    folder: str,
    size: int,
    least: int,
    most: int,
    code: str,
) -> None:
    """By one byte; neither as an object nor as a version of one."""
    key = f"{folder}bounded-{size}-{least}-{most}"
    bounds = ["content-length-range", size + least, size + most]
    answer = post(key, b"x" * size, conditions=[bounds])
    assert code_of(answer) == code
    assert is_there(admin, bucket, key) is (code == "")
    if code:
        assert answer.status_code == 400
        assert f"<ProposedSize>{size}</ProposedSize>" in answer.text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"added": {"x-amz-meta-a": "1"}}, "AccessDenied"),
        ({"added": {"acl": "private"}}, "AccessDenied"),
        ({"added": {"key": "AROAEMPLOYEE:bob/stolen"}}, "AccessDenied"),
        ({"added": {"x-amz-signature": "0" * 64}}, "SignatureDoesNotMatch"),
        ({"added": {"policy": "e30="}}, "SignatureDoesNotMatch"),
        ({"added": {"x-amz-security-token": "forged"}}, "InvalidToken"),
        ({"added": {"x-amz-copy-source": "/b/k"}}, "NotImplemented"),
        ({"added": {"signature": "x", "AWSAccessKeyId": "A"}}, "InvalidRequest"),
        ({"signed": {"acl": "public-read"}}, "AccessControlListNotSupported"),
        ({"signed": {"x-amz-server-side-encryption": "AES256"}}, "AccessDenied"),
        ({"signed": {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}}, "BadDigest"),
        ({"signed": {"x-amz-checksum-sha256": "A" * 43 + "="}}, "BadDigest"),
        ({"signed": {"x-amz-checksum-crc32c": "AAAAAA=="}}, "BadDigest"),
        ({"conditions": [["eq", "$x-amz-meta-a", "1"]]}, "AccessDenied"),
        ({"conditions": ["nonsense"]}, "InvalidPolicyDocument"),
        ({"expires": -1}, "AccessDenied"),
        ({"person": "bob"}, "AccessDenied"),
        (
            {"added": {"x-amz-meta-a": "x" * 30_000}},
            "MaxPostPreDataLengthExceededError",
        ),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_any_other_form_is_refused(
    post: Post, admin: Any, bucket: str, folder: str, change: dict[str, Any], code: str
) -> None:
    """And leaves nothing, in nobody's folder."""
    for content in (b"hello", LARGE):
        answer = post(f"{folder}refused-form", content, **change)
        assert code_of(answer) == code, answer.text
        assert answer.status_code in {400, 403, 501}
    assert not is_there(admin, bucket, f"{folder}refused-form")
    assert not is_there(admin, bucket, "AROAEMPLOYEE:bob/stolen")


def test_a_good_checksum_is_kept(
    post: Post, alice: Any, bucket: str, folder: str
) -> None:
    """The store computes it too, and tells it again."""
    digest = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    key = f"{folder}form-checksum"
    answer = post(key, signed={"x-amz-checksum-sha256": digest})
    assert answer.status_code == 204, answer.text
    head = alice.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == digest


def test_tags_come_with_a_form(admin: Any, http: httpx.Client, fresh: str) -> None:
    """As the document that the form has of them."""
    document = (
        "<Tagging><TagSet><Tag><Key>colour</Key><Value>blue</Value></Tag></TagSet>"
        "</Tagging>"
    )
    form = admin.generate_presigned_post(
        fresh, "k", Fields={"tagging": document}, Conditions=[{"tagging": document}]
    )
    answer = http.post(form["url"], data=form["fields"], files={"file": ("a", b"x")})
    assert answer.status_code == 204, answer.text
    tags = admin.get_object_tagging(Bucket=fresh, Key="k")["TagSet"]
    assert tags == [{"Key": "colour", "Value": "blue"}]


def test_a_form_of_nobody_needs_a_public_bucket(
    http: httpx.Client, landscape: Any, admin: Any
) -> None:
    """Which a policy makes of one; and then its other fields are free."""
    admin.create_bucket(Bucket="open-forms")
    url = f"{landscape.url}/open-forms"

    def post() -> httpx.Response:
        return http.post(
            url,
            data={"key": "from-anybody", "anything": "goes"},
            files={"file": ("a", b"x")},
        )

    assert (post().status_code, code_of(post())) == (403, "AccessDenied")
    admin.delete_public_access_block(Bucket="open-forms")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::open-forms/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    admin.put_bucket_policy(Bucket="open-forms", Policy=json.dumps(document))
    assert post().status_code == 204
    got = admin.get_object(Bucket="open-forms", Key="from-anybody")
    assert got["Body"].read() == b"x"


def test_a_policy_sees_how_it_was_signed(
    post: Post, admin: Any, bucket: str, folder: str
) -> None:
    """`s3:authType` is POST, whatever else the session may do."""
    before = admin.get_bucket_policy(Bucket=bucket)["Policy"]
    document = json.loads(before)
    document["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringEquals": {"s3:authType": "POST"}},
        }
    )
    admin.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    try:
        assert code_of(post(f"{folder}auth-type")) == "AccessDenied"
        admin.put_object(Bucket=bucket, Key=f"{folder}auth-type", Body=b"")
    finally:
        admin.put_bucket_policy(Bucket=bucket, Policy=before)
    assert post(f"{folder}auth-type").status_code == 204


def test_a_form_that_breaks_off_leaves_nothing(
    landscape: Any, admin: Any, bucket: str, folder: str, http: httpx.Client
) -> None:
    """However near its end it was, and whether its length was told or not."""
    key = f"{folder}broken-form"
    form = landscape.client(landscape.session("alice")).generate_presigned_post(
        bucket, key
    )
    request = http.build_request(
        "POST", form["url"], data=form["fields"], files={"file": ("a", LARGE)}
    )
    body = request.read()
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    line = f"POST /{bucket} HTTP/1.1\r\n"
    for missing in (2_000_000, 300, 60, 40, 4):
        landscape.raw((line + head + "\r\n").encode() + body[:-missing], seconds=0.5)
        cut = re.sub(
            r"(?i)content-length: \d+", f"content-length: {len(body) - missing}", head
        )
        answer = landscape.raw(
            (line + cut + "\r\n").encode() + body[:-missing], seconds=2
        )
        assert b"<Code>MalformedPOSTRequest</Code>" in answer
        chunked = re.sub(r"(?i)content-length: \d+", "transfer-encoding: chunked", head)
        answer = landscape.raw((line + chunked + "\r\n").encode(), seconds=2)
        assert b"<Code>MissingContentLength</Code>" in answer
    assert not is_there(admin, bucket, key)


def test_a_denied_form_costs_no_file(
    landscape: Any, bucket: str, http: httpx.Client
) -> None:
    """Its fields are asked for, and what comes with them; then it is over."""
    form = landscape.client(landscape.session("alice")).generate_presigned_post(
        bucket, "AROAEMPLOYEE:bob/x"
    )
    request = http.build_request(
        "POST", form["url"], data=form["fields"], files={"file": ("a", LARGE)}
    )
    body = request.read()
    begins = body.index(b"\r\n\r\n", body.index(b'name="file"')) + 4
    head = (
        f"POST /{bucket} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n"
        f"content-type: {request.headers['content-type']}\r\n"
        f"content-length: {5 * 1024**3}\r\n\r\n"
    ).encode()
    answer = landscape.raw(head + body[:begins], seconds=2)
    assert b"HTTP/1.1 403 " in answer
    assert b"connection: close" in answer


def test_one_may_not_sign_twice(
    landscape: Any, bucket: str, folder: str, http: httpx.Client
) -> None:
    """Neither by header nor by address beside the form; nor send headers of S3's."""
    client = landscape.client(landscape.session("alice"))
    form = client.generate_presigned_post(bucket, f"{folder}twice")
    presigned = client.generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": "x"}
    )
    for url, headers, code in (
        (form["url"], {"x-amz-acl": "private"}, "AccessDenied"),
        (
            form["url"],
            {
                "authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/r/s3/"
                f"aws4_request, SignedHeaders=host, Signature={'0' * 64}",
                "x-amz-date": "20260101T000000Z",
                "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
            },
            "AccessDenied",
        ),
        (f"{form['url']}?{urlsplit(presigned).query}", {}, "MethodNotAllowed"),
        (f"{form['url']}/key", {}, "MethodNotAllowed"),
        (landscape.url, {}, "MethodNotAllowed"),
    ):
        answer = http.post(
            url, data=form["fields"], files={"file": ("a", b"x")}, headers=headers
        )
        assert answer.status_code in {400, 403, 405}, (url, answer.text)
        assert code_of(answer) in {code, "SignatureDoesNotMatch"}
