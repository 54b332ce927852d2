"""Word from elsewhere that sessions are over: revoked, or ended at the provider.

An ending is a small record: whose sessions, and since when. Nobody keeps
lists of sessions, so an ending costs one write however many it ends, and a
session looks for its endings whenever it is used. Records are shared by
processes and outlive them, and so do endings.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from securecart.names.clock import Clock
from securecart.names.expiring import ExpiringRecords
from securecart.serve.portal.provider_session import ProviderSession

LONGEST_SESSION: Final = timedelta(minutes=10_080)
"""The most that `session.portal_minutes` allows. No session that began before
an ending is left after it, whatever the setting was when the session began."""

_EVERYBODY: Final = "ended/everybody"


class Endings:
    """Says that sessions are over, in every process that shares the records."""

    def __init__(
        self,
        records: ExpiringRecords,
        *,
        clock: Clock,
        lifetime: timedelta = LONGEST_SESSION,
    ) -> None:
        self._records = records
        self._clock = clock
        self._lifetime = lifetime

    def end_person(self, person: str) -> None:
        """End every session of that session name that has begun by now."""
        self._end(_key("person", person))

    def end_everybody(self) -> None:
        """End every session that has begun by now."""
        self._end(_EVERYBODY)

    def end_subject(self, issuer: str, subject: str) -> None:
        """End every session of whom that provider calls `subject`."""
        self._end(_key("subject", issuer, subject))

    def end_provider_session(
        self, issuer: str, session_id: str, *, subject: str | None = None
    ) -> None:
        """End the sessions that rest on that session (`unique_id`) of the provider.

        With `subject`, also those of that person of which nobody knows on
        what session of the provider they rest.
        """
        self._end(_key("session", issuer, session_id))
        if subject is not None:
            self._end(_key("unnamed", issuer, subject))

    def _end(self, key: str) -> None:
        now = self._clock()
        moment = now.astimezone(UTC).isoformat().encode()
        self._records.put(key, moment, expires_at=now + self._lifetime)


def ending_keys(person: str, provider: ProviderSession) -> tuple[str, ...]:
    """Answer the keys of all records that may end a session of that person."""
    issuer, subject = provider.issuer, provider.subject
    session_id = provider.unique_id
    return (
        _EVERYBODY,
        _key("person", person),
        _key("subject", issuer, subject),
        _key("unnamed", issuer, subject)
        if session_id is None
        else _key("session", issuer, session_id),
    )


def is_over(began_at: datetime, endings: Mapping[str, bytes]) -> bool:
    """Say whether one of these endings came at or after the beginning."""
    return any(
        began_at <= datetime.fromisoformat(moment.decode())
        for moment in endings.values()
    )


def _key(kind: str, *names: str) -> str:
    # Hashed: names of strangers' choice make keys of one length, each its own.
    parts = b"".join(hashlib.sha256(name.encode()).digest() for name in names)
    return f"ended/{kind}/{hashlib.sha256(parts).hexdigest()}"
