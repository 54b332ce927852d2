"""A logout that the provider was asked for and has not answered yet.

Sealed into one cookie, so that an answer counts only in the browser that
asked, and only for what it asked.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.responses import Response

from securecart.names.clock import Clock, Random
from securecart.sealing import Keyring, Unsealable
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.pending import LIFETIME
from securecart.serve.portal.records import SealedForm, from_text, to_text
from securecart.serve.portal.refusals import NO_PENDING_LOGOUT, Refused

_PLACE: Final = "cookie"
_STATE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class PendingLogout:
    """What the LogoutResponse must fit."""

    relay_state: str
    request_id: str
    begun_at: datetime


class PendingLogouts:
    """Puts the pending logout into its cookie and finds it again."""

    def __init__(
        self, options: PortalOptions, *, clock: Clock, random: Random, keyring: Keyring
    ) -> None:
        self._tls = options.tls
        self._name = f"{'__Host-' if options.tls else ''}securecart-logout"
        self._clock = clock
        self._random = random
        self._form = SealedForm(
            PendingLogout,
            purpose="portal pending logout",
            keyring=keyring,
            random=random,
        )

    def new_relay_state(self) -> str:
        """Answer a fresh relay state, within the binding's 80 bytes."""
        return to_text(self._random(_STATE_BYTES))

    def keep(self, relay_state: str, request_id: str, response: Response) -> None:
        """Set the cookie."""
        pending = PendingLogout(relay_state, request_id, self._clock())
        sealed = to_text(self._form.seal(pending, _PLACE))
        self._set(response, sealed, max_age=int(LIFETIME.total_seconds()))

    def find(
        self, relay_state: str | None, cookies: Mapping[str, str]
    ) -> PendingLogout:
        """Answer what this browser asked the provider.

        Raises:
            Refused: NO_PENDING_LOGOUT if it asked nothing of that relay state,
                or too long ago.
        """
        try:
            sealed = from_text(cookies.get(self._name, ""))
            pending = self._form.unseal(sealed, _PLACE)
        except Unsealable as error:
            raise Refused(NO_PENDING_LOGOUT, f"logout cookie: {error}") from None
        told = (relay_state or "").encode()
        if not hmac.compare_digest(pending.relay_state.encode(), told):
            raise Refused(NO_PENDING_LOGOUT, "another relay state")
        if self._clock() - pending.begun_at >= LIFETIME:
            raise Refused(NO_PENDING_LOGOUT, "asked too long ago")
        return pending

    def forget(self, response: Response) -> None:
        """Remove the cookie."""
        self._set(response, "", max_age=0)

    def _set(self, response: Response, value: str, *, max_age: int) -> None:
        # As with sign-ins: the answer may be posted from the provider's site.
        response.set_cookie(
            self._name,
            value,
            max_age=max_age,
            path="/",
            secure=self._tls,
            httponly=True,
            samesite="none" if self._tls else "lax",
        )
