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
    discovery_address,
    read_jwks_uri,
)
from securecart.names.waiting import about_to_wait

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
    known: tuple[JwkSet, datetime] | None = None
    tried_at: datetime | None = None
    failure: str = "not asked yet"


class FetchedKeys:
    """A `federation.oidc.KeySource` over HTTP; shared by threads.

    Callers of one provider wait for one request between them; whom the
    remembered keys may serve does not wait. `hosts` may hold a provider's keys
    beside its own host.
    """

    def __init__(self, fetch: Getter, *, hosts: frozenset[str] = frozenset()) -> None:
        self._fetch = fetch
        self._hosts = hosts
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> JwkSet:
        """See `federation.oidc.KeySource.keys`."""
        entry = self._entry(issuer)
        remembered = _usable(entry, now)
        if renew or remembered is None:
            about_to_wait()
            entry.lock.acquire()
        elif not entry.lock.acquire(blocking=False):
            return remembered
        try:
            if _is_due(entry, now, renew=renew):
                about_to_wait()
                self._try(issuer, entry, now)
            remembered = _usable(entry, now)
        finally:
            entry.lock.release()
        if remembered is None:
            raise KeysUnavailable(f"no keys of {issuer[:200]}: {entry.failure}")
        return remembered

    def _entry(self, issuer: str) -> _Remembered:
        with self._lock:
            entry = self._remembered.get(issuer)
            if entry is None:
                entry = self._remembered[issuer] = _Remembered()
            self._remembered.move_to_end(issuer)
            if len(self._remembered) > MAX_PROVIDERS:
                self._remembered.popitem(last=False)
            return entry

    def _try(self, issuer: str, entry: _Remembered, now: datetime) -> None:
        entry.tried_at = now
        try:
            discovery = self._fetch.get(discovery_address(issuer))
            address = read_jwks_uri(discovery, issuer=issuer, hosts=self._hosts)
            keys = JwkSet.parse(self._fetch.get(address))
        except (FetchFailed, InvalidDiscovery) as error:
            entry.failure = str(error)
            _log.warning("the keys of %s could not be renewed: %s", issuer, error)
        else:
            entry.known = keys, now


def _usable(entry: _Remembered, now: datetime) -> JwkSet | None:
    known = entry.known
    if known is None or not _within(known[1], now, USABLE):
        return None
    return known[0]


def _is_due(entry: _Remembered, now: datetime, *, renew: bool) -> bool:
    if _within(entry.tried_at, now, RENEW_INTERVAL):
        return False
    fetched_at = None if entry.known is None else entry.known[1]
    return renew or not _within(fetched_at, now, FRESH)


def _within(moment: datetime | None, now: datetime, length: timedelta) -> bool:
    # Who waited for another's request read the clock before that one did.
    return moment is not None and -RENEW_INTERVAL < now - moment < length
