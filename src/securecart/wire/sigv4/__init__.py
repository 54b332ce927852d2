"""AWS Signature Version 4: read, verify, sign and presign.

A request's signature is parsed first (`UnverifiedSignature`), the caller
finds the secret that belongs to its access key, and only `verify_signature`
turns the one into a `VerifiedSignature`.

Source: AWS IAM User Guide, "AWS Signature Version 4 for API requests";
Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
"""

from securecart.wire.sigv4.errors import (
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    HeadersNotSigned,
    InvalidSignatureArgument,
    InvalidSignatureRequest,
    InvalidTargetUri,
    MissingDate,
    RequestExpired,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    SignatureError,
)
from securecart.wire.sigv4.form import parse_form_signature, verify_form_signature
from securecart.wire.sigv4.parse import parse_signature
from securecart.wire.sigv4.sign import Signer, presign, sign
from securecart.wire.sigv4.signature import (
    SignatureKind,
    UnverifiedSignature,
    VerifiedSignature,
)
from securecart.wire.sigv4.verify import verify_signature

__all__ = [
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "HeadersNotSigned",
    "InvalidSignatureArgument",
    "InvalidSignatureRequest",
    "InvalidTargetUri",
    "MissingDate",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "SignatureError",
    "SignatureKind",
    "Signer",
    "UnverifiedSignature",
    "VerifiedSignature",
    "parse_form_signature",
    "parse_signature",
    "presign",
    "sign",
    "verify_form_signature",
    "verify_signature",
]
