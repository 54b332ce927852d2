"""S3's error document, and the HTTP status of every code that we use.

Source: Amazon S3 API Reference, "Error responses" ("List of error codes").
"""

from collections.abc import Mapping

from securecart.names.errors import ServiceError
from securecart.wire.http import HttpResponse
from securecart.wire.xml_text import xml_text

_INTERNAL_ERROR = "InternalError"
_INTERNAL_MESSAGE = "We encountered an internal error. Please try again."

STATUSES: Mapping[str, int] = {
    "AccessControlListNotSupported": 400,
    "AccessDenied": 403,
    "AccessForbidden": 403,
    "AuthorizationHeaderMalformed": 400,
    "AuthorizationQueryParametersError": 400,
    "BadDigest": 400,
    "BadRequest": 400,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "BucketNotEmpty": 409,
    "ConditionalRequestConflict": 409,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IllegalLocationConstraintException": 400,
    "IncompleteBody": 400,
    "IncorrectNumberOfFilesInPostRequest": 400,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidBucketName": 400,
    "InvalidBucketState": 409,
    "InvalidChunkSizeError": 403,
    "InvalidDigest": 400,
    "InvalidEncryptionAlgorithmError": 400,
    "InvalidLocationConstraint": 400,
    "InvalidObjectState": 403,
    "InvalidPart": 400,
    "InvalidPartNumber": 416,
    "InvalidPartOrder": 400,
    "InvalidPolicyDocument": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidTag": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "KMS.DisabledException": 400,
    "KMS.KMSInvalidStateException": 400,
    "KMS.NotFoundException": 400,
    "KeyTooLongError": 400,
    "MalformedPOSTRequest": 400,
    "MalformedPolicy": 400,
    "MalformedTrailerError": 400,
    "MalformedXML": 400,
    "MaxMessageLengthExceeded": 400,
    "MaxPostPreDataLengthExceededError": 400,
    "MetadataTooLarge": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "MissingRequestBodyError": 400,
    "MissingSecurityHeader": 400,
    "NoSuchBucket": 404,
    "NoSuchBucketPolicy": 404,
    "NoSuchCORSConfiguration": 404,
    "NoSuchConfiguration": 404,
    "NoSuchKey": 404,
    "NoSuchLifecycleConfiguration": 404,
    "NoSuchObjectLockConfiguration": 404,
    "NoSuchPublicAccessBlockConfiguration": 404,
    "NoSuchTagSet": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NoSuchWebsiteConfiguration": 404,
    "NotImplemented": 501,
    "NotModified": 304,
    "ObjectLockConfigurationNotFoundError": 404,
    "OperationAborted": 409,
    "OwnershipControlsNotFoundError": 404,
    "PermanentRedirect": 301,
    "PreconditionFailed": 412,
    "ReplicationConfigurationNotFoundError": 404,
    "RequestHeaderSectionTooLarge": 400,
    "RequestTimeTooSkewed": 403,
    "RequestTimeout": 400,
    "ServerSideEncryptionConfigurationNotFoundError": 404,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
    "TooManyBuckets": 400,
    "UnexpectedContent": 400,
    "UnsupportedArgument": 400,
    "UnsupportedSignature": 400,
    "UserKeyMustBeSpecified": 400,
    "XAmzContentSHA256Mismatch": 400,
}


def s3_error(
    error: BaseException,
    *,
    resource: str,
    request_id: str,
    host_id: str,
    details: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Write an error as S3 does; the gateway drops the body for HEAD.

    `resource` is the request's path, `details` further elements such as
    BucketName or Region. What is no `ServiceError`, or has a code that S3
    does not know, becomes InternalError without a word of its own.
    """
    code, message = _INTERNAL_ERROR, _INTERNAL_MESSAGE
    if isinstance(error, ServiceError) and error.code in STATUSES:
        code, message = error.code, error.message
    elements = {
        "Code": code,
        "Message": message,
        **(details or {}),
        "Resource": resource,
        "RequestId": request_id,
        "HostId": host_id,
    }
    body = "".join(
        f"<{name}>{xml_text(value)}</{name}>" for name, value in elements.items()
    )
    return HttpResponse(
        STATUSES.get(code, 500),
        (
            ("content-type", "application/xml"),
            ("x-amz-request-id", request_id),
            ("x-amz-id-2", host_id),
        ),
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{body}</Error>'.encode(),
    )
