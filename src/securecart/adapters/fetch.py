"""Fetch a small document from an identity provider.

Bounded in time and size, without redirects, without proxies or credentials
from the environment, and only where nobody on the way can change it.
"""

import ssl
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Final, Self

import httpx

from securecart.federation.oidc import is_trustworthy
from securecart.names.errors import SecureCartError

SECONDS: Final = 5.0
"""For the whole answer: what AWS STS allows a provider's discovery document."""
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


class Fetch:
    """A client for such documents; shared by threads, closed once."""

    def __init__(
        self,
        *,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._client = httpx.Client(
            transport=transport,
            verify=ssl.create_default_context(),
            timeout=SECONDS,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity"},
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
        """Close the connections that are kept open."""
        self._client.close()

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
        if not is_trustworthy(address):
            raise FetchFailed(f"{address[:200]} is neither https nor loopback")
        deadline = self._monotonic() + SECONDS
        try:
            with self._client.stream("GET", address) as response:
                _check_head(response, media_types)
                return self._body(response, deadline, max_length)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchFailed(f"{address[:200]}: {type(error).__name__}") from error

    def _body(
        self, response: httpx.Response, deadline: float, max_length: int
    ) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > max_length:
                raise FetchFailed(f"{response.url}: more than {max_length} bytes")
            if self._monotonic() > deadline:
                raise FetchFailed(f"{response.url}: not whole after {SECONDS} s")
        return bytes(body)


def _check_head(response: httpx.Response, media_types: Collection[str]) -> None:
    if response.status_code != _OK:
        raise FetchFailed(f"{response.url}: status {response.status_code}")
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() not in media_types:
        raise FetchFailed(f"{response.url}: media type {media_type[:80]!r}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed(f"{response.url}: compressed, though asked not to be")
