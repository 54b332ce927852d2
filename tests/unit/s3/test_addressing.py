"""Buckets that a host names, and hosts that name none."""

import pytest

from securecart.s3 import resolve
from securecart.s3.addressing import VirtualHosts
from securecart.s3.errors import InvalidBucketName
from securecart.wire.http import HttpRequest

HOSTS = VirtualHosts(["s3.example.com", "example.com"])


def asked(host: str, target: str) -> tuple[str | None, str | None]:
    """The bucket and the key that a request asks for."""
    request = HttpRequest("GET", target, (("host", host),))
    found = resolve(HOSTS.path_style(request))
    return found.bucket, found.key


@pytest.mark.parametrize(
    ("host", "target", "bucket", "key"),
    [
        ("docs.s3.example.com", "/a/b", "docs", "a/b"),
        ("DOCS.S3.Example.Com:9000", "/a%20b?versionId=1", "docs", "a b"),
        ("docs.s3.example.com", "/", "docs", None),
        ("docs.s3.example.com", "/?list-type=2", "docs", None),
        ("my.own.docs.s3.example.com", "/a", "my.own.docs", "a"),
        ("docs.example.com", "/other/a", "docs", "other/a"),
        ("s3.example.com", "/docs/a", "docs", "a"),
        ("s3.example.com:443", "/docs/a", "docs", "a"),
        ("s3.example.com", "/", None, None),
        ("evil.test", "/docs/a", "docs", "a"),
        ("docs.s3.example.com.evil.test", "/other/a", "other", "a"),
        ("docss3.example.org", "/other/a", "other", "a"),
        ("127.0.0.1:9000", "/docs/a", "docs", "a"),
        ("[::1]:9000", "/docs/a", "docs", "a"),
    ],
)
def test_where_the_bucket_stands(
    host: str, target: str, bucket: str | None, key: str | None
) -> None:
    """Below a host of ours, in the host; everywhere else, in the path."""
    assert asked(host, target) == (bucket, key)


@pytest.mark.parametrize(
    "host",
    [
        ".s3.example.com",
        "docs/a.s3.example.com",
        "docs%2Fa.s3.example.com",
        "docs_a.s3.example.com",
        "docs?list-type=2&a.example.com",
        "docs#.example.com",
    ],
)
def test_a_host_s_bucket_has_a_bucket_s_name(host: str) -> None:
    """It cannot be a path of several parts, nor end one."""
    with pytest.raises(InvalidBucketName):
        asked(host, "/docs/a")


def test_without_hosts_the_path_alone_counts() -> None:
    """As it is where the endpoint is an address."""
    request = HttpRequest("GET", "/docs/a", (("host", "x.example.com"),))
    assert VirtualHosts().path_style(request) is request


@pytest.mark.parametrize(
    ("host", "named"),
    [("docs.example.com", True), ("s3.example.com", False), ("evil.test", False)],
)
def test_whether_a_host_names_a_bucket(host: str, named: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """Then all of the path is a key, whatever it looks like."""
    request = HttpRequest("GET", "/healthz", (("host", host),))
    assert HOSTS.name_a_bucket(request) is named
