"""The checksums that S3 knows, and how a body is held to one.

An object's checksum is checked by the store behind, which computes it anyway;
ours are for what never gets there, and for copies that are to have another.

Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3".
"""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Protocol

from securecart.names.errors import ServiceError


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


class _Crc:
    def __init__(self, function: Callable[[bytes, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def _crc32c() -> Checksum:
    return _Crc(_crt().crc32c, 4)


def _crc64nvme() -> Checksum:
    return _Crc(_crt().crc64nvme, 8)


def _crt() -> ModuleType:
    """AWS's own library, by which processors do it: 6 GB/s and more.

    Its 7 MB are loaded with the first body that needs it.
    """
    return import_module("awscrt.checksums")


def _sha1() -> Checksum:
    return hashlib.sha1(usedforsecurity=False)


def _crc32() -> Checksum:
    return _Crc(zlib.crc32, 4)


_BEGIN: Mapping[str, Callable[[], Checksum]] = {
    "crc32": _crc32,
    "crc32c": _crc32c,
    "crc64nvme": _crc64nvme,
    "sha1": _sha1,
    "sha256": hashlib.sha256,
}
ALGORITHMS = frozenset(_BEGIN)
"""As in the header names `x-amz-checksum-<algorithm>`."""


def checksum(algorithm: str) -> Checksum:
    """Begin a checksum of one of the `ALGORITHMS`."""
    return _BEGIN[algorithm]()


def encoded(computed: Checksum) -> str:
    """Answer a checksum as it is sent: in base64."""
    return base64.b64encode(computed.digest()).decode()


def check_digest(algorithm: str, computed: Checksum, sent: str) -> None:
    """Compare with what was sent, in base64.

    Raises:
        BadDigest: if it is another digest, or none.
    """
    # Encoded, for what was sent need not be ASCII.
    if not hmac.compare_digest(encoded(computed).encode(), sent.encode()):
        raise BadDigest(algorithm)
