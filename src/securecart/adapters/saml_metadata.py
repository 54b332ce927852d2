"""The metadata of the company's SAML identity provider: a file or an address."""

import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path

from securecart.adapters.fetch import XML, Fetch, FetchFailed
from securecart.federation.saml import MAX_METADATA, IdpMetadata, InvalidMetadata
from securecart.names.clock import Clock

FRESH = timedelta(hours=1)
"""How long what was read is not read again; less if the document says so."""
LEAST_FRESH = timedelta(minutes=5)
"""A shorter `cacheDuration` is not heeded."""
RETRY = timedelta(seconds=30)
"""Between two readings, whatever asks for them: a provider that is silent, or
answers signed by nobody known."""
WARNED_BEFORE = timedelta(days=14)
"""How long before metadata ends the log says so: time to ask for new."""

_log = logging.getLogger(__name__)


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

    Read when first asked for, then every hour, and when an answer was signed
    by a key that is not known. While the provider does not answer, or answers
    nonsense, what it said last holds, until that says itself that it is over.
    One thread reads; the others go on with what is known.
    """

    def __init__(
        self, source: str, fetch: Fetch, clock: Clock, *, entity_id: str | None = None
    ) -> None:
        self._source = source
        self._fetch = fetch
        self._clock = clock
        self._entity_id = entity_id
        self._lock = threading.Lock()
        self._known: IdpMetadata | None = None
        self._next_reading: datetime | None = None
        self._next_renewal: datetime | None = None

    def metadata(self, *, renew: bool = False) -> IdpMetadata:
        """Answer the metadata as last read, or as it is now where `renew`.

        Raises:
            SecureCartError: while there is none yet, or what there is is no
                metadata.
        """
        now = self._clock()
        wait = renew or self._known is None
        if self._is_due(now, renew=renew) and self._lock.acquire(blocking=wait):
            try:
                # Another thread may have read it meanwhile.
                if self._is_due(now, renew=renew):
                    self._read(now)
            finally:
                self._lock.release()
        if self._known is None:
            raise MetadataUnavailable(f"no metadata from {self._source} yet")
        return self._known

    def _is_due(self, now: datetime, *, renew: bool) -> bool:
        due = self._next_renewal if renew else self._next_reading
        return self._known is None or due is None or now >= due

    def _read(self, now: datetime) -> None:
        self._next_reading = self._next_renewal = now + RETRY
        try:
            known = IdpMetadata.parse(
                read_metadata(self._source, self._fetch), entity_id=self._entity_id
            )
        except (FetchFailed, InvalidMetadata) as error:
            if self._known is None:
                raise
            _log.warning("what the identity provider said last holds: %s", error)
            return
        self._known = known
        asked = FRESH if known.cache_duration is None else known.cache_duration
        self._next_reading = now + max(LEAST_FRESH, min(FRESH, asked))
        end = known.valid_until
        if end is not None and end - now < WARNED_BEFORE:
            _log.warning(
                "the identity provider's metadata %s ends on %s: nobody can sign in "
                "afterwards, so ask for new",
                self._source,
                end,
            )
