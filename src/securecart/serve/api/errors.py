"""Errors of the pipeline itself, in the codes that all AWS services share.

Source: AWS IAM API Reference and AWS KMS API Reference, "Common Error Types".
"""

from securecart.names.errors import ServiceError, ValidationError


class MissingAuthenticationToken(ServiceError):
    """The operation must be signed, and the request is not."""

    code = "MissingAuthenticationToken"

    def __init__(self) -> None:
        super().__init__("Request is missing Authentication Token")


class RequestTooLarge(ValidationError):
    """The body is longer than any operation needs."""

    def __init__(self, most: int) -> None:
        super().__init__(f"The request is larger than {most} bytes.")


class OperationNotOffered(ServiceError):
    """AWS has the operation; this endpoint does not."""

    code = "InvalidAction"

    def __init__(self, operation: str) -> None:
        super().__init__(f"The operation {operation} is not supported.")


class JsonOperationNotOffered(OperationNotOffered):
    """The same, as services that speak JSON call it."""

    code = "UnknownOperationException"
