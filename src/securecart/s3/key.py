"""Object keys: which ones the store keeps apart, and which are refused.

AWS keeps any key of up to 1,024 bytes. The store keeps documents in folders:
it drops empty segments, takes a backslash for a slash, and refuses `.` and
`..`. A decision about one key must never be carried out on another, so such
keys are refused before it.
"""

import re
from urllib.parse import unquote_to_bytes

from securecart.s3.errors import InvalidArgument, InvalidURI, KeyTooLongError

# Amazon S3 User Guide, "Naming Amazon S3 objects".
MAX_BYTES = 1024
# The store keeps each segment as one name of a file system.
MAX_SEGMENT_BYTES = 255
# The store's own folder for the parts of unfinished uploads, at the top of a
# bucket, and its ending for the folder that holds a key's old versions.
_PARTS_FOLDER = ".uploads"
VERSIONS_ENDING = ".versions"

# What the store gives as the place to go on from may end so, too.
_MAX_BEGINNING_BYTES = MAX_BYTES + len(VERSIONS_ENDING)

_DOTS = frozenset({".", ".."})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")
# RFC 3986's characters of a path, and escapes that are ones.
_PLAIN = r"[A-Za-z0-9\-._~!$&'()*+,;=:@/]*+"
_ENCODED = re.compile(rf"{_PLAIN}(?:%[0-9A-Fa-f]{{2}}{_PLAIN})*")


def decode_path(raw: str) -> str:
    """Decode percent-encoding once; a `+` is a plus.

    Raises:
        InvalidURI: if an escape is broken, a character should have been one,
            or the bytes are not UTF-8.
    """
    if not _ENCODED.fullmatch(raw):
        raise InvalidURI
    if "%" not in raw:
        return raw
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise InvalidURI("The specified URI is not valid UTF-8.") from None


def check_key(key: str) -> None:
    """Refuse a key that the store could mistake for another.

    Raises:
        KeyTooLongError: over 1,024 bytes.
        InvalidArgument: for empty, `.` and `..` segments, a segment over 255
            bytes, control characters, backslashes, and names that the store
            reserves.
    """
    size = len(key.encode())
    if size > MAX_BYTES:
        raise KeyTooLongError
    check_segments(key.removesuffix("/"))
    if key.startswith(_PARTS_FOLDER + "/") or key == _PARTS_FOLDER:
        raise InvalidArgument("This object key is reserved.")
    if size > MAX_SEGMENT_BYTES and any(
        len(segment.encode()) > MAX_SEGMENT_BYTES for segment in key.split("/")
    ):
        raise InvalidArgument(
            f"A segment of the object key is longer than {MAX_SEGMENT_BYTES} bytes."
        )
    if VERSIONS_ENDING in key and any(
        segment.endswith(VERSIONS_ENDING) for segment in key.split("/")
    ):
        raise InvalidArgument(
            f"A segment of the object key ends in {VERSIONS_ENDING}, which is reserved."
        )


def check_key_beginning(prefix: str) -> None:
    """Refuse what no key that is kept could begin with: prefixes, markers.

    Raises:
        KeyTooLongError: if it is longer than any key.
        InvalidArgument: for empty, `.` and `..` segments, control characters
            and backslashes.
    """
    if len(prefix.encode()) > _MAX_BEGINNING_BYTES:
        raise KeyTooLongError
    if prefix:
        check_segments(prefix.removesuffix("/"))


def check_segments(path: str) -> None:
    """Refuse segments that resolve to something else than themselves.

    Raises:
        InvalidArgument: for empty, `.` and `..` segments, control characters
            and backslashes.
    """
    if _CONTROL.search(path):
        raise InvalidArgument("An object key here holds no control characters.")
    if "\\" in path:
        raise InvalidArgument("An object key here holds no backslash.")
    segments = path.split("/")
    if "" in segments or not _DOTS.isdisjoint(segments):
        raise InvalidArgument(
            'An object key here has no empty segment, and none that is "." or "..".'
        )
