"""Why a set-up cannot be planned or made, in words for an administrator."""

from securecart.names.errors import SecureCartError


class InvalidBlueprint(SecureCartError):
    """What is wanted contradicts itself or AWS's rules."""


class SetupFailed(SecureCartError):
    """The account could not be read or changed; the message says what to do."""


class SetupBlocked(SetupFailed):
    """Something is in the way that only a person may decide about."""


class NotConverged(SetupFailed):
    """Everything was applied, and still the account differs."""
