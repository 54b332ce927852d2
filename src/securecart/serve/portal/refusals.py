"""Every way in which the portal says no, and what it tells the person.

The texts stay general; the cause goes to the log under a reference that the
page shows.
"""

from dataclasses import dataclass

from securecart.names.errors import SecureCartError


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is answered: HTTP status, the API's error code, words for a page.

    `sign_in_url` is offered where signing in (again) is the way on.
    """

    status: int
    error: str
    title: str
    message: str
    sign_in_url: str | None = "/login"


class Refused(SecureCartError):
    """A request ends with a refusal; `cause` is for the log alone."""

    def __init__(self, refusal: Refusal, cause: str) -> None:
        super().__init__(f"{refusal.error}: {cause}")
        self.refusal = refusal


BAD_REQUEST = Refusal(
    400,
    "bad_request",
    "This request cannot be understood",
    "Something in the address or the form is not as it should be.",
)
WRONG_HOST = Refusal(
    421,
    "wrong_host",
    "This address is not the portal's",
    "The portal answers under its own address only.",
    sign_in_url=None,
)
TOO_LARGE = Refusal(
    413,
    "too_large",
    "This request is too large",
    "The portal does not take requests of that size.",
)
TOO_SLOW = Refusal(
    408,
    "too_slow",
    "This request took too long",
    "The connection was too slow. Please try again.",
)
NOT_FOUND = Refusal(
    404,
    "not_found",
    "There is nothing here",
    "The address does not exist in this portal.",
    sign_in_url=None,
)
METHOD_NOT_ALLOWED = Refusal(
    405,
    "method_not_allowed",
    "This does not work here",
    "The address exists, but not for this kind of request.",
    sign_in_url=None,
)
CROSS_SITE = Refusal(
    403,
    "cross_site",
    "This request came from another site",
    "For your safety the portal takes this request from its own pages only.",
    sign_in_url=None,
)
CSRF = Refusal(
    403,
    "csrf",
    "This page is out of date",
    "Please reload the portal and try again.",
    sign_in_url=None,
)
SIGNED_OUT = Refusal(
    401, "signed_out", "You are signed out", "Please sign in to see your documents."
)
SESSION_ENDED = Refusal(
    401, "session_ended", "Your session has ended", "Please sign in again."
)
SIGNED_OUT_ELSEWHERE = Refusal(
    401,
    "signed_out_elsewhere",
    "You were signed out",
    "You signed out elsewhere, or your company ended the session. Sign in to go on.",
)
SIGN_IN_AGAIN = Refusal(
    401,
    "sign_in_required",
    "Please sign in again",
    "The sign-in service asks for a new sign-in.",
)
MFA_AGAIN = Refusal(
    401,
    "mfa_required",
    "Please confirm that it is you",
    "Your sign-in is too old. Please sign in again with your second factor.",
    sign_in_url="/login?reauthenticate=1",
)
MFA_MISSING = Refusal(
    403,
    "mfa_missing",
    "A second factor is needed",
    "Your sign-in was accepted, but without a second factor, and this portal asks "
    "for one. Set one up with your company's sign-in service, then sign in again.",
    sign_in_url="/login?reauthenticate=1",
)
NOT_FRESH = Refusal(
    403,
    "not_fresh",
    "Please sign in anew",
    "The sign-in service answered with an earlier sign-in, but a new one was asked "
    "for. Please try again, or ask your administrator.",
    sign_in_url="/login?reauthenticate=1",
)
NO_PENDING = Refusal(
    400,
    "no_pending_sign_in",
    "Please begin at the portal",
    "This sign-in was not begun in this browser, or was begun more than ten minutes "
    "ago. Sign-ins begin here, not in the sign-in service.",
)
NO_PENDING_LOGOUT = Refusal(
    400,
    "no_pending_logout",
    "This browser is not signing out",
    "The sign-in service answered a question that was not asked in this browser, or "
    "more than ten minutes ago.",
    sign_in_url=None,
)
NOT_ACCEPTED = Refusal(
    403,
    "sign_in_not_accepted",
    "This sign-in was not accepted",
    "The answer of the sign-in service could not be verified. Please try again.",
)
ALREADY_USED = Refusal(
    403,
    "sign_in_already_used",
    "This sign-in was used already",
    "Each answer of the sign-in service counts once. Please sign in again.",
)
DECLINED = Refusal(
    403,
    "sign_in_declined",
    "You were not signed in",
    "The sign-in service did not sign you in. Please try again.",
)
OTHER_PERSON = Refusal(
    401,
    "other_person",
    "Somebody else is signed in",
    "The sign-in service answered for another person. Please sign in again.",
)
NO_ADMINISTRATOR = Refusal(
    403,
    "no_administrator",
    "This is for administrators",
    "Only the portal's administrators may see why requests were refused.",
    sign_in_url=None,
)
NO_ACCESS = Refusal(
    403,
    "no_access",
    "You have no access",
    "You are signed in with your company, but not allowed to use this portal. "
    "Please ask your administrator.",
)
SET_UP_WRONG = Refusal(
    502,
    "set_up_wrong",
    "The portal is not set up as it must be",
    "Your sign-in is fine, but the portal's set-up does not fit it. Please give your "
    "administrator the reference below.",
)
UNAVAILABLE = Refusal(
    503,
    "unavailable",
    "Please try again in a moment",
    "A service that the portal needs does not answer at present.",
)
RENEWAL_RUNNING = Refusal(
    503,
    "renewal_running",
    "Please try again in a moment",
    "Another window is renewing this session.",
)
NOT_SET_UP = Refusal(
    404,
    "not_set_up",
    "This way to sign in is not set up",
    "Please use the portal's usual sign-in.",
)
NOT_BUILT = Refusal(
    503,
    "front_end_not_built",
    "The portal's pages are not built",
    "Run `make install` where SecureCart is installed, then start it again.",
    sign_in_url=None,
)
FAILED = Refusal(
    500,
    "failed",
    "Something went wrong",
    "The portal could not do this. Please try again; if it stays so, give your "
    "administrator the reference below.",
)
