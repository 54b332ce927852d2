"""What a verified answer says about a person, whichever protocol brought it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from securecart.serve.portal.pending import PendingSignIn
from securecart.serve.portal.ports import AssumedRole


@dataclass(frozen=True, slots=True)
class Evidence:
    """`subject` is the provider's name for the person, `issuer` the provider.

    `provider_session` is what the provider calls its own session, to end this
    one by; None where it does not say.

    `authenticated_at` is when the person last proved who they are, None where
    the provider does not say; `mfa` whether that took a second factor.
    `assume` hands the raw answer to STS, for credentials of so many seconds:
    STS verifies it again and never takes the portal's word. The tokens are
    OIDC's.
    """

    issuer: str
    subject: str
    provider_session: str | None
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
