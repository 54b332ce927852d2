"""A signer keeps what holds for a second or a day, and no longer."""

from datetime import UTC, datetime, timedelta

import pytest

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import (
    SignatureDoesNotMatch,
    Signer,
    parse_signature,
    verify_signature,
)

NOW = datetime(2026, 11, 23, 23, 59, 58, 700_000, tzinfo=UTC)
CREDENTIALS = Credentials("AKIAEXAMPLE", "secret")


def verified_at(headers: tuple[tuple[str, str], ...], now: datetime) -> datetime:
    """Hold the headers against the secret; answer when they say they were signed."""
    request = HttpRequest("GET", "/bucket/a%20key?prefix=a%2Fb&list-type=2", headers)
    unverified = parse_signature(request)
    assert unverified is not None
    return verify_signature(
        unverified,
        request,
        secret_access_key=CREDENTIALS.secret_access_key,
        region="us-east-1",
        services={"s3"},
        now=now,
    ).signed_at


def signed(
    signer: Signer, now: datetime, *more: tuple[str, str]
) -> tuple[tuple[str, str], ...]:
    """Sign a listing."""
    return signer.sign(
        "GET",
        "/bucket/a%20key?prefix=a%2Fb&list-type=2",
        (("host", "store"), *more),
        now=now,
        payload_hash="UNSIGNED-PAYLOAD",
    )


def test_every_request_is_signed_for_its_own_second_and_day() -> None:
    """Over midnight the key changes, and back again if the clock is set back."""
    signer = Signer(CREDENTIALS, region="us-east-1", service="s3")
    for step in (0, 1, 2, 3, 86_400, 1):
        now = NOW + timedelta(seconds=step)
        signed_at = verified_at(signed(signer, now), now)
        assert signed_at == now.replace(microsecond=0)


def test_repeated_headers_are_signed_as_one() -> None:
    """With commas between, as whoever verifies joins them."""
    signer = Signer(CREDENTIALS, region="us-east-1", service="s3")
    headers = signed(signer, NOW, ("content-type", "a/b"), ("content-type", "c/d"))
    assert headers.count(("content-type", "c/d")) == 1
    assert verified_at(headers, NOW) == NOW.replace(microsecond=0)


def test_signers_share_nothing() -> None:
    """One with another secret makes another signature."""
    signed(Signer(CREDENTIALS, region="us-east-1", service="s3"), NOW)
    other = Signer(
        Credentials("AKIAEXAMPLE", "other"), region="us-east-1", service="s3"
    )
    with pytest.raises(SignatureDoesNotMatch):
        verified_at(signed(other, NOW), NOW)
