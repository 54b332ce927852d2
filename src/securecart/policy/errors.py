"""What goes wrong in this room."""

from typing import Self

from securecart.names.errors import ServiceError


class MalformedPolicyDocument(ServiceError):
    """The text is no policy that this engine understands wholly.

    The message names the statement (counted from one, with its Sid) and the
    element, so that whoever wrote the policy finds the place.
    """

    code = "MalformedPolicyDocument"

    @classmethod
    def at(cls, place: str, problem: str) -> Self:
        """An error about one place, such as `Statement 2, Resource`."""
        return cls(f"{place}: {problem}")


class NotUnderstood(ValueError):
    """One element of a policy; `parse` adds the place and refuses the whole."""
