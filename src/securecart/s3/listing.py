"""Listings: what is asked for, and in which order keys are answered.

AWS orders keys by their UTF-8 bytes. A store of folders orders names within
each folder, and so `a/b` before `a-b`; what the two orders disagree on is
worked out here, for the gateway to put right.

Source: Amazon S3 API Reference, "ListObjects", "ListObjectsV2" and
"ListObjectVersions"; Amazon S3 User Guide, "Listing object keys
programmatically".
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from securecart.names.errors import ServiceError
from securecart.s3.errors import InvalidArgument
from securecart.s3.key import VERSIONS_ENDING, check_key_beginning
from securecart.s3.request import S3Request

MOST = 1000
"""Entries of one answer, whatever is asked for."""
LAST = "\U0010ffff".encode()
"""Behind a text, it comes after whatever begins with that text."""

_SLASH = b"/"
# Objects that were never archived have no restore status to tell.
_OPTIONAL = "x-amz-optional-object-attributes"
_VERSIONS = VERSIONS_ENDING.encode()
_TOKEN_BEGINNING = b"1"
# S3 leaves these.
_LEFT = "/*"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing is asked for; all texts are UTF-8.

    Keys up to and with `after` were listed before; of that key itself, where
    `after_version` is not empty, the versions down to that one alone. `most`
    is how many entries a page may have, common prefixes included.
    """

    prefix: bytes
    delimiter: bytes
    after: bytes
    after_version: bytes
    most: int
    url: bool

    @property
    def possible(self) -> bool:
        """Whether any key that is kept could begin with the prefix."""
        return is_possible(self.prefix)

    def group_of(self, key: bytes) -> bytes | None:
        """The common prefix that a key is rolled up into; None: it is not."""
        if not self.delimiter:
            return None
        end = key.find(self.delimiter, len(self.prefix))
        return None if end < 0 else key[: end + len(self.delimiter)]

    def text(self, text: bytes) -> bytes:
        """A key, prefix or delimiter as the answer's document says it."""
        return url_encoded(text) if self.url else xml_escaped(text)


def listing_of(request: S3Request) -> Listing:
    """Read the parameters of one of the four operations.

    Raises:
        InvalidArgument: for a continuation token that is none of ours, a
            version marker without its key, and attributes that nothing has.
    """
    given = dict(request.parameters)
    if request.request.header(_OPTIONAL) not in {None, "RestoreStatus"}:
        raise InvalidArgument(f"Invalid value for {_OPTIONAL}")
    after = given.get("marker") or given.get("key-marker") or ""
    version = given.get("version-id-marker", "")
    if version and not after:
        raise InvalidArgument(
            "A version-id marker cannot be specified without a key marker."
        )
    position = (after or given.get("start-after", "")).encode()
    if "continuation-token" in given:
        position = read_token(given["continuation-token"])
    return Listing(
        prefix=given.get("prefix", "").encode(),
        delimiter=given.get("delimiter", "").encode(),
        after=position,
        after_version=version.encode(),
        most=min(int(given.get("max-keys", MOST)), MOST),
        url=given.get("encoding-type") == "url",
    )


def write_token(position: bytes) -> str:
    """Answer a continuation token: where to go on.

    It says no more than `start-after` could, so nobody gains by forging one:
    a page holds what begins with the prefix that was decided, wherever it
    starts.
    """
    return urlsafe_b64encode(_TOKEN_BEGINNING + position).decode()


def read_token(token: str) -> bytes:
    """Read a continuation token.

    Raises:
        InvalidArgument: if it is none of ours.
    """
    try:
        read = urlsafe_b64decode(token.encode("ascii"))
        read.decode()
    except ValueError:
        read = b""
    if not read.startswith(_TOKEN_BEGINNING) or write_token(read[1:]) != token:
        raise InvalidArgument("The continuation token provided is incorrect")
    return read[1:]


def url_encoded(text: bytes) -> bytes:
    """Encode as S3 does where `encoding-type` is `url`; a blank is a plus."""
    return quote_from_bytes(text, safe=_LEFT + " ").replace(" ", "+").encode()


def xml_escaped(text: bytes) -> bytes:
    """Escape what would end character data."""
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def is_possible(beginning: bytes) -> bool:
    """Say whether any key that is kept could begin so."""
    try:
        check_key_beginning(beginning.decode())
    except (ServiceError, UnicodeDecodeError):
        return False
    return True


def is_name(text: bytes) -> bool:
    """Say whether a folder or file could be called so."""
    return bool(text) and is_possible(text)


def level_of(prefix: bytes) -> bytes:
    """The folder that a prefix is in: up to its last slash, or empty."""
    return prefix[: prefix.rfind(_SLASH) + 1]


def passed_folders(name: bytes) -> Iterator[bytes]:
    """The folders that the store lists before a name, and AWS after it.

    `a-b` comes before `a/` by bytes, and after the folder `a` by names.
    """
    return (name[:end] for end in range(1, len(name)) if name[end : end + 1] < _SLASH)


def passed_files(name: bytes) -> Iterator[bytes]:
    """The versioned files that the store lists after a name, and AWS before it.

    It keeps the versions of `a` in `a.versions`, which comes after `a-b`. The
    name itself is among them, for a folder of that name comes first.
    """
    return (name[:end] for end in range(1, len(name) + 1) if name[end:] < _VERSIONS)
