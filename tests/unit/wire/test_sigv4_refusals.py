"""What the verifier refuses, and in which of AWS's words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import (
    SignatureError,
    VerifiedSignature,
    parse_signature,
    presign,
    sign,
    verify_signature,
)
from securecart.wire.sigv4.parse import (
    MAX_AUTHORIZATION_LENGTH,
    MAX_SESSION_TOKEN_LENGTH,
)

HOST = "localhost:9000"
Verify = Callable[[HttpRequest], VerifiedSignature]


@pytest.fixture
def verify(now: datetime, credentials: Credentials) -> Verify:
    """Parse and verify one request, as a server does."""

    def _verify(request: HttpRequest) -> VerifiedSignature:
        unverified = parse_signature(request)
        assert unverified is not None
        return verify_signature(
            unverified,
            request,
            secret_access_key=credentials.secret_access_key,
            region="us-east-1",
            services=("s3",),
            now=now,
        )

    return _verify


def signed(
    credentials: Credentials, now: datetime, *headers: tuple[str, str], **scope: str
) -> HttpRequest:
    """Sign a PUT with these headers besides."""
    return sign(
        HttpRequest("PUT", "/bucket/key?a=1&b=2", (("host", HOST), *headers)),
        credentials,
        region=scope.get("region", "us-east-1"),
        service=scope.get("service", "s3"),
        now=now,
        payload_hash=scope.get("payload_hash", "UNSIGNED-PAYLOAD"),
    )


def presigned(
    credentials: Credentials, now: datetime, expires: int = 60
) -> HttpRequest:
    """Presign a GET."""
    url = presign(
        "GET",
        f"http://{HOST}/bucket/key",
        credentials,
        region="us-east-1",
        service="s3",
        now=now,
        expires=expires,
    )
    return HttpRequest("GET", url.removeprefix(f"http://{HOST}"), (("host", HOST),))


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    """Replace a header's value."""
    return replace(
        request,
        headers=tuple((n, value if n == name else v) for n, v in request.headers),
    )


def with_authorization(request: HttpRequest, old: str, new: str) -> HttpRequest:
    """Replace a piece of the Authorization header."""
    value = request.header("authorization")
    assert value is not None
    assert old in value
    return with_header(request, "authorization", value.replace(old, new))


def test_nothing_signed_is_anonymous() -> None:
    """A request without any signature is nobody's, not an error."""
    assert parse_signature(HttpRequest("GET", "/b/k?x=1", (("host", HOST),))) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, method="GET"),
        lambda request: replace(request, target="/bucket/key2?a=1&b=2"),
        lambda request: replace(request, target="/bucket/key?a=1&b=3"),
        lambda request: replace(request, target="/bucket/key?a=1&b=2&c=3"),
        lambda request: replace(request, target="/bucket/key?a=1"),
        lambda request: with_header(request, "host", "localhost:9001"),
        lambda request: with_header(request, "x-amz-meta-a", "2"),
        lambda request: with_header(request, "x-amz-security-token", "token-2"),
        lambda request: with_header(request, "x-amz-content-sha256", "0" * 64),
        lambda request: replace(
            request, headers=(*request.headers, ("x-amz-meta-a", "2"))
        ),
    ],
)
def test_any_change_breaks_the_signature(
    change: Callable[[HttpRequest], HttpRequest],
    verify: Verify,
    now: datetime,
    credentials: Credentials,
) -> None:
    """Method, path, query, signed headers: each is covered."""
    request = signed(credentials, now, ("x-amz-meta-a", "1"))
    verify(request)
    with pytest.raises(SignatureError) as caught:
        verify(change(request))
    assert caught.value.code == "SignatureDoesNotMatch"


def test_the_order_of_parameters_is_not_signed(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """Parameters are sorted before they are signed."""
    verify(replace(signed(credentials, now), target="/bucket/key?b=2&a=1"))


def test_a_plus_is_a_space(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """Browsers write a space in a query as `+` and sign it as `%20`."""
    request = sign(
        HttpRequest("GET", "/b?prefix=a%20b", (("host", HOST),)),
        credentials,
        region="us-east-1",
        service="s3",
        now=now,
        payload_hash="UNSIGNED-PAYLOAD",
    )
    verify(replace(request, target="/b?prefix=a+b"))


def test_utf8_in_header_values_is_kept(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """The bytes 0x85 and 0xA0 of UTF-8 text are no spaces to be trimmed."""
    value = "à\u2005x  yà".encode().decode("latin-1")
    request = signed(credentials, now, ("x-amz-meta-a", value))
    verify(request)
    for changed in (value[:-1], value.replace("\xa0", " ", 1)):
        with pytest.raises(SignatureError):
            verify(with_header(request, "x-amz-meta-a", changed))


@pytest.mark.parametrize("name", ["x-amz-acl", "x-amz-copy-source", "x-amz-meta-a"])
@pytest.mark.parametrize("make", [signed, presigned])
def test_every_amz_header_must_be_signed(
    name: str,
    make: Callable[[Credentials, datetime], HttpRequest],
    verify: Verify,
    now: datetime,
    credentials: Credentials,
) -> None:
    """Nobody on the way can add a header that changes what is done."""
    request = make(credentials, now)
    verify(request)
    with pytest.raises(SignatureError, match="not signed") as caught:
        verify(replace(request, headers=(*request.headers, (name, "x"))))
    assert caught.value.code == "AccessDenied"


def test_host_must_be_signed(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """A signature that names no host could be sent anywhere."""
    request = signed(credentials, now)
    with pytest.raises(SignatureError, match="not signed: host"):
        verify(with_authorization(request, "=host;", "="))


def test_the_date_cannot_be_moved(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """The signing time is signed, listed among the headers or not."""
    request = signed(credentials, now)
    with pytest.raises(SignatureError) as caught:
        verify(with_header(request, "x-amz-date", "20261123T123046Z"))
    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("minutes", "fine"), [(-15.1, False), (-14.9, True), (14.9, True), (15.1, False)]
)
def test_fifteen_minutes_of_skew(
    minutes: float,
    fine: bool,  # noqa: FBT001 - a parametrized expectation
    verify: Verify,
    now: datetime,
    credentials: Credentials,
) -> None:
    """Clocks may differ by a quarter of an hour."""
    request = signed(credentials, now + timedelta(minutes=minutes))
    if fine:
        verify(request)
        return
    with pytest.raises(SignatureError) as caught:
        verify(request)
    assert caught.value.code == "RequestTimeTooSkewed"


def test_presigned_addresses_end(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """A presigned URL lives for X-Amz-Expires seconds, and begins in time."""
    verify(presigned(credentials, now - timedelta(days=7), expires=604800))
    with pytest.raises(SignatureError, match="Request has expired"):
        verify(presigned(credentials, now - timedelta(seconds=61), expires=60))
    with pytest.raises(SignatureError) as caught:
        verify(presigned(credentials, now + timedelta(minutes=16)))
    assert caught.value.code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("expires", ["0", "-1", "604801", "9" * 30, "", "1e3", "٣"])
def test_expires_is_bounded(
    expires: str, now: datetime, credentials: Credentials
) -> None:
    """One second to seven days, in ASCII digits."""
    request = presigned(credentials, now)
    target = request.target.replace(
        "Expires=60", f"Expires={expires.encode().hex('%')}"
    )
    target = request.target.replace(
        "Expires=60", "Expires=" + "".join(f"%{byte:02X}" for byte in expires.encode())
    )
    with pytest.raises(SignatureError) as caught:
        parse_signature(replace(request, target=target))
    assert caught.value.code == "AuthorizationQueryParametersError"


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"region": "eu-west-1"}, "the region 'eu-west-1' is wrong; expecting"),
        ({"service": "sts"}, 'incorrect service "sts"'),
    ],
)
def test_another_scope_is_refused(
    scope: dict[str, str],
    words: str,
    verify: Verify,
    now: datetime,
    credentials: Credentials,
) -> None:
    """A signature for another region or service is worth nothing here."""
    with pytest.raises(SignatureError, match=words) as caught:
        verify(signed(credentials, now, **scope))
    assert caught.value.code == "AuthorizationHeaderMalformed"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("aws4_request", "aws5_request", "AuthorizationHeaderMalformed"),
        ("/20261123/", "/20261122/", "AuthorizationHeaderMalformed"),
        ("/us-east-1/s3/", "/us-east-1/", "AuthorizationHeaderMalformed"),
        ("Credential=", "Credential=/", "AuthorizationHeaderMalformed"),
        (", Signature", ", Signature=0, Signature", "AuthorizationHeaderMalformed"),
        (", Signature", ", Unknown=0, Signature", "AuthorizationHeaderMalformed"),
        ("SignedHeaders=", "Signed=", "AuthorizationHeaderMalformed"),
        ("Signature=", "Signature=A", "AuthorizationHeaderMalformed"),
        ("SignedHeaders=host;", "SignedHeaders=host;host;", None),
        ("SignedHeaders=host;", "SignedHeaders=zz;host;", None),
        ("SignedHeaders=host;", "SignedHeaders=Host;", None),
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "InvalidRequest"),
        ("AWS4-HMAC-SHA256", "AWS", "InvalidRequest"),
        ("AWS4-HMAC-SHA256", "Bearer", "InvalidArgument"),
    ],
)
def test_malformed_authorization(
    old: str, new: str, code: str | None, now: datetime, credentials: Credentials
) -> None:
    """What cannot be read one way only is refused before it is verified."""
    request = with_authorization(signed(credentials, now), old, new)
    with pytest.raises(SignatureError) as caught:
        parse_signature(request)
    assert caught.value.code == (code or "AuthorizationHeaderMalformed")


def test_signature_version_2_is_refused_in_words() -> None:
    """Old clients are told what to do."""
    for request in (
        HttpRequest("GET", "/", (("host", HOST), ("authorization", "AWS AKIA:sig="))),
        HttpRequest("GET", "/b/k?AWSAccessKeyId=A&Expires=1&Signature=s", ()),
    ):
        with pytest.raises(SignatureError, match="Please use AWS4-HMAC-SHA256"):
            parse_signature(request)


@pytest.mark.parametrize(
    "name",
    ["authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"],
)
def test_doubled_headers_are_refused(
    name: str, now: datetime, credentials: Credentials
) -> None:
    """Of two values nobody can say which one was meant."""
    request = signed(credentials, now)
    value = request.header(name)
    assert value is not None
    with pytest.raises(SignatureError, match="sent twice"):
        parse_signature(replace(request, headers=(*request.headers, (name, value))))


@pytest.mark.parametrize("name", ["X-Amz-Date", "X-Amz-Expires", "X%2DAmz-Credential"])
def test_doubled_parameters_are_refused(
    name: str, now: datetime, credentials: Credentials
) -> None:
    """Also when the second one is encoded differently."""
    request = presigned(credentials, now)
    with pytest.raises(SignatureError, match="sent twice"):
        parse_signature(replace(request, target=f"{request.target}&{name}=1"))


def test_two_mechanisms_are_refused(now: datetime, credentials: Credentials) -> None:
    """A header and a presigned address at once are two claims."""
    request = replace(
        signed(credentials, now), target=presigned(credentials, now).target
    )
    with pytest.raises(SignatureError, match="Only one auth mechanism allowed"):
        parse_signature(request)


@pytest.mark.parametrize(
    "header",
    [("x-amz-security-token", "t"), ("x-amz-content-sha256", "0" * 64)],
)
def test_a_presigned_address_is_not_mixed_with_headers(
    header: tuple[str, str], now: datetime, credentials: Credentials
) -> None:
    """Token and payload hash come from one place."""
    request = presigned(credentials, now)
    request = replace(
        request,
        target=f"{request.target}&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
        headers=(*request.headers, header),
    )
    with pytest.raises(SignatureError) as caught:
        parse_signature(request)
    assert caught.value.code == "InvalidArgument"


@pytest.mark.parametrize("missing", ["Algorithm", "Credential", "Signature", "Expires"])
def test_presigned_parameters_come_all_or_none(
    missing: str, now: datetime, credentials: Credentials
) -> None:
    """Half a signature is no anonymous request."""
    request = presigned(credentials, now)
    target = request.target.replace(f"X-Amz-{missing}=", "other=")
    with pytest.raises(SignatureError, match="requires the X-Amz-Algorithm"):
        parse_signature(replace(request, target=target))


@pytest.mark.parametrize(
    "payload_hash", ["", "abc", "0" * 63 + "G", "A" * 64, "STREAMING-AWS4-ECDSA-X"]
)
def test_unknown_payload_hashes_are_refused(
    payload_hash: str, now: datetime, credentials: Credentials
) -> None:
    """What we would not check must not be claimed."""
    with pytest.raises(SignatureError, match="or a valid sha256 value") as caught:
        parse_signature(signed(credentials, now, payload_hash=payload_hash))
    assert caught.value.code == "InvalidArgument"


def test_s3_needs_a_payload_hash(now: datetime, credentials: Credentials) -> None:
    """S3 clients say how the body is covered."""
    request = signed(credentials, now)
    headers = tuple(h for h in request.headers if h[0] != "x-amz-content-sha256")
    with pytest.raises(SignatureError, match="x-amz-content-sha256") as caught:
        parse_signature(replace(request, headers=headers))
    assert caught.value.code == "InvalidRequest"


@pytest.mark.parametrize(
    "date", ["", "2026-11-23T12:30:45Z", "20261323T123045Z", "20261123T1230٤5Z"]
)
def test_dates_are_read_in_one_format(
    date: str, now: datetime, credentials: Credentials
) -> None:
    """Only YYYYMMDDTHHMMSSZ is a signing time."""
    request = with_header(signed(credentials, now), "x-amz-date", date)
    with pytest.raises(SignatureError, match="requires a valid Date"):
        parse_signature(request)


@pytest.mark.parametrize("date", ["", "tomorrow", "Fri, 31 Dec 9999 23:59:59 -2300"])
def test_bad_date_headers_are_refused(
    date: str, now: datetime, credentials: Credentials
) -> None:
    """A Date header may stand in, if it is a date that we can express."""
    request = signed(credentials, now)
    headers = tuple(
        ("date", date) if name == "x-amz-date" else (name, value)
        for name, value in request.headers
    )
    with pytest.raises(SignatureError, match="requires a valid Date"):
        parse_signature(replace(request, headers=headers))


def test_lengths_are_bounded(now: datetime, credentials: Credentials) -> None:
    """A stranger cannot make us work on megabytes."""
    request = signed(credentials, now)
    long = "a" * (MAX_AUTHORIZATION_LENGTH + 1)
    with pytest.raises(SignatureError, match="too long"):
        parse_signature(with_authorization(request, "host", long))
    long = "a" * (MAX_SESSION_TOKEN_LENGTH + 1)
    with pytest.raises(SignatureError, match="too long"):
        parse_signature(with_header(request, "x-amz-security-token", long))


@pytest.mark.parametrize("parameter", ["Credential=AKIA%2F", "Security-Token="])
def test_credentials_are_ascii(
    parameter: str, now: datetime, credentials: Credentials
) -> None:
    """Bytes that are no text stop before anybody looks a session up."""
    request = presigned(credentials, now)
    target = request.target.replace("ASIAEXAMPLE", "AKIA")
    target = target.replace(parameter, f"{parameter}%ff")
    assert "%ff" in target
    with pytest.raises(SignatureError, match="not ASCII"):
        parse_signature(replace(request, target=target))


def test_a_raw_target_is_refused(now: datetime, credentials: Credentials) -> None:
    """A target with bytes outside ASCII was never percent-encoded."""
    with pytest.raises(SignatureError) as caught:
        parse_signature(replace(signed(credentials, now), target="/b/é"))
    assert caught.value.code == "InvalidURI"


def test_secrets_stay_out_of_repr(
    verify: Verify, now: datetime, credentials: Credentials
) -> None:
    """Neither the token nor the signing key reaches a log by accident."""
    request = signed(credentials, now)
    unverified = parse_signature(request)
    verified = verify(request)
    assert "token-1" not in repr(unverified)
    assert repr(verified.signing_key) not in repr(verified)
    assert "signing_key" not in repr(verified)
