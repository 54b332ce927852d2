"""The condition keys of every request."""

from datetime import UTC, datetime, timedelta

import pytest

from securecart.names.session import RoleSession
from securecart.s3 import NoFolder, folder_of, request_context, signature_context
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4.signature import SignatureKind, UnverifiedSignature

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


def test_global_keys_come_from_the_listener() -> None:
    """A header about the address changes nothing."""
    request = HttpRequest(
        "GET",
        "/docs",
        (("user-agent", "x/1"), ("x-forwarded-for", "198.51.100.1")),
        source_ip="127.0.0.1",
        secure=True,
    )
    assert request_context(request, now=NOW, region="us-east-1") == {
        "aws:currenttime": "2025-03-01T12:00:00Z",
        "aws:epochtime": "1740830400",
        "aws:requestedregion": "us-east-1",
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:sourceip": "127.0.0.1",
        "aws:useragent": "x/1",
    }


def test_plain_transport_is_said_to_be_so() -> None:
    """So that a Deny on it is met."""
    context = request_context(
        HttpRequest("GET", "/", (("referer", "http://r"),)), now=NOW, region="r"
    )
    assert context["aws:securetransport"] == "false"
    assert context["aws:referer"] == "http://r"
    assert "aws:sourceip" not in context


def test_a_signature_brings_its_age_in_milliseconds() -> None:
    """And where it stood."""
    signature = UnverifiedSignature(
        kind=SignatureKind.QUERY,
        access_key_id="ASIA",
        session_token=None,
        date="20250301",
        region="us-east-1",
        service="s3",
        timestamp="20250301T115959Z",
        signed_at=NOW - timedelta(seconds=1),
        expires=60,
        signed_headers=("host",),
        signature="0" * 64,
        payload_hash="UNSIGNED-PAYLOAD",
    )
    assert signature_context(signature, now=NOW) == {
        "s3:authtype": "REST-QUERY-STRING",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:signatureage": "1000",
        "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    }
    assert signature_context(None, now=NOW) == {}


def session(role_id: str, name: str) -> RoleSession:
    """A session of that id."""
    return RoleSession("111122223333", "Employee", "/", role_id, name, "ASIA", NOW, NOW)


def test_a_folder_ends_in_a_slash() -> None:
    """Or one name would be the beginning of another."""
    assert folder_of(session("AROA", "ab")) == "AROA:ab/"
    assert not folder_of(session("AROA", "abc")).startswith(
        folder_of(session("AROA", "ab"))
    )


@pytest.mark.parametrize(
    ("role_id", "name"),
    [("AROA", ""), ("", "ab"), ("AROA", "a/b"), ("AROA", "/"), ("A/", "b")],
)
def test_ids_without_a_folder(role_id: str, name: str) -> None:
    """Empty ones, and ones with a slash."""
    with pytest.raises(NoFolder):
        folder_of(session(role_id, name))
