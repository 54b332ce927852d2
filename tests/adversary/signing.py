"""Every form of signature: those that count, and those that must not.

Requests are signed by the same reading that verifies them, so that an odd one
is refused for what it asks and not for how it is signed.
"""

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.adversary.exchange import Request
from tests.adversary.spellings import decoded

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4 import sign
from securecart.wire.sigv4.canonical import canonical_request, string_to_sign
from securecart.wire.sigv4.key import signature_of, signing_key

REGION = "us-east-1"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_EMPTY = hashlib.sha256().hexdigest()


@dataclass(frozen=True)
class Keys:
    """The attacker's credentials, another's, and the attacker's of yesterday."""

    own: Credentials
    theirs: Credentials
    expired: Credentials


Sign = Callable[[Request, Keys], Request]


@dataclass(frozen=True)
class Form:
    """A form of signature; `counts` says that it is the attacker's own."""

    name: str
    sign: Sign
    counts: bool = True
    writes_only: bool = False
    """Of use only where there is a body."""


def now() -> datetime:
    """The time of signing."""
    return datetime.now(UTC)


def signed(
    request: Request,
    credentials: Credentials,
    *,
    payload: str | None = None,
    at: datetime | None = None,
    region: str = REGION,
    service: str | None = None,
) -> Request:
    """Sign by a header."""
    made = sign(
        HttpRequest(request.method, request.target, request.headers),
        credentials,
        region=region,
        service=service or request.service,
        now=at or now(),
        payload_hash=payload or hashlib.sha256(request.body).hexdigest(),
    )
    return replace(request, headers=made.headers)


def link(
    request: Request,
    credentials: Credentials,
    *,
    at: datetime | None = None,
    expires: int = 900,
) -> Request:
    """Sign by the query, with the host and every header that must be signed."""
    timestamp = f"{at or now():%Y%m%dT%H%M%SZ}"
    scope = f"{timestamp[:8]}/{REGION}/{request.service}/aws4_request"
    names = sorted(
        {name for name, _ in request.headers if name.startswith("x-amz-")} | {"host"}
    )
    added = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": timestamp,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": ";".join(names),
    }
    if credentials.session_token is not None:
        added["X-Amz-Security-Token"] = credentials.session_token
    query = "&".join(f"{name}={percent_encode(each)}" for name, each in added.items())
    target = f"{request.target}{'&' if '?' in request.target else '?'}{query}"
    canonical = canonical_request(
        HttpRequest(request.method, target, request.headers),
        service=request.service,
        signed_headers=names,
        payload_hash=_UNSIGNED,
    )
    text = string_to_sign(canonical, timestamp=timestamp, scope=scope)
    secret = credentials.secret_access_key
    key = signing_key(secret, timestamp[:8], REGION, request.service)
    return replace(
        request, target=f"{target}&X-Amz-Signature={signature_of(key, text)}"
    )


def _in_chunks(payload: str) -> Sign:
    def sign_in_chunks(request: Request, keys: Keys) -> Request:
        trailer = payload.endswith("-TRAILER")
        extra = [
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", str(len(request.body))),
        ]
        digest = base64.b64encode(zlib.crc32(request.body).to_bytes(4)).decode()
        if trailer:
            extra.append(("x-amz-trailer", "x-amz-checksum-crc32"))
        made = signed(request.adding(*extra), keys.own, payload=payload)
        body = (
            _signed_chunks(made, keys.own, digest if trailer else None)
            if payload.startswith("STREAMING-AWS4")
            else b"%x\r\n%b\r\n0\r\nx-amz-checksum-crc32:%b\r\n\r\n"
            % (len(request.body), request.body, digest.encode())
            if request.body
            else b"0\r\nx-amz-checksum-crc32:%b\r\n\r\n" % digest.encode()
        )
        return replace(made, body=body)

    return sign_in_chunks


def _signed_chunks(made: Request, own: Credentials, digest: str | None) -> bytes:
    timestamp = made.header("x-amz-date") or ""
    scope = f"{timestamp[:8]}/{REGION}/s3/aws4_request"
    key = signing_key(own.secret_access_key, timestamp[:8], REGION, "s3")
    signature = (made.header("authorization") or "").rpartition("Signature=")[2]
    encoded = b""
    for piece in (made.body, b"") if made.body else (b"",):
        beginning = ("AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, signature, _EMPTY)
        text = "\n".join((*beginning, hashlib.sha256(piece).hexdigest()))
        signature = signature_of(key, text.encode())
        encoded += b"%x;chunk-signature=%b\r\n" % (len(piece), signature.encode())
        encoded += piece + b"\r\n" if piece else b""
    if digest is None:
        return encoded + b"\r\n"
    trailer = f"x-amz-checksum-crc32:{digest}\n".encode()
    lines = ("AWS4-HMAC-SHA256-TRAILER", timestamp, scope, signature)
    text = "\n".join((*lines, hashlib.sha256(trailer).hexdigest()))
    last = f"x-amz-trailer-signature:{signature_of(key, text.encode())}\r\n\r\n"
    return encoded + trailer.replace(b"\n", b"\r\n") + last.encode()


_MIXES: Mapping[str, tuple[str, str, str | None]] = {
    "own secret, their id and token": ("theirs", "own", "theirs"),
    "own id, their token": ("own", "own", "theirs"),
    "their id, own token": ("theirs", "own", "own"),
    "no token": ("own", "own", None),
    "expired session": ("expired", "expired", "expired"),
    "own id, expired token": ("own", "own", "expired"),
}
"""Whose access key id, secret and token are put together."""
POSTABLE = frozenset({"header", "nobody", *_MIXES})
"""Forms of signature that a form upload has, too."""


def credentials_of(form: Form, keys: Keys) -> Credentials:
    """What a form of signature signs with."""
    key_id, secret, token = _MIXES.get(form.name, ("own", "own", "own"))
    return Credentials(
        getattr(keys, key_id).access_key_id,
        getattr(keys, secret).secret_access_key,
        getattr(keys, token).session_token if token else None,
    )


def _mixed(name: str) -> Sign:
    """Sign with what belongs to different sessions."""

    def sign_mixed(request: Request, keys: Keys) -> Request:
        form = Form(name, sign_mixed, counts=False)
        return signed(request, credentials_of(form, keys))

    return sign_mixed


def _changed_token(request: Request, keys: Keys) -> Request:
    token = keys.own.session_token or ""
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    changed = token[:middle] + other + token[middle + 1 :]
    return signed(request, replace(keys.own, session_token=changed))


def _for_another_target(request: Request, keys: Keys) -> Request:
    """A signature that was good for something else."""
    made = signed(replace(request, target="/another"), keys.own)
    return replace(made, target=request.target)


def _twice(request: Request, keys: Keys) -> Request:
    made = link(request, keys.own)
    return signed(made, keys.own)


def _version_two(request: Request, keys: Keys) -> Request:
    text = f"{request.method}\n\n\n1999999999\n{request.target}".encode("latin-1")
    secret = keys.own.secret_access_key.encode()
    mac = hmac.new(secret, text, hashlib.sha1)  # The old signature's own digest.
    signature = base64.b64encode(mac.digest()).decode()
    added = f"AWSAccessKeyId={keys.own.access_key_id}&Expires=1999999999&Signature="
    joint = "&" if "?" in request.target else "?"
    target = f"{request.target}{joint}{added}{signature.replace('+', '%2B')}"
    return replace(request, target=target)


_LONG_AGO = timedelta(hours=1)
_STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

_COUNT = (
    Form("header", lambda request, keys: signed(request, keys.own)),
    Form("link", lambda request, keys: link(request, keys.own)),
    Form(
        "unsigned payload",
        lambda request, keys: signed(request, keys.own, payload=_UNSIGNED),
    ),
    Form("chunks", _in_chunks(_STREAMING), writes_only=True),
    Form("chunks, trailer", _in_chunks(f"{_STREAMING}-TRAILER"), writes_only=True),
    Form(
        "unsigned chunks, trailer",
        _in_chunks("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        writes_only=True,
    ),
)
_DO_NOT_COUNT: Mapping[str, Sign] = {
    "nobody": lambda request, _: request,
    **{name: _mixed(name) for name in _MIXES},
    "changed token": _changed_token,
    "signed long ago": lambda request, keys: signed(
        request, keys.own, at=now() - _LONG_AGO
    ),
    "expired link": lambda request, keys: link(
        request, keys.own, at=now() - _LONG_AGO, expires=1
    ),
    "signature of another target": _for_another_target,
    "scope of another region": lambda request, keys: signed(
        request, keys.own, region="eu-west-1"
    ),
    "scope of another service": lambda request, keys: signed(
        request, keys.own, service="execute-api"
    ),
    "header and link": _twice,
    "signature version 2": _version_two,
}
FORMS = (
    *_COUNT,
    *(Form(name, sign, counts=False) for name, sign in _DO_NOT_COUNT.items()),
)


def posted(
    request: Request, key: str, content: bytes, credentials: Credentials, form: Form
) -> Request:
    """A form upload of a document; the form's fields are what is signed."""
    made = signed(replace(request, headers=(("host", "x"),)), credentials)
    timestamp = made.header("x-amz-date") or ""
    scope = f"{timestamp[:8]}/{REGION}/s3/aws4_request"
    bucket = request.target[1:].partition("/")[0]
    policy = {
        "expiration": f"{now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "conditions": [
            {"bucket": decoded(bucket)},
            ["starts-with", "$key", ""],
            ["starts-with", "$x-amz-meta-stamp", ""],
            {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
            {"x-amz-credential": f"{credentials.access_key_id}/{scope}"},
            {"x-amz-date": timestamp},
            {"x-amz-security-token": credentials.session_token or ""},
        ],
    }
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    signing = signing_key(credentials.secret_access_key, timestamp[:8], REGION, "s3")
    fields: Mapping[str, str] = {
        "key": key,
        "x-amz-meta-stamp": content.decode(),
        "policy": encoded,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{credentials.access_key_id}/{scope}",
        "x-amz-date": timestamp,
        "x-amz-security-token": credentials.session_token or "",
        "x-amz-signature": signature_of(signing, encoded.encode()),
    }
    if form.name == "nobody":
        fields = {"key": key, "x-amz-meta-stamp": content.decode()}
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (name.encode(), value.encode(errors="replace"))
        for name, value in fields.items()
    )
    body += (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        b"\r\n%b\r\n--x--\r\n" % content
    )
    kind = ("content-type", "multipart/form-data; boundary=x")
    return replace(request.adding(kind), body=body)
