"""How the store fails, in words for the person who runs it."""

from securecart.names.errors import SecureCartError


class StoreError(SecureCartError):
    """The store cannot run; the message says what to do about it."""


class StartFailed(StoreError):
    """One of the four processes ended, or did not answer, while starting."""

    def __init__(self, message: str, *, port_taken: bool = False) -> None:
        super().__init__(message)
        self.port_taken = port_taken
