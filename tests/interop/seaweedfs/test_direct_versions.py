"""The direct way in buckets that keep versions, and with data keys of KMS's.

As `test_direct_store` has it: written by one, read by both, and the same in the
filer, the folder of versions and its pointer to the newest among it.
"""

import base64
import http.client
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from tests.interop.seaweedfs.test_direct_store import (
    CHECKSUMS,
    SEALED,
    TYPE,
    Ways,
    names,
    puts,
    raw_entry,
    told,
)

from securecart.adapters.direct_store import NotOpened
from securecart.adapters.seaweedfs import KmsEndpoint, Store
from securecart.s3 import Versioning
from securecart.wire.query_string import percent_encode

pytestmark = pytest.mark.slow

VERSIONED, LOCKED, PLAIN = "versioned", "locked", "unversioned"
VERSION = "x-amz-version-id"
ON = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
OFF = ON.replace(b"Enabled", b"Suspended")
RETENTION = (
    b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
    b"<DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention>"
    b"</Rule></ObjectLockConfiguration>"
)
PASSING = re.compile(
    r"file_id|fid|modified_ts_ns|e_tag|FullPath|Inode|[MCA]r?time|sse_metadata"
    r"|Seaweed-X-Amz-(Latest-)?Version-(Id|File-Name|Mtime)|Seaweed-X-Amz-Noncurrent.*"
    r"|x-seaweedfs-sse-.*-key"
)
"""What differs from one writing to the next: that it is there is compared."""


class OverHttp:
    """The fake KMS of `conftest`, asked as the store asks it."""

    def __init__(self, endpoint: KmsEndpoint) -> None:
        self._host = urlsplit(endpoint.url).netloc

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        told = self._ask("GenerateDataKey", KeyId=key, EncryptionContext=context)
        plain, made = told["Plaintext"], told["CiphertextBlob"]
        return base64.b64decode(plain), base64.b64decode(made)

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        blob = base64.b64encode(made).decode()
        told = self._ask("Decrypt", CiphertextBlob=blob, EncryptionContext=context)
        return base64.b64decode(told["Plaintext"])

    def _ask(self, operation: str, **parameters: Any) -> Any:
        connection = http.client.HTTPConnection(self._host)
        headers = {"X-Amz-Target": f"TrentService.{operation}"}
        connection.request("POST", "/", json.dumps(parameters), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise NotOpened(body)
        return body


@pytest.fixture(scope="module")
def ways(store: Store, kms: tuple[KmsEndpoint, Any]) -> Iterator[Ways]:
    """Both, with a bucket of each kind."""
    ways = Ways(store, OverHttp(kms[0]))
    for bucket in (VERSIONED, PLAIN):
        assert ways.s3("PUT", f"/{bucket}").status == 200
    assert ways.s3("PUT", f"/{VERSIONED}?versioning=", (), ON).status == 200
    lock = (("x-amz-bucket-object-lock-enabled", "true"),)
    assert ways.s3("PUT", f"/{LOCKED}", lock).status == 200
    assert ways.s3("PUT", f"/{LOCKED}?object-lock=", (), RETENTION).status == 200
    yield ways
    ways.close()


Encryption = tuple[tuple[str, str], ...]


@pytest.fixture(scope="module", params=["SSE-S3", "SSE-KMS"])
def encryption(request: pytest.FixtureRequest, key_arn: str) -> Encryption:
    """The headers that ask for it."""
    if request.param == "SSE-S3":
        return (SEALED,)
    name = "x-amz-server-side-encryption"
    return ((name, "aws:kms"), (f"{name}-aws-kms-key-id", key_arn))


def kept(found: Any) -> Any:
    """What of an entry is the same from one writing to the next."""
    if isinstance(found, list):
        return [kept(each) for each in found]
    if not isinstance(found, dict):
        return found
    return {
        name: "" if PASSING.fullmatch(name) else kept(value)
        for name, value in found.items()
    }


def described(found: dict[str, Any]) -> list[Any]:
    """The form of what stands beside object and chunks."""
    beside = [each["sse_metadata"] for each in found["chunks"]]
    beside += [
        v for k, v in found["Extended"].items() if k.startswith("x-seaweedfs-sse")
    ]
    return [sorted(json.loads(base64.b64decode(each))) for each in beside]


def assert_the_same(ways: Ways, at: str, body: bytes, keeps: Versioning) -> None:
    """Hold both ways of reading to one another."""
    for asked in ((), (CHECKSUMS,)):
        expected = ways.s3("GET", at, asked)
        found = ways.read(at, asked, "GET", keeps)
        assert found is not None
        assert (found.status, found.body, expected.body) == (200, body, body)
        want = told(expected)
        want.pop("x-amz-server-side-encryption-context", None)
        assert told(found) == want
        head = ways.read(at, asked, "HEAD", keeps)
        assert head is not None
        assert (head.headers, head.body) == (found.headers, b"")


@given(puts(), names)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_newest_version_is_read_as_s3_reads_it(
    ways: Ways,
    encryption: Encryption,
    put: tuple[list[tuple[str, str]], bytes],
    name: str,
) -> None:
    """With its id, and whatever else was put with it."""
    headers, body = put
    headers = [*encryption, *(each for each in headers if each != SEALED)]
    at = f"/{VERSIONED}/{encryption[0][1][:3]}/{percent_encode(name)}"
    for more in (b"", b"more"):
        sent = headers if not more else [*encryption, TYPE]
        assert ways.s3("PUT", at, sent, body + more).status == 200
        assert_the_same(ways, at, body + more, Versioning.ENABLED)


@given(puts(), names)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_data_keys_of_kms_are_shared_where_no_versions_are_kept(
    ways: Ways, key_arn: str, put: tuple[list[tuple[str, str]], bytes], name: str
) -> None:
    """In a bucket that never kept versions."""
    headers, body = put
    sse = "x-amz-server-side-encryption"
    headers = [each for each in headers if each != SEALED]
    headers += [(sse, "aws:kms"), (f"{sse}-aws-kms-key-id", key_arn)]
    by_s3 = f"/{PLAIN}/s3/{percent_encode(name)}"
    directly = f"/{PLAIN}/direct/{percent_encode(name)}"
    assert ways.s3("PUT", by_s3, headers, body).status == 200
    assert ways.write(directly, headers, body) is not None
    one, other = raw_entry(ways, by_s3), raw_entry(ways, directly)
    assert (kept(one), described(one)) == (kept(other), described(other))
    for at in (by_s3, directly):
        assert_the_same(ways, at, body, Versioning.NEVER)


def test_a_long_document_of_kms_is_opened_chunk_after_chunk(
    ways: Ways, encryption: Encryption
) -> None:
    """Its counter goes on from chunk to chunk."""
    body = bytes(range(256)) * (10 * 1024 * 1024 // 256) + b"end"
    at = f"/{VERSIONED}/long"
    assert ways.s3("PUT", at, (*encryption, TYPE), body).status == 200
    found = ways.read(at, (), "GET", Versioning.ENABLED)
    assert found is not None
    assert found.body == body


def test_the_newest_is_read_until_it_is_deleted(
    ways: Ways, encryption: Encryption
) -> None:
    """And after a deletion, nothing is: S3 says that best."""
    at = f"/{VERSIONED}/turns"
    headers = (*encryption, TYPE)
    version = ""
    for number in range(6):
        body = b"%d" % number
        version = dict(ways.s3("PUT", at, headers, body).headers)[VERSION]
        assert_the_same(ways, at, body, Versioning.ENABLED)
        if number % 3 == 2:
            assert ways.s3("DELETE", at).status == 204
            assert ways.read(at, (), "GET", Versioning.ENABLED) is None
            assert ways.s3("GET", at).status == 404
    listed = ways.s3("GET", f"/{VERSIONED}?versions=&prefix=turns").body.decode()
    assert listed.count("<Version>") >= 6
    assert ways.s3("DELETE", at).status == 204
    assert ways.s3("GET", f"{at}?versionId={version}").body == b"5"


def test_what_is_locked_is_read_by_s3(ways: Ways) -> None:
    """It tells of the lock to those who may know."""
    at = f"/{LOCKED}/f/a"
    assert ways.s3("PUT", at, (SEALED, TYPE), b"text").status == 200
    assert "x-amz-object-lock-mode" in dict(ways.s3("GET", at).headers)
    assert ways.read(at, (), "GET", Versioning.ENABLED) is None


def test_what_was_there_before_versions_is_left_to_s3(ways: Ways) -> None:
    """And what is written while they are not kept for a time."""
    bucket = "turned"
    at = f"/{bucket}/f/a"
    headers = (SEALED, TYPE)
    assert ways.s3("PUT", f"/{bucket}").status == 200
    assert ways.write(at, headers, b"null") is not None
    assert ways.s3("PUT", f"/{bucket}?versioning=", (), ON).status == 200
    assert ways.read(at, (), "GET", Versioning.ENABLED) is None
    assert ways.s3("GET", at).body == b"null"
    assert ways.s3("PUT", at, headers, b"first").status == 200
    assert_the_same(ways, at, b"first", Versioning.ENABLED)
    assert ways.s3("PUT", f"/{bucket}?versioning=", (), OFF).status == 200
    assert ways.read(at, (), "GET", Versioning.SUSPENDED) is None
    assert ways.s3("PUT", at, headers, b"null again").status == 200
    assert ways.s3("PUT", f"/{bucket}?versioning=", (), ON).status == 200
    found = ways.read(at, (), "GET", Versioning.ENABLED)
    assert ways.s3("GET", at).body == b"null again"
    assert found is None or found.body == b"null again"
    assert ways.s3("PUT", at, headers, b"second").status == 200
    assert_the_same(ways, at, b"second", Versioning.ENABLED)
    assert ways.s3("GET", f"{at}?versionId=null").body == b"null again"
