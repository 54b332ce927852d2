"""The one checksum that a request may bring of its body.

Of two the store would look at one, and of a kind that it does not know at
none: a body is never stored beside a checksum that nobody checked.

Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3".
"""

import re
from collections.abc import Sequence

from securecart.s3.errors import InvalidRequest, NotImplementedHere
from securecart.wire.checksum import ALGORITHMS
from securecart.wire.http import HttpRequest

PREFIX = "x-amz-checksum-"
_SETTINGS = frozenset({"algorithm", "mode", "type"})
_BYTES = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32}
# Of an object in parts, with how many there are.
_PARTS = r"(?:-[0-9]{1,5})?"
_KINDS = "CRC32, CRC32C, CRC64NVME, SHA1, SHA256"

TYPES = {
    "CRC32": ("COMPOSITE", "FULL_OBJECT"),
    "CRC32C": ("COMPOSITE", "FULL_OBJECT"),
    "CRC64NVME": ("FULL_OBJECT",),
    "SHA1": ("COMPOSITE",),
    "SHA256": ("COMPOSITE",),
}
"""What a checksum of an upload in parts may be of, the usual first."""


def _pattern(size: int) -> re.Pattern[str]:
    """Match so many bytes in base64."""
    full, rest = divmod(size, 3)
    ending = {0: "", 1: "[A-Za-z0-9+/]{2}==", 2: "[A-Za-z0-9+/]{3}="}[rest]
    return re.compile(rf"[A-Za-z0-9+/]{{{4 * full}}}{ending}{_PARTS}")


_VALUES = {name: _pattern(size) for name, size in _BYTES.items()}


def check_checksums(request: HttpRequest, sent: Sequence[str]) -> None:
    """Refuse what would go unchecked; `sent` are the headers with the prefix.

    Raises:
        NotImplementedHere: of a kind that is not done here.
        InvalidRequest: there are several, or one is none.
    """
    names = [name.removeprefix(PREFIX) for name in sent]
    kinds = [name for name in names if name not in _SETTINGS]
    for kind in kinds:
        if kind not in ALGORITHMS:
            raise NotImplementedHere(
                f"The checksum {kind[:40]!r} is not implemented; {_KINDS} are."
            )
        value = request.header(PREFIX + kind) or ""
        if not _VALUES[kind].fullmatch(value):
            raise InvalidRequest(f"Value for {PREFIX}{kind} header is invalid.")
    trailers = request.header("x-amz-trailer") is not None
    if len(kinds) + trailers > 1:
        raise InvalidRequest(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are "
            "not allowed."
        )


def upload_checksum(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """Read what kind of checksum an upload in parts is to have; its headers.

    Raises:
        InvalidRequest: there is no such kind, or not of that.
    """
    algorithm = request.header(f"{PREFIX}algorithm")
    kind = request.header(f"{PREFIX}type")
    if algorithm is None:
        if kind is not None:
            raise InvalidRequest(
                "The x-amz-checksum-type header can only be used with the "
                "x-amz-checksum-algorithm header."
            )
        return ()
    types = TYPES.get(algorithm.upper())
    if types is None:
        raise unsupported()
    if kind is not None and kind not in types:
        raise InvalidRequest(
            f"The {kind[:20]} checksum type cannot be used with the "
            f"{algorithm.lower()} checksum algorithm."
        )
    return (
        (f"{PREFIX}algorithm", algorithm.upper()),
        (f"{PREFIX}type", kind or types[0]),
    )


def unsupported() -> InvalidRequest:
    """Answer what is said of a kind of checksum that is none."""
    return InvalidRequest(
        "Checksum algorithm provided is unsupported. Please try again with any of "
        f"the valid types: [{_KINDS}]"
    )
