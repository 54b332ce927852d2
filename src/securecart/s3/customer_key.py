"""The key that a customer sends with a request (SSE-C), and never lets us keep.

Source: Amazon S3 User Guide, "Using server-side encryption with
customer-provided keys (SSE-C)"; Amazon S3 API Reference, "Error responses"
("SSE-C errors").
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from enum import Enum

from securecart.s3.errors import InvalidArgument, InvalidRequest, S3Error
from securecart.wire.http import HttpRequest

_KEY_BYTES = 32
_ALGORITHM = "AES256"
_ASKING = "Requests specifying Server Side Encryption with Customer provided keys must "


class InvalidEncryptionAlgorithmError(S3Error):
    """Another algorithm than the one there is."""

    code = "InvalidEncryptionAlgorithmError"
    sentence = (
        "The Encryption request you specified is not valid. Supported value: AES256."
    )


class Use(Enum):
    """Whose key: the object's that is named, or a copy's source's."""

    OBJECT = "x-amz-server-side-encryption-customer-"
    SOURCE = "x-amz-copy-source-server-side-encryption-customer-"


_NAMES = {
    use: (f"{use.value}algorithm", f"{use.value}key", f"{use.value}key-md5")
    for use in Use
}
_OF_A_KEY = {use: frozenset(names) for use, names in _NAMES.items()}


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """A key of 256 bits in base64, and its MD5, which is told back.

    The MD5 is no secret: S3 itself keeps it and answers it.
    """

    key: str = field(repr=False)
    md5: str

    def headers(self, use: Use) -> tuple[tuple[str, str], ...]:
        """What a store is sent."""
        algorithm, key, md5 = _NAMES[use]
        return (algorithm, _ALGORITHM), (key, self.key), (md5, self.md5)

    @property
    def answered(self) -> tuple[tuple[str, str], ...]:
        """What the caller is answered: everything but the key."""
        algorithm, _, md5 = self.headers(Use.OBJECT)
        return algorithm, md5

    def opens(self, md5: str) -> bool:
        """Say whether this is the key whose MD5 was kept with an object."""
        return hmac.compare_digest(self.md5.encode(), md5.encode())


def customer_key_of(request: HttpRequest, use: Use) -> CustomerKey | None:
    """Read the three headers; None if none of them was sent.

    Raises:
        InvalidArgument, InvalidEncryptionAlgorithmError: they do not go
            together, or are no key.
        InvalidRequest: the request did not come by a secure connection.
    """
    if _OF_A_KEY[use].isdisjoint(request.first):
        return None
    algorithm, key, md5 = map(request.header, _NAMES[use])
    if not request.secure:
        raise InvalidRequest(f"{_ASKING}be made over a secure connection.")
    if algorithm is None:
        raise InvalidArgument(f"{_ASKING}provide a valid encryption algorithm.")
    if algorithm != _ALGORITHM:
        raise InvalidEncryptionAlgorithmError
    if key is None:
        raise InvalidArgument(f"{_ASKING}provide an appropriate secret key.")
    if md5 is None:
        raise InvalidArgument(
            f"{_ASKING}provide the client calculated MD5 of the secret key."
        )
    try:
        secret = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise InvalidArgument("The secret key was invalid for the specified algorithm.")
    digest = hashlib.md5(secret, usedforsecurity=False).digest()
    computed = base64.b64encode(digest).decode()
    if not hmac.compare_digest(computed.encode(), md5.encode()):
        raise InvalidArgument(
            "The calculated MD5 hash of the key did not match the hash that was "
            "provided."
        )
    return CustomerKey(base64.b64encode(secret).decode(), computed)
