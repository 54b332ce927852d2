"""The keys of OpenID providers, fetched and remembered for a while."""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from securecart.adapters.fetch import FetchFailed
from securecart.federation.oidc import (
    InvalidDiscovery,
    JwkSet,
    KeysUnavailable,
    ProviderMetadata,
    discovery_address,
)

FRESH: Final = timedelta(minutes=10)
"""After this the provider is asked again: how long a withdrawn key still works."""
USABLE: Final = timedelta(hours=1)
"""After this remembered keys are dropped, even if the provider is silent."""
RENEW_INTERVAL: Final = timedelta(seconds=30)
"""At most one attempt in this time, so that tokens with made-up key ids, or a
provider that is down, cause no storm of requests."""
MAX_PROVIDERS: Final = 100
"""Providers remembered: IAM's own quota of OpenID providers in an account."""

_log = logging.getLogger(__name__)


class Getter(Protocol):
    """Gets a JSON document, as `Fetch` does."""

    def get(self, address: str) -> bytes:
        """Answer the document at an address.

        Raises:
            FetchFailed: if it cannot be had.
        """
        ...


@dataclass(slots=True)
class _Remembered:
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: JwkSet | None = None
    fetched_at: datetime | None = None
    tried_at: datetime | None = None


class FetchedKeys:
    """A `federation.oidc.KeySource` over HTTP; shared by threads.

    Callers of one provider wait for one request between them.
    """

    def __init__(self, fetch: Getter) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> JwkSet:
        """See `federation.oidc.KeySource.keys`."""
        entry = self._entry(issuer)
        with entry.lock:
            if _is_due(entry, now, renew=renew):
                self._try(issuer, entry, now)
            if entry.keys is None or not _within(entry.fetched_at, now, USABLE):
                raise KeysUnavailable(f"no keys of {issuer[:200]}")
            return entry.keys

    def _entry(self, issuer: str) -> _Remembered:
        with self._lock:
            entry = self._remembered.setdefault(issuer, _Remembered())
            self._remembered.move_to_end(issuer)
            if len(self._remembered) > MAX_PROVIDERS:
                self._remembered.popitem(last=False)
            return entry

    def _try(self, issuer: str, entry: _Remembered, now: datetime) -> None:
        entry.tried_at = now
        try:
            discovery = self._fetch.get(discovery_address(issuer))
            provider = ProviderMetadata.parse(discovery, issuer=issuer)
            entry.keys = JwkSet.parse(self._fetch.get(provider.jwks_uri))
        except (FetchFailed, InvalidDiscovery) as error:
            _log.warning("the keys of %s could not be renewed: %s", issuer, error)
        else:
            entry.fetched_at = now


def _is_due(entry: _Remembered, now: datetime, *, renew: bool) -> bool:
    if _within(entry.tried_at, now, RENEW_INTERVAL):
        return False
    return renew or not _within(entry.fetched_at, now, FRESH)


def _within(moment: datetime | None, now: datetime, length: timedelta) -> bool:
    return moment is not None and timedelta(0) <= now - moment < length
