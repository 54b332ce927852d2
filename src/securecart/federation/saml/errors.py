"""Why a SAML document was refused."""

from securecart.names.errors import SecureCartError


class InvalidDocument(SecureCartError):
    """The bytes are not XML that this package reads."""


class InvalidMetadata(SecureCartError):
    """The metadata lacks something, or has it in a form nobody can use."""


class InvalidRequest(SecureCartError):
    """A request or a logout message, or what carried it, is not acceptable."""


class InvalidAssertion(SecureCartError):
    """The response proves nothing; the message says which rule it broke."""


class InvalidSignature(InvalidAssertion):
    """Not signed as it must be, or not by a key of the provider."""


class WrongIssuer(InvalidAssertion):
    """The response comes from another identity provider."""


class WrongAudience(InvalidAssertion):
    """The assertion was made for somebody else."""


class WrongContext(InvalidAssertion):
    """The person signed in, but not in one of the ways that were asked for."""


class OutsideItsTime(InvalidAssertion):
    """The assertion is not valid yet, or no longer."""


class ExpiredMetadata(InvalidAssertion):
    """The provider's metadata is over, and with it the trust in its keys."""


class EncryptedAssertionRefused(InvalidAssertion):
    """The assertion is encrypted in a way that is not read here, or without need."""


class DecryptionFailed(InvalidAssertion):
    """The assertion is encrypted, and no key opens it.

    One error for every cause: whoever sends changed ciphertexts learns
    nothing from it.
    """

    def __init__(self) -> None:
        super().__init__("the assertion cannot be decrypted")


class UnencryptedAssertion(InvalidAssertion):
    """The assertion is plain where only encrypted ones are taken."""


class FailedStatus(InvalidAssertion):
    """The identity provider answered that it did not sign the person in.

    `codes` holds the status code and the codes nested in it. A failure is
    rarely signed, so nothing may rest on it but asking the person again.
    """

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__(f"the identity provider answered {' / '.join(codes)}")
        self.codes = codes
