"""The metadata of the company's SAML identity provider: a file or an address."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

from securecart.adapters.fetch import XML, Fetch, FetchFailed
from securecart.federation.saml import IdpMetadata
from securecart.names.clock import Clock

FRESH = timedelta(hours=1)
"""How long a provider's roll-over to another key may go unnoticed."""
MAX_METADATA = 1_000_000
"""Bytes; the limit of `IdpMetadata.parse`."""


class MetadataUnavailable(FetchFailed):
    """The metadata file cannot be read."""


def read_metadata(source: str, fetch: Fetch) -> bytes:
    """Read the document from an address, or else from a file of that name.

    Raises:
        FetchFailed: if it cannot be had; the message says why.
    """
    if source.startswith(("https://", "http://")):
        return fetch.get(source, media_types=XML, max_length=MAX_METADATA)
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise MetadataUnavailable(
            f"the identity provider's metadata {source}: {error.strerror}; "
            "idp.saml.metadata names it"
        ) from None


class SamlMetadata:
    """The portal's `SamlProvider`; shared by threads.

    Read when first asked for and then every hour. While the provider does not
    answer, what it said last holds, until that says itself that it is over.
    """

    def __init__(self, source: str, fetch: Fetch, clock: Clock) -> None:
        self._source = source
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[IdpMetadata, datetime] | None = None

    def metadata(self) -> IdpMetadata:
        """Answer the metadata as last read.

        Raises:
            SecureCartError: while there is none yet, or what there is is no
                metadata.
        """
        with self._lock:
            now = self._clock()
            if self._known is None or now - self._known[1] >= FRESH:
                self._read(now)
            if self._known is None:
                raise MetadataUnavailable(f"no metadata from {self._source} yet")
            return self._known[0]

    def _read(self, now: datetime) -> None:
        try:
            document = read_metadata(self._source, self._fetch)
        except FetchFailed:
            if self._known is None:
                raise
            return
        self._known = IdpMetadata.parse(document), now
