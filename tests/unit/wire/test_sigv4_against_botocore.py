"""Our verifier accepts what AWS's own signer makes, and signs as it does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import (
    SignatureDoesNotMatch,
    SignatureKind,
    VerifiedSignature,
    parse_signature,
    presign,
    sign,
    verify_signature,
)

NOW = datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC)
OURS = Credentials("ASIAEXAMPLE", "secret/of+the=session", "token+/=1")
THEIRS = BotocoreCredentials(
    OURS.access_key_id, OURS.secret_access_key, OURS.session_token
)
HOST = "localhost:9000"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = texts.filter(bool)
queries = st.dictionaries(
    keys.filter(lambda name: not name.startswith("X-Amz-")), texts, max_size=4
)
header_values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30
)
metadata = st.dictionaries(
    st.from_regex(r"x-amz-meta-[a-z0-9-]{1,8}", fullmatch=True),
    header_values,
    max_size=4,
)


@pytest.fixture(autouse=True, scope="module")
def _stopped_clock() -> Iterator[None]:
    with patch("botocore.auth.get_current_datetime", lambda: NOW):
        yield


def address(key: str, query: dict[str, str]) -> str:
    """Write a URL as boto3 does: all but unreserved characters encoded."""
    path = quote(key, safe="/~")
    sent = "&".join(
        f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in query.items()
    )
    return f"http://{HOST}/bucket/{path}" + (f"?{sent}" if sent else "")


def received(signed: AWSRequest, body: bytes = b"") -> HttpRequest:
    """Turn what botocore signed into what a server receives."""
    parts = urlsplit(str(signed.url))
    return HttpRequest(
        str(signed.method),
        parts.path + (f"?{parts.query}" if parts.query else ""),
        (
            ("host", HOST),
            ("user-agent", "test"),
            *((name.lower(), value) for name, value in signed.headers.items()),
        ),
        body,
    )


def verify(
    request: HttpRequest, *, service: str = "s3", secret: str = OURS.secret_access_key
) -> VerifiedSignature:
    """Parse and verify as a server does."""
    unverified = parse_signature(request)
    assert unverified is not None
    assert unverified.access_key_id == OURS.access_key_id
    assert unverified.session_token == OURS.session_token
    return verify_signature(
        unverified,
        request,
        secret_access_key=secret,
        region="us-east-1",
        services=(service,),
        now=NOW,
    )


@given(key=keys, query=queries, meta=metadata, body=st.binary(max_size=50))
def test_s3_header_signatures_are_accepted(
    key: str, query: dict[str, str], meta: dict[str, str], body: bytes
) -> None:
    """Odd keys, queries and header values verify; any other secret does not."""
    theirs = AWSRequest("PUT", address(key, query), dict(meta), body)
    S3SigV4Auth(THEIRS, "s3", "us-east-1").add_auth(theirs)
    request = received(theirs, body)
    assert verify(request).kind is SignatureKind.HEADER
    with pytest.raises(SignatureDoesNotMatch):
        verify(request, secret="another")


@given(key=keys, query=queries)
def test_s3_presigned_addresses_are_accepted(key: str, query: dict[str, str]) -> None:
    """A presigned URL verifies, and asks for no payload hash."""
    theirs = AWSRequest("GET", address(key, query))
    S3SigV4QueryAuth(THEIRS, "s3", "us-east-1", 900).add_auth(theirs)
    verified = verify(received(theirs))
    assert verified.kind is SignatureKind.QUERY
    assert verified.payload_hash == "UNSIGNED-PAYLOAD"


@given(path=texts, body=st.binary(max_size=50), query=queries)
def test_other_services_are_accepted(
    path: str, body: bytes, query: dict[str, str]
) -> None:
    """Other services sign the normalised path and the body itself."""
    theirs = AWSRequest("POST", address(path, query), {}, body)
    SigV4Auth(THEIRS, "sts", "us-east-1").add_auth(theirs)
    verify(received(theirs, body), service="sts")
    with pytest.raises(SignatureDoesNotMatch):
        verify(received(theirs, body + b"."), service="sts")


@pytest.mark.parametrize(
    "path", ["/", "/a/./b", "/a/../b/", "/../..", "//a//b", "/a/.", "/a/..", "/a%20b/"]
)
def test_dot_segments_are_removed_for_other_services(path: str) -> None:
    """Every service but S3 signs a path without dot segments."""
    theirs = AWSRequest("GET", f"http://{HOST}{path}")
    SigV4Auth(THEIRS, "sts", "us-east-1").add_auth(theirs)
    verify(received(theirs), service="sts")


def test_presigned_requests_to_other_services_are_accepted() -> None:
    """A presigned GetCallerIdentity verifies, as identity brokers send it."""
    theirs = AWSRequest("GET", f"http://{HOST}/?Action=GetCallerIdentity")
    SigV4QueryAuth(THEIRS, "sts", "us-east-1", 60).add_auth(theirs)
    verify(received(theirs), service="sts")


def test_a_date_header_stands_in_for_x_amz_date() -> None:
    """Clients that cannot set x-amz-date may sign Date."""
    theirs = AWSRequest("GET", address("k", {}), {"Date": "now"})
    S3SigV4Auth(THEIRS, "s3", "us-east-1").add_auth(theirs)
    assert verify(received(theirs)).signed_at == NOW


@given(key=keys, query=queries, meta=metadata)
def test_sign_makes_the_same_signature(
    key: str, query: dict[str, str], meta: dict[str, str]
) -> None:
    """`sign` and botocore's signer answer the same Authorization header."""
    theirs = AWSRequest("GET", address(key, query), {**meta, "content-type": "a/b"})
    S3SigV4Auth(THEIRS, "s3", "us-east-1").add_auth(theirs)
    sent = received(theirs)
    unsigned = HttpRequest(
        "GET",
        sent.target,
        (("host", HOST), ("content-type", "a/b"), ("range", "bytes=0-"), *meta.items()),
    )
    payload_hash = sent.header("x-amz-content-sha256")
    assert payload_hash is not None
    ours = sign(
        unsigned,
        OURS,
        region="us-east-1",
        service="s3",
        now=NOW,
        payload_hash=payload_hash,
    )
    assert ours.header("authorization") == sent.header("authorization")
    verify(ours)


@given(key=keys, query=queries)
def test_presign_is_accepted(key: str, query: dict[str, str]) -> None:
    """What `presign` answers verifies, its own parameters included."""
    url = presign(
        "GET",
        address(key, query),
        OURS,
        region="us-east-1",
        service="s3",
        now=NOW,
        expires=60,
    )
    parts = urlsplit(url)
    verify(HttpRequest("GET", f"{parts.path}?{parts.query}", (("host", HOST),)))


def test_presign_without_a_token_is_accepted() -> None:
    """An administrator's key pair has no session token to carry."""
    url = presign(
        "GET",
        f"http://{HOST}",
        Credentials("AKIA", "s"),
        region="r",
        service="s3",
        now=NOW,
        expires=60,
    )
    request = HttpRequest("GET", url.removeprefix(f"http://{HOST}"), (("host", HOST),))
    unverified = parse_signature(request)
    assert unverified is not None
    assert unverified.session_token is None
    verify_signature(
        unverified,
        request,
        secret_access_key="s",
        region="r",
        services=("s3",),
        now=NOW,
    )
