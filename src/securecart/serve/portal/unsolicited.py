"""Sign-ins that began at the provider: asked about, then taken or let be.

Nobody here asked for such an answer, so nothing ties it to this browser: an
attacker can have it posted for a person who then works in the attacker's
folder (login CSRF). So the person is shown whose sign-in it is, and nothing
begins before they say yes, on our own page, in this browser.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from securecart.names.clock import Clock, Random
from securecart.names.expiring import ExpiringRecords
from securecart.sealing import Keyring, Unsealable
from securecart.serve.portal.browser import return_path
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.records import SealedForm, to_text
from securecart.serve.portal.refusals import NO_PENDING, Refused
from securecart.serve.portal.saml import Unsolicited

_ID_BYTES: Final = 32
_ID_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A verified answer, and where its person goes once they say yes."""

    answer: Unsolicited
    return_to: str


class UnsolicitedAnswers:
    """Keeps them in the shared store, under an id in a cookie of this browser."""

    def __init__(
        self,
        options: PortalOptions,
        records: ExpiringRecords,
        *,
        clock: Clock,
        random: Random,
        keyring: Keyring,
    ) -> None:
        self._tls = options.tls
        self._name = f"{'__Host-' if options.tls else ''}securecart-unsolicited"
        self._records = records
        self._clock = clock
        self._random = random
        self._form = SealedForm(
            Waiting, purpose="portal unsolicited", keyring=keyring, random=random
        )

    def keep(
        self, answer: Unsolicited, relay_state: str | None, response: Response
    ) -> None:
        """Store the answer, and set the cookie that finds it."""
        waiting_id = to_text(self._random(_ID_BYTES))
        key = _key(waiting_id)
        waiting = Waiting(answer, _local(relay_state))
        self._records.put(key, self._form.seal(waiting, key), expires_at=answer.ends_at)
        response.set_cookie(
            self._name,
            waiting_id,
            path="/",
            secure=self._tls,
            httponly=True,
            samesite="strict",
        )

    def take(self, cookies: Mapping[str, str]) -> Waiting:
        """Answer what waits in this browser; it waits no more.

        Raises:
            Refused: NO_PENDING if nothing does.
        """
        waiting_id = cookies.get(self._name, "")
        sealed = None
        if _ID_FORM.match(waiting_id):
            sealed = self._records.take(_key(waiting_id), now=self._clock())
        if sealed is None:
            raise Refused(NO_PENDING, "no unsolicited sign-in waits here")
        try:
            return self._form.unseal(sealed, _key(waiting_id))
        except Unsealable as error:
            raise Refused(NO_PENDING, f"unsolicited sign-in: {error}") from None

    def forget(self, response: Response) -> None:
        """Remove the cookie."""
        response.delete_cookie(
            self._name, path="/", secure=self._tls, httponly=True, samesite="strict"
        )


def _local(relay_state: str | None) -> str:
    """Read RelayState as a path of ours; whatever else it is leads home."""
    try:
        return return_path(relay_state or None)
    except Refused:
        return "/"


def _key(waiting_id: str) -> str:
    return f"unsolicited/{hashlib.sha256(waiting_id.encode()).hexdigest()}"
