"""The checksums that S3 knows, and how a body is held to one.

CRC-32C and CRC-64/NVME have no implementation in Python's library and would
take a tenth of a second a megabyte in Python itself: they are named here so
that they are let through, and the store behind checks them.

Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3".
"""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable
from typing import Protocol

from securecart.names.errors import ServiceError

ALGORITHMS = frozenset({"crc32", "crc32c", "crc64nvme", "sha1", "sha256"})
"""As in the header names `x-amz-checksum-<algorithm>`."""


class BadDigest(ServiceError):
    """The body is not the one that its sender took the checksum of."""

    code = "BadDigest"

    def __init__(self, algorithm: str) -> None:
        super().__init__(
            f"The {algorithm.upper()} you specified did not match "
            "the calculated checksum."
        )


class Checksum(Protocol):
    """A running checksum, with hashlib's two methods."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""
        ...

    def digest(self) -> bytes:
        """Answer the checksum of all bytes so far, big-endian."""
        ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def _sha1() -> Checksum:
    return hashlib.sha1(usedforsecurity=False)


_CHECKED_HERE: dict[str, Callable[[], Checksum]] = {
    "crc32": _Crc32,
    "sha1": _sha1,
    "sha256": hashlib.sha256,
}


def checksum(algorithm: str) -> Checksum | None:
    """Begin a checksum; None if only the store can compute it."""
    begin = _CHECKED_HERE.get(algorithm)
    return begin() if begin is not None else None


def check_digest(algorithm: str, computed: Checksum, sent: str) -> None:
    """Compare with what was sent, in base64.

    Raises:
        BadDigest: if it is another digest, or none.
    """
    expected = base64.b64encode(computed.digest())
    if not hmac.compare_digest(expected, sent.encode()):
        raise BadDigest(algorithm)
