"""Ask an identity provider for something small.

Bounded in time and size, without redirects, without proxies, cookies or
credentials from the environment, only where nobody on the way can change it,
and never at an address of our own network that is not in the settings.
"""

import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import httpx

from securecart.adapters.guarded_transport import GuardedTransport
from securecart.federation.oidc import is_trustworthy
from securecart.names.errors import SecureCartError

SECONDS: Final = 5.0
"""For the whole answer: what AWS STS allows a provider's discovery document."""
POST_SECONDS: Final = 10.0
"""A token endpoint may hash a secret and ask a directory."""
MAX_DOCUMENT: Final = 262_144
"""Bytes; key sets and discovery documents have some 10 kB."""

JSON: Final = frozenset(
    {"application/json", "application/jwk-set+json", "application/jrd+json"}
)
"""Discovery and key sets (RFC 7517, section 8.5)."""
XML: Final = frozenset({"application/samlmetadata+xml", "application/xml", "text/xml"})
"""SAML metadata, as providers really label it."""

_OK: Final = 200


class FetchFailed(SecureCartError):
    """The document could not be had; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came back of a form; the body may hold secrets."""

    status: int
    body: bytes = field(repr=False)


class Fetch:
    """A client for such documents; shared by threads, closed once.

    `private_hosts` are the names of hosts whose addresses may be private, or
    this machine's; with a port, that port only.
    """

    def __init__(
        self,
        *,
        private_hosts: Collection[str] = (),
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._transport = transport or GuardedTransport(
            private_hosts,
            # The machine's own authorities: companies have some of theirs.
            context=ssl.create_default_context(),
            monotonic=monotonic,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what the transport holds."""
        self._transport.close()

    def get(
        self,
        address: str,
        *,
        media_types: Collection[str] = JSON,
        max_length: int = MAX_DOCUMENT,
    ) -> bytes:
        """Answer the document at an address.

        Raises:
            FetchFailed: unless the address is https or loopback and answers
                in time with 200, one of the media types and at most
                `max_length` bytes.
        """

        def check(response: httpx.Response) -> None:
            _check_head(response, media_types, address)

        return self._send(
            "GET", address, check=check, seconds=SECONDS, max_length=max_length
        ).body

    def post(
        self, address: str, form: Mapping[str, str], *, headers: Mapping[str, str]
    ) -> Posted:
        """Send a form and answer what comes back, whatever its status.

        Raises:
            FetchFailed: unless the address is https or loopback and answers
                in time with at most `MAX_DOCUMENT` bytes.
        """
        return self._send(
            "POST",
            address,
            form=form,
            headers=headers,
            check=lambda response: _check_encoding(response, address),
            seconds=POST_SECONDS,
            max_length=MAX_DOCUMENT,
        )

    def _send(
        self,
        method: str,
        address: str,
        *,
        check: Callable[[httpx.Response], None],
        seconds: float,
        max_length: int,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Posted:
        if not is_trustworthy(address):
            raise FetchFailed(f"{address[:200]} is neither https nor loopback")
        deadline = self._monotonic() + seconds
        try:
            request = httpx.Request(
                method,
                address,
                headers={
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    "User-Agent": "securecart",
                }
                | dict(headers or {}),
                data=form,
                extensions={"deadline": deadline},
            )
            response = self._transport.handle_request(request)
            try:
                check(response)
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > max_length:
                        raise FetchFailed(
                            f"{address[:200]}: more than {max_length} bytes"
                        )
                    if self._monotonic() > deadline:
                        raise FetchFailed(
                            f"{address[:200]}: not whole after {seconds} s"
                        )
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchFailed(f"{address[:200]}: {error}") from error
        return Posted(response.status_code, bytes(body))


def _check_head(
    response: httpx.Response, media_types: Collection[str], address: str
) -> None:
    if response.is_redirect:
        raise FetchFailed(
            f"{address[:200]}: status {response.status_code}, a redirect, which is not"
            " followed"
        )
    if response.status_code != _OK:
        raise FetchFailed(f"{address[:200]}: status {response.status_code}")
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() not in media_types:
        raise FetchFailed(f"{address[:200]}: media type {media_type[:80]!r}")
    _check_encoding(response, address)


def _check_encoding(response: httpx.Response, address: str) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed(f"{address[:200]}: compressed, though asked not to be")
