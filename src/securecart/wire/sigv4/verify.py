"""Hold a signature against the request and the secret."""

import hmac
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from securecart.wire.http import HttpRequest
from securecart.wire.sigv4.canonical import canonical_request, string_to_sign
from securecart.wire.sigv4.errors import (
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    HeadersNotSigned,
    RequestExpired,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    SignatureError,
)
from securecart.wire.sigv4.key import signature_of, signing_key
from securecart.wire.sigv4.signature import (
    SignatureKind,
    UnverifiedSignature,
    VerifiedSignature,
)

MAX_SKEW = timedelta(minutes=15)
"""AWS's own (S3 API Reference, "Error responses", RequestTimeTooSkewed)."""


def verify_signature(
    unverified: UnverifiedSignature,
    request: HttpRequest,
    *,
    secret_access_key: str,
    region: str,
    services: Collection[str],
    now: datetime,
) -> VerifiedSignature:
    """Answer the signature as verified if the secret made it, for us and now.

    `unverified` must have been parsed from this very request. The body is
    covered for services other than S3; an S3 body is covered by
    `payload_hash`, to which whoever reads it holds it.

    Raises:
        AuthorizationHeaderMalformed: (or AuthorizationQueryParametersError)
            if the scope is of another region or service.
        RequestTimeTooSkewed: if it was signed more than 15 minutes from now.
        RequestExpired: if it is presigned and past its end.
        HeadersNotSigned: if host or an x-amz-… header is not covered.
        SignatureDoesNotMatch: if anything else is not as it was signed.
    """
    check_scope(unverified, region, services)
    _check_time(unverified, now)
    _check_coverage(unverified, request)
    canonical = canonical_request(
        request,
        service=unverified.service,
        signed_headers=unverified.signed_headers,
        payload_hash=unverified.payload_hash,
    )
    key = signing_key(
        secret_access_key, unverified.date, unverified.region, unverified.service
    )
    scope = unverified.scope
    text = string_to_sign(canonical, timestamp=unverified.timestamp, scope=scope)
    if not hmac.compare_digest(signature_of(key, text), unverified.signature):
        raise _mismatch(unverified, text, canonical)
    return VerifiedSignature(
        kind=unverified.kind,
        access_key_id=unverified.access_key_id,
        scope=scope,
        timestamp=unverified.timestamp,
        signed_at=unverified.signed_at,
        signature=unverified.signature,
        payload_hash=unverified.payload_hash,
        signing_key=key,
    )


def _mismatch(
    unverified: UnverifiedSignature, text: bytes, canonical: bytes
) -> SignatureError:
    """Say what we signed, so that whoever writes a client can compare.

    It is all of the sender's own, but a session token is not said again.
    """
    error = SignatureDoesNotMatch()
    error.details = {
        "AWSAccessKeyId": unverified.access_key_id,
        "StringToSign": text.decode(),
        "SignatureProvided": unverified.signature,
    }
    if unverified.session_token is None:
        request = canonical.decode("utf-8", "replace")
        error.details = {**error.details, "CanonicalRequest": request}
    return error


def check_scope(
    unverified: UnverifiedSignature, region: str, services: Collection[str]
) -> None:
    """Hold the credential scope to the services and the region that are ours.

    Raises:
        AuthorizationHeaderMalformed: (or AuthorizationQueryParametersError)
            if it is of another.
    """
    if unverified.service not in services:
        raise _malformed(
            unverified,
            f'incorrect service "{unverified.service[:80]}". '
            f'This endpoint belongs to "{", ".join(sorted(services))}".',
        )
    if unverified.region != region:
        error = _malformed(
            unverified,
            f"the region '{unverified.region[:80]}' is wrong; expecting '{region}'",
        )
        # By this element SDKs find the region, and sign again.
        error.details = {"Region": region}
        raise error


def _malformed(unverified: UnverifiedSignature, reason: str) -> SignatureError:
    if unverified.kind is SignatureKind.HEADER:
        return AuthorizationHeaderMalformed(reason)
    return AuthorizationQueryParametersError(
        f"Error parsing the X-Amz-Credential parameter; {reason}"
    )


def _check_time(unverified: UnverifiedSignature, now: datetime) -> None:
    if unverified.signed_at > now + MAX_SKEW:
        raise skewed(unverified, now)
    if unverified.expires is None:
        if unverified.signed_at < now - MAX_SKEW:
            raise skewed(unverified, now)
        return
    end = unverified.signed_at + timedelta(seconds=unverified.expires)
    if end < now:
        error = RequestExpired()
        error.details = {
            "X-Amz-Expires": str(unverified.expires),
            "Expires": _iso(end),
            "ServerTime": _iso(now),
        }
        raise error


def skewed(unverified: UnverifiedSignature, now: datetime) -> RequestTimeTooSkewed:
    """Say what both clocks showed."""
    error = RequestTimeTooSkewed()
    error.details = {
        "RequestTime": unverified.timestamp,
        "ServerTime": _iso(now),
        "MaxAllowedSkewMilliseconds": str(int(MAX_SKEW.total_seconds()) * 1000),
    }
    return error


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_coverage(unverified: UnverifiedSignature, request: HttpRequest) -> None:
    # The date needs no look: it is part of the string to sign.
    signed = unverified.signed_headers
    unsigned = [
        name
        for name in request.first
        if name not in signed and name.startswith("x-amz-")
    ]
    if "host" not in signed:
        unsigned.append("host")
    if unsigned:
        names = ", ".join(sorted(unsigned))[:200]
        error = HeadersNotSigned(names)
        error.details = {"HeadersNotSigned": names}
        raise error
