"""Why a document of an OpenID provider was refused."""

from securecart.names.errors import SecureCartError


class InvalidDiscovery(SecureCartError):
    """The discovery document or key set cannot be used; the message says why."""


class ClientRefused(SecureCartError):
    """The token endpoint refused the client itself: its id, secret or grants.

    No person can better that; the message is for the administrator's log.
    """


class InvalidIdToken(SecureCartError):
    """The ID token proves nothing; the message says which rule it broke."""


class UnknownKey(InvalidIdToken):
    """Signed by a key that is not in the set: the provider may have a new one."""


class WrongTokenAudience(InvalidIdToken):
    """The token was made for another client."""


class ExpiredIdToken(InvalidIdToken):
    """The token's time is over."""

    def __init__(self, expired_at: int, now: int) -> None:
        super().__init__(f"the token expired at {expired_at}, and it is {now}")
        self.expired_at = expired_at
        self.now = now
