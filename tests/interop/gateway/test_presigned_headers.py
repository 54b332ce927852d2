"""Addresses that carry what is elsewhere sent as headers."""

from typing import Any

import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.interop.gateway.conftest import REGION, Landscape

pytestmark = pytest.mark.slow


@pytest.fixture
def address(landscape: Landscape, bucket: str, folder: str) -> Any:
    """Presigns a PUT by Alice of a document with such parameters."""
    session = landscape.session("alice")
    keys = Credentials(
        session.access_key_id, session.secret_access_key, session.session_token
    )

    def presign(name: str, **parameters: str) -> str:
        url = f"{landscape.url}/{bucket}/{folder.replace(':', '%3A')}{name}"
        named = {key.replace("_", "-"): value for key, value in parameters.items()}
        request = AWSRequest("PUT", url, params=named)
        S3SigV4QueryAuth(keys, "s3", REGION, expires=60).add_auth(request)
        return str(request.prepare().url)

    return presign


def put(url: str) -> httpx.Response:
    """Send a body, and no header of S3's."""
    return httpx.put(url, content=b"presigned", trust_env=False)


def test_a_document_gets_the_metadata_of_its_address(
    alice: Any, address: Any, bucket: str, folder: str
) -> None:
    """As the SDK for JavaScript presigns them."""
    answer = put(address("hoisted.txt", x_amz_meta_mood="very good", x_id="PutObject"))
    assert answer.status_code == 200, answer.text
    got = alice.get_object(Bucket=bucket, Key=f"{folder}hoisted.txt")
    assert got["Metadata"] == {"mood": "very good"}
    assert got["Body"].read() == b"presigned"


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"x_amz_tagging": "class=public"}, 403, "AccessDenied"),
        ({"x_amz_acl": "bucket-owner-full-control"}, 403, "AccessDenied"),
        ({"x_amz_acl": "public-read"}, 400, "AccessControlListNotSupported"),
        ({"x_amz_checksum_crc32": "AAAAAA=="}, 400, "BadDigest"),
        ({"x_amz_meta_mood": "a\r\nx-amz-acl: private"}, 400, "InvalidArgument"),
        ({"x_amz_expected_bucket_owner": "1" * 12}, 403, "AccessDenied"),
    ],
)
def test_an_address_says_no_more_than_headers_may(
    alice: Any,
    address: Any,
    bucket: str,
    folder: str,
    parameters: dict[str, str],
    status: int,
    code: str,
) -> None:
    """Permissions, sums and owners are held to; nothing is stored."""
    answer = put(address("refused.txt", **parameters))
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True)
    listed = alice.list_objects_v2(Bucket=bucket, Prefix=f"{folder}refused.txt")
    assert listed["KeyCount"] == 0
