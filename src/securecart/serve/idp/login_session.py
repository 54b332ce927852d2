"""Who is signed in at the identity provider, for both protocols alike."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from securecart.federation.saml.names import PASSWORD_PROTECTED, REFEDS_MFA
from securecart.names.clock import Random
from securecart.names.expiring import ExpiringRecords

PASSWORD = ("pwd",)
PASSWORD_AND_CODE = ("pwd", "otp", "mfa")
"""How a person proved who they are; values of RFC 8176, section 2."""

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class LoginSession:
    """One sign-in of one person in one browser.

    `session_id` is what relying parties are told (`sid`, SessionIndex); `key`
    names the record and follows from the cookie, which nobody is told.
    """

    key: str
    session_id: str
    username: str
    auth_time: datetime
    amr: tuple[str, ...]
    expires_at: datetime

    @property
    def acr(self) -> str:
        """The authentication context class; OpenID takes SAML's names too."""
        return REFEDS_MFA if "mfa" in self.amr else PASSWORD_PROTECTED


class LoginSessions:
    """The sign-ins that still count, in expiring records.

    A cookie's value is never stored, only its digest: who reads the store
    cannot sign in from it.
    """

    def __init__(
        self, records: ExpiringRecords, *, random: Random, lifetime: timedelta
    ) -> None:
        self._records = records
        self._random = random
        self._lifetime = lifetime

    def begin(
        self, *, username: str, amr: tuple[str, ...], now: datetime
    ) -> tuple[str, LoginSession]:
        """Start a session; answer the cookie's value and the session.

        What has expired by now is cleared away on the occasion.
        """
        self._records.purge(now=now)
        cookie = random_text(self._random)
        session = LoginSession(
            key=_record_key(cookie),
            session_id=random_text(self._random),
            username=username,
            auth_time=now,
            amr=amr,
            expires_at=now + self._lifetime,
        )
        document = {
            "session_id": session.session_id,
            "username": username,
            "auth_time": now.timestamp(),
            "amr": amr,
            "expires_at": session.expires_at.timestamp(),
        }
        self._records.put(
            session.key,
            json.dumps(document).encode(),
            expires_at=session.expires_at,
        )
        return cookie, session

    def find(self, cookie: str, *, now: datetime) -> LoginSession | None:
        """Answer the live session of a cookie, or None."""
        return self.find_by_key(_record_key(cookie), now=now)

    def find_by_key(self, key: str, *, now: datetime) -> LoginSession | None:
        """Answer the live session of that key, or None."""
        value = self._records.get(key, now=now)
        if value is None:
            return None
        document = json.loads(value)
        return LoginSession(
            key=key,
            session_id=document["session_id"],
            username=document["username"],
            auth_time=datetime.fromtimestamp(document["auth_time"], UTC),
            amr=tuple(document["amr"]),
            expires_at=datetime.fromtimestamp(document["expires_at"], UTC),
        )

    def end(self, session: LoginSession) -> None:
        """End a session; refresh tokens that hang on it end with it."""
        self._records.delete(session.key)


def random_text(random: Random) -> str:
    """Answer 256 unguessable bits as text for an address or a cookie."""
    return base64.urlsafe_b64encode(random(_SECRET_BYTES)).rstrip(b"=").decode()


def _record_key(cookie: str) -> str:
    return "login:" + hashlib.sha256(cookie.encode()).hexdigest()
