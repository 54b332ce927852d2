"""When a second factor is due."""

from datetime import datetime, timedelta
from typing import Final

from securecart.serve.portal.evidence import Evidence
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.pending import PendingSignIn
from securecart.serve.portal.refusals import (
    MFA_AGAIN,
    MFA_MISSING,
    NOT_FRESH,
    Refused,
)
from securecart.serve.portal.sessions import Session

FRESH_SKEW: Final = timedelta(seconds=60)
"""A new sign-in may seem to precede its request by as much as clocks differ."""


class MfaPolicy:
    """Judges sign-ins and renewals by the portal's configuration."""

    def __init__(self, options: PortalOptions) -> None:
        self._required = options.mfa_required
        self._max_age = timedelta(seconds=options.mfa_max_age_seconds)

    def needs_new_sign_in(
        self, pending: PendingSignIn, evidence: Evidence, now: datetime
    ) -> bool:
        """Say whether the provider vouches on a second factor that is too old.

        Raises:
            Refused: MFA_MISSING or NOT_FRESH where asking anew is no help,
                because this was asked for already.
        """
        demanded = self._required or pending.mfa_demanded
        if demanded and not evidence.mfa:
            raise Refused(MFA_MISSING, "no evidence of a second factor")
        proved = evidence.authenticated_at
        if proved is None and (self._required or pending.reauthenticate):
            raise Refused(NOT_FRESH, "the provider does not say when it asked")
        if proved is None:
            return False
        if pending.reauthenticate:
            if proved < pending.begun_at - FRESH_SKEW:
                raise Refused(NOT_FRESH, f"signed in at {proved}")
            return False
        return (demanded or evidence.mfa) and self._is_too_old(proved, now)

    def check_renewal(self, session: Session, now: datetime) -> None:
        """Refuse to renew on a second factor that is too old.

        Raises:
            Refused: MFA_AGAIN.
        """
        if self._required and not session.sign_in.mfa:
            raise Refused(MFA_AGAIN, "signed in before a second factor was required")
        proved = session.grant.authenticated_at
        if session.sign_in.mfa and self._is_too_old(proved, now):
            raise Refused(MFA_AGAIN, f"proved {proved}")

    def check_renewing_evidence(
        self, session: Session, evidence: Evidence, now: datetime
    ) -> datetime:
        """Answer since when the renewed session counts as proved.

        Raises:
            Refused: MFA_AGAIN if the evidence lacks the second factor that
                the session rests on, or has an old one.
        """
        demanded = self._required or session.sign_in.mfa
        proved = evidence.authenticated_at or session.grant.authenticated_at
        if demanded and not evidence.mfa:
            raise Refused(MFA_AGAIN, "no evidence of a second factor any more")
        if demanded and self._is_too_old(proved, now):
            raise Refused(MFA_AGAIN, f"proved {proved}")
        return proved

    def _is_too_old(self, proved: datetime, now: datetime) -> bool:
        return now - proved > self._max_age
