"""A sign-in that was begun and not yet answered, kept in the browser.

It is sealed into a cookie of its own, named after its id. The id travels to
the identity provider and back (`state`, RelayState), so an answer finds its
question only in the browser that asked: this closes login CSRF, and several
tabs may sign in at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import Response

from securecart.names.clock import Clock, Random
from securecart.sealing import Keyring, Unsealable
from securecart.serve.portal.options import Method, PortalOptions
from securecart.serve.portal.records import SealedForm, from_text, to_text
from securecart.serve.portal.refusals import NO_PENDING, Refused

LIFETIME: Final = timedelta(minutes=10)
"""Long enough to find one's phone for a code; few guesses fit into it."""

MAX_COOKIES: Final = 8
"""Tabs that sign in at once. Each cookie has up to 1.5 kB, and servers refuse
headers beyond 16 to 64 kB: a page that opens `/login` over and over must not
lock anybody out."""

_ID_FORM: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_ID_BYTES: Final = 16
"""128 random bits: RFC 6819, section 5.1.4.2.2. 22 characters, within the 80
bytes that SAML 2.0 bindings, section 3.4.3, leave for RelayState."""


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What the answer must fit, and what happens after it.

    `request_id` is the AuthnRequest's id (SAML); `nonce` and `code_verifier`
    belong to OIDC. `session_key` names the session that this browser has
    already: to be renewed if `passive`, else to be replaced.
    """

    pending_id: str
    method: Method
    begun_at: datetime
    return_to: str
    request_id: str = ""
    nonce: str = ""
    code_verifier: str = ""
    passive: bool = False
    reauthenticate: bool = False
    mfa_demanded: bool = False
    session_key: str | None = None


class PendingSignIns:
    """Puts pending sign-ins into cookies and finds them again."""

    def __init__(
        self, options: PortalOptions, *, clock: Clock, random: Random, keyring: Keyring
    ) -> None:
        self._tls = options.tls
        self._prefix = f"{'__Host-' if options.tls else ''}securecart-pending-"
        self._clock = clock
        self._random = random
        self._form = SealedForm(
            PendingSignIn,
            purpose="portal pending sign-in",
            keyring=keyring,
            random=random,
        )

    def new_id(self) -> str:
        """Answer a fresh id, fit for `state` and RelayState."""
        return to_text(self._random(_ID_BYTES))

    def keep(
        self, pending: PendingSignIn, response: Response, cookies: Mapping[str, str]
    ) -> None:
        """Set the cookie; where there are too many, forget the earlier ones."""
        if len(self._ids(cookies)) >= MAX_COOKIES:
            self.forget_all(cookies, response)
        self._set(
            response,
            self._prefix + pending.pending_id,
            to_text(self._form.seal(pending, pending.pending_id)),
            max_age=int(LIFETIME.total_seconds()),
        )

    def find(
        self, pending_id: str, method: Method, cookies: Mapping[str, str]
    ) -> PendingSignIn:
        """Answer the pending sign-in that this browser has under that id.

        Raises:
            Refused: NO_PENDING if there is none, or it was begun too long ago
                or for the other method.
        """
        value = cookies.get(self._prefix + pending_id)
        if value is None:
            raise Refused(NO_PENDING, "no cookie for this state")
        try:
            pending = self._form.unseal(from_text(value), pending_id)
        except Unsealable as error:
            raise Refused(NO_PENDING, f"pending cookie: {error}") from None
        if pending.method != method:
            raise Refused(NO_PENDING, f"begun by {pending.method}")
        if self._clock() - pending.begun_at >= LIFETIME:
            raise Refused(NO_PENDING, "begun too long ago")
        return pending

    def has(self, pending_id: str, cookies: Mapping[str, str]) -> bool:
        """Say whether this browser began a sign-in of that id, good or not."""
        return self._prefix + pending_id in cookies

    def forget(self, pending_id: str, response: Response) -> None:
        """Remove the cookie."""
        self._set(response, self._prefix + pending_id, "", max_age=0)

    def forget_all(self, cookies: Mapping[str, str], response: Response) -> None:
        """Remove the cookie of every sign-in that this browser has begun."""
        for pending_id in self._ids(cookies):
            self.forget(pending_id, response)

    def _ids(self, cookies: Mapping[str, str]) -> list[str]:
        names = (name.removeprefix(self._prefix) for name in cookies)
        return [name for name in names if _ID_FORM.match(name)]

    def _set(self, response: Response, name: str, value: str, *, max_age: int) -> None:
        # A SAML response is posted from the provider's site, and a browser
        # sends no Lax cookie with such a POST. None needs Secure, so on plain
        # loopback it stays Lax: there the provider is the same site.
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path="/",
            secure=self._tls,
            httponly=True,
            samesite="none" if self._tls else "lax",
        )
