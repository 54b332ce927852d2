"""What browsers are answered, by the rules of the bucket they ask for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from securecart.s3 import Bucket, CorsConfiguration, CorsRule, InMemoryBuckets
from securecart.s3.addressing import VirtualHosts
from securecart.s3.errors import AccessForbidden, InvalidRequest
from securecart.serve.gateway.cross_origin import CrossOrigin
from securecart.wire.http import HttpRequest

ORIGIN = "https://portal.example.com"


def cross_origin(rules: bool = True) -> CrossOrigin:  # noqa: FBT001, FBT002 - read at the call
    """A bucket called docs, with a rule or without."""
    buckets = InMemoryBuckets()
    bucket = Bucket(
        "docs", "111122223333", "us-east-1", datetime(2026, 1, 1, tzinfo=UTC)
    )
    rule = CorsRule(
        ("https://*.example.com",), ("GET", "PUT"), ("x-amz-*",), ("etag",), 600
    )
    cors = CorsConfiguration((rule,)) if rules else None
    buckets.create(replace(bucket, cors=cors))
    return CrossOrigin(buckets, VirtualHosts(["s3.example.com"]))


def asked(
    path: str, host: str = "s3.example.com", headers: str = "", method: str = "PUT"
) -> HttpRequest:
    """A preflight request."""
    given = (
        ("host", host),
        ("origin", ORIGIN),
        ("access-control-request-method", method),
        ("access-control-request-headers", headers),
    )
    return HttpRequest("OPTIONS", path, given)


@pytest.mark.parametrize(
    "request_",
    [
        asked("/docs/a", headers="x-amz-date, X-Amz-Meta-Colour"),
        asked("/a", host="docs.s3.example.com", headers="x-amz-date"),
    ],
)
def test_a_rule_that_covers_it_allows(request_: HttpRequest) -> None:
    """Wherever the bucket stands; the browser is told for how long."""
    answer = cross_origin().preflight(request_)
    told = dict(answer.headers)
    assert answer.status == 200
    assert told["access-control-allow-origin"] == ORIGIN
    assert told["access-control-allow-methods"] == "GET, PUT"
    assert told["access-control-expose-headers"] == "etag"
    assert told["access-control-max-age"] == "600"
    assert told["access-control-allow-headers"].startswith("x-amz-date")
    assert told["vary"].startswith("Origin")


@pytest.mark.parametrize(
    ("request_", "rules", "words"),
    [
        (asked("/docs/a", method="DELETE"), True, "This CORS request is not allowed"),
        (asked("/docs/a", headers="cookie"), True, "This CORS request is not allowed"),
        (asked("/docs/a"), False, "CORS is not enabled for this bucket"),
        (asked("/none-of-this-name/a"), True, "CORS is not enabled for this bucket"),
        (asked("/a", host="a_b.s3.example.com"), True, "CORS is not enabled"),
    ],
)
def test_all_else_is_forbidden(
    request_: HttpRequest,
    rules: bool,  # noqa: FBT001 - pytest passes it by name
    words: str,
) -> None:
    """And of a bucket that is not there no more is told than of one without rules."""
    with pytest.raises(AccessForbidden, match=words):
        cross_origin(rules).preflight(request_)


def test_what_asks_for_nothing_is_no_preflight() -> None:
    """It names an origin and a method, or it is refused."""
    with pytest.raises(InvalidRequest, match="Insufficient information"):
        cross_origin().preflight(HttpRequest("OPTIONS", "/docs/a", (("host", "a"),)))


def test_actual_requests_are_told_too() -> None:
    """By the same rules; one that none covers is answered without a word."""
    request = HttpRequest("GET", "/docs/a", (("host", "a"), ("origin", ORIGIN)))
    told = dict(cross_origin().headers(request))
    assert told["access-control-allow-origin"] == ORIGIN
    assert "access-control-max-age" not in told
    stranger = HttpRequest(
        "GET", "/docs/a", (("host", "a"), ("origin", "https://x.test"))
    )
    assert cross_origin().headers(stranger) == ()
