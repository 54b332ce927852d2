"""IAM's own errors, named as its service model names them."""

from securecart.names.errors import ServiceError


class NoSuchEntity(ServiceError):
    """The thing that the request names does not exist."""

    code = "NoSuchEntity"


class EntityAlreadyExists(ServiceError):
    """The name is taken."""

    code = "EntityAlreadyExists"


class DeleteConflict(ServiceError):
    """Something still hangs on what should go."""

    code = "DeleteConflict"


class LimitExceeded(ServiceError):
    """A quota of the account would be exceeded."""

    code = "LimitExceeded"


class InvalidInput(ServiceError):
    """A parameter is wrong in a way that the model cannot express."""

    code = "InvalidInput"


class MalformedDocument(ServiceError):
    """A policy document is of the wrong size or character set."""

    code = "MalformedPolicyDocument"


class UnmodifiableEntity(ServiceError):
    """The entity may not be changed by this call."""

    code = "UnmodifiableEntity"
