"""Which operation a request asks for, and which are refused."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.errors import ServiceError
from securecart.s3 import OPERATIONS, S3Request, resolve
from securecart.s3.errors import (
    AccessControlListNotSupported,
    InvalidArgument,
    InvalidBucketName,
    InvalidURI,
    KeyTooLongError,
    MetadataTooLarge,
    MethodNotAllowed,
    NotImplementedHere,
)
from securecart.wire.http import HttpRequest

Resolve = Callable[..., S3Request]
COPY = {"x_amz_copy_source": "/docs/source"}


@pytest.mark.parametrize(
    ("line", "headers", "operation"),
    [
        ("GET /", {}, "ListBuckets"),
        ("PUT /docs", {}, "CreateBucket"),
        ("PUT /docs/", {}, "CreateBucket"),
        ("HEAD /docs", {}, "HeadBucket"),
        ("DELETE /docs", {}, "DeleteBucket"),
        ("GET /docs", {}, "ListObjects"),
        ("GET /docs?prefix=a&marker=b&max-keys=2", {}, "ListObjects"),
        ("GET /docs?list-type=2", {}, "ListObjectsV2"),
        ("GET /docs?versions", {}, "ListObjectVersions"),
        ("GET /docs?uploads", {}, "ListMultipartUploads"),
        ("POST /docs?delete", {}, "DeleteObjects"),
        ("POST /docs?delete=", {}, "DeleteObjects"),
        ("GET /docs?location", {}, "GetBucketLocation"),
        ("GET /docs?policy", {}, "GetBucketPolicy"),
        ("GET /docs?policyStatus", {}, "GetBucketPolicyStatus"),
        ("GET /docs/a?attributes&versionId=v", {}, "GetObjectAttributes"),
        ("GET /docs?object-lock", {}, "GetObjectLockConfiguration"),
        ("PUT /docs?object-lock", {}, "PutObjectLockConfiguration"),
        ("GET /docs/a?retention&versionId=v", {}, "GetObjectRetention"),
        ("PUT /docs/a?retention", {}, "PutObjectRetention"),
        ("GET /docs/a?legal-hold", {}, "GetObjectLegalHold"),
        ("PUT /docs/a?legal-hold", {}, "PutObjectLegalHold"),
        ("GET /docs/a?tagging&versionId=v", {}, "GetObjectTagging"),
        ("PUT /docs/a?tagging=", {}, "PutObjectTagging"),
        ("DELETE /docs/a?tagging", {}, "DeleteObjectTagging"),
        ("PUT /docs?policy", {}, "PutBucketPolicy"),
        ("DELETE /docs?policy", {}, "DeleteBucketPolicy"),
        ("GET /docs?versioning", {}, "GetBucketVersioning"),
        ("PUT /docs?versioning", {}, "PutBucketVersioning"),
        ("GET /docs?encryption", {}, "GetBucketEncryption"),
        ("PUT /docs?encryption", {}, "PutBucketEncryption"),
        ("DELETE /docs?encryption", {}, "DeleteBucketEncryption"),
        ("GET /docs?cors", {}, "GetBucketCors"),
        ("PUT /docs?cors", {}, "PutBucketCors"),
        ("DELETE /docs?cors", {}, "DeleteBucketCors"),
        ("GET /docs?publicAccessBlock", {}, "GetPublicAccessBlock"),
        ("PUT /docs?publicAccessBlock", {}, "PutPublicAccessBlock"),
        ("DELETE /docs?publicAccessBlock", {}, "DeletePublicAccessBlock"),
        ("GET /docs?ownershipControls", {}, "GetBucketOwnershipControls"),
        ("PUT /docs?ownershipControls", {}, "PutBucketOwnershipControls"),
        ("DELETE /docs?ownershipControls", {}, "DeleteBucketOwnershipControls"),
        ("GET /docs?lifecycle", {}, "GetBucketLifecycleConfiguration"),
        ("PUT /docs?lifecycle", {}, "PutBucketLifecycleConfiguration"),
        ("DELETE /docs?lifecycle", {}, "DeleteBucketLifecycle"),
        ("GET /docs?acl", {}, "GetBucketAcl"),
        ("PUT /docs?acl", {}, "PutBucketAcl"),
        ("GET /docs?tagging", {}, "GetBucketTagging"),
        ("DELETE /docs?tagging", {}, "DeleteBucketTagging"),
        ("GET /docs?replication", {}, "GetBucketReplication"),
        ("DELETE /docs?replication", {}, "DeleteBucketReplication"),
        ("GET /docs?website", {}, "GetBucketWebsite"),
        ("DELETE /docs?website", {}, "DeleteBucketWebsite"),
        ("GET /docs?abac", {}, "GetBucketAbac"),
        ("GET /docs?accelerate", {}, "GetBucketAccelerateConfiguration"),
        ("GET /docs?logging", {}, "GetBucketLogging"),
        ("GET /docs?notification", {}, "GetBucketNotificationConfiguration"),
        ("GET /docs?requestPayment", {}, "GetBucketRequestPayment"),
        ("GET /docs?analytics&id=a", {}, "GetBucketAnalyticsConfiguration"),
        ("GET /docs?analytics", {}, "ListBucketAnalyticsConfigurations"),
        (
            "GET /docs?intelligent-tiering&id=a",
            {},
            "GetBucketIntelligentTieringConfiguration",
        ),
        (
            "GET /docs?intelligent-tiering",
            {},
            "ListBucketIntelligentTieringConfigurations",
        ),
        ("GET /docs?inventory&id=a", {}, "GetBucketInventoryConfiguration"),
        ("GET /docs?inventory", {}, "ListBucketInventoryConfigurations"),
        ("GET /docs?metrics&id=a", {}, "GetBucketMetricsConfiguration"),
        ("GET /docs?metrics", {}, "ListBucketMetricsConfigurations"),
        ("GET /docs/a?acl", {}, "GetObjectAcl"),
        ("PUT /docs/a?acl", {}, "PutObjectAcl"),
        ("GET /docs/a", {}, "GetObject"),
        ("GET /docs/a?x-id=GetObject", {}, "GetObject"),
        ("GET /docs/a?partNumber=1&response-content-type=a%2Fb", {}, "GetObject"),
        ("HEAD /docs/a?versionId=abc", {}, "HeadObject"),
        ("PUT /docs/a", {}, "PutObject"),
        ("PUT /docs/a", COPY, "CopyObject"),
        ("DELETE /docs/a", {}, "DeleteObject"),
        ("POST /docs/a?uploads", {}, "CreateMultipartUpload"),
        ("PUT /docs/a?partNumber=1&uploadId=u", {}, "UploadPart"),
        ("PUT /docs/a?partNumber=1&uploadId=u", COPY, "UploadPartCopy"),
        ("POST /docs/a?uploadId=u", {}, "CompleteMultipartUpload"),
        ("DELETE /docs/a?uploadId=u", {}, "AbortMultipartUpload"),
        ("GET /docs/a?uploadId=u&max-parts=5", {}, "ListParts"),
        (
            (
                "GET /docs/a?X-Amz-Algorithm=A&X-Amz-Credential=C&X-Amz-Date=D"
                "&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=S"
                "&X-Amz-Security-Token=T"
            ),
            {},
            "GetObject",
        ),
    ],
)
def test_names_the_operation(
    ask: Resolve, line: str, headers: dict[str, str], operation: str
) -> None:
    """By method, path, query and the copy header."""
    assert ask(line, **headers).operation == operation


def test_every_operation_of_the_table_is_reached() -> None:
    """The list above leaves none out."""
    marks = test_names_the_operation.pytestmark  # type: ignore[attr-defined]  # pytest puts it there.
    reached = {operation for _, _, operation in marks[0].args[1]}
    assert reached == {row.name for row in OPERATIONS}


@pytest.mark.parametrize(
    "line",
    [
        "PUT /docs?accelerate",
        "PUT /docs?website",
        "PUT /docs?replication",
        "PUT /docs?notification",
        "GET /docs?Policy",
        "GET /docs?policy&versioning",
        "GET /docs?prefix=a&unknown=b",
        "GET /docs?list-type=2&marker=a",
        "GET /docs/a?torrent",
        "PUT /docs/a?versionId=a",
        "PUT /docs/a?uploadId=a",
        "PUT /docs/a?append",
        "POST /docs/a?restore",
        "POST /docs/a?select&select-type=2",
        "GET /docs/a?x-amz-copy-source=b",
        "PUT /docs/a?x-amz-acl=public-read",
        "GET /?Action=GetCallerIdentity",
    ],
)
def test_what_is_not_done_is_refused(ask: Resolve, line: str) -> None:
    """An unknown parameter is never passed on."""
    with pytest.raises(NotImplementedHere):
        ask(line)


@pytest.mark.parametrize(
    "line",
    [
        "POST /docs",
        "POST /",
        "PATCH /docs/a",
        "POST /docs/a",
        "OPTIONS /docs/a",
        "get /docs",
    ],
)
def test_other_methods_are_not_allowed(ask: Resolve, line: str) -> None:
    """Whatever they would do elsewhere."""
    with pytest.raises(MethodNotAllowed):
        ask(line)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("GET docs/a", InvalidURI),
        ("GET http://localhost/docs/a", InvalidURI),
        ("GET *", InvalidURI),
        ("GET /docs/%", InvalidURI),
        ("GET /docs/%2", InvalidURI),
        ("GET /docs/%zz", InvalidURI),
        ("GET /docs/%ff", InvalidURI),
        ("GET /docs/%c0%af", InvalidURI),
        ("GET /docs/%ed%a0%80", InvalidURI),
        ("GET /docs/\xe4", InvalidURI),
        ("GET /docs/a b", InvalidURI),
        ("GET /docs/a#b", InvalidURI),
        ("GET /docs?prefix=a;b", InvalidURI),
        ("GET /docs?prefix=%zz", InvalidURI),
        ("GET /docs?prefix=%2", InvalidURI),
        ("GET //docs/a", InvalidBucketName),
        ("GET /do", InvalidBucketName),
        ("GET /Docs/a", InvalidBucketName),
        ("GET /do%2Fcs", InvalidBucketName),
        ("GET /..%2Fdocs", InvalidBucketName),
        ("GET /../docs", InvalidBucketName),
        ("GET /192.168.0.1", InvalidBucketName),
        ("GET /docs//a", InvalidArgument),
        ("GET /docs/a//b", InvalidArgument),
        ("GET /docs/a%2F%2Fb", InvalidArgument),
        ("GET /docs//", InvalidArgument),
        ("GET /docs/a//", InvalidArgument),
        ("GET /docs/.", InvalidArgument),
        ("GET /docs/a/../b", InvalidArgument),
        ("GET /docs/a/%2E%2e/b", InvalidArgument),
        ("GET /docs/a/./b", InvalidArgument),
        ("GET /docs/..", InvalidArgument),
        ("GET /docs/a/..", InvalidArgument),
        ("GET /docs/../", InvalidArgument),
        ("GET /docs/a%00", InvalidArgument),
        ("GET /docs/a%0A", InvalidArgument),
        ("GET /docs/a%7F", InvalidArgument),
        ("GET /docs/a%5Cb", InvalidArgument),
        ("GET /docs/a/..%5Cb", InvalidArgument),
        ("GET /docs?prefix=" + "a/" * 520, KeyTooLongError),
        ("GET /docs/.uploads/u/1", InvalidArgument),
        ("GET /docs/a.versions/v", InvalidArgument),
        ("GET /docs/" + "a" * 256, InvalidArgument),
        ("GET /docs/" + "%C3%A4" * 128, InvalidArgument),
        ("GET /docs/" + "a/" * 513, KeyTooLongError),
        ("GET /docs?prefix=%FF", InvalidArgument),
        ("GET /docs?prefix=a&prefix=b", InvalidArgument),
        ("GET /docs?prefix=a&Prefix=b", InvalidArgument),
        ("GET /docs/a?X-Amz-Date=a&x-amz-date=b", InvalidArgument),
        ("GET /docs?list-type=1", InvalidArgument),
        ("GET /docs?max-keys=a", InvalidArgument),
        ("GET /docs?max-keys=-1", InvalidArgument),
        ("GET /docs?max-keys=99999999999", InvalidArgument),
        ("GET /docs?max-keys=%D9%A1", InvalidArgument),
        ("GET /docs?encoding-type=x", InvalidArgument),
        ("GET /docs?policy=x", InvalidArgument),
        ("GET /docs/a?versionId=", InvalidArgument),
        ("GET /docs/a?versionId=..", InvalidArgument),
        ("GET /docs/a?versionId=a%2Fb", InvalidArgument),
        ("GET /docs/a?partNumber=0", InvalidArgument),
        ("GET /docs/a?partNumber=10001", InvalidArgument),
        ("PUT /docs/a?partNumber=1&uploadId=..%2Fx", InvalidArgument),
        ("GET /docs/a?response-content-type=a%0D%0Ab", InvalidArgument),
    ],
)
def test_what_cannot_be_is_refused(
    ask: Resolve, line: str, error: type[ServiceError]
) -> None:
    """Before anybody decides over it."""
    with pytest.raises(error):
        ask(line)


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("a", "a"),
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("a%2Fb", "a/b"),
        ("a/b/", "a/b/"),
        ("%252e%252e/a", "%2e%2e/a"),
        ("%C3%A4", "\xe4"),
        ("a%CC%88", "a\u0308"),
        ("...", "..."),
        (".hidden", ".hidden"),
        ("AROAEMPLOYEE:ab/a", "AROAEMPLOYEE:ab/a"),
        ("a;b", "a;b"),
        ("a%3Fb", "a?b"),
        ("a" * 255, "a" * 255),
    ],
)
def test_keys_are_decoded_once(ask: Resolve, raw: str, key: str) -> None:
    """And neither normalised nor folded."""
    assert ask(f"GET /docs/{raw}").key == key


@pytest.mark.parametrize("value", ["docs/a%20b", "/docs/a%20b"])
def test_copy_sources(ask: Resolve, value: str) -> None:
    """With and without a slash in front, with and without a version."""
    source = ask("PUT /docs/x", x_amz_copy_source=value).copy_source
    assert source is not None
    assert (source.bucket, source.key, source.version_id) == ("docs", "a b", None)
    assert source.header == "/docs/a%20b"
    versioned = ask(
        "PUT /docs/x", x_amz_copy_source=f"{value}?versionId=v1"
    ).copy_source
    assert versioned is not None
    assert versioned.version_id == "v1"
    assert versioned.header == "/docs/a%20b?versionId=v1"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "/",
        "docs",
        "docs/",
        "//docs/a",
        "do/a",
        "docs//a",
        "docs/a/../b",
        "docs/a%2F..%2Fb",
        "docs/a+b",
        "docs/a%5Cb",
        "docs/%zz",
        "docs/\xff",
        "docs/a?versionId=",
        "docs/a?versionId=../b",
        "docs/a?other=b",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/x/object/a",
    ],
)
def test_copy_sources_that_are_none(ask: Resolve, value: str) -> None:
    """Refused, for the store would guess."""
    with pytest.raises((InvalidArgument, InvalidBucketName)):
        ask("PUT /docs/x", x_amz_copy_source=value)


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("PUT /docs/a/", {"content_length": "1"}),
        ("PUT /docs/a/", {}),
        (
            "PUT /docs/a/",
            {"content_length": "0", "x_amz_decoded_content_length": "5"},
        ),
        ("POST /docs/a/?uploads", {}),
        ("PUT /docs/a/?uploadId=u&partNumber=1", {"content_length": "0"}),
        ("PUT /docs/a/", {"x_amz_copy_source": "docs/b"}),
    ],
)
def test_a_folder_has_no_content(
    ask: Resolve, line: str, headers: dict[str, str]
) -> None:
    """The store would answer 200 and forget it."""
    with pytest.raises(InvalidArgument):
        ask(line, **headers)


def test_a_folder_without_content_is_made(ask: Resolve) -> None:
    """Which is how a folder comes to be."""
    assert ask("PUT /docs/a/", content_length="0").operation == "PutObject"
    streamed = {"content_length": "86", "x_amz_decoded_content_length": "0"}
    assert ask("PUT /docs/a/", **streamed).key == "a/"
    assert ask("PUT /docs/a/", x_amz_copy_source="docs/b/").key == "a/"
    assert ask("GET /docs/a/").key == "a/"
    assert ask("DELETE /docs/a/").key == "a/"


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-website-redirect-location",
        "x-amz-server-side-encryption-context",
        "x-amz-write-offset-bytes",
        "x-amz-rename-source",
        "x-amz-new-thing",
    ],
)
def test_headers_that_ask_for_more_are_refused(name: str) -> None:
    """An unknown header of AWS is never passed on."""
    with pytest.raises(NotImplementedHere):
        resolve(HttpRequest("PUT", "/docs/a", ((name, "x"),)))


@pytest.mark.parametrize(
    "header",
    [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "authenticated-read"),
        ("x-amz-grant-read", "uri=http://acs.amazonaws.com/groups/global/AllUsers"),
    ],
)
def test_acls_are_refused(header: tuple[str, str]) -> None:
    """No bucket has them."""
    with pytest.raises(AccessControlListNotSupported):
        resolve(HttpRequest("PUT", "/docs/a", (header,)))


def test_a_header_given_twice_is_refused() -> None:
    """The guard and the store could read different ones."""
    twice = (
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption", "AES256"),
    )
    with pytest.raises(InvalidArgument):
        resolve(HttpRequest("PUT", "/docs/a", twice))


def test_metadata_has_a_limit() -> None:
    """Names and values together, 2 KB."""
    fits = ("x-amz-meta-note", "x" * (2048 - 4))
    assert resolve(HttpRequest("PUT", "/docs/a", (fits,))).operation == "PutObject"
    more = ("x-amz-meta-b", "")
    with pytest.raises(MetadataTooLarge):
        resolve(HttpRequest("PUT", "/docs/a", (fits, more)))


def test_the_longest_key_can_be_gone_on_from(ask: Resolve) -> None:
    """The store's own token for it is a little longer than it."""
    token = "/".join(["a" * 204] * 5) + ".versions"
    listing = ask(f"GET /docs?list-type=2&continuation-token={token}")
    assert listing.parameter("continuation-token") == token


def test_the_target_passed_on_says_the_same(ask: Resolve) -> None:
    """Encoded anew, without what signs the request."""
    request = ask("GET /docs/a%2fb+c%20d?versionId=v&X-Amz-Signature=s&x-id=GetObject")
    assert request.target == "/docs/a/b%2Bc%20d?versionId=v"
    listing = ask("GET /docs?list-type=2&prefix=a+b%2B&delimiter=/")
    assert listing.target == "/docs?list-type=2&prefix=a%20b%2B&delimiter=%2F"


SEGMENT = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc"), exclude_characters="/\\\ufffe\uffff"
    ),
    min_size=1,
    max_size=20,
).filter(lambda s: s not in {".", ".."} and not s.endswith(".versions"))


@given(st.lists(SEGMENT, min_size=1, max_size=5))
def test_any_key_that_is_kept_comes_back_the_same(segments: list[str]) -> None:
    """Resolving the target that is passed on gives the same request."""
    key = "/".join(segments)
    if key.startswith(".uploads"):
        return
    once = resolve(HttpRequest("GET", f"/docs/{quote(key)}", ()))
    assert once.key == key
    again = resolve(HttpRequest("GET", once.target, ()))
    assert (again.key, again.target) == (key, once.target)
