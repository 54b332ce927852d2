"""Sign requests: towards the store behind the gateway, and towards AWS."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4.canonical import (
    canonical_headers,
    canonical_query,
    canonical_request,
    joined,
    path_to_sign,
    string_to_sign,
)
from securecart.wire.sigv4.key import signature_of, signing_key
from securecart.wire.sigv4.signature import (
    ALGORITHM,
    TERMINATOR,
    UNSIGNED_PAYLOAD,
    format_timestamp,
)

_ALSO_SIGNED = frozenset({"host", "content-type", "content-md5"})
_REPLACED = frozenset(
    {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
)


_MOST_PREPARED = 64
"""Sets of headers kept for a second; most requests have one of a few."""

_Alike = tuple[tuple[tuple[str, str], ...], str]
"""Headers, and the payload's hash."""


class _Prepared(NamedTuple):
    """What is the same for requests that differ in method and target alone."""

    sent: tuple[tuple[str, str], ...]
    canonical: str
    beginning: str
    """Of the value of `authorization`."""


class Signer:
    """Signs requests of one identity to one service, one after the other.

    What holds for a second (the time, and the headers that many requests have
    alike) or a day (scope and key) is made once.
    """

    def __init__(self, credentials: Credentials, *, region: str, service: str) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._second: datetime | None = None
        self._prepared: dict[_Alike, _Prepared] = {}

    def sign(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        *,
        now: datetime,
        payload_hash: str,
    ) -> tuple[tuple[str, str], ...]:
        """Answer the headers with those that sign them, `authorization` last.

        There must be a `host` header. Signed are host, content-type,
        content-md5 and every x-amz-… header: what intermediaries leave alone.
        A signature that was there already is dropped.
        """
        self._turn(now.replace(microsecond=0))
        alike = (tuple(headers), payload_hash)
        prepared = self._prepared.get(alike)
        if prepared is None:
            prepared = self._prepare(*alike)
            if len(self._prepared) < _MOST_PREPARED:
                self._prepared[alike] = prepared
        path, _, query = target.partition("?")
        canonical = (
            f"{method}\n{path_to_sign(path, self._service)}\n"
            f"{canonical_query(query)}\n{prepared.canonical}"
        )
        text = string_to_sign(
            canonical.encode("latin-1"), timestamp=self._timestamp, scope=self._scope
        )
        signature = signature_of(self._key, text)
        return (*prepared.sent, ("authorization", prepared.beginning + signature))

    def _prepare(
        self, headers: tuple[tuple[str, str], ...], payload_hash: str
    ) -> _Prepared:
        sent = [pair for pair in headers if pair[0] not in _REPLACED]
        sent.append(("x-amz-date", self._timestamp))
        if self._service == "s3":
            sent.append(("x-amz-content-sha256", payload_hash))
        if self._credentials.session_token is not None:
            sent.append(("x-amz-security-token", self._credentials.session_token))
        values = dict(sent)
        if len(values) < len(sent):
            values = joined(sent)
        signed = [
            (name, values[name])
            for name in sorted(values)
            if name.startswith("x-amz-") or name in _ALSO_SIGNED
        ]
        names = ";".join([name for name, _ in signed])
        return _Prepared(
            tuple(sent),
            canonical_headers(signed, payload_hash),
            f"{self._beginning}{names}, Signature=",
        )

    def _turn(self, second: datetime) -> None:
        if second == self._second:
            return
        self._second = second
        self._prepared.clear()
        self._timestamp = format_timestamp(second)
        date, credentials = self._timestamp[:8], self._credentials
        self._scope = f"{date}/{self._region}/{self._service}/{TERMINATOR}"
        self._key = signing_key(
            credentials.secret_access_key, date, self._region, self._service
        )
        self._beginning = (
            f"{ALGORITHM} Credential={credentials.access_key_id}/{self._scope}, "
            "SignedHeaders="
        )


def sign(
    request: HttpRequest,
    credentials: Credentials,
    *,
    region: str,
    service: str,
    now: datetime,
    payload_hash: str,
) -> HttpRequest:
    """Answer the request with its signature, as `Signer.sign` makes it."""
    headers = Signer(credentials, region=region, service=service).sign(
        request.method,
        request.target,
        request.headers,
        now=now,
        payload_hash=payload_hash,
    )
    return replace(request, headers=headers)


def presign(
    method: str,
    url: str,
    credentials: Credentials,
    *,
    region: str,
    service: str,
    now: datetime,
    expires: int,
) -> str:
    """Answer the address with its signature in the query string.

    `url` is absolute and already percent-encoded, `expires` in seconds. Only
    the host is signed besides, so that a plain link can be followed.
    """
    timestamp = format_timestamp(now)
    scope = f"{timestamp[:8]}/{region}/{service}/{TERMINATOR}"
    parameters = [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key_id}/{scope}"),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if credentials.session_token is not None:
        parameters.append(("X-Amz-Security-Token", credentials.session_token))
    added = "&".join(f"{name}={percent_encode(value)}" for name, value in parameters)
    parts = urlsplit(url)
    query = f"{parts.query}&{added}" if parts.query else added
    path = parts.path or "/"
    signature = _signature(
        HttpRequest(method, f"{path}?{query}", (("host", parts.netloc),)),
        credentials,
        scope=scope,
        timestamp=timestamp,
        signed_headers=("host",),
        payload_hash=UNSIGNED_PAYLOAD,
    )
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature}"


def _signature(
    request: HttpRequest,
    credentials: Credentials,
    *,
    scope: str,
    timestamp: str,
    signed_headers: Sequence[str],
    payload_hash: str,
) -> str:
    date, region, service, _ = scope.split("/")
    canonical = canonical_request(
        request,
        service=service,
        signed_headers=signed_headers,
        payload_hash=payload_hash,
    )
    key = signing_key(credentials.secret_access_key, date, region, service)
    return signature_of(
        key, string_to_sign(canonical, timestamp=timestamp, scope=scope)
    )
