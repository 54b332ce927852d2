"""Checksums of objects, in headers and in the elements of documents.

Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3".
"""

from collections.abc import Iterable

from securecart.s3.checksum_headers import PREFIX
from securecart.wire.checksum import ALGORITHMS

_TYPE = "x-amz-checksum-type"
_WHOLE = "FULL_OBJECT"

Header = tuple[str, str]


def with_type(headers: tuple[Header, ...]) -> tuple[Header, ...]:
    """Say of a checksum that it is the whole object's, where the store does not.

    It says so of objects in parts alone.
    """
    told = [name for name, _ in headers if name.startswith(PREFIX)]
    return (*headers, (_TYPE, _WHOLE)) if told and _TYPE not in told else headers


def elements_of(headers: Iterable[Header]) -> dict[str, str]:
    """Answer the elements for an object's headers, such as `ChecksumSHA256`."""
    found = {
        f"Checksum{name.removeprefix(PREFIX).upper()}": value
        for name, value in headers
        if name.removeprefix(PREFIX) in ALGORITHMS and name.startswith(PREFIX)
    }
    if not found:
        return {}
    kind = next((value for name, value in headers if name == _TYPE), _WHOLE)
    return {**found, "ChecksumType": kind}
