"""Loopback sockets, taken once by the parent and handed to its children.

So a taken port is found before anything starts, and a child that is
restarted finds its port still its own.
"""

import errno
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from securecart.names.errors import SecureCartError

_BACKLOG = 1024


class PortTaken(SecureCartError):
    """Another program listens there."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One address as people type it, and the sockets behind it."""

    address: str
    sockets: tuple[socket.socket, ...]

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The file descriptors to hand to a child."""
        return tuple(each.fileno() for each in self.sockets)

    def close(self) -> None:
        """Let the port go."""
        for each in self.sockets:
            each.close()

    def hand_over(self) -> tuple[int, ...]:
        """Answer the file descriptors, which are another's to close from now on."""
        return tuple(each.detach() for each in self.sockets)


def listen(address: str, *, option: str) -> Listener:
    """Take the port of a loopback address, on IPv4 and IPv6 alike.

    Both, because browsers try `::1` first for `localhost`: a stranger who
    took it there would be sent the passwords.

    Raises:
        PortTaken: naming the command's option that chooses another.
    """
    port = urlsplit(address).port or 80
    sockets: list[socket.socket] = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            if family == socket.AF_INET6 and error.errno == errno.EADDRNOTAVAIL:
                continue  # The machine has no IPv6; nobody else can be there.
            for taken in sockets:
                taken.close()
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"port {port} is taken: stop the program that listens there, or "
                    f"choose another with {option}."
                ) from None
            raise PortTaken(
                f"port {port} cannot be used ({error.strerror}): choose another with "
                f"{option}."
            ) from None
        listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
        sockets.append(listener)
    return Listener(address, tuple(sockets))


def adopt(descriptors: tuple[int, ...]) -> list[socket.socket]:
    """The sockets behind descriptors that the parent handed over."""
    adopted = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for each in adopted:
        each.setblocking(False)  # noqa: FBT003 - the standard library's signature
    return adopted
