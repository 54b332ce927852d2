"""`securecart serve aws`: the workers of the AWS endpoint, and who keeps them."""

import os
import socket
from collections.abc import Sequence
from typing import NoReturn

from securecart.cli.listening import Listener, listen
from securecart.cli.place import Place
from securecart.cli.workers import command, worker_options


def serve_aws(place: Place, sockets: Sequence[socket.socket]) -> NoReturn:
    """Become the program that forks the workers; serves until asked to stop.

    It is another, as what read the configuration is large, and threads may
    have begun here.
    """
    monitoring = listen_for_monitoring(place)
    options = worker_options(
        place,
        sockets=[each.fileno() for each in sockets],
        monitoring=monitoring.descriptors if monitoring else (),
    )
    for descriptor in (*options.sockets, *options.monitoring):
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - the standard library's
    words = command(options)
    os.execv(words[0], words)  # noqa: S606 - our own program, without a shell


def listen_for_monitoring(place: Place) -> Listener | None:
    """Take the port of metrics and health, if the configuration has one.

    Raises:
        PortTaken: another program listens there.
    """
    port = place.settings.gateway.metrics_port
    if port is None:
        return None
    return listen(f"http://localhost:{port}", option="gateway.metrics_port")
