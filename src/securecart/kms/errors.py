"""KMS's own errors, named as its service model names them."""

from securecart.names.errors import ServiceError


class NotFoundException(ServiceError):
    """The key or alias does not exist."""

    code = "NotFoundException"


class AlreadyExistsException(ServiceError):
    """The alias is taken."""

    code = "AlreadyExistsException"


class DisabledException(ServiceError):
    """The key is switched off."""

    code = "DisabledException"


class KMSInvalidStateException(ServiceError):
    """The key's state does not allow the operation."""

    code = "KMSInvalidStateException"


class InvalidCiphertextException(ServiceError):
    """The ciphertext is damaged, or its encryption context is another."""

    code = "InvalidCiphertextException"

    def __init__(self) -> None:
        # AWS says no more than the code; neither do we say what was wrong.
        super().__init__("")


class IncorrectKeyException(ServiceError):
    """The ciphertext was made with another key than the one named."""

    code = "IncorrectKeyException"


class InvalidKeyUsageException(ServiceError):
    """The algorithm does not fit the key."""

    code = "InvalidKeyUsageException"


class InvalidAliasNameException(ServiceError):
    """The alias may not be called that."""

    code = "InvalidAliasNameException"


class InvalidArnException(ServiceError):
    """The ARN does not name what it should."""

    code = "InvalidArnException"


class InvalidMarkerException(ServiceError):
    """The marker comes from no list of ours."""

    code = "InvalidMarkerException"


class LimitExceededException(ServiceError):
    """A quota would be exceeded."""

    code = "LimitExceededException"


class MalformedPolicyDocumentException(ServiceError):
    """The key policy is not understood, or would lock its owner out."""

    code = "MalformedPolicyDocumentException"


class TagException(ServiceError):
    """The tags are not acceptable."""

    code = "TagException"


class UnsupportedOperationException(ServiceError):
    """A parameter asks for something that is not offered here."""

    code = "UnsupportedOperationException"


class DryRunOperationException(ServiceError):
    """The request would have succeeded."""

    code = "DryRunOperationException"
