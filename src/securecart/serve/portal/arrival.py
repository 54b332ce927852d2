"""From verified evidence to a session, the same way for both protocols."""

from datetime import timedelta
from typing import Final

from securecart.names.clock import Clock, Random
from securecart.serve.portal.assume import MIN_DURATION, ask_sts
from securecart.serve.portal.evidence import Evidence
from securecart.serve.portal.mfa import MfaPolicy
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.pending import PendingSignIn
from securecart.serve.portal.records import to_text
from securecart.serve.portal.refusals import (
    OTHER_PERSON,
    SESSION_ENDED,
    SET_UP_WRONG,
    Refused,
)
from securecart.serve.portal.sessions import Grant, Session, Sessions, SignIn

_CSRF_BYTES: Final = 32
"""256 random bits, so that a token cannot be guessed."""


class Arrivals:
    """Begins and renews sessions; every sign-in ends in one of the two."""

    def __init__(
        self,
        options: PortalOptions,
        sessions: Sessions,
        mfa: MfaPolicy,
        *,
        clock: Clock,
        random: Random,
    ) -> None:
        self._options = options
        self._sessions = sessions
        self._mfa = mfa
        self._clock = clock
        self._random = random

    def begin(self, pending: PendingSignIn, evidence: Evidence) -> str:
        """Begin a session, under a new id, in place of the browser's last.

        Raises:
            Refused: as STS answers.
        """
        now = self._clock()
        assumed = ask_sts(lambda: evidence.assume(self._options.duration_seconds))
        if pending.method == "oidc" and assumed.person != evidence.provider.subject:
            raise Refused(SET_UP_WRONG, "STS named the session after somebody else")
        if pending.session_key is not None:
            self._sessions.end(pending.session_key)
        sign_in = SignIn(
            person=assumed.person,
            name=evidence.name or assumed.person,
            email=evidence.email,
            folder=assumed.folder,
            method=pending.method,
            mfa=evidence.mfa,
            began_at=now,
            ends_at=now + timedelta(seconds=self._options.session_seconds),
            csrf_token=to_text(self._random(_CSRF_BYTES)),
        )
        grant = Grant(
            credentials=assumed.credentials,
            issued_at=now,
            authenticated_at=evidence.authenticated_at or now,
            provider=evidence.provider,
            id_token=evidence.id_token,
            refresh_token=evidence.refresh_token,
        )
        return self._sessions.begin(sign_in, grant)

    def renew(self, key: str | None, evidence: Evidence) -> Session:
        """Put new credentials into a live session of the same person.

        Raises:
            Refused: SESSION_ENDED, MFA_AGAIN, OTHER_PERSON, or as STS answers.
        """
        session = None if key is None else self._sessions.at(key)
        if session is None:
            raise Refused(SESSION_ENDED, "nothing to renew")
        now = self._clock()
        proved = self._mfa.check_renewing_evidence(session, evidence, now)
        left = int((session.sign_in.ends_at - now).total_seconds())
        # STS gives nothing shorter than a quarter of an hour, so the last
        # credentials may outlive the session by less than that.
        seconds = max(MIN_DURATION, min(self._options.duration_seconds, left))
        assumed = ask_sts(lambda: evidence.assume(seconds))
        if assumed.folder != session.sign_in.folder:
            raise Refused(OTHER_PERSON, f"the answer is for {assumed.person!r}")
        grant = Grant(
            credentials=assumed.credentials,
            issued_at=now,
            authenticated_at=proved,
            provider=session.grant.provider.followed_by(evidence.provider),
            id_token=evidence.id_token,
            refresh_token=evidence.refresh_token or session.grant.refresh_token,
        )
        self._sessions.renew(session.key, grant)
        if self._sessions.at(session.key) is None:
            # Ended while STS was asked: these credentials are handed to nobody.
            raise Refused(SESSION_ENDED, "ended while it was renewed")
        return Session(session.key, session.sign_in, grant)
