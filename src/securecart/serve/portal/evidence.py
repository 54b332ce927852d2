"""What a verified answer says about a person, whichever protocol brought it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from securecart.serve.portal.pending import PendingSignIn
from securecart.serve.portal.ports import AssumedRole
from securecart.serve.portal.provider_session import ProviderSession


@dataclass(frozen=True, slots=True)
class Evidence:
    """`provider` is who says so, of whom, and in which session there.

    `authenticated_at` is when the person last proved who they are, None where
    the provider does not say; `mfa` whether that took a second factor.
    `assume` hands the raw answer to STS, for credentials of so many seconds:
    STS verifies it again and never takes the portal's word. The tokens are
    OIDC's.
    """

    provider: ProviderSession
    name: str | None
    email: str | None
    authenticated_at: datetime | None
    mfa: bool
    assume: Callable[[int], AssumedRole] = field(repr=False)
    id_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)


class SignInMethod(Protocol):
    """A protocol to sign in by."""

    def ask(self, pending: PendingSignIn) -> tuple[PendingSignIn, str]:
        """Answer the sign-in, completed, and where to send the browser.

        Raises:
            Refused: UNAVAILABLE or SET_UP_WRONG, as the provider is.
        """
        ...

    def redeem(self, pending: PendingSignIn, answer: Mapping[str, str]) -> Evidence:
        """Verify the fields of the provider's answer, and use it up.

        Raises:
            Refused: DECLINED if the provider signed nobody in, NOT_ACCEPTED if
                the answer proves nothing, ALREADY_USED, BAD_REQUEST,
                UNAVAILABLE.
        """
        ...
