"""The signature of a form: its policy, whole, by the key of one scope."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.credentials import Credentials
from securecart.wire.sigv4 import (
    SignatureError,
    SignatureKind,
    VerifiedSignature,
    parse_form_signature,
    verify_form_signature,
)

NOW = datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC)
Fields = dict[str, str]


def signed(
    credentials: Credentials, conditions: list[object], now: datetime = NOW
) -> Fields:
    """Sign a form as boto3's generate_presigned_post does."""
    request = AWSRequest("POST", "http://localhost:9000/bucket")
    request.context["s3-presign-post-policy"] = {
        "expiration": "2026-11-23T13:00:00Z",
        "conditions": conditions,
    }
    theirs = BotocoreCredentials(
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
    )
    with patch("botocore.auth.get_current_datetime", lambda: now):
        S3SigV4PostAuth(theirs, "s3", "us-east-1").add_auth(request)
    return dict(request.context["s3-presign-post-fields"])


def verify(
    fields: Fields, *, secret: str = "secret/of+the=session", now: datetime = NOW
) -> VerifiedSignature:
    """Parse and verify as a server does."""
    unverified = parse_form_signature(fields)
    assert unverified is not None
    return verify_form_signature(
        unverified,
        fields["policy"],
        secret_access_key=secret,
        region="us-east-1",
        services=("s3",),
        now=now,
    )


@given(value=st.text(max_size=50))
def test_what_boto3_signs_is_accepted(value: str) -> None:
    """With its session token; any other secret is not."""
    credentials = Credentials("ASIAEXAMPLE", "secret/of+the=session", "token+/=1")
    fields = signed(credentials, [{"x-amz-meta-a": value}])
    assert verify(fields).kind is SignatureKind.FORM
    assert verify(fields).kind.value == "POST"
    unverified = parse_form_signature(fields)
    assert unverified is not None
    assert unverified.session_token == "token+/=1"
    with pytest.raises(SignatureError) as refused:
        verify(fields, secret="another")
    assert refused.value.code == "SignatureDoesNotMatch"


def test_the_published_example() -> None:
    """AWS's example of a browser-based upload verifies."""
    # "Example: Browser-Based Upload using HTTP POST (Using AWS Signature
    # Version 4)": the policy has line breaks as there.
    policy = base64.b64encode(
        b'{ "expiration": "2015-12-30T12:00:00.000Z",\r\n'
        b'  "conditions": [\r\n'
        b'    {"bucket": "sigv4examplebucket"},\r\n'
        b'    ["starts-with", "$key", "user/user1/"],\r\n'
        b'    {"acl": "public-read"},\r\n'
        b'    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},\r\n'
        b'    ["starts-with", "$Content-Type", "image/"],\r\n'
        b'    {"x-amz-meta-uuid": "14365123651274"},\r\n'
        b'    {"x-amz-server-side-encryption": "AES256"},\r\n'
        b'    ["starts-with", "$x-amz-meta-tag", ""],\r\n'
        b"\r\n"
        b'    {"x-amz-credential": '
        b'"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},\r\n'
        b'    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},\r\n'
        b'    {"x-amz-date": "20151229T000000Z" }\r\n'
        b"  ]\r\n"
        b"}"
    ).decode()
    fields = {
        "policy": policy,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": ("AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
        "x-amz-date": "20151229T000000Z",
        "x-amz-signature": (
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        ),
    }
    verify(
        fields,
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        now=datetime(2015, 12, 29, 12, tzinfo=UTC),
    )


def test_no_field_of_a_signature_is_anonymous() -> None:
    """A form without a policy is nobody's."""
    assert parse_form_signature({"key": "a", "acl": "private"}) is None


@pytest.mark.parametrize(
    "missing",
    ["policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"],
)
def test_half_a_signature_is_no_anonymous_form(
    missing: str, credentials: Credentials
) -> None:
    """Whichever half it is."""
    fields = signed(credentials, [])
    del fields[missing]
    for left in (fields, {"x-amz-security-token": "t"}):
        with pytest.raises(
            SignatureError, match="must contain a field named"
        ) as refused:
            parse_form_signature(left)
        assert refused.value.code == "InvalidArgument"


@pytest.mark.parametrize(
    ("field", "change", "code"),
    [
        ("policy", lambda value: value[:-4] + "AAA=", "SignatureDoesNotMatch"),
        ("policy", lambda value: value + "\n", "SignatureDoesNotMatch"),
        ("policy", lambda _: "", "SignatureDoesNotMatch"),
        ("x-amz-date", lambda _: "20261123T123046Z", None),
        ("x-amz-date", lambda _: "20261124T000000Z", "AuthorizationQuery"),
        ("x-amz-date", lambda _: "tomorrow", "AccessDenied"),
        ("x-amz-signature", lambda value: value.upper(), "AuthorizationQuery"),
        ("x-amz-signature", lambda _: "0" * 64, "SignatureDoesNotMatch"),
        ("x-amz-algorithm", lambda _: "AWS4-ECDSA-P256-SHA256", "AuthorizationQuery"),
        (
            "x-amz-credential",
            lambda value: value.replace("us-east-1", "eu-west-1"),
            "AuthorizationQuery",
        ),
        (
            "x-amz-credential",
            lambda value: value.replace("/s3/", "/sts/"),
            "AuthorizationQuery",
        ),
        (
            "x-amz-credential",
            lambda value: value.replace("aws4", "aws5"),
            "AuthorizationQuery",
        ),
        ("x-amz-credential", lambda value: value + "/", "AuthorizationQuery"),
        ("x-amz-credential", lambda value: "é" + value, "AuthorizationQuery"),
        ("x-amz-security-token", lambda _: "é", "AuthorizationQuery"),
        ("x-amz-security-token", lambda _: "a" * 20_000, "InvalidArgument"),
    ],
)
def test_any_other_form_is_refused(
    field: str,
    change: Callable[[str], str],
    code: str | None,
    credentials: Credentials,
) -> None:
    """The policy is signed; the date is a condition of it, as others are."""
    fields = signed(credentials, [])
    fields[field] = change(fields[field])
    if code is None:
        verify(fields)
        return
    with pytest.raises(SignatureError) as refused:
        verify(fields)
    assert refused.value.code.startswith(code)


def test_signature_version_2_is_refused_in_words(credentials: Credentials) -> None:
    """Its two fields stand in old forms."""
    for field in ("awsaccesskeyid", "signature"):
        for fields in ({}, signed(credentials, [])):
            with pytest.raises(SignatureError, match="Please use AWS4-HMAC-SHA256"):
                parse_form_signature({**fields, field: "x"})


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (timedelta(minutes=-16), "RequestTimeTooSkewed"),
        (timedelta(minutes=-14), None),
        (timedelta(days=7), None),
        (timedelta(days=7, seconds=1), "AccessDenied"),
    ],
)
def test_a_signature_lives_for_seven_days(
    later: timedelta, code: str | None, credentials: Credentials
) -> None:
    """And begins no earlier than clocks may differ."""
    fields = signed(credentials, [])
    if code is None:
        verify(fields, now=NOW + later)
        return
    with pytest.raises(SignatureError) as refused:
        verify(fields, now=NOW + later)
    assert refused.value.code == code
