"""The root of every error that a caller of an AWS-shaped API may see."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class SecureCartError(Exception):
    """Any failure this package raises on purpose."""


class ServiceError(SecureCartError):
    """A failure that AWS names: its code, and a message fit for the caller.

    Each room subclasses this with the codes it owns. `code` is AWS's error
    code as its service model spells it. The HTTP status belongs to the
    protocol and is looked up by `wire` alone.
    """

    code: ClassVar[str]
    details: Mapping[str, str] = MappingProxyType({})
    """Further elements that S3's error document has beside code and message."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AccessDenied(ServiceError):
    """The policies do not allow the request."""

    code = "AccessDenied"


class ValidationError(ServiceError):
    """A parameter breaks the constraints of its service."""

    code = "ValidationError"
