"""Both styles of addressing, and other regions, by an unchanged boto3."""

from collections.abc import Iterator
from typing import Any, Literal

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3.util import connection

pytestmark = pytest.mark.slow

DOTTED = "bucket.with.dots"
KEYS = ["healthz", "a", "a b/c+d", "%41", "é/=&?#", "~*'()", "x:y@z"]


@pytest.fixture
def by_host(landscape: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that puts the bucket into the host; all names lead here."""
    connect = connection.create_connection

    def here(address: tuple[str, int], *rest: Any, **named: Any) -> Any:
        return connect(("127.0.0.1", address[1]), *rest, **named)

    monkeypatch.setattr(connection, "create_connection", here)
    return client(landscape, "us-east-1", "virtual")


def client(landscape: Any, region: str, style: Literal["path", "virtual"]) -> Any:
    """A client of the administrator's."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://localhost:{landscape.port}",
        region_name=region,
        aws_access_key_id="ADMINKEY",
        aws_secret_access_key="admin-secret",
        config=Config(signature_version="s3v4", s3={"addressing_style": style}),
    )


@pytest.fixture(scope="module")
def dotted(landscape: Any) -> Iterator[str]:
    """A bucket whose name looks like a host's."""
    admin = landscape.admin
    admin.create_bucket(Bucket=DOTTED)
    yield DOTTED
    for key in KEYS:
        admin.delete_object(Bucket=DOTTED, Key=key)
    admin.delete_bucket(Bucket=DOTTED)


def test_a_bucket_is_found_in_the_host(by_host: Any, admin: Any, dotted: str) -> None:
    """Objects, listings and presigned addresses, with odd keys."""
    assert by_host.meta.config.s3["addressing_style"] == "virtual"
    sent: list[str] = []
    by_host.meta.events.register(
        "before-send.s3", lambda request, **_: sent.append(request.url)
    )
    for key in KEYS:
        by_host.put_object(Bucket=dotted, Key=key, Body=key.encode())
        assert admin.get_object(Bucket=dotted, Key=key)["Body"].read() == key.encode()
        address = by_host.generate_presigned_url(
            "get_object", {"Bucket": dotted, "Key": key}
        )
        answer = urllib3.PoolManager().request("GET", address)
        assert (answer.status, answer.data) == (200, key.encode())
    listed = [
        each["Key"] for each in by_host.list_objects_v2(Bucket=dotted)["Contents"]
    ]
    assert listed == sorted(KEYS, key=str.encode)
    assert by_host.head_bucket(Bucket=dotted)["BucketRegion"] == "us-east-1"
    assert all(url.startswith(f"http://{dotted}.localhost:") for url in sent)


def test_a_stranger_s_host_names_nothing(landscape: Any, bucket: str) -> None:
    """The path alone counts then, and a host cannot be two things."""
    ask = "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
    for target, host, status, word in (
        (f"/{bucket}/x", "evil.test", b"403", b"AccessDenied"),
        ("/x", f"{bucket}.localhost", b"403", b"AccessDenied"),
        ("/x", "a_b.localhost", b"400", b"InvalidBucketName"),
        ("/x", "no-such-bucket.localhost", b"403", b"AccessDenied"),
    ):
        answer = landscape.raw(ask.format(target, host).encode())
        assert answer.startswith(b"HTTP/1.1 " + status), host
        assert word in answer


@pytest.mark.parametrize("region", ["eu-west-1", "us-west-2"])
def test_an_sdk_finds_the_region(
    landscape: Any, by_host: Any, region: str, bucket: str
) -> None:
    """It is told by the error, signs again, and gets what it asked for."""
    assert by_host is not None
    styles: tuple[Literal["path", "virtual"], ...] = ("path", "virtual")
    for style in styles:
        elsewhere = client(landscape, region, style)
        assert elsewhere.list_objects_v2(Bucket=bucket)["Name"] == bucket
        assert elsewhere.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"


def test_the_region_stands_in_the_error(landscape: Any, admin: Any) -> None:
    """As element and as header, also where there is no bucket."""
    elsewhere = client(landscape, "eu-west-1", "path")
    with pytest.raises(ClientError) as refused:
        elsewhere.list_buckets()
    answer: Any = refused.value.response
    assert answer["Error"]["Code"] == "AuthorizationHeaderMalformed"
    assert answer["Error"]["Region"] == "us-east-1"
    with pytest.raises(ClientError) as refused:
        admin.head_bucket(Bucket="no-such-bucket")
    headers = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-bucket-region"] == "us-east-1"
