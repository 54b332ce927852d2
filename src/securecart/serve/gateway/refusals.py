"""What is answered to a request before it is even one, or cannot be done.

Source: Amazon S3 API Reference, "Error responses": the codes are S3's own.
"""

from securecart.names.errors import ServiceError


class Headed(ServiceError):
    """An error that S3 says in headers too, which HEAD needs: it has no body."""

    headers: tuple[tuple[str, str], ...] = ()


class BadRequest(ServiceError):
    """The bytes are not an HTTP/1.1 request that has one reading only."""

    code = "BadRequest"


class RequestHeaderSectionTooLarge(ServiceError):
    """The head is larger, longer or has more lines than it may."""

    code = "RequestHeaderSectionTooLarge"


class RequestTimeout(ServiceError):
    """The peer stopped sending or reading in the middle of a request."""

    code = "RequestTimeout"


class IncompleteBody(ServiceError):
    """The body ended before the length that its head announced."""

    code = "IncompleteBody"


class SlowDown(ServiceError):
    """More connections or requests than there is room for."""

    code = "SlowDown"


class ServiceUnavailable(ServiceError):
    """The store does not answer."""

    code = "ServiceUnavailable"


class InternalError(ServiceError):
    """Something here failed; the cause is in the log, never in the answer."""

    code = "InternalError"


class NotImplementedHere(ServiceError):
    """AWS has it; this gateway refuses rather than half does it."""

    code = "NotImplemented"


class SameName(ServiceError):
    """Two keys that the store cannot keep apart."""

    code = "InvalidArgument"

    def __init__(self) -> None:
        super().__init__(
            "This key is a folder of other keys, or one of its folders is a key. "
            "Only a bucket that keeps versions can have both here."
        )
