"""What can be wrong with a signature, in S3's codes.

Services that speak the query and JSON protocols spell some of them another
way; `wire.service` translates.

Source: Amazon S3 API Reference, "Error responses".
"""

from securecart.names.errors import ServiceError


class SignatureError(ServiceError):
    """The root of all errors of this package."""


class SignatureDoesNotMatch(SignatureError):
    """The request is not what was signed, or another secret signed it."""

    code = "SignatureDoesNotMatch"

    def __init__(self) -> None:
        super().__init__(
            "The request signature we calculated does not match the signature "
            "you provided. Check your key and signing method."
        )


class RequestTimeTooSkewed(SignatureError):
    """The signing time is too far from ours."""

    code = "RequestTimeTooSkewed"

    def __init__(self) -> None:
        super().__init__(
            "The difference between the request time and the current time is too large."
        )


class RequestExpired(SignatureError):
    """A presigned address is used after its end."""

    code = "AccessDenied"

    def __init__(self) -> None:
        super().__init__("Request has expired")


class MissingDate(SignatureError):
    """Neither x-amz-date nor Date says when the request was signed."""

    code = "AccessDenied"

    def __init__(self) -> None:
        super().__init__(
            "AWS authentication requires a valid Date or x-amz-date header"
        )


class HeadersNotSigned(SignatureError):
    """A header that has to be signed is not."""

    code = "AccessDenied"

    def __init__(self, names: str) -> None:
        super().__init__(
            "There were headers present in the request which were not signed: " + names
        )


class AuthorizationHeaderMalformed(SignatureError):
    """The Authorization header cannot be read, or its scope is not ours."""

    code = "AuthorizationHeaderMalformed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The authorization header is malformed; {reason}")


class AuthorizationQueryParametersError(SignatureError):
    """The X-Amz-… parameters cannot be read, or their scope is not ours."""

    code = "AuthorizationQueryParametersError"


class InvalidSignatureRequest(SignatureError):
    """Another way of signing, or a header that every request must have."""

    code = "InvalidRequest"


class InvalidSignatureArgument(SignatureError):
    """Two ways of signing at once, or a value that is none."""

    code = "InvalidArgument"


class InvalidTargetUri(SignatureError):
    """The request target is not ASCII, so it was never percent-encoded."""

    code = "InvalidURI"

    def __init__(self) -> None:
        super().__init__("Couldn't parse the specified URI.")
