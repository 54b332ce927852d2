"""What goes wrong in this room."""

from securecart.names.errors import SecureCartError


class MalformedSimulation(SecureCartError):
    """The JSON does not describe a request; the message names the field."""
