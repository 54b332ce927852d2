"""STS's own errors, and those of a caller whose credentials are no good.

Source: AWS STS API Reference, "Common errors" and each operation's errors;
Amazon S3 API Reference, "Error responses".
"""

from securecart.names.errors import ServiceError


class InvalidIdentityToken(ServiceError):
    """The assertion or ID token could not be validated."""

    code = "InvalidIdentityToken"


class ExpiredIdentityToken(ServiceError):
    """The assertion or ID token is too old."""

    code = "ExpiredTokenException"


class IdpRejectedClaim(ServiceError):
    """The identity provider says that it did not sign anybody in."""

    code = "IDPRejectedClaim"


class IdpCommunicationError(ServiceError):
    """The identity provider's keys could not be had; trying again may help."""

    code = "IDPCommunicationError"


class InvalidParameterValue(ServiceError):
    """Session tags that contradict one another, or the calling session's."""

    code = "InvalidParameterValue"


class PackedPolicyTooLarge(ServiceError):
    """Session policies and tags together are too large for a session token."""

    code = "PackedPolicyTooLarge"


class InvalidAuthorizationMessage(ServiceError):
    """The text is no encoded authorization failure message of ours."""

    code = "InvalidAuthorizationMessageException"


class InvalidClientTokenId(ServiceError):
    """No such access key, or its session token is not one of ours."""

    code = "InvalidClientTokenId"


class ExpiredToken(ServiceError):
    """The session is over."""

    code = "ExpiredToken"


class InvalidAccessKeyId(ServiceError):
    """S3's word for an access key that nobody has."""

    code = "InvalidAccessKeyId"


class InvalidToken(ServiceError):
    """S3's word for a session token that is not one of ours."""

    code = "InvalidToken"


class UnrecognizedClient(ServiceError):
    """The JSON services' word for credentials that nobody has."""

    code = "UnrecognizedClientException"


class ExpiredClient(ServiceError):
    """The JSON services' word for a session that is over."""

    code = "ExpiredTokenException"
