"""Server-side sessions: who signed in, and the credentials of the moment.

A session is two records under the SHA-256 of the id in the cookie. The
sign-in is written once and removed at logout; the grant is replaced by each
renewal and ends with its credentials. Both must live. So a renewal that
overtakes a logout cannot bring the session back, and a session that nobody
renews is over when its credentials are. Endings (see `endings`) end sessions
that nobody here can name by their ids.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from securecart.names.clock import Clock, Random
from securecart.names.credentials import Credentials
from securecart.names.expiring import ExpiringRecords
from securecart.sealing import Keyring, Unsealable
from securecart.serve.portal.endings import ending_keys, is_over
from securecart.serve.portal.options import Method
from securecart.serve.portal.provider_session import ProviderSession
from securecart.serve.portal.records import SealedForm, to_text

_ID_BYTES: Final = 32
"""256 random bits, so that an id cannot be guessed."""
_ID_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")

RENEWAL_LOCK: Final = timedelta(seconds=60)
"""Longer than a refresh and an STS call may take together."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What one sign-in established; never changed afterwards.

    `person` is the session name and `folder` the key prefix, with its slash.
    `mfa` says that a second factor was used, and so is due again when it
    grows old.
    """

    person: str
    name: str
    email: str | None
    folder: str
    method: Method
    mfa: bool
    began_at: datetime
    ends_at: datetime
    csrf_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a renewal replaces. `authenticated_at`: the person's last proof."""

    credentials: Credentials
    issued_at: datetime
    authenticated_at: datetime
    provider: ProviderSession
    id_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)

    @property
    def expiration(self) -> datetime:
        """When the credentials end.

        Raises:
            ValueError: for long-term credentials, which STS never answers.
        """
        if self.credentials.expiration is None:
            raise ValueError("credentials without an end")
        return self.credentials.expiration

    @property
    def renew_after(self) -> datetime:
        """When two thirds of the credentials' life are over."""
        return self.issued_at + (self.expiration - self.issued_at) * 2 / 3


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `key` names it in the store and is no secret."""

    key: str
    sign_in: SignIn
    grant: Grant

    def accepts_csrf_token(self, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(
            token.encode(errors="replace"), self.sign_in.csrf_token.encode()
        )


class Sessions:
    """Begins, finds, renews and ends sessions in a shared store."""

    def __init__(
        self,
        records: ExpiringRecords,
        *,
        clock: Clock,
        random: Random,
        keyring: Keyring,
    ) -> None:
        self._records = records
        self._clock = clock
        self._random = random
        self._sign_ins = SealedForm(
            SignIn, purpose="portal sign-in", keyring=keyring, random=random
        )
        self._grants = SealedForm(
            Grant, purpose="portal grant", keyring=keyring, random=random
        )

    def begin(self, sign_in: SignIn, grant: Grant) -> str:
        """Store a new session; answer the id for the browser's cookie."""
        self._records.purge(now=self._clock())
        session_id = to_text(self._random(_ID_BYTES))
        key = _key(session_id)
        self._records.put(
            f"sign-in/{key}",
            self._sign_ins.seal(sign_in, key),
            expires_at=sign_in.ends_at,
        )
        self.renew(key, grant)
        return session_id

    def find(self, session_id: str | None) -> Session | None:
        """Answer the live session with that id, if the text is one."""
        if session_id is None or not _ID_FORM.match(session_id):
            return None
        return self.at(_key(session_id))

    def at(self, key: str) -> Session | None:
        """Answer the live session with that key."""
        session, ended = self._read(key)
        return None if ended else session

    def was_ended(self, session_id: str | None) -> bool:
        """Say whether the session would live but for an ending (see `endings`)."""
        if session_id is None or not _ID_FORM.match(session_id):
            return False
        return self._read(_key(session_id))[1]

    def _read(self, key: str) -> tuple[Session | None, bool]:
        """Answer the session, and whether it was ended from elsewhere."""
        now = self._clock()
        places = f"sign-in/{key}", f"grant/{key}"
        found = self._records.get_all(places, now=now)
        if len(found) < len(places):
            return None, False
        try:
            sign_in = self._sign_ins.unseal(found[places[0]], key)
            grant = self._grants.unseal(found[places[1]], key)
        except Unsealable:
            # The portal's key was replaced: its old sessions are over.
            return None, False
        endings = ending_keys(sign_in.person, grant.provider)
        ended = is_over(sign_in.began_at, self._records.get_all(endings, now=now))
        return Session(key, sign_in, grant), ended

    def renew(self, key: str, grant: Grant) -> None:
        """Put the grant in place of the session's last."""
        self._records.put(
            f"grant/{key}", self._grants.seal(grant, key), expires_at=grant.expiration
        )

    def end(self, key: str) -> None:
        """Remove the session, wherever else it may be in use."""
        self._records.delete(f"sign-in/{key}")
        self._records.delete(f"grant/{key}")

    def lock_renewal(self, key: str) -> bool:
        """Be the one that renews: a refresh token may be used only once."""
        now = self._clock()
        return self._records.insert(
            f"renewal/{key}", b"", expires_at=now + RENEWAL_LOCK, now=now
        )

    def unlock_renewal(self, key: str) -> None:
        """Let the next renewal begin."""
        self._records.delete(f"renewal/{key}")


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
