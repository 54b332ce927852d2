"""The errors that belong to the protocols, and every error's HTTP status.

Source: AWS IAM API Reference and AWS KMS API Reference, "Common Error Types".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from botocore.model import ServiceModel

from securecart.names.errors import ServiceError


class MissingAction(ServiceError):
    """A query request names no operation."""

    code = "MissingAction"

    def __init__(self) -> None:
        super().__init__("The request is missing an action.")


class InvalidAction(ServiceError):
    """A query request names an operation that the service does not have."""

    code = "InvalidAction"

    def __init__(self, action: str, version: str) -> None:
        super().__init__(
            f"Could not find operation {action[:80]} for version {version[:80]}"
        )


class MalformedInput(ServiceError):
    """A query request's parameters do not have the operation's form."""

    code = "MalformedInput"


class UnknownOperationException(ServiceError):
    """A JSON request names an operation that the service does not have."""

    code = "UnknownOperationException"

    def __init__(self) -> None:
        super().__init__("The requested operation is not known.")


class SerializationException(ServiceError):
    """A JSON request's body does not have the operation's form."""

    code = "SerializationException"


class InternalFailure(ServiceError):
    """Something failed that the caller can do nothing about, nor should see."""

    code = "InternalFailure"

    def __init__(self) -> None:
        super().__init__(
            "The request processing has failed because of an unknown error, "
            "exception or failure."
        )


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """How one protocol spells the errors that all services share.

    `renamed` maps the codes that other rooms raise (S3's, mostly) to the
    protocol's own; `statuses` holds the codes that no service model has.
    """

    renamed: Mapping[str, str]
    statuses: Mapping[str, int]


QUERY = ErrorTable(
    renamed={
        "AuthorizationHeaderMalformed": "IncompleteSignature",
        "AuthorizationQueryParametersError": "IncompleteSignature",
        "InvalidAccessKeyId": "InvalidClientTokenId",
        "InvalidArgument": "IncompleteSignature",
        "InvalidRequest": "IncompleteSignature",
        "InvalidToken": "InvalidClientTokenId",
        "InvalidURI": "MalformedInput",
        "RequestTimeTooSkewed": "SignatureDoesNotMatch",
    },
    statuses={
        "AccessDenied": 403,
        "ExpiredToken": 403,
        "IncompleteSignature": 400,
        "InternalFailure": 500,
        "InvalidAction": 400,
        "InvalidClientTokenId": 403,
        "InvalidParameterValue": 400,
        "MalformedInput": 400,
        "MissingAction": 400,
        "MissingAuthenticationToken": 403,
        "ServiceUnavailable": 503,
        "SignatureDoesNotMatch": 403,
        "Throttling": 400,
        "ValidationError": 400,
    },
)

JSON = ErrorTable(
    renamed={
        "AccessDenied": "AccessDeniedException",
        "AuthorizationHeaderMalformed": "IncompleteSignatureException",
        "AuthorizationQueryParametersError": "IncompleteSignatureException",
        "ExpiredToken": "ExpiredTokenException",
        "InvalidAccessKeyId": "UnrecognizedClientException",
        "InvalidArgument": "IncompleteSignatureException",
        "InvalidClientTokenId": "UnrecognizedClientException",
        "InvalidRequest": "IncompleteSignatureException",
        "InvalidToken": "UnrecognizedClientException",
        "InvalidURI": "SerializationException",
        "MissingAuthenticationToken": "MissingAuthenticationTokenException",
        "RequestTimeTooSkewed": "InvalidSignatureException",
        "SignatureDoesNotMatch": "InvalidSignatureException",
        "Throttling": "ThrottlingException",
        "ValidationError": "ValidationException",
    },
    statuses={
        "AccessDeniedException": 400,
        "DependencyTimeoutException": 500,
        "ExpiredTokenException": 400,
        "IncompleteSignatureException": 400,
        "InternalFailure": 500,
        "InvalidSignatureException": 400,
        "KMSInternalException": 500,
        "KeyUnavailableException": 500,
        "MissingAuthenticationTokenException": 400,
        "SerializationException": 400,
        "ServiceUnavailable": 503,
        "ThrottlingException": 400,
        "UnknownOperationException": 400,
        "UnrecognizedClientException": 400,
        "ValidationException": 400,
    },
)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error as one service tells it: status, code and message."""

    status: int
    code: str
    message: str

    @property
    def fault(self) -> str:
        """`Sender` or `Receiver`: whose fault it is."""
        return "Sender" if self.status < 500 else "Receiver"  # noqa: PLR2004 - HTTP's classes


class ErrorCatalogue:
    """Every error that a service may answer with."""

    def __init__(self, model: ServiceModel, table: ErrorTable) -> None:
        self._renamed = table.renamed
        modelled: dict[str, int] = {}
        for shape in model.error_shapes:
            trait = shape.metadata.get("error", {})
            code = trait.get("code", shape.name)
            modelled[code] = trait.get("httpStatusCode", 400)
        self._statuses = {**modelled, **table.statuses}
        self._modelled = frozenset(modelled)

    def answer(self, error: BaseException) -> ErrorAnswer:
        """Tell an error in the service's words; a stranger to it is told as 500.

        What is no `ServiceError`, or has a code that the service does not
        know, becomes InternalFailure without a word of its own.
        """
        if isinstance(error, ServiceError):
            code = error.code
            if code not in self._modelled:
                code = self._renamed.get(code, code)
            status = self._statuses.get(code)
            if status is not None:
                return ErrorAnswer(status, code, error.message)
        unknown = InternalFailure()
        return ErrorAnswer(500, unknown.code, unknown.message)
