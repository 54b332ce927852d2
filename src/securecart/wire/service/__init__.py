"""An AWS service's requests and answers as bytes, after its service model.

The query protocol (IAM, STS) and AWS JSON (KMS). Operations, parameters,
constraints and errors all come from the model that AWS publishes and
botocore ships; nothing is listed here by hand.

Source: Smithy 2.0 documentation, "AWS query protocol" and "AWS JSON 1.1
protocol".
"""

from securecart.wire.service.errors import (
    InternalFailure,
    InvalidAction,
    MalformedInput,
    MissingAction,
    SerializationException,
    UnknownOperationException,
)
from securecart.wire.service.service import Service

__all__ = [
    "InternalFailure",
    "InvalidAction",
    "MalformedInput",
    "MissingAction",
    "SerializationException",
    "Service",
    "UnknownOperationException",
]
