"""A signature before and after it was verified: two types on purpose."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = frozenset(
    {STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER}
)
"""The payload hashes that announce an aws-chunked body."""

_TIMESTAMP_LENGTH = len("20260102T030405Z")
_REMEMBERED = 256
"""Times kept as they were read: busy clients sign many requests in one second."""


class SignatureKind(Enum):
    """Where the signature stands; the value is that of `s3:authType`."""

    HEADER = "REST-HEADER"
    QUERY = "REST-QUERY-STRING"
    FORM = "POST"


@dataclass(frozen=True, slots=True)
class UnverifiedSignature:
    """What a request claims about who signed it, when and how.

    `date` is `YYYYMMDD`, `timestamp` `YYYYMMDDTHHMMSSZ`, `signed_at` the same
    moment. `expires` is in seconds, for presigned requests only.
    `payload_hash` is 64 lower-case hexadecimal digits, `UNSIGNED-PAYLOAD` or
    one of `STREAMING`; whoever reads the body holds it to that.
    """

    kind: SignatureKind
    access_key_id: str
    session_token: str | None = field(repr=False)
    date: str
    region: str
    service: str
    timestamp: str
    signed_at: datetime
    expires: int | None
    signed_headers: tuple[str, ...]
    signature: str
    payload_hash: str

    @property
    def scope(self) -> str:
        """`<date>/<region>/<service>/aws4_request`."""
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that the secret was seen to have made.

    The signing key goes with it because every chunk of an aws-chunked body
    is signed with the same key, beginning from `signature`.
    """

    kind: SignatureKind
    access_key_id: str
    scope: str
    timestamp: str
    signed_at: datetime
    signature: str
    payload_hash: str
    signing_key: bytes = field(repr=False)


@lru_cache(maxsize=_REMEMBERED)
def parse_timestamp(text: str) -> datetime | None:
    """Read `YYYYMMDDTHHMMSSZ`, AWS's basic ISO 8601; None if it is not that."""
    digits = text[:8] + text[9:15]
    if (
        len(text) != _TIMESTAMP_LENGTH
        or text[8] != "T"
        or text[15] != "Z"
        or not (digits.isascii() and digits.isdigit())
    ):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def format_timestamp(moment: datetime) -> str:
    """Write a moment as `YYYYMMDDTHHMMSSZ`."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
