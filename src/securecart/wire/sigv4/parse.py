"""A request's signature, read but not believed.

Error messages are those of S3, seen from its answers; where AWS's words are
not published the sense is.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from securecart.wire.http import HttpRequest
from securecart.wire.sigv4.errors import (
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    InvalidSignatureArgument,
    InvalidSignatureRequest,
    InvalidTargetUri,
    MissingDate,
    SignatureError,
)
from securecart.wire.sigv4.signature import (
    ALGORITHM,
    STREAMING,
    TERMINATOR,
    UNSIGNED_PAYLOAD,
    SignatureKind,
    UnverifiedSignature,
    format_timestamp,
    parse_timestamp,
)

MAX_AUTHORIZATION_LENGTH = 8192
"""S3 accepts 8 KB of headers in all; the names of signed ones fit well."""
MAX_SESSION_TOKEN_LENGTH = 16384
"""Twice what a session with ten policies, fifty tags and its claims takes."""
MAX_EXPIRES_SECONDS = 604800
"""Seven days (S3 API Reference, "Authenticating Requests: Using Query
Parameters")."""

_NEEDED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_NEEDED_NAMES = frozenset(_NEEDED)
_TOKEN_PARAMETER = "X-Amz-Security-Token"  # noqa: S105 - a parameter's name
_PAYLOAD_PARAMETER = "X-Amz-Content-Sha256"
_SINGLE_PARAMETERS = frozenset({*_NEEDED, _TOKEN_PARAMETER, _PAYLOAD_PARAMETER})
_SINGLE_HEADERS = frozenset(
    {
        "authorization",
        "date",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    }
)
_USUAL = re.compile(
    rf"{ALGORITHM} Credential=([^\s,=]+), ?SignedHeaders=([^\s,=]+), ?"
    r"Signature=([^\s,=]+)"
)
"""As all SDKs write it; whatever else there is, is read piece by piece."""
_COMPONENTS = frozenset({"Credential", "SignedHeaders", "Signature"})
_PAYLOAD_WORDS = STREAMING | {UNSIGNED_PAYLOAD}
_CREDENTIAL_PARTS = 5
_ACCESS_KEY_ID = re.compile(r"[A-Za-z0-9_]{1,128}")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADER_NAMES = re.compile(r"[a-z0-9_.-]{1,128}(?:;[a-z0-9_.-]{1,128}){0,99}")
_DIGITS = re.compile(r"-?[0-9]{1,10}")
UNSUPPORTED = (
    "The authorization mechanism you have provided is not supported. "
    "Please use AWS4-HMAC-SHA256."
)

_REMEMBERED = 256
"""Lists of signed header names kept as they were read, of 8 kB at most; each
kind of client sends a few."""

Malformed = Callable[[str], SignatureError]
"""Makes the error of the place that a signature stands in."""


def parse_signature(request: HttpRequest) -> UnverifiedSignature | None:
    """Read the signature of a request; None if it carries none at all.

    Raises:
        SignatureError: if it carries one that cannot be read, two, one of
            another kind, or one that covers a target or headers ambiguously.
    """
    if not request.target.isascii():
        raise InvalidTargetUri
    headers = _single_headers(request)
    authorization = headers.get("authorization")
    parameters = _single_parameters(request)
    if authorization is not None:
        if not _NEEDED_NAMES.isdisjoint(parameters):
            raise InvalidSignatureArgument(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
                "parameter, Signature query string parameter or the Authorization "
                "header should be specified"
            )
        return _from_header(request, authorization, headers)
    if not _NEEDED_NAMES.isdisjoint(parameters):
        return _from_query(request, parameters, headers)
    return None


def _single_headers(request: HttpRequest) -> Mapping[str, str]:
    if request.repeats:
        seen: set[str] = set()
        for name, _ in request.headers:
            if name in seen and name in _SINGLE_HEADERS:
                raise InvalidSignatureArgument(f"The header {name} was sent twice.")
            seen.add(name)
    return request.first


def _single_parameters(request: HttpRequest) -> dict[str, str]:
    if not request.query:
        return {}
    found: dict[str, str] = {}
    names: set[str] = set()
    for name, value in request.parameters:
        names.add(name)
        if name in _SINGLE_PARAMETERS:
            if name in found:
                raise AuthorizationQueryParametersError(
                    f"The query parameter {name} was sent twice."
                )
            found[name] = value
    if "AWSAccessKeyId" in names and "Signature" in names:
        raise InvalidSignatureRequest(UNSUPPORTED)
    return found


def _from_header(
    request: HttpRequest, authorization: str, headers: Mapping[str, str]
) -> UnverifiedSignature:
    if len(authorization) > MAX_AUTHORIZATION_LENGTH:
        raise AuthorizationHeaderMalformed("it is too long.")
    return _assembled(
        request,
        SignatureKind.HEADER,
        *_components(authorization),
        timestamp=_header_timestamp(headers),
        expires=None,
        session_token=headers.get("x-amz-security-token"),
        payload_hash=headers.get("x-amz-content-sha256"),
        malformed=AuthorizationHeaderMalformed,
    )


def _components(authorization: str) -> tuple[str, str, str]:
    """Answer credential, names of signed headers and signature."""
    usual = _USUAL.fullmatch(authorization)
    if usual is not None:
        return usual[1], usual[2], usual[3]
    mechanism, _, rest = authorization.strip().partition(" ")
    if mechanism != ALGORITHM:
        if mechanism.startswith("AWS"):
            raise InvalidSignatureRequest(UNSUPPORTED)
        raise InvalidSignatureArgument("Unsupported Authorization Type")
    components: dict[str, str] = {}
    for component in rest.split(","):
        name, _, value = component.strip().partition("=")
        if name not in _COMPONENTS or name in components:
            raise AuthorizationHeaderMalformed(
                f'the authorization component "{component.strip()[:80]}" is malformed.'
            )
        components[name] = value
    if len(components) != len(_COMPONENTS):
        raise AuthorizationHeaderMalformed(
            "the authorization header requires three components: "
            "Credential, SignedHeaders, and Signature."
        )
    return (
        components["Credential"],
        components["SignedHeaders"],
        components["Signature"],
    )


def _header_timestamp(headers: Mapping[str, str]) -> str:
    text = headers.get("x-amz-date")
    if text is not None:
        return text
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        return format_timestamp(moment.replace(tzinfo=moment.tzinfo or UTC))
    except (ValueError, OverflowError):
        raise MissingDate from None


def _from_query(
    request: HttpRequest, parameters: dict[str, str], headers: Mapping[str, str]
) -> UnverifiedSignature:
    if not all(name in parameters for name in _NEEDED):
        raise AuthorizationQueryParametersError(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, "
            "and X-Amz-Expires parameters."
        )
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        raise AuthorizationQueryParametersError(
            f'X-Amz-Algorithm only supports "{ALGORITHM}"'
        )
    if "x-amz-security-token" in headers:
        raise InvalidSignatureArgument(
            "A presigned request carries its token as X-Amz-Security-Token parameter."
        )
    payload_hash = parameters.get(_PAYLOAD_PARAMETER)
    sent_hash = headers.get("x-amz-content-sha256")
    if None not in (payload_hash, sent_hash) and payload_hash != sent_hash:
        raise InvalidSignatureArgument("x-amz-content-sha256 was sent twice.")
    return _assembled(
        request,
        SignatureKind.QUERY,
        credential=parameters["X-Amz-Credential"],
        signed_headers=parameters["X-Amz-SignedHeaders"],
        signature=parameters["X-Amz-Signature"],
        timestamp=parameters["X-Amz-Date"],
        expires=_expires(parameters["X-Amz-Expires"]),
        session_token=parameters.get(_TOKEN_PARAMETER),
        payload_hash=payload_hash or sent_hash or UNSIGNED_PAYLOAD,
        malformed=AuthorizationQueryParametersError,
    )


def _expires(text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise AuthorizationQueryParametersError("X-Amz-Expires should be a number")
    seconds = int(text)
    if seconds < 1:
        raise AuthorizationQueryParametersError("X-Amz-Expires must be positive")
    if seconds > MAX_EXPIRES_SECONDS:
        raise AuthorizationQueryParametersError(
            "X-Amz-Expires must be less than a week (in seconds); that is, the "
            f"given X-Amz-Expires must be less than {MAX_EXPIRES_SECONDS} seconds"
        )
    return seconds


def _assembled(
    request: HttpRequest,
    kind: SignatureKind,
    credential: str,
    signed_headers: str,
    signature: str,
    *,
    timestamp: str,
    expires: int | None,
    session_token: str | None,
    payload_hash: str | None,
    malformed: Malformed,
) -> UnverifiedSignature:
    scope = read_credential(credential, malformed)
    names = _names(signed_headers)
    if not names:
        raise malformed("the SignedHeaders are malformed.")
    return UnverifiedSignature(
        kind=kind,
        access_key_id=scope.access_key_id,
        session_token=read_session_token(session_token, malformed),
        date=scope.date,
        region=scope.region,
        service=scope.service,
        timestamp=timestamp,
        signed_at=read_signing_time(timestamp, scope.date, malformed),
        expires=expires,
        signed_headers=names,
        signature=read_signature(signature, malformed),
        payload_hash=_payload_hash(request, scope.service, payload_hash),
    )


class Credential(NamedTuple):
    """A credential's parts; the scope's terminator was seen to be right."""

    access_key_id: str
    date: str
    region: str
    service: str


def read_credential(text: str, malformed: Malformed) -> Credential:
    """Split `<access key>/<date>/<region>/<service>/aws4_request`.

    Raises:
        SignatureError: made by `malformed`, if it is not that.
    """
    # Outside ASCII nothing of ours has a meaning, nor would all of it encode.
    if not text.isascii():
        raise malformed("the Credential is not ASCII.")
    parts = text.split("/")
    if len(parts) != _CREDENTIAL_PARTS or not _ACCESS_KEY_ID.fullmatch(parts[0]):
        raise malformed(
            "the Credential is mal-formed; expecting "
            f'"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/{TERMINATOR}".'
        )
    *scope, terminator = parts
    if terminator != TERMINATOR:
        raise malformed(
            f'incorrect terminator "{terminator[:80]}". '
            f'This endpoint uses "{TERMINATOR}".'
        )
    return Credential(*scope)


def read_session_token(token: str | None, malformed: Malformed) -> str | None:
    """Bound the session token, if one was sent.

    Raises:
        SignatureError: made by `malformed`, if it is not ASCII.
        InvalidSignatureArgument: if it is too long.
    """
    if token is not None and not token.isascii():
        raise malformed("the security token is not ASCII.")
    if token is not None and len(token) > MAX_SESSION_TOKEN_LENGTH:
        raise InvalidSignatureArgument("The security token is too long.")
    return token


def read_signature(signature: str, malformed: Malformed) -> str:
    """Hold the signature to its form: 64 lower-case hexadecimal digits.

    Raises:
        SignatureError: made by `malformed`, if it is not that.
    """
    if not _HEX_DIGEST.fullmatch(signature):
        raise malformed("the Signature is malformed.")
    return signature


@lru_cache(maxsize=_REMEMBERED)
def _names(listed: str) -> tuple[str, ...]:
    """Split the names of signed headers; none if they are not as they must be."""
    if not _HEADER_NAMES.fullmatch(listed):
        return ()
    names = listed.split(";")
    ordered = all(left < right for left, right in pairwise(names))
    return tuple(names) if ordered else ()


def read_signing_time(timestamp: str, date: str, malformed: Malformed) -> datetime:
    """Read when it was signed, on the day that the credential names.

    Raises:
        MissingDate: it is no time.
        SignatureError: made by `malformed`, if the days differ.
    """
    moment = parse_timestamp(timestamp)
    if moment is None:
        raise MissingDate
    if date != timestamp[:8]:
        raise malformed(
            f'Invalid credential date "{date[:80]}". '
            f'This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        )
    return moment


def _payload_hash(request: HttpRequest, service: str, sent: str | None) -> str:
    if service != "s3":
        # Other services read bodies whole, and so hold them to the signature
        # whatever the header says.
        return hashlib.sha256(request.body).hexdigest()
    if sent is None:
        raise InvalidSignatureRequest(
            "Missing required header for this request: x-amz-content-sha256"
        )
    if sent not in _PAYLOAD_WORDS and not _HEX_DIGEST.fullmatch(sent):
        raise InvalidSignatureArgument(
            "x-amz-content-sha256 must be "
            + ", ".join(sorted(_PAYLOAD_WORDS))
            + ", or a valid sha256 value."
        )
    return sent
