"""The signature of a form: its policy is what is signed.

Source: Amazon S3 API Reference, "Authenticating Requests in Browser-Based
Uploads Using POST (AWS Signature Version 4)".
"""

import hmac
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from securecart.wire.sigv4.errors import (
    AuthorizationQueryParametersError,
    InvalidSignatureArgument,
    InvalidSignatureRequest,
    RequestExpired,
    SignatureDoesNotMatch,
)
from securecart.wire.sigv4.key import signature_of, signing_key
from securecart.wire.sigv4.parse import (
    MAX_EXPIRES_SECONDS,
    UNSUPPORTED,
    read_credential,
    read_session_token,
    read_signature,
    read_signing_time,
)
from securecart.wire.sigv4.signature import (
    ALGORITHM,
    UNSIGNED_PAYLOAD,
    SignatureKind,
    UnverifiedSignature,
    VerifiedSignature,
)
from securecart.wire.sigv4.verify import MAX_SKEW, check_scope, skewed

POLICY = "policy"
_NEEDED = {
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signature": "X-Amz-Signature",
    POLICY: POLICY,
}
_VERSION_2 = frozenset({"awsaccesskeyid", "signature"})
_TOKEN_FIELD = "x-amz-security-token"  # noqa: S105 - a field's name
_LONGEST = timedelta(seconds=MAX_EXPIRES_SECONDS)
"""A signing key is good for seven days, and so is what it signed."""


def parse_form_signature(fields: Mapping[str, str]) -> UnverifiedSignature | None:
    """Read the signature of a form; None if it carries none and no policy.

    `fields` are by their names in lower case.

    Raises:
        SignatureError: if it carries one that cannot be read, half of one, or
            one of another kind.
    """
    if not _VERSION_2.isdisjoint(fields):
        raise InvalidSignatureRequest(UNSUPPORTED)
    if _NEEDED.keys().isdisjoint(fields) and _TOKEN_FIELD not in fields:
        return None
    for field, name in _NEEDED.items():
        if field not in fields:
            raise InvalidSignatureArgument(
                f"Bucket POST must contain a field named '{name}'.  If it is "
                "specified, please check the order of the fields."
            )
    malformed = AuthorizationQueryParametersError
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise malformed(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    credential = read_credential(fields["x-amz-credential"], malformed)
    timestamp = fields["x-amz-date"]
    return UnverifiedSignature(
        kind=SignatureKind.FORM,
        access_key_id=credential.access_key_id,
        session_token=read_session_token(fields.get(_TOKEN_FIELD), malformed),
        date=credential.date,
        region=credential.region,
        service=credential.service,
        timestamp=timestamp,
        signed_at=read_signing_time(timestamp, credential.date, malformed),
        expires=None,
        signed_headers=(),
        signature=read_signature(fields["x-amz-signature"], malformed),
        payload_hash=UNSIGNED_PAYLOAD,
    )


def verify_form_signature(
    unverified: UnverifiedSignature,
    policy: str,
    *,
    secret_access_key: str,
    region: str,
    services: Collection[str],
    now: datetime,
) -> VerifiedSignature:
    """Answer the signature as verified if the secret signed this policy.

    `policy` is the form's field as it was sent, in base64. What it says of the
    other fields, and until when, is not looked at here.

    Raises:
        AuthorizationQueryParametersError: the scope is of another region or
            service.
        RequestTimeTooSkewed: it was signed more than 15 minutes from now.
        RequestExpired: it was signed more than seven days ago.
        SignatureDoesNotMatch: the policy is not as it was signed.
    """
    check_scope(unverified, region, services)
    if unverified.signed_at > now + MAX_SKEW:
        raise skewed(unverified, now)
    if unverified.signed_at < now - _LONGEST:
        raise RequestExpired
    key = signing_key(
        secret_access_key, unverified.date, unverified.region, unverified.service
    )
    computed = signature_of(key, policy.encode())
    if not hmac.compare_digest(computed, unverified.signature):
        raise SignatureDoesNotMatch
    return VerifiedSignature(
        kind=unverified.kind,
        access_key_id=unverified.access_key_id,
        scope=unverified.scope,
        timestamp=unverified.timestamp,
        signed_at=unverified.signed_at,
        signature=unverified.signature,
        payload_hash=unverified.payload_hash,
        signing_key=key,
    )
